"""Random numbers in a graph: functions of a key and a stream, never of hidden state."""

from typing import Any

import numpy as np

from sigma_core.errors import ShapeError
from sigma_core.graph._record import as_value, record
from sigma_core.graph._scope import place
from sigma_core.graph._value import Value
from sigma_core.graph.operations import Shape
from sigma_core.graph.transforms._arguments import on_arrays_too


def random_uniform(key: Any, shape: Shape, dtype: Any, stream: int) -> Value:
    """Numbers from [0, 1): of `key`, uint64 (2,) with seed and step, and `stream`, below 2**64.

    Equal keys and streams give equal numbers: those of NumPy's Philox keyed (seed, stream), counter (0, step, 0, 0).
    """
    return record("random_uniform", as_value(key), shape=tuple(shape), dtype=np.dtype(dtype), stream=int(stream))


def random_normal(key: Any, shape: Shape, dtype: Any, stream: int) -> Value:
    """Standard normal numbers, as `random_uniform` gives uniform ones."""
    return record("random_normal", as_value(key), shape=tuple(shape), dtype=np.dtype(dtype), stream=int(stream))


def fold_in(key: Any, number: Any) -> Any:
    """A key for each number, so that the draws of a loop's steps, or of many parts of a program, differ.

    The seed becomes number `number`, counted from 0, that SplitMix64 (Steele, Lea & Flood 2014) gives from it; the step
    stays. Key and number may be arrays or values; the number is an integer, and taken modulo 2**64.
    """

    def folded(key: Any, number: Any) -> Any:
        given, count = as_value(key), as_value(number)
        if given.shape != (2,) or given.dtype != np.uint64:
            raise ShapeError(place(), f"the key is {given.dtype}{list(given.shape)}", "uint64[2]: seed and step")
        if count.shape or count.dtype.kind not in "iu":
            raise ShapeError(place(), f"the number to fold in is {count.dtype}{list(count.shape)}", "a 0-d integer")
        mixed = given[:1] + (count.reshape(1).astype(np.uint64) + _ONE) * _STEP
        for shift, factor in _MIXING:
            mixed = (mixed ^ (mixed >> shift)) * factor
        return np.concatenate([mixed ^ (mixed >> _LAST), given[1:]])

    return on_arrays_too(folded)(key, number)


_ONE, _STEP, _LAST = np.uint64(1), np.uint64(0x9E3779B97F4A7C15), np.uint64(31)
_MIXING = (
    (np.uint64(30), np.uint64(0xBF58476D1CE4E5B9)),
    (np.uint64(27), np.uint64(0x94D049BB133111EB)),
)
