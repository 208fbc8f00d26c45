"""Passes over loops, branches and calls: what leaves them, what falls away, and that results stay equal."""

import numpy as np
import pytest

from sigma_core.graph import (
    checkpoint,
    cond,
    custom_derivative,
    evaluate,
    grad,
    jvp,
    linearize,
    optimise,
    scan,
    trace,
    value_and_grad,
    while_loop,
)
from sigma_core.graph.passes import (
    fold_constants,
    hoist_ahead,
    inline_all_calls,
    inline_calls,
    merge_loops,
    trim_bundles,
)

random = np.random.default_rng(4)
STEPS, BATCH, INPUTS, SIZE = 5, 3, 4, 2
XS = random.uniform(-1, 1, (STEPS, BATCH, INPUTS))
WEIGHTS = {
    "w": random.uniform(-1, 1, (INPUTS, 4 * SIZE)),
    "u": random.uniform(-1, 1, (SIZE, 4 * SIZE)),
    "b": random.uniform(-1, 1, 4 * SIZE),
}


def names(graph):
    return [node.operation.name for node in graph.nodes if node.operation.name not in ("placeholder", "constant")]


def loops(graph):
    return [node for node in graph.nodes if node.operation.name == "scan"]


def inside(loop):
    return names(loop.attributes["body"])


def equal(graph, better, *arrays):
    for result, expected in zip(evaluate(better, *arrays), evaluate(graph, *arrays), strict=True):
        np.testing.assert_allclose(result, expected, rtol=1e-9, atol=1e-12)


def lstm(weights, xs):
    """As one writes it down."""

    def body(carry, x):
        h, c = carry
        gates = x @ weights["w"] + h @ weights["u"] + weights["b"]
        i, f, g, o = (gates[:, k * SIZE : (k + 1) * SIZE] for k in range(4))
        c = c / (1 + np.exp(-f)) + np.tanh(g) / (1 + np.exp(-i))
        h = np.tanh(c) / (1 + np.exp(-o))
        return (h, c), h

    zeros = np.zeros((BATCH, SIZE))
    return scan(body, (zeros, zeros), xs)[1]


def test_a_recurrent_layer_has_one_small_product_per_step_and_direction():
    """All else is done for the whole sequence at once: the input's part, and the derivatives by weights and input."""

    def cost(weights, xs):
        return np.sum(lstm(weights, xs) ** 2)

    graph = trace(value_and_grad(cost, (0, 1)), WEIGHTS, XS)
    better = optimise(graph)
    forward, backward = loops(better)
    for loop, operand in ((forward, (BATCH, SIZE)), (backward, (BATCH, 4 * SIZE))):
        products = [node for node in loop.attributes["body"].nodes if node.operation.name == "matmul"]
        assert [node.inputs[0].shape for node in products] == [operand]
        # Nothing but the state and the cell is carried, so no sum over steps is left inside.
        assert loop.attributes["carries"] == 2
        assert "sum" not in inside(loop)
    outside = [node for node in better.nodes if node.operation.name == "matmul"]
    assert sorted((node.inputs[0].shape[0], node.inputs[0].shape[1]) for node in outside) == sorted(
        [
            (STEPS * BATCH, INPUTS),  # x W
            (STEPS * BATCH, 4 * SIZE),  # the derivative by x
            (INPUTS, STEPS * BATCH),  # by W
            (SIZE, STEPS * BATCH),  # by U
        ]
    )
    # The cotangents of the gates are joined, not padded and added up.
    assert "embed" not in inside(backward)
    equal(graph, better, *(array for array in WEIGHTS.values()), XS)


def test_what_is_the_same_in_all_steps_is_computed_once():
    """But views are left where they cost nothing."""
    graph = trace(lambda c, w: scan(lambda c, _: (c @ np.exp(w).T, None), c, length=3)[0], np.ones((2, 2)), np.eye(2))
    better = hoist_ahead(graph)
    assert names(better)[0] == "exp"
    assert inside(loops(better)[0]) == ["transpose", "matmul"]
    equal(graph, better, np.ones((2, 2)), np.eye(2))


def test_products_with_sequences_leave_together():
    """And gathers; arithmetic stays with the steps, whose parts of arrays are in the cache."""

    def body(c, i, table, w):
        x = table[i]
        return np.tanh(c + np.sin(x @ w)), None

    graph = trace(
        lambda table, w, indices: scan(lambda c, i: body(c, i, table, w), np.zeros((3, 2)), indices)[0],
        np.ones((5, 4)),
        np.ones((4, 2)),
        np.zeros((6, 3), np.int64),
    )
    better = optimise(graph)
    assert inside(loops(better)[0]) == ["sin", "add", "tanh"]
    assert [name for name in names(better) if name in ("gather", "matmul")] == ["matmul", "gather"]
    arrays = random.uniform(-1, 1, (5, 4)), random.uniform(-1, 1, (4, 2)), random.integers(0, 5, (6, 3))
    equal(graph, better, *arrays)


