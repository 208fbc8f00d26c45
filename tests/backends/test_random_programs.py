"""Compiled programs against the reference evaluator: random graphs, donations in any order, joins and views."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigma_core.backends.debug import DebugBackend
from sigma_core.backends.numpy import NumpyBackend
from sigma_core.graph import Graph, checkpoint, cond, evaluate, grad, jvp, placeholder, scan, vmap, while_loop

SIZE = 6
# Each makes a vector of six of one or two such vectors, through other shapes, views and dtypes. No branch is chosen by
# a sum that may be zero but for rounding.
OPERATIONS = (
    lambda a, b: a + b,
    lambda a, b: np.tanh(a),
    np.maximum,
    lambda a, b: np.where(a > b, a, b),
    lambda a, b: np.where(a > b, b, a),
    lambda a, b: a[::-1] * 0.5,
    lambda a, b: a[::-1],
    lambda a, b: a.reshape(2, 3).T.reshape(-1),
    lambda a, b: a.reshape(3, 2).T.reshape(-1) - b,
    lambda a, b: np.tanh(np.sum(a)) + b,
    lambda a, b: np.broadcast_to(np.max(a, keepdims=True), (SIZE,)),
    lambda a, b: a.astype(np.float32).astype(np.float64),
    lambda a, b: np.tanh(np.cumsum(a)),
    lambda a, b: a[:1] * b,
    lambda a, b: np.concatenate([a[2:], b[:2]]),
    lambda a, b: np.concatenate([np.tanh(a), a - b])[3:9],
    lambda a, b: np.concatenate([(a * b)[:2], np.tanh(b.reshape(2, 3)).reshape(-1)[:4]]),
    lambda a, b: np.concatenate([np.tanh(a).reshape(1, 6), np.sin(b).reshape(1, 6)], axis=1).reshape(-1)[::2],
    lambda a, b: np.tanh(np.concatenate([a.reshape(2, 3), b.reshape(2, 3)], axis=1) @ np.tile(b[:2], 3)).sum() * a,
    lambda a, b: np.tanh(a.reshape(3, 2) @ b.reshape(2, 3))[1:].reshape(-1),
    lambda a, b: np.take(a, np.argsort([3, 1, 2, 0, 5, 4])),
    lambda a, b: a * np.exp(-(np.mean(b) ** 2)),
    lambda a, b: scan(lambda carry, x: (np.tanh(carry + x * b[::-1]), None), a, b[:4])[0],
    lambda a, b: scan(lambda carry, x: (carry * x, carry), np.sum(a), np.tanh(b), reverse=True)[1],
    lambda a, b: np.sum(scan(lambda carry, x: (carry, carry + x), a, b.reshape(3, 2)[:, :1])[1], axis=0),
    lambda a, b: scan(lambda carry, _x: (carry[::-1], None), (a, b), length=1)[0][1],
    lambda a, b: scan(lambda carry, x: ((carry[1], carry[0]), x), (a, b), np.stack([a, b])[:0])[0][1],
    lambda a, b: cond(np.sum(a) > 0.1234, lambda a: np.tanh(a) * b, lambda a: b, a),
    lambda a, b: cond(a[0] > b[0], lambda: (a, b), lambda: (b, a * 2))[0],
    lambda a, b: while_loop(lambda carry: np.sum(carry**2) > 1, lambda carry: carry * 0.5 + 1e-3 * b, np.tanh(a)),
    lambda a, b: while_loop(lambda c: c[0] < 3, lambda c: (c[0] + 1, c[2], c[1] - b[::-1]), (0, a, b), most=2)[1],
    checkpoint(lambda a, b: np.tanh(a) @ b * a),
    lambda a, b: grad(lambda a: np.sum(np.tanh(a[::-1] * b) ** 2))(a),
    lambda a, b: grad(lambda a: scan(lambda carry, x: (np.sin(carry * x), None), a[0], a[1:])[0])(a) + b,
    lambda a, b: jvp(lambda a: cond(a[0] > 0.1234, np.sin, lambda a: a * b, a), (a,), (b,))[1],
    lambda a, b: np.sum(vmap(lambda x: np.where(x > 0.1234, a, x * b))(b[:3]), axis=0),
    lambda a, b: vmap(lambda x: while_loop(lambda y: y < 1, lambda y: y * 2 + 0.1, abs(x)))(a),
)
number = st.integers(0, 999)


def written(steps, inputs):
    values = [each for each in inputs if each.ndim == 1]
    rate = inputs[-2]
    for operation, first, second in steps:
        a, b = values[first % len(values)], values[second % len(values)]
        values.append(
            OPERATIONS[operation % len(OPERATIONS)](a, b) * rate
            if second % 3 == 0
            else OPERATIONS[operation % len(OPERATIONS)](a, b)
        )
    return values


BACKENDS = {
    "small parts": NumpyBackend(part=2),
    "one part": NumpyBackend(part=64),
    "debug": DebugBackend(NumpyBackend(part=2)),
}


@pytest.mark.parametrize("name", BACKENDS)
@settings(max_examples=150, report_multiple_bugs=False)
@given(
    steps=st.lists(st.tuples(number, number, number), min_size=1, max_size=12),
    order=st.permutations("pqr"),
    choice=st.lists(number, min_size=5, max_size=5),
)
def test_a_program_equals_the_reference_at_every_call(name, steps, order, choice):
    """Whatever is donated, joined or seen through views, three calls give what the evaluator gives."""
    bound = [placeholder((SIZE,), np.float64, name) for name in "pqr"]
    rate = placeholder((), np.float64, "rate", weak=True)
    inputs = (*bound, rate, placeholder((SIZE,), np.float64, "x"))
    values = written(steps, inputs)
    graph = Graph(inputs, [values[-1 - each % len(values)] for each in choice])
    donations = {2 + position: name for position, name in enumerate(order)}
    random = np.random.default_rng(0)
    arrays = {name: random.uniform(-1, 1, SIZE) for name in "pqr"} | {"rate": np.array(0.5)}
    program = BACKENDS[name].compile(graph, bound=list(arrays), donations=donations)
    executable = program.instantiate(arrays)
    for _ in range(3):
        before = [arrays[name].copy() for name in "pqr"]
        x = random.uniform(-1, 1, SIZE)
        outputs = executable(x)
        reference = evaluate(graph, *before, arrays["rate"], x)
        for position, (output, result) in enumerate(zip(outputs, reference, strict=True)):
            np.testing.assert_allclose(output, result, rtol=1e-9, atol=1e-9)
            if position in donations:
                assert output is arrays[donations[position]]
