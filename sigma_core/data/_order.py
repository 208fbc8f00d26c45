"""Seeded orders of records, each a pure function of (seed, number, purpose)."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from enum import IntEnum
from functools import partial
from threading import Lock
from typing import Generic, TypeVar

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

Rows = slice | NDArray[np.intp]
"""Which records: a range of them, or their numbers."""


class Purpose(IntEnum):
    """What an order is for; orders for different purposes are independent though their seeds are the same."""

    SPLIT = 1
    EPOCH = 2
    BLOCKS = 3
    WINDOW = 4
    BUCKETS = 5
    GROWTH = 6


def permutation(records: int, seed: int, number: int, purpose: Purpose, part: int = 0) -> NDArray[np.intp]:
    """A permutation of `records` indices, of shape (records,).

    Philox (Salmon et al. 2011) is keyed by (seed, number) and its counter starts apart for each purpose and part, so
    there is no state to save: any epoch's order can be made at once from its number.
    """
    key = np.array([seed % 2**64, number], dtype=np.uint64)
    counter = np.array([0, 0, part, purpose], dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=key, counter=counter)).permutation(records)


class Order(ABC):
    """In which order the records of an epoch come."""

    @abstractmethod
    def rows(self, first: int, last: int) -> Rows:
        """The records that come from place `first` to before place `last`."""


class Sequential(Order):
    """As they lie."""

    def rows(self, first: int, last: int) -> Rows:
        """A range."""
        return slice(first, last)


class Shuffled(Order):
    """Any record may come at any place, each order as likely as another."""

    def __init__(self, records: int, seed: int, epoch: int) -> None:
        self._rows = permutation(records, seed, epoch, Purpose.EPOCH)

    def rows(self, first: int, last: int) -> Rows:
        """A part of the permutation."""
        return self._rows[first:last]


@frozen
class Windows:
    """How records are shuffled near each other: `block` of them lie together, `window` blocks are mixed at a time."""

    records: int
    block: int
    window: int


class BlockShuffled(Order):
    """Blocks of records that lie together, in random order; several of them at a time are mixed, record by record.

    What is read at a time is a few ranges, however large the data is. `entered` is told of each window that is needed
    for the first time: its number and the blocks' first records, in the order in which they come.
    """

    def __init__(
        self, windows: Windows, seed: int, epoch: int, entered: Callable[["BlockShuffled", int], None] | None = None
    ) -> None:
        self._windows, self._seed, self._epoch, self._entered = windows, seed, epoch, entered
        count = -(-windows.records // windows.block)
        self._starts = permutation(count, seed, epoch, Purpose.BLOCKS) * windows.block
        self._ends = np.minimum(self._starts + windows.block, windows.records)
        sizes = np.add.reduceat(self._ends - self._starts, np.arange(0, count, windows.window))
        # At which place of the epoch each window begins, and where the last one ends.
        self._places = np.concatenate([[0], np.cumsum(sizes)])
        self._mixed = Kept(self._mix, 3)

    def ranges(self, window: int) -> list[tuple[int, int]]:
        """First and behind-last record of each block of a window."""
        blocks = slice(window * self._windows.window, (window + 1) * self._windows.window)
        return list(zip(self._starts[blocks].tolist(), self._ends[blocks].tolist(), strict=True))

    def rows(self, first: int, last: int) -> Rows:
        """Parts of one or more windows."""
        parts = []
        window = int(np.searchsorted(self._places, first, side="right")) - 1
        while first < last:
            begin, end = (int(place) for place in self._places[window : window + 2])
            parts.append(self._mixed(window)[first - begin : min(last, end) - begin])
            first, window = end, window + 1
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _mix(self, window: int) -> NDArray[np.intp]:
        if self._entered is not None:
            self._entered(self, window)
        rows = np.concatenate([np.arange(start, end) for start, end in self.ranges(window)])
        return rows[permutation(len(rows), self._seed, self._epoch, Purpose.WINDOW, window)]


Made = TypeVar("Made")


class Kept(Generic[Made]):
    """A function of a whole number that keeps its last few results; several threads may call it."""

    def __init__(self, make: Callable[[int], Made], most: int) -> None:
        self._make, self._most = make, most
        self._lock = Lock()
        self._made: dict[int, Made] = {}

    def __call__(self, number: int) -> Made:
        """What the function gives, made once by whoever comes first."""
        made = self._made.get(number)
        if made is None:
            with self._lock:
                made = self._made.get(number)
                if made is None:
                    made = self._made[number] = self._make(number)
                    while len(self._made) > self._most:
                        del self._made[next(iter(self._made))]
        return made


def epochs(kind: Callable[..., Order], *settings: object, **others: object) -> Kept[Order]:
    """Orders of that kind by their epochs, of which the last two are kept: prefetch may be in the next one already."""
    return Kept(partial(_order, kind, settings, others), 2)


def _order(kind: Callable[..., Order], settings: tuple[object, ...], others: dict[str, object], epoch: int) -> Order:
    return kind(*settings, epoch, **others)
