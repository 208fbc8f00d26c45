"""Products of two matrices: as they are, or as their transposes where the library is faster so."""

import numpy as np
import pytest

from sigma_core.backends.numpy import NumpyBackend
from sigma_core.graph import Graph, placeholder

SHAPES = [
    ((32, 128, 512), False, True),
    ((64, 128, 512), False, False),
    ((32, 512, 128), False, False),
    ((32, 512, 128), True, True),
    ((63, 64, 128), True, True),
    ((64, 64, 128), True, False),
    ((256, 512, 64), True, True),
    ((257, 512, 64), True, False),
    ((32, 10, 1000), True, False),
    ((8, 8, 8), True, False),
]


def product(sizes, dtype, *, is_transposed):
    """The product of two matrices, of which the second may be given transposed."""
    rows, inner, columns = sizes
    a = placeholder((rows, inner), dtype, "a")
    b = placeholder((columns, inner) if is_transposed else (inner, columns), dtype, "b")
    return Graph([a, b], [np.tanh(a @ (b.T if is_transposed else b))])


@pytest.mark.parametrize(("sizes", "is_transposed", "is_turned"), SHAPES)
@pytest.mark.parametrize("bound", [(), ("a",), ("b",), ("a", "b")])
def test_products_are_right_whichever_way_they_are_made(sizes, is_transposed, is_turned, bound):
    """With arrays of each call and with arrays that stay."""
    graph = product(sizes, np.float64, is_transposed=is_transposed)
    program = NumpyBackend().compile(graph, bound=bound)
    assert ("turned_" in program.source) == is_turned
    random = np.random.default_rng(1)
    arrays = {value.attributes["name"]: random.standard_normal(value.shape) for value in graph.inputs}
    executable = program.instantiate({name: arrays[name] for name in bound})
    second = arrays["b"].T if is_transposed else arrays["b"]
    for _ in range(2):
        (found,) = executable(*(array for name, array in arrays.items() if name not in bound))
        np.testing.assert_allclose(found, np.tanh(arrays["a"] @ second), rtol=1e-12)


def test_a_derivative_by_weights_is_not_turned():
    """Its first operand is read transposed, which the library does well."""
    a, g = placeholder((64, 100), np.float32, "a"), placeholder((64, 300), np.float32, "g")
    assert "turned_" not in NumpyBackend().compile(Graph([a, g], [a.T @ g])).source
