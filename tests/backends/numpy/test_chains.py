"""Chains of element-wise operations: what they compute in between lies in memory that nobody needs at the time."""

import re

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sigma_core.backends.numpy import NumpyBackend
from sigma_core.graph import Graph, evaluate, placeholder

SIZE = 7
OPERATIONS = (
    lambda a, b: a + b,
    lambda a, b: a * b,
    lambda a, b: np.tanh(a),
    lambda a, b: np.where(a > b, a, b * 0.5),
    lambda a, b: np.where(a > b, b, 0.0),
    lambda a, b: a.astype(np.float32).astype(np.float64),
    np.minimum,
)
number = st.integers(0, 999)


def vectors(names):
    return [placeholder((SIZE,), np.float64, name) for name in names]


@settings(max_examples=300)
@given(
    steps=st.lists(st.tuples(number, number, number), min_size=1, max_size=25),
    choice=st.lists(number, min_size=4, max_size=4),
    part=st.sampled_from([1, 2, 3]),
)
def test_donated_memory_may_hold_other_results_first(steps, choice, part):
    """Which is seen neither in what is donated nor in what is not, call after call."""
    inputs = vectors("pqrx")
    values = list(inputs)
    for operation, first, second in steps:
        a, b = values[first % len(values)], values[-1 - second % len(values)]
        values.append(OPERATIONS[operation % len(OPERATIONS)](a, b))
    graph = Graph(inputs, [values[-1 - each % len(values)] for each in choice])
    random = np.random.default_rng(0)
    arrays = {name: random.uniform(-1, 1, SIZE) for name in "pqr"}
    program = NumpyBackend(part=part).compile(graph, bound="pqr", donations=dict(enumerate("pqr")))
    executable = program.instantiate(arrays)
    for _ in range(3):
        before, x = [arrays[name].copy() for name in "pqr"], random.uniform(-1, 1, SIZE)
        for output, expected in zip(executable(x), evaluate(graph, *before, x), strict=True):
            np.testing.assert_allclose(output, expected, rtol=1e-12, atol=1e-12)


def test_an_update_needs_one_array_beside_its_own():
    """Adam's: moments are scaled where they lie, so that less of the cache is touched."""
    parameter, mean, square, gradient = vectors(["p", "m", "s", "g"])
    new_mean = 0.9 * mean + 0.1 * gradient
    new_square = 0.99 * square + 0.01 * (gradient * gradient)
    new = parameter - 0.1 * (new_mean / (np.sqrt(new_square) + 1e-8))
    graph = Graph([parameter, mean, square, gradient], [new, new_mean, new_square])
    program = NumpyBackend(part=2).compile(graph, bound="pmsg", donations=dict(enumerate("pms")))
    names = re.search(r"for (.*), in parts_", program.source)[1].split(", ")
    assert sorted(names) == ["w0", "x0", "x1", "x2", "x3"]
