"""The contract of batches: seeded epochs of them, with a position that can be saved and sought."""

from abc import ABC, abstractmethod
from collections.abc import Generator, Mapping, Sequence
from typing import Any, Self

from sigma_core.backends import Codes
from sigma_core.data._rooms import Rooms
from sigma_core.data._sections import Array, Sections, check_aligned, check_known, records_of
from sigma_core.errors import DataError

Batch = tuple[Array, ...]
"""One array of shape (batch, ...) per section, in the order in which their names were given."""

# Version of the state that batches give.
_VERSION = 1


class Batches(ABC):
    """Gives batches, epoch by epoch; each `for` over it gives what is left of one epoch.

    A subclass says how many there are in an epoch and makes any of them by its number: a pure function of the data, the
    settings and that number, so that any thread may make any batch. A batch may be overwritten once the next but one
    is asked for (see `reserve`): use it or copy it.
    """

    names: tuple[str, ...]
    """Sections in the order in which a batch holds them."""
    records: int
    """Records in the data."""
    batch_size: int
    """Records in a batch; some of an epoch may hold fewer."""
    iterations_per_epoch: int
    """Batches in an epoch."""
    where: str
    """What errors call it."""
    at_once: int = 1
    """How many batches are made at once, where they are small."""

    def __init__(self, data: Sections, batch_size: int, sections: Sequence[str] | None = None) -> None:
        self.where = where = f"iterator {type(self).__name__}"
        check_aligned(data, where)
        self.names = tuple(data if sections is None else sections)
        check_known(self.names, data, where)
        self.records = records_of(data)
        self.batch_size = batch_size
        self._epoch, self._index = 1, 0
        # Grows whenever the position is set; tells an iteration that is under way that it has been overtaken.
        self._turn = 0
        self._rooms = Rooms(self.room)

    @abstractmethod
    def make(self, epoch: int, index: int, room: Any) -> Sequence[Batch]:
        """The batches of an epoch behind the first `index`: `at_once` of them, or those that are left.

        They lie in `room`, which no other thread uses, or are views of what nobody changes. Threads may call this at
        the same time.
        """

    def room(self) -> Any:
        """Memory for the batches that are made at once; nothing where they need none."""
        return None

    @property
    def shorter(self) -> Sequence[Mapping[str, tuple[int, ...]]]:
        """Shapes of records that batches hold where they are not those of the data, by section; one for each kind."""
        return ()

    @property
    def position(self) -> tuple[int, int]:
        """Epoch, counted from 1, and how many of its batches have been given.

        After the last batch of epoch `e` this is `(e, iterations_per_epoch)`; it becomes `(e + 1, 0)` when the next
        batch is asked for and there is none.
        """
        return self._epoch, self._index

    def __iter__(self) -> Generator[Batch]:
        """What is left of the current epoch; ends early, without a batch more, when the position is set meanwhile."""
        self._turn += 1
        turn = self._turn
        for batch in self._left(self._epoch, self._index):
            self._index += 1
            yield batch
            if turn != self._turn:
                return
        if turn == self._turn:
            self._epoch, self._index = self._epoch + 1, 0

    def epoch(self, number: int) -> Generator[Batch]:
        """The whole of epoch `number`, which counts from 1."""
        self.seek(number)
        return iter(self)

    def seek(self, epoch: int, index: int = 0) -> None:
        """Go to behind batch `index` of an epoch, without giving those before; raises `DataError` if there is none."""
        if epoch < 1 or not 0 <= index <= self.iterations_per_epoch:
            raise DataError(
                self.where,
                f"there is no position {index} of epoch {epoch}",
                f"an epoch from 1 and a position from 0 to {self.iterations_per_epoch}",
            )
        self._turn += 1
        self._epoch, self._index = epoch, index

    def state(self) -> dict[str, Any]:
        """The position as JSON values, with what it depends on."""
        epoch, index = self.position
        return {"version": _VERSION, "epoch": epoch, "index": index} | self.identity()

    def restore(self, state: dict[str, Any]) -> None:
        """Go where `state` was taken; raises `DataError` when that was over other data or other batches."""
        for key, value in self.identity().items():
            if state.get(key) != value:
                raise DataError(
                    f"state of {self.where}",
                    f"{key} was {state.get(key)} and is {value}",
                    "the state of an iterator over the same data with the same settings",
                )
        self.seek(state["epoch"], state["index"])

    def narrow(self) -> Mapping[str, Codes]:
        """Give numbers of records from now on where floats come of whole numbers of one byte, for others to read them.

        Returns of which, by section; nothing where batches go on as they were, which an iterator is free to do.
        """
        return {}

    def identity(self) -> dict[str, Any]:
        """What a position means nothing without, as JSON values."""
        return {"records": self.records, "batch_size": self.batch_size}

    def reserve(self, ahead: int) -> None:
        """Leave each batch as it is until `ahead` more have been asked for and the next of them is.

        Ends an iteration that is under way.
        """
        self._turn += 1
        self._rooms = Rooms(self.room, ahead)

    def close(self) -> None:  # noqa: B027  # nothing to do unless threads are at work
        """Stop what goes on in the background; the position stays and iteration may go on."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _left(self, epoch: int, index: int) -> Generator[Batch]:
        """The batches of an epoch behind the first `index`."""
        rooms = self._rooms
        while index < self.iterations_per_epoch:
            room = rooms.take()
            given = 0
            try:
                for batch in self.make(epoch, index, room):
                    given += 1
                    yield batch
            finally:
                rooms.hold(room, given)
            index += given
