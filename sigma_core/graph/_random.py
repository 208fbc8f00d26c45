"""Random numbers in a graph: functions of a key and a stream, never of hidden state."""

from typing import Any

import numpy as np

from sigma_core.graph._record import as_value, record
from sigma_core.graph._value import Value
from sigma_core.graph.operations import Shape


def random_uniform(key: Any, shape: Shape, dtype: Any, stream: int) -> Value:
    """Numbers from [0, 1): of `key`, uint64 (2,) with seed and step, and `stream`, below 2**64.

    Equal keys and streams give equal numbers: those of NumPy's Philox keyed (seed, stream), counter (0, step, 0, 0).
    """
    return record("random_uniform", as_value(key), shape=tuple(shape), dtype=np.dtype(dtype), stream=int(stream))


def random_normal(key: Any, shape: Shape, dtype: Any, stream: int) -> Value:
    """Standard normal numbers, as `random_uniform` gives uniform ones."""
    return record("random_normal", as_value(key), shape=tuple(shape), dtype=np.dtype(dtype), stream=int(stream))
