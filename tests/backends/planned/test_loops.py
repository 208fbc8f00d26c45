"""Loops and branches compiled, against the reference evaluator: values and derivatives, at every call."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigma_core.backends.numpy import NumpyBackend
from sigma_core.backends.planned import _scan
from sigma_core.graph import (
    Graph,
    checkpoint,
    cond,
    evaluate,
    grad,
    placeholder,
    scan,
    trace,
    value_and_grad,
    while_loop,
)

random = np.random.default_rng(0)


def check(graph, *arrays, bound=(), donations=None, calls=3):
    """Three calls, each on other arguments, with the first arrays bound; a donated output is the bound array."""
    donations = donations or {}
    held = {name: np.array(array) for name, array in zip(bound, arrays, strict=False)}
    executable = NumpyBackend().compile(graph, bound=bound, donations=donations).instantiate(held)
    rest = [np.array(array) for array in arrays[len(bound) :]]
    for _ in range(calls):
        before = [held[name].copy() for name in bound]
        outputs = executable(*rest)
        for output, expected in zip(outputs, evaluate(graph, *before, *rest), strict=True):
            np.testing.assert_allclose(output, expected, rtol=1e-9, atol=1e-12)
        rest = [array * 1.25 if array.dtype.kind == "f" else array for array in rest]


# Each makes a new carry of a carry, an element and a constant, all of three numbers.
STEPS = (
    lambda c, x, w: np.tanh(c + x),
    lambda c, x, w: c,
    lambda c, x, w: x,
    lambda c, x, w: w,
    lambda c, x, w: c * w,
    lambda c, x, w: c + x @ np.outer(w, w),
    lambda c, x, w: np.sin(c @ np.outer(w, x)),
    lambda c, x, w: c[::-1] * 0.5,
    lambda c, x, w: c + np.sum(np.tanh(c)) * 0.1,
    lambda c, x, w: np.where(c > x, c, w),
    lambda c, x, w: cond(c[0] > x[0], lambda: np.sin(c), lambda: c * w),
    lambda c, x, w: while_loop(lambda d: np.sum(d * d) < 1.0, lambda d: d * 2.0 + 0.5, c) * 0.1,
    lambda c, x, w: scan(lambda d, y: (np.tanh(d * y + w[0]), d), c, x)[0],
    lambda c, x, w: np.concatenate([c[1:], x[:1]]),
    lambda c, x, w: checkpoint(lambda c: np.tanh(c * w) + x)(c),
    lambda c, x, w: np.broadcast_to(np.max(c, keepdims=True), (3,)) * w,
)
number = st.integers(0, 999)


def loop(carried, results, reverse):
    """A scan of two carries and a counter, with results of several kinds."""

    def program(first, second, xs, w):
        def body(carry, x):
            a, b, count = carry
            made = []
            for step, which, other in carried:
                source = (a, b, *made)[which % (2 + len(made))]
                made.append(STEPS[step % len(STEPS)](source, (x, a, b)[other % 3], w))
            a, b = (*made, a, b)[-2:] if len(made) == 1 else made[-2:]
            kinds = {"new": a, "old": carry[1], "element": x, "sum": np.sum(a * x), "other": b, "count": count}
            return (a, b, count + 1), {name: kinds[name] for name in results}

        (a, b, count), out = scan(body, (first, second, 0), xs, reverse=reverse)
        return np.sum(a * b) + sum(np.sum(value * 0.5) for value in out.values()), out, count

    return program


@settings(max_examples=50, report_multiple_bugs=False)
@given(
    carried=st.lists(st.tuples(number, number, number), min_size=1, max_size=5),
    results=st.sets(st.sampled_from(["new", "old", "element", "sum", "other", "count"])),
    reverse=st.booleans(),
    length=st.sampled_from([0, 1, 2, 5]),
    is_long=st.booleans(),
    is_bound=st.booleans(),
)
def test_a_scan_equals_the_reference(carried, results, reverse, length, is_long, is_bound):
    """Forward and backward, whatever is carried and kept."""
    program = loop(carried, sorted(results), reverse)
    arrays = [random.uniform(-1, 1, 3), random.uniform(-1, 1, 3), random.uniform(-1, 1, (length, 3)), np.full(3, 0.7)]
    graph = trace(lambda *p: (program(*p)[1:], grad(lambda *q: program(*q)[0], (0, 1, 2, 3))(*p)), *arrays)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_scan, "VIEWS", 0 if is_long else 1 << 16)
        check(graph, *arrays, bound=["0", "1", "2", "3"] if is_bound else [])


def test_results_go_to_donated_arrays():
    """The last carry takes the place of the first one."""
    graph = trace(lambda c, xs: scan(lambda c, x: (np.tanh(c + x), c), c, xs), np.ones(3), np.ones((4, 3)))
    check(graph, np.ones(3), random.uniform(-1, 1, (4, 3)), bound=["0"], donations={0: "0"})


@pytest.mark.parametrize("predicate", [True, False])
def test_only_the_chosen_branch_runs(predicate):
    """An index out of bounds in the other one does no harm."""

    def program(p, x, i):
        return cond(p, lambda x: x * 2, lambda x: x + x[i], x)

    arrays = np.array(predicate), np.ones(3), np.array(9 if predicate else 1)
    check(trace(program, *arrays), *arrays)


@pytest.mark.parametrize("steps", [0, 1, 2, 7])
def test_a_while_loop_ends_where_it_should(steps):
    """After an odd and an even number of steps, and after none."""

    def program(x, n):
        return while_loop(lambda c: c[1] < n, lambda c: (np.sin(c[0]) + 0.1, c[1] + 1), (x, 0))

    arrays = np.ones(3), np.array(steps)
    check(trace(program, *arrays), *arrays)
    check(trace(value_and_grad(lambda x, n: np.sum(program(x, n)[0])), *arrays), *arrays)


def test_a_loop_without_carries_runs():
    """It does nothing if its condition fails at once."""
    x = placeholder((2,), np.float64, "x")
    check(Graph([x], [scan(lambda _, y: (None, np.sin(y)), None, x)[1]]), np.ones(2))


def test_nothing_is_allocated_while_a_loop_runs():
    """Neither for steps nor for results."""
    import tracemalloc

    graph = trace(
        lambda c, xs, w: scan(lambda c, x: ((h := np.tanh(c @ w + x)), h), c, xs),
        np.ones((8, 64)),
        np.ones((50, 8, 64)),
        np.eye(64),
    )
    held = {"0": np.ones((8, 64)), "1": np.ones((50, 8, 64)), "2": np.eye(64)}
    executable = NumpyBackend().compile(graph, bound=held).instantiate(held)
    executable()
    tracemalloc.start()
    executable()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 * 64 * 8
