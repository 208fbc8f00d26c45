"""Copies that move numbers about: transposed products and rows put side by side."""

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


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "sizes",
    [(32, 128, 512), (48, 40, 160), (31, 100, 333), (250, 64, 300), (16, 700, 32), (100, 50, 1000), (100, 333, 10)],
)
def test_products_that_are_turned(sizes, dtype):
    """Squares of numbers in registers, or one number after the other where sizes do not fit."""
    rows, inner, columns = sizes
    random = np.random.default_rng(1)
    a, b = random.standard_normal((rows, inner)).astype(dtype), random.standard_normal((columns, inner)).astype(dtype)
    source, result, expected = found(lambda a, b: np.tanh(a @ b.T), a, b)
    assert "copy_" in source
    np.testing.assert_allclose(result, expected, rtol=1e-10 if dtype == np.float64 else 1e-3, atol=1e-5)


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
