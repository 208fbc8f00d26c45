"""Minibatches: small batches in a new, seeded order each epoch."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

from sigma_core.backends import Codes
from sigma_core.data._augmentation import Augmenter
from sigma_core.data._batches import Batch, Batches
from sigma_core.data._gathering import NO_AUGMENTERS, Gathering
from sigma_core.data._order import BlockShuffled, Kept, Order, Sequential, Shuffled, Windows, epochs
from sigma_core.data._pages import Leaps, Pages, Walk
from sigma_core.data._sections import Array, Sections
from sigma_core.errors import DataError

# Small batches are gathered several at a time, up to about this many bytes, which stay in the processor's cache.
_RUN_BYTES = 1 << 18
_RUN_BATCHES = 64
# Of data that is shuffled by blocks, these are read at a time; of data that is read as it lies, so many bytes.
_BLOCK_BYTES = 1 << 21
_BLOCK_RECORDS = 1 << 16
WINDOW = 32

Shuffle = Literal["full", "block"] | bool


class Minibatches(Batches):
    """Batches of `batch_size` records, gathered into buffers that are used again and again.

    The order of epoch e is a function of (seed, e) alone: any order of all records where `shuffle` is "full" or true;
    of blocks, `window` of which are mixed at a time, where it is "block", which reads what is mapped from a file nearly
    as it lies. Without it batches follow the data and, unless it is augmented, are views of it. The last batch of an
    epoch holds what is left, unless `drop_last`.
    """

    def __init__(  # noqa: PLR0913  # settings, all but the first by name
        self,
        data: Sections,
        batch_size: int,
        seed: int = 0,
        *,
        sections: Sequence[str] | None = None,
        shuffle: Shuffle = "full",
        drop_last: bool = False,
        block: int | None = None,
        window: int = WINDOW,
        augment: Mapping[str, Sequence[Augmenter]] = NO_AUGMENTERS,
    ) -> None:
        super().__init__(data, batch_size, sections)
        self.seed = seed
        self.shuffle: Shuffle = "full" if shuffle is True else shuffle
        self.drop_last = drop_last
        if batch_size < 1:
            raise DataError("iterator Minibatches", f"batch_size is {batch_size}", "a positive number of records")
        if not drop_last:
            # Buffers are for what there is, not for what was asked for.
            batch_size = min(batch_size, self.records)
            self.batch_size = batch_size
        whole, rest = divmod(self.records, batch_size)
        self.iterations_per_epoch = whole + bool(rest and not drop_last)
        if not self.iterations_per_epoch:
            raise DataError(
                "iterator Minibatches",
                f"batches of {batch_size} with the last dropped leave none of {self.records} records",
                f"batch_size of at most {self.records}, or drop_last=False",
            )
        self._used = whole * batch_size if drop_last else self.records
        self._gathering = Gathering(data, self.names, augment, seed)
        record_bytes = self._gathering.record_bytes
        self.at_once = self._fitting()
        block = block or min(max(1, _BLOCK_BYTES // record_bytes), _BLOCK_RECORDS)
        self.windows = Windows(self.records, block, window)
        self._pages = Pages(self._gathering.arrays)
        self._walk = Walk(self._pages, self.records)
        self._leaps = Leaps(self._pages, self.records)
        self._are_views = not self.shuffle and not self._gathering.is_augmented
        self._orders = self._ordered()
        self._walked = Kept(self._walk_on, 2)

    def identity(self) -> dict[str, Any]:
        """With the seed, and how it is shuffled."""
        # "full" is what true was before there was another.
        shuffle = True if self.shuffle == "full" else self.shuffle
        own = {"seed": self.seed, "shuffle": shuffle, "drop_last": self.drop_last}
        if self.shuffle == "block":
            own |= {"block": self.windows.block, "window": self.windows.window}
        return super().identity() | own

    def narrow(self) -> Mapping[str, Codes]:
        """Gather no floats that others can make of a quarter of the bytes: memory is slow to come.

        The order is that of the floats. Views of the data cost nothing, and stay.
        """
        found = {} if self._are_views else self._gathering.narrow()
        if found:
            self.at_once = self._fitting()
            self.reserve(1)
        return found

    def _fitting(self) -> int:
        """How many batches are made at once."""
        size = self._gathering.record_bytes * self.batch_size
        return max(1, min(_RUN_BYTES // size, _RUN_BATCHES, self.iterations_per_epoch))

    def room(self) -> Any:
        """Buffers for as many batches as are made at once, which are views of them that are made once."""
        return None if self._are_views else _Room(self._gathering, self.batch_size, self.at_once)

    def make(self, epoch: int, index: int, room: Any) -> Sequence[Batch]:
        """Batches of one gathering, or views of the data."""
        first = index * self.batch_size
        last = min(first + self.at_once * self.batch_size, self._used)
        rows = self._orders(epoch).rows(first, last)
        if self._pages:
            self._page(first, last)
        if self._are_views:
            return _split(self._gathering.arrays, first, last, self.batch_size)
        if isinstance(rows, slice):
            rows = np.arange(rows.start, rows.stop)
        self._gathering.gather(rows, room.buffers, epoch)
        batches: Sequence[Batch] = room.batches(rows, last - first)
        return batches

    def _ordered(self) -> Kept[Order]:
        match self.shuffle:
            case "full":
                return epochs(Shuffled, self.records, self.seed)
            case "block":
                return epochs(BlockShuffled, self.windows, self.seed, entered=self._enter if self._pages else None)
            case _:
                return Kept(lambda _epoch: Sequential(), 1)

    def _enter(self, order: BlockShuffled, window: int) -> None:
        following = order.ranges(window + 1)
        self._walk.enter(window, order.ranges(window), following)

    def _page(self, first: int, last: int) -> None:
        if self.shuffle == "full":
            self._leaps.leap(last - first)
        elif not self.shuffle:
            self._walked(first // (self.windows.block * self.windows.window))

    def _walk_on(self, stretch: int) -> bool:
        size = self.windows.block * self.windows.window
        begin, end = stretch * size, min((stretch + 1) * size, self.records)
        self._walk.enter(stretch, [(begin, end)], [(end, min(end + size, self.records))])
        return True


class _Room:
    """Buffers for several batches, which are views of them that are made once."""

    def __init__(self, gathering: Gathering, batch_size: int, batches: int) -> None:
        self.batch_size = batch_size
        self.buffers = gathering.buffers(batches * batch_size)
        is_whole = all(buffer is not None for buffer in self.buffers)
        self._batches = _split(self.buffers, 0, batches * batch_size, batch_size) if is_whole else None

    def batches(self, rows: Array, records: int) -> Sequence[Batch]:
        """The batches that so many records make; of sections without a buffer their numbers are given."""
        if self._batches is None:
            return _split([rows if each is None else each for each in self.buffers], 0, records, self.batch_size)
        whole, rest = divmod(records, self.batch_size)
        found = self._batches[:whole]
        return [*found, *_split(self.buffers, records - rest, records, self.batch_size)] if rest else found


def _split(arrays: Sequence[Any], first: int, last: int, size: int) -> list[Batch]:
    return [tuple([array[start : min(start + size, last)] for array in arrays]) for start in range(first, last, size)]