def test_products_that_only_results_need_leave_behind():
    """With all that is made of them."""
    graph = trace(
        lambda c, v: scan(lambda c, _: (np.tanh(c), np.exp(c @ v)), c, length=4),
        np.ones((2, 3)),
        np.ones((3, 5)),
    )
    better = optimise(graph)
    assert inside(loops(better)[0]) == ["tanh"]
    assert names(better).count("matmul") == names(better).count("exp") == 1
    equal(graph, better, random.uniform(-1, 1, (2, 3)), random.uniform(-1, 1, (3, 5)))


def summed(part, shape):
    def program(c, xs, w):
        def body(carry, x):
            state, total = carry
            state = np.tanh(state + x @ w)
            return (state, total + part(state, x)), None

        return scan(body, (c, np.zeros(shape)), xs)[0]

    return program


SUMS = {
    "product": lambda state, x: x.T @ state,
    "transposed": lambda state, x: (state.T @ x).T,
    "sum": lambda state, _x: np.sum(state, axis=0),
    "kept sum": lambda state, _x: np.sum(state, axis=0, keepdims=True),
    "two of them": lambda state, x: x.T @ state + x.T @ (state * 2),
    "reshaped": lambda state, x: (x.T @ state).reshape(-1),
    "side by side": lambda state, x: np.concatenate([x.T @ state, -(x.T @ state)]),
}


@pytest.mark.parametrize("name", SUMS)
def test_sums_over_all_steps_leave_behind(name):
    """One product, or sum, over stacked operands."""
    arrays = random.uniform(-1, 1, (3, 2)), random.uniform(-1, 1, (5, 3, 4)), random.uniform(-1, 1, (4, 2))
    shape = np.shape(SUMS[name](arrays[0], arrays[1][0]))
    graph = trace(summed(SUMS[name], shape), *arrays)
    better = optimise(graph)
    (loop,) = loops(better)
    assert loop.attributes["carries"] == 1
    assert "matmul" not in inside(loop)
    equal(graph, better, *arrays)


def test_derivatives_by_a_table_are_added_in_one_go():
    """Those of rows that steps gathered."""
    graph = trace(
        grad(lambda table, i: np.sum(scan(lambda c, i: (np.sin(c * table[i]), None), np.ones((2, 3)), i)[0])),
        np.ones((5, 3)),
        np.zeros((4, 2), np.int64),
    )
    better = optimise(graph)
    assert all("scatter_add" not in inside(loop) for loop in loops(better))
    assert names(better).count("scatter_add") == 1
    equal(graph, better, random.uniform(-1, 1, (5, 3)), random.integers(0, 5, (4, 2)))


def test_what_would_need_much_memory_stays(monkeypatch):
    """A loop that goes over pieces keeps the product of each to itself."""
    monkeypatch.setattr("sigma_core.graph.passes._hoisting.ROOM", 0)
    graph = trace(
        lambda xs, w: scan(lambda _, x: (None, np.sum(np.exp(x @ w), axis=1)), None, xs)[1],
        np.ones((4, 2, 3)),
        np.ones((3, 100)),
    )
    assert "matmul" in inside(loops(optimise(graph))[0])
    graph = trace(
        lambda c, w: scan(lambda c, _: (np.tanh(c), np.sum(c @ w)), c, length=4)[1], np.ones((2, 3)), np.ones((3, 100))
    )
    assert "matmul" in inside(loops(optimise(graph))[0])


def test_a_loop_that_a_derivative_runs_again_runs_once():
    """What the way back needs is computed on the way there, and tangents go along with what they belong to."""
    graph = trace(value_and_grad(lambda c: np.sum(scan(lambda c, _: (np.sin(c), c), c, length=3)[1])), np.ones(2))
    assert len(loops(graph)) == 3
    better = merge_loops(graph)
    assert len(loops(better)) == 2
    equal(graph, better, np.ones(2))
    graph = trace(
        lambda c, d: jvp(lambda c: scan(lambda c, _: (np.sin(c), c), c, length=3), (c,), (d,)), np.ones(2), np.ones(2)
    )
    assert (len(loops(graph)), len(loops(merge_loops(graph)))) == (2, 1)
    equal(graph, merge_loops(graph), np.ones(2), np.full(2, 0.5))


