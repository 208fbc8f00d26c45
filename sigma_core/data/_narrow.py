"""Floats that are whole numbers of one byte by a scale, such as pixels from 0 to 1, kept as these numbers."""

from collections.abc import Generator, Mapping, Sequence
from typing import Any

import numpy as np

from sigma_core.backends import Codes
from sigma_core.data._batches import Batch, Batches
from sigma_core.data._pages import Pages
from sigma_core.data._sections import Array

# Less lies in a processor's cache in any case; of more, a quarter more memory may be too much to ask for.
_LEAST_BYTES = 1 << 20
_MOST_BYTES = 1 << 31
_CODES = 256
# Elements of which the scale is guessed; and that are looked at at a time, in the cache.
_SAMPLE = 1 << 16
_BLOCK = 1 << 15


def narrowed(array: Array) -> Codes | None:
    """Whole numbers from 0 to 255 of which floats come exactly; None where there are none.

    There are where pixels were multiplied by a number, or divided by one. They are not looked for in arrays that are
    small, very large, mapped from a file or do not lie record behind record.
    """
    is_float = array.dtype in (np.float32, np.float64)
    if not is_float or not _LEAST_BYTES <= array.nbytes <= _MOST_BYTES or not array.flags.c_contiguous:
        return None
    if Pages([array]):
        return None
    records = array[:: max(1, array.size // _SAMPLE)]
    # Whatever is not finite has no code, and comes of none.
    with np.errstate(all="ignore"):
        for scale, is_divisor in _guesses(np.unique(records)):
            if _fill(Codes(np.empty(records.shape, np.uint8), scale, is_divisor), records):
                found = Codes(np.empty(array.shape, np.uint8), scale, is_divisor)
                return found if _fill(found, array) else None
    return None


def _guesses(values: Array) -> list[tuple[Any, bool]]:
    """Scales, and whether they divide, by how little values differ, and how often that goes into 1.

    Pixels from 0 to 1 are 255 steps apart.
    """
    values = np.union1d(values, np.zeros(1, values.dtype))
    if not 1 < len(values) <= _CODES or values[0] < 0:
        return []
    kind = values.dtype.type
    steps = kind(max(1.0, np.rint(1 / np.diff(values).min())))
    return [(kind(1 / float(steps)), False), (steps, True)]


def _fill(coded: Codes, array: Array) -> bool:
    """Put codes in place, up to where floats do not come of them to the last bit, of which the sign of zero is one.

    Whether there is no such place.
    """
    codes, floats, scale = coded.array.reshape(-1), array.reshape(-1), coded.scale
    bits = np.dtype(f"u{floats.itemsize}")
    numbers = np.empty(_BLOCK, floats.dtype)
    steps = scale if coded.is_divisor else floats.dtype.type(np.rint(1 / scale))
    for first in range(0, len(floats), _BLOCK):
        given, found = floats[first : first + _BLOCK], codes[first : first + _BLOCK]
        rounded = numbers[: len(given)]
        np.multiply(given, steps, out=rounded)
        np.add(rounded, rounded.dtype.type(0.5), out=rounded)
        np.copyto(found, rounded, casting="unsafe")
        np.copyto(rounded, found)
        if not np.array_equal(coded.scaled(rounded).view(bits), given.view(bits)):
            return False
    return True


class Widened(Batches):
    """The batches of another iterator that gives numbers of records, with their floats; the position is shared."""

    def __init__(self, batches: Batches, codes: Mapping[str, Codes]) -> None:  # shares only the interface
        self.inner = batches
        self.where = batches.where
        self.names = batches.names
        self.records = batches.records
        self.batch_size = batches.batch_size
        self.iterations_per_epoch = batches.iterations_per_epoch
        self.at_once = batches.at_once
        self._codes = [codes.get(name) for name in batches.names]

    @property
    def shorter(self) -> Sequence[Mapping[str, tuple[int, ...]]]:
        """As the other iterator has them."""
        return self.inner.shorter

    @property
    def position(self) -> tuple[int, int]:
        """That of the other iterator."""
        return self.inner.position

    def __iter__(self) -> Generator[Batch]:
        """What is left of the other iterator's epoch."""
        return (self._widened(batch) for batch in self.inner)

    def make(self, epoch: int, index: int, room: Any) -> Sequence[Batch]:
        """As the other iterator makes them, and then in memory of their own."""
        return [self._widened(batch) for batch in self.inner.make(epoch, index, room)]

    def room(self) -> Any:
        """As the other iterator has them."""
        return self.inner.room()

    def identity(self) -> dict[str, Any]:
        """That of the other iterator."""
        return self.inner.identity()

    def seek(self, epoch: int, index: int = 0) -> None:
        """Have the other iterator go there."""
        self.inner.seek(epoch, index)

    def reserve(self, ahead: int) -> None:
        """As the other iterator does."""
        self.inner.reserve(ahead)

    def close(self) -> None:
        """As the other iterator does."""
        self.inner.close()

    def _widened(self, batch: Batch) -> Batch:
        pairs = zip(batch, self._codes, strict=True)
        return tuple(array if codes is None else codes.floats(array) for array, codes in pairs)
