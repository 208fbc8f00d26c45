"""Passes change no result: random programs before and after, one pass at a time and all together."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigma_core.graph import Graph, evaluate, gradients, optimise, placeholder
from sigma_core.graph.passes import PASSES

SHAPE = (3, 4)
# Each makes a (3, 4) array of two of them; together they are what the rules of the passes look for.
OPERATIONS = (
    lambda a, b: a + b,
    lambda a, b: a - -b,
    lambda a, b: -a * -b,
    lambda a, b: 0.3 * (2 * a) / 4,
    lambda a, b: a * a - a * a,
    lambda a, b: np.where(~(a > b), a, 0),
    lambda a, b: np.maximum(a, 0) * 1 + 0,
    lambda a, b: np.square(-a) ** 0.5,
    lambda a, b: a**3,
    lambda a, b: np.tanh(a).astype(np.float64).astype(np.float32),
    lambda a, b: np.sum(a, axis=0) * np.ones(SHAPE, np.float32),
    lambda a, b: np.mean(a, axis=1, keepdims=True) + np.broadcast_to(b[:1], SHAPE),
    lambda a, b: (b.T @ a).T[:3] / 16,
    lambda a, b: np.tanh(a @ b.T) @ b,
    lambda a, b: np.concatenate([a[:, 2:], b[:, :2]], axis=1),
    lambda a, b: np.concatenate([np.concatenate([a, b]), a])[2:5],
    lambda a, b: np.concatenate([half * number for number, half in enumerate(np.split(np.tanh(a), 2, axis=1))], axis=1),
    lambda a, b: a.reshape(4, 3).reshape(SHAPE).T.T,
    lambda a, b: a[::-1][:, ::-1],
    lambda a, b: np.exp(-np.abs(a)) * np.cos(-b),
)
number = st.integers(0, 999)


def written(steps):
    x, y = (placeholder(SHAPE, np.float32, name) for name in "xy")
    values = [x, y]
    for operation, first, second in steps:
        made = OPERATIONS[operation % len(OPERATIONS)](values[first % len(values)], values[second % len(values)])
        values.append(np.clip(made, -8, 8))
    return Graph([x, y], [values[-1], *gradients(np.sum(values[-1] * values[-1]), [x, y])])


@pytest.mark.parametrize("simpler", [*PASSES, optimise], ids=lambda each: each.__name__)
@settings(max_examples=60, report_multiple_bugs=False)
@given(steps=st.lists(st.tuples(number, number, number), min_size=1, max_size=8), seed=number)
def test_results_stay_equal(simpler, steps, seed):
    """To a few last bits, which powers and transposed products may differ in."""
    graph = written(steps)
    after = simpler(graph)
    assert [value.dtype for value in after.outputs] == [value.dtype for value in graph.outputs]
    arrays = np.random.default_rng(seed).uniform(-2, 2, (2, *SHAPE)).astype(np.float32)
    with np.errstate(all="ignore"):
        before = evaluate(graph, *arrays)
        found = evaluate(after, *arrays)
    for expected, result in zip(before, found, strict=True):
        finite = np.isfinite(expected)
        np.testing.assert_array_equal(np.isfinite(result), finite)
        scale = np.max(np.abs(expected[finite]), initial=1.0)
        np.testing.assert_allclose(result[finite], expected[finite], rtol=1e-3, atol=1e-5 * scale)