def test_loops_that_wait_for_each_other_stay_apart():
    """A tangent that is made of the loop's own result."""

    def program(c):
        return jvp(lambda c: scan(lambda c, _: (np.sin(c), None), c, length=3)[0], (c,), (np.ones(2),))[1]

    def late(c):
        last = scan(lambda c, _: (np.sin(c), None), c, length=3)[0]
        return last, jvp(lambda c: scan(lambda c, _: (np.sin(c), None), c, length=3)[0], (c,), (last,))[1]

    def crossed(c):
        first, push = linearize(lambda c: scan(lambda c, _: (np.sin(c), None), c, length=3)[0], c)
        second, other = linearize(lambda c: scan(lambda c, _: (np.cos(c), None), c, length=3)[0], c)
        return push(second), other(first)

    for each in (program, late, crossed):
        graph = trace(each, np.ones(2))
        equal(graph, merge_loops(graph), np.ones(2))
    assert len(loops(merge_loops(graph))) == len(loops(graph)) == 4


def test_what_nobody_reads_falls_away():
    """Results, carries and inputs; carries that stay as they are become constants, numbers are no inputs."""

    def program(x, y):
        def body(carry, element):
            a, still, dead, count = carry
            return (a + element * still, still, dead * y, count + 1), (a, dead)

        (a, still, _, _), (states, _) = scan(body, (x, x, y, 0), np.zeros((3, 2)))
        return a, still, states

    graph = fold_constants(trace(program, np.ones(2), np.ones(2)))
    better = trim_bundles(graph)
    (loop,) = loops(better)
    assert (loop.attributes["carries"], loop.attributes["sequences"], len(loop.inputs)) == (1, 0, 2)
    equal(graph, better, np.ones(2), np.ones(2))
    graph = trace(lambda p, x, y: cond(p, lambda: (x, y * 2), lambda: (x * 2, y))[0], np.True_, np.ones(2), np.ones(2))
    (branch,) = (node for node in trim_bundles(graph).nodes if node.operation.name == "cond")
    assert (len(branch.inputs), len(branch.attributes["when_false"].outputs)) == (2, 1)
    equal(graph, trim_bundles(graph), np.False_, np.ones(2), np.ones(2))

    def counted(n, x, y):
        return while_loop(lambda c: c[0] < n, lambda c: (c[0] + 1, c[1] * 2, c[2] * y), (0, x, x))[1]

    graph = trace(counted, 3, np.ones(2), np.ones(2))
    (loop,) = (node for node in trim_bundles(graph).nodes if node.operation.name == "while_loop")
    assert (loop.attributes["carries"], len(loop.inputs)) == (2, 3)
    equal(graph, trim_bundles(graph), np.array(3), np.ones(2), np.ones(2))


def test_what_is_given_twice_is_one_input():
    """A sequence under two names, and a constant."""
    graph = trace(
        lambda xs, w: scan(lambda c, x: (c + x[0] * w + x[1] * w, None), np.zeros(2), (xs, xs))[0],
        np.ones((3, 2)),
        np.ones(2),
    )
    better = trim_bundles(graph)
    assert (loops(better)[0].attributes["sequences"], len(loops(better)[0].inputs)) == (1, 3)
    equal(graph, better, np.ones((3, 2)), np.ones(2))


def test_results_are_one_only_if_they_are_so_in_both_branches():
    """And in each step of a loop."""
    graph = trace(lambda p, x, y: cond(p, lambda: (x, x, y), lambda: (x, y, y)), np.True_, np.ones(2), np.zeros(2))
    for p in (np.True_, np.False_):
        equal(graph, trim_bundles(graph), p, np.ones(2), np.zeros(2))
    graph = trace(lambda p, x, y: cond(p, lambda: (x, x), lambda: (y, y)), np.True_, np.ones(2), np.zeros(2))
    (branch,) = (node for node in trim_bundles(graph).nodes if node.operation.name == "cond")
    assert len(branch.attributes["when_true"].outputs) == 1
    equal(graph, trim_bundles(graph), np.False_, np.ones(2), np.zeros(2))


def test_calls_are_written_out():
    """But for those that compute something again; backends, which share nothing any more, write out these too."""
    called = trace(custom_derivative(np.sin, reverse=lambda _inputs, _out, due: (due,)), np.ones(2))
    assert names(inline_calls(called)) == ["sin"]
    again = trace(grad(lambda x: np.sum(checkpoint(lambda x: np.exp(np.sin(x)))(x))), np.ones(2))
    assert "call" in names(inline_calls(again))
    assert "call" not in names(inline_all_calls(again))
    equal(again, inline_all_calls(again), np.ones(2))


def test_bodies_are_optimised():
    """Those of loops in loops too."""

    def body(c, _):
        return scan(lambda d, _: (np.sin(d * 1) + 0, None), c, length=2)[0] - 0, None

    graph = optimise(trace(lambda c: scan(body, c, length=2)[0], np.ones(2)))
    (loop,) = loops(graph)
    (inner,) = loops(loop.attributes["body"])
    assert inside(inner) == ["sin"]
