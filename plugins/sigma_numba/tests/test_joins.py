"""Rows put side by side."""

import numpy as np
import pytest
from sigma_numba import NumbaBackend

from sigma_core.testing import evaluate, trace


def found(function, *arrays):
    """By the compiled program, called twice."""
    graph = trace(function, *arrays)
    program = NumbaBackend().compile(graph)
    executable = program.instantiate({})
    executable(*arrays)
    return program.source, np.array(executable(*arrays)[0]), evaluate(graph, *arrays)[0]


@pytest.mark.parametrize("axis", [1, 2, -1])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
def test_rows_side_by_side(axis, dtype):
    """Of unequal sizes, one of them transposed."""
    arrays = [np.arange(24.0).reshape(2, 3, 4).astype(dtype) + shift for shift in range(3)]
    cut = (slice(None),) * (axis % 3) + (slice(0, 2),)

    def join(a, b, c):
        return np.concatenate([a, np.swapaxes(np.swapaxes(b, 0, 1) * 2, 0, 1), c[cut]], axis)

    source, result, expected = found(join, *arrays)
    assert "z[r * " in source
    np.testing.assert_array_equal(result, expected)


@pytest.mark.parametrize("sizes", [(1,), (0, 3), (2, 0, 1), (1,) * 9])
@pytest.mark.parametrize("rows", [0, 1, 3])
def test_any_number_of_parts(rows, sizes):
    """Empty ones among them; many are left to NumPy."""
    arrays = [np.full((rows, size), float(number)) for number, size in enumerate(sizes)]
    _, result, expected = found(lambda *parts: np.concatenate(parts, 1), *arrays)
    np.testing.assert_array_equal(result, expected)
