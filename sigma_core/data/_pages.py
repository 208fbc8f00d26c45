"""Arrays that are mapped from a file: the system is told which parts are needed soon, and which no longer."""

import mmap
import os
from collections.abc import Callable, Iterable

import numpy as np

from sigma_core.data._sections import Array

# Where a system has no such advice, none is given.
_SOON = getattr(mmap, "MADV_WILLNEED", None)
_DONE = getattr(mmap, "MADV_DONTNEED", None)
# Where a page is touched, Linux may map as much around it, as far as that is in its cache in one piece.
_AROUND = 1 << 21


class Pages:
    """The pages of arrays that are mapped, read-only, from files; others are left alone.

    Advice changes no number: what is let go of is read again by whoever needs it.
    """

    def __init__(self, arrays: Iterable[Array]) -> None:
        found = (_mapping(array) for array in arrays) if _SOON is not None and _DONE is not None else ()
        self._mappings = [mapping for mapping in found if mapping is not None]
        self.bytes = sum(row * records for _, _, row, records in self._mappings)
        """How much is mapped."""

    def __bool__(self) -> bool:
        return bool(self._mappings)

    def soon(self, start: int, end: int) -> None:
        """Records from `start` to before `end` will be needed: the disk may begin to read them."""
        self._advise(_SOON, start, end, mmap.PAGESIZE)

    def done(self, start: int, end: int) -> None:
        """They have been used; the memory that they take, with what was mapped around them, may go to others."""
        self._advise(_DONE, start, end, _AROUND)

    def _advise(self, advice: int | None, start: int, end: int, unit: int) -> None:
        for mapping, offset, row, records in self._mappings:
            first = (offset + row * start) // unit * unit
            last = min(-(-(offset + row * min(end, records)) // unit) * unit, len(mapping))
            if advice is not None and last > first:
                mapping.madvise(advice, first, last - first)


def _mapping(array: Array) -> tuple[mmap.mmap, int, int, int] | None:
    """The mapping in which an array lies record behind record, its place there, bytes of a record, records."""
    owner: object = array
    is_read_only = False
    while not isinstance(owner, mmap.mmap):
        if isinstance(owner, np.memmap):
            # What was changed in a private copy would be lost with its pages.
            is_read_only = owner.mode == "r"
        if not isinstance(owner, np.ndarray | memoryview):
            return None
        owner = owner.base if isinstance(owner, np.ndarray) else owner.obj
    if not is_read_only or not array.flags.c_contiguous or not array.size:
        return None
    begin = np.frombuffer(owner, np.uint8).ctypes.data
    return owner, array.ctypes.data - begin, array.nbytes // len(array), len(array)


Range = tuple[int, int]
_RESIDENT = 1 << 30


def _most_mapped() -> int:
    """Up to how many bytes are left mapped that are picked from anywhere: a quarter of the memory."""
    try:
        return max(os.sysconf("SC_PHYS_PAGES") * mmap.PAGESIZE // 4, _RESIDENT)
    except (AttributeError, ValueError, OSError):
        return _RESIDENT


class Walk:
    """Goes through mapped records window by window: the next one is being read while this one is used."""

    def __init__(self, pages: Pages, records: int) -> None:
        self._pages, self._records = pages, records
        self._before: tuple[int, list[Range], list[Range]] = (-2, [], [])

    def enter(self, window: int, ranges: Iterable[Range], following: Iterable[Range]) -> None:
        """Records of these ranges are needed now, and those `following` next.

        What was needed two windows ago is let go of: the last one's may still be in use.
        """
        last, previous, current = self._before
        here, ahead = list(ranges), list(following)
        if window != last + 1:
            self._pages.done(0, self._records)
            previous, current = [], []
            self._each(self._pages.soon, here)
        self._each(self._pages.soon, ahead)
        self._each(self._pages.done, previous)
        self._before = (window, current, here)

    @staticmethod
    def _each(advise: Callable[[int, int], None], ranges: Iterable[Range]) -> None:
        for start, end in ranges:
            advise(start, end)


class Leaps:
    """Picks mapped records from anywhere, of data that takes a good part of the memory.

    Now and then all that is mapped is let go of, so that `most` bytes stay.
    """

    def __init__(self, pages: Pages, records: int, most: int = _RESIDENT, enough: int | None = None) -> None:
        self._pages, self._records, self._most = pages, records, most
        self._is_large = pages.bytes > (_most_mapped() if enough is None else enough)
        self._each = pages.bytes // records + _AROUND
        self._touched = 0

    def leap(self, records: int) -> None:
        """So many records are about to be read."""
        if not self._is_large:
            return
        self._touched += records * self._each
        if self._touched > self._most:
            self._touched = 0
            self._pages.done(0, self._records)
