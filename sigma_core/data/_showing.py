"""Records as they can be looked at: as pixels, or in a few words."""

from collections.abc import Sequence
from math import isqrt

import numpy as np
from numpy.typing import NDArray

from sigma_core.data._sections import Array


def picture_form(shape: Sequence[int]) -> tuple[int, int, int] | None:
    """Rows, columns and channels of the picture that a record of this shape may be, or None.

    Vectors are pictures where they have as many values as a square.
    """
    match tuple(shape):
        case (height, width, 1 | 3 as channels):
            return height, width, channels
        case (height, width) if height > 1 and width > 1:
            return height, width, 1
        case (size,) if size >= 4 and isqrt(size) ** 2 == size:
            return isqrt(size), isqrt(size), 1
    return None


def pixels(records: Array, form: tuple[int, int, int]) -> NDArray[np.uint8]:
    """Pictures of shape (records, rows, columns, channels): the smallest of all values is black, the largest white."""
    images = np.asarray(records, np.float64).reshape(-1, *form)
    is_there = np.isfinite(images)
    low, high = (images[is_there].min(), images[is_there].max()) if is_there.any() else (0.0, 1.0)
    # Halves, because the difference of two large numbers may be none.
    shares = (images / 2 - low / 2) / ((high / 2 - low / 2) or 1)
    return (np.where(is_there, shares, 0) * 255).round().astype(np.uint8)


def in_short(record: Array, values: int) -> str:
    """The first values of a record of any shape, with blanks between them, floats in four digits."""
    flat = np.asarray(record).reshape(-1)
    shown = [f"{value:.4g}" if isinstance(value, float) else str(value) for value in flat[:values].tolist()]
    return " ".join([*shown, "..."] if len(flat) > values else shown)
