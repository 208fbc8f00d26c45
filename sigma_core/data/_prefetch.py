"""Prefetch: batches are made by a thread while the last one is used."""

from collections.abc import Callable, Generator
from queue import SimpleQueue
from threading import Event, Thread, current_thread
from typing import Any
from weakref import finalize

from attrs import frozen

from sigma_core.data._iterator import Batch, Iterator


class _EpochOver:
    """Stands in the queue between two epochs."""


class _Stopped:
    """Stands in the queue when there will be no more."""


@frozen
class _Failed:
    error: BaseException


_Item = Batch | _EpochOver | _Stopped | _Failed


class Prefetch(Iterator):
    """The batches of another iterator, up to `depth` of them made ahead, also over the end of an epoch.

    Position and state are those of what has been given, not of what has been made. What the other iterator raises is
    raised here, when its turn comes. While this is in use, the other iterator belongs to its thread.
    """

    def __init__(self, iterator: Iterator, depth: int = 2) -> None:  # shares nothing with the base but its interface
        self.iterator = iterator
        self.depth = depth
        self.names = iterator.names
        self.records = iterator.records
        self.batch_size = iterator.batch_size
        self.iterations_per_epoch = iterator.iterations_per_epoch
        self._epoch, self._index = iterator.position
        self._turn = 0
        self._producer: _Producer | None = None
        self._stop: Callable[[], object] = _nothing
        self.reserve(1)

    def seek(self, epoch: int, index: int = 0) -> None:
        """Go to behind batch `index` of an epoch; what was made ahead is forgotten."""
        self.close()
        self.iterator.seek(epoch, index)
        super().seek(epoch, index)

    def reserve(self, ahead: int) -> None:
        """Leave each batch as it is until `ahead` more have been asked for and the next of them is."""
        self.close()
        self.iterator.reserve(self.depth + ahead)

    def close(self) -> None:
        """Stop the thread; what it made ahead is forgotten, and made again by the next iteration.

        Ends an iteration that is under way.
        """
        self._turn += 1
        self._producer = None
        self._stop()

    def _started(self) -> "_Producer":
        if self._producer is None:
            self.iterator.seek(self._epoch, self._index)
            self._producer = _Producer(self.iterator, self.depth)
            # The thread holds no reference to this object, so that one that is merely dropped stops it, too.
            self._stop = finalize(self, self._producer.stop)
        return self._producer

    def _identity(self) -> dict[str, Any]:
        return self.iterator._identity()  # noqa: SLF001  # it stands for the other

    def _batches(self, epoch: int, start: int) -> Generator[Batch]:  # noqa: ARG002  # seeking has set the thread on them
        producer = self._started()
        while True:
            match producer.items.get():
                case _Failed(error):
                    self.close()
                    raise error
                case tuple(batch):
                    try:
                        yield batch
                    finally:
                        producer.permits.put(None)
                case _EpochOver():
                    producer.permits.put(None)
                    return
                case _Stopped():
                    return


class _Producer:
    """A thread that fills `items`, one for each of `permits`; batches that are out never number more than those."""

    def __init__(self, iterator: Iterator, depth: int) -> None:
        self.items: SimpleQueue[_Item] = SimpleQueue()
        self.permits: SimpleQueue[None] = SimpleQueue()
        self._stopping = Event()
        for _ in range(depth + 1):  # one is in the hands of whoever iterates
            self.permits.put(None)
        arguments = (iterator, self.items, self.permits.get, self._stopping)
        self._thread = Thread(target=_fetch, args=arguments, name="sigma-prefetch", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread and wait for it."""
        self._stopping.set()
        self.permits.put(None)
        if self._thread is not current_thread():  # the garbage collector may run anywhere
            self._thread.join()


def _nothing() -> None:
    """What there is to stop before the first thread."""


def _fetch(
    iterator: Iterator, items: "SimpleQueue[_Item]", wait_for_permit: Callable[[], None], stopping: Event
) -> None:
    try:
        while not stopping.is_set():
            batches = iter(iterator)
            while True:
                wait_for_permit()
                if stopping.is_set():
                    break
                batch = next(batches, None)
                if batch is None:
                    items.put(_EpochOver())
                    break
                items.put(batch)
    except BaseException as error:  # noqa: BLE001  # whatever it is, it belongs to the thread that iterates
        items.put(_Failed(error))
    items.put(_Stopped())
