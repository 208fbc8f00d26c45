"""Prefetch: batches are made by threads while the last one is used."""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from queue import SimpleQueue
from threading import Event, Lock, Thread, current_thread
from time import perf_counter
from typing import Any
from weakref import finalize

from attrs import frozen

from sigma_core.data._batches import Batch, Batches
from sigma_core.data._rooms import Rooms
from sigma_core.data._sections import Array

Stage = Callable[[Array], Any]

# A thread is worth its trouble where a batch takes longer than this to make, and that is no small part of the time.
_SLOW_SECONDS = 200e-6
_SLOW_SHARE = 0.05
# What the first runs of batches take says little: memory is touched and files are read for the first time.
_FIRST = 4


@frozen(eq=False)
class _Made:
    """Batches that were made at once, with the memory in which they lie; none where an epoch is over."""

    room: Any = None
    batches: Sequence[Batch] = ()
    error: BaseException | None = None


class _Stopped:
    """Stands in a queue when there will be no more."""


_Place = SimpleQueue[_Made]
_OVER = _Made()


class Prefetch(Batches):
    """The batches of another iterator, at least `depth` of them made ahead by `threads`, also over the end of an epoch.

    They come in their order whoever made them. Position and state are those of what has been given, not of what has
    been made. What making one raises is raised here, when its turn comes. `stage` puts each array where it is wanted,
    such as into the memory of a device. With `where_slow` threads begin when making batches turns out to take long.
    """

    def __init__(  # shares nothing with the base but its interface
        self,
        batches: Batches,
        depth: int = 2,
        threads: int = 1,
        *,
        where_slow: bool = False,
        stage: Stage | None = None,
    ) -> None:
        self.inner = batches
        self.depth, self.threads, self.stage = depth, threads, stage
        self.where = batches.where
        self.names = batches.names
        self.records = batches.records
        self.batch_size = batches.batch_size
        self.iterations_per_epoch = batches.iterations_per_epoch
        self.at_once = batches.at_once
        self._epoch, self._index = batches.position
        self._turn = 0
        self._ahead = 1
        self._rooms = Rooms(batches.room)
        self._is_waited_for = not where_slow
        self._pace = _Pace()
        self._crew: _Crew | None = None
        self._stop: Callable[[], object] = _nothing

    @property
    def shorter(self) -> Sequence[Mapping[str, tuple[int, ...]]]:
        """As the other iterator has them."""
        return self.inner.shorter

    def make(self, epoch: int, index: int, room: Any) -> Sequence[Batch]:
        """As the other iterator makes them."""
        return self.inner.make(epoch, index, room)

    def room(self) -> Any:
        """As the other iterator has them."""
        return self.inner.room()

    def identity(self) -> dict[str, Any]:
        """It stands for the other."""
        return self.inner.identity()

    def seek(self, epoch: int, index: int = 0) -> None:
        """Go to behind batch `index` of an epoch; what was made ahead is forgotten."""
        self.close()
        super().seek(epoch, index)

    def reserve(self, ahead: int) -> None:
        """Leave each batch as it is until `ahead` more have been asked for and the next of them is."""
        self.close()
        self._ahead = ahead
        self._rooms = Rooms(self.inner.room, ahead)

    def close(self) -> None:
        """Stop the threads; what they made ahead is forgotten, and made again by the next iteration.

        Ends an iteration that is under way.
        """
        self._turn += 1
        self._crew = None
        self._stop()

    def _started(self) -> "_Crew":
        if self._crew is None:
            runs = max(self.threads, -(-self.depth // self.at_once))
            work = _Work(self.inner, (self._epoch, self._index), self.stage)
            self._crew = _Crew(work, Rooms(self.inner.room, self._ahead), runs, self.threads)
            # The threads hold no reference to this object, so that one that is merely dropped stops them, too.
            self._stop = finalize(self, self._crew.stop)
        return self._crew

    def _left(self, epoch: int, index: int) -> Generator[Batch]:
        if not self._is_waited_for:
            yield from self._measured(epoch, index)
            if not self._is_waited_for:
                return
        crew = self._started()
        while True:
            # What is left of a run whose loop was left early comes first.
            yield from crew.run
            try:
                is_more = crew.turn()
            except BaseException:
                self.close()
                raise
            if not is_more:
                return

    def _measured(self, epoch: int, index: int) -> Generator[Batch]:
        """What is left of an epoch, or of it up to where it shows that threads are worth their trouble."""
        rooms, begin = self._rooms, perf_counter()
        while index < self.iterations_per_epoch:
            room = rooms.take()
            batches = self.inner.make(epoch, index, room)
            made = perf_counter()
            yield from batches
            rooms.hold(room, len(batches))
            index, now = index + len(batches), perf_counter()
            self._pace.add(len(batches), made - begin, now - begin)
            begin = now
            if self._pace.is_slow:
                self._is_waited_for = True
                return


class _Pace:
    """How long making batches takes, and how long it takes with all that is done with them."""

    def __init__(self) -> None:
        self._runs = self._batches = 0
        self._making = self._all = 0.0

    def add(self, batches: int, making: float, everything: float) -> None:
        """Batches that were made at once, and seconds."""
        self._runs += 1
        if self._runs > _FIRST:
            self._batches += batches
            self._making += making
            self._all += everything

    @property
    def is_slow(self) -> bool:
        """Whether threads are worth their trouble."""
        return self._runs >= 2 * _FIRST and self._making > max(_SLOW_SECONDS * self._batches, _SLOW_SHARE * self._all)


class _Crew:
    """Threads that make runs of batches, and what whoever iterates takes them from.

    A fixed number of rooms goes round: to a thread, with what it made to the one who takes, and another one back.
    """

    def __init__(self, work: "_Work", rooms: Rooms, runs: int, threads: int) -> None:
        self._work, self._rooms = work, rooms
        for _ in range(runs):
            work.free.put(rooms.take())
        self._threads = [
            Thread(target=work.go_on, name=f"sigma-prefetch-{number}", daemon=True) for number in range(1, threads + 1)
        ]
        for thread in self._threads:
            thread.start()
        self._made = _OVER
        self.run: Iterator[Batch] = iter(())
        """What is left of the run that was taken last."""

    def turn(self) -> bool:
        """Take the next run, waiting for it; whether there is one in this epoch. Raises what making it raised."""
        if self._made.batches:
            self._rooms.hold(self._made.room, len(self._made.batches))
            self._made = _OVER
            self._work.free.put(self._rooms.take())
        place = self._work.places.get()
        made = _OVER if isinstance(place, _Stopped) else place.get()
        if made.error is not None:
            raise made.error
        if self._work.stopping.is_set():
            return False
        self._made, self.run = made, iter(made.batches)
        return bool(made.batches)

    def stop(self) -> None:
        """End the threads and wait for them; whoever waits for a batch is released."""
        self._work.stopping.set()
        for _ in self._threads:
            self._work.free.put(None)
        for thread in self._threads:
            if thread is not current_thread():  # the garbage collector may run anywhere
                thread.join()
        self._work.places.put(_Stopped())


class _Work:
    """What the threads of a crew share. Places are queued in the order of the batches, and filled in any."""

    def __init__(self, batches: Batches, start: tuple[int, int], stage: Stage | None) -> None:
        self.free: SimpleQueue[Any] = SimpleQueue()
        self.places: SimpleQueue[_Place | _Stopped] = SimpleQueue()
        self.stopping = Event()
        self._batches, self._stage = batches, stage
        self._next = start
        self._taking = Lock()

    def go_on(self) -> None:
        """Make one run after the other, until stopped."""
        while True:
            with self._taking:
                room = self.free.get()
                if self.stopping.is_set():
                    return
                epoch, index = self._following()
                place: _Place = SimpleQueue()
                self.places.put(place)
            place.put(self._made(epoch, index, room))

    def _following(self) -> tuple[int, int]:
        """The next run's epoch and first batch; where that begins an epoch, the one before is said to be over."""
        epoch, index = self._next
        if index >= self._batches.iterations_per_epoch:
            over: _Place = SimpleQueue()
            over.put(_OVER)
            self.places.put(over)
            epoch, index = epoch + 1, 0
        self._next = epoch, index + self._batches.at_once
        return epoch, index

    def _made(self, epoch: int, index: int, room: Any) -> _Made:
        try:
            batches = self._batches.make(epoch, index, room)
            return _Made(room, batches if self._stage is None else _staged(batches, self._stage))
        except BaseException as error:  # noqa: BLE001  # whatever it is, it belongs to the thread that iterates
            return _Made(room, error=error)


def _staged(batches: Sequence[Batch], stage: Stage) -> Sequence[Batch]:
    return [tuple(stage(array) for array in batch) for batch in batches]


def _nothing() -> None:
    """What there is to stop before the first thread."""
