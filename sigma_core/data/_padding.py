"""Sequences of unequal lengths, made into one array and a mask."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from sigma_core.data._sections import Array
from sigma_core.errors import DataError


def pad_sequences(sequences: Sequence[Any], *, length: int | None = None, value: float = 0) -> tuple[Array, Array]:
    """Put sequences of unequal lengths into one array, with `value` behind the ends of the shorter ones.

    Each is of shape (time, ...), and of at least one step. Returns the array, (records, length, ...), and a mask,
    (records, length), true where there is a step: the section that recurrent layers, attention, pooling and costs take
    as `mask`. `length` is that of the longest where it is not given; longer ones are refused, not cut off. Raises
    DataError for anything else.
    """
    arrays = [_array(sequence, number) for number, sequence in enumerate(sequences)]
    if not arrays:
        raise DataError("pad_sequences", "there are no sequences", "at least one", "leave the padding out")
    shape, longest = arrays[0].shape[1:], max(len(array) for array in arrays)
    length = longest if length is None else length
    for number, array in enumerate(arrays):
        if array.shape[1:] != shape:
            raise DataError(
                "pad_sequences",
                f"steps of sequence {number} have shape {array.shape[1:]}, those of the first {shape}",
                "steps of one shape",
                "give every step as many numbers",
            )
        if not 0 < len(array) <= length:
            raise DataError(
                "pad_sequences",
                f"sequence {number} has {len(array)} steps",
                f"from 1 to {length} steps",
                "leave out what is empty, and cut off or split what is too long",
            )
    padded = np.full((len(arrays), length, *shape), value, np.result_type(*{array.dtype for array in arrays}))
    lengths = np.array([len(array) for array in arrays])
    for row, array in zip(padded, arrays, strict=True):
        row[: len(array)] = array
    return padded, np.arange(length) < lengths[:, None]


def _array(sequence: Any, number: int) -> Array:
    try:
        array = np.asarray(sequence)
    except ValueError:
        array = np.asarray(None)
    if array.ndim == 0 or array.dtype.kind not in "biufc":
        # An empty list is of floats, which its length tells.
        raise DataError(
            "pad_sequences",
            f"sequence {number} is no array of numbers: {sequence!r}"[:120],
            "an array of shape (time, ...)",
            "give every sequence as an array or list of numbers",
        )
    return array
