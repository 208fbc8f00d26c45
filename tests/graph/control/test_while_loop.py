"""While loop: where it ends, its derivatives with and without a record, what it refuses."""

import numpy as np
import pytest

from sigma_core import testing
from sigma_core.errors import ShapeError, TraceError
from sigma_core.graph import check_grads, evaluate, grad, jvp, trace, vmap, while_loop

X = np.array([0.3, 0.7])


def repeated(x, factor, steps=3, most=None):
    def body(carry):
        return {"x": np.sin(carry["x"] * factor), "count": carry["count"] + 1}

    return while_loop(lambda carry: carry["count"] < steps, body, {"x": x, "count": 0}, most=most)


def root(a, most=None):
    """Newton's method."""
    return while_loop(lambda x: np.abs(x * x - a) > 1e-12, lambda x: (x + a / x) * 0.5, a, most=most)


@pytest.mark.parametrize("most", [None, 8])
def test_it_runs_as_long_as_the_condition_holds(most):
    """Not at all if it fails at once."""
    for steps in (0, 1, 4):
        expected = X
        for _ in range(steps):
            expected = np.sin(expected * 2)
        result = repeated(X, 2.0, steps, most)
        np.testing.assert_allclose(result["x"], expected, rtol=1e-15)
        assert int(result["count"]) == steps
    assert float(root(2.0, most)) == pytest.approx(np.sqrt(2.0))


def test_a_loop_with_a_bound_ends_there():
    """Though its condition still holds."""
    assert int(repeated(X, 2.0, 9, most=4)["count"]) == 4


@pytest.mark.parametrize("most", [None, 5])
def test_derivatives_are_right(most):
    """Of both kinds of loop, in both modes, to the second order; by what the body closes over, too."""
    check_grads(lambda x, factor: repeated(x, factor, 3, most)["x"], (X, 1.5))
    check_grads(lambda x: repeated(x, 1.5, 0, most)["x"], (X,))
    assert float(grad(lambda a: root(a, most and 9))(2.0)) == pytest.approx(0.5 / np.sqrt(2.0))


def test_derivatives_pass_by_what_does_not_change():
    """A carry that no step touches, and one that a step replaces."""

    def program(x, y):
        return while_loop(lambda c: c[2] < 2, lambda c: (c[0], c[0] * y, c[2] + 1), (x, x, 0))[:2]

    check_grads(program, (X, X * 2))


def test_loops_nest():
    """Each element of a loop runs one of its own."""

    def program(x):
        return while_loop(
            lambda c: c[1] < 2,
            lambda c: (while_loop(lambda d: np.sum(d * d) < 1.0, lambda d: d * 1.5 + 0.1, c[0]) * 0.3, c[1] + 1),
            (x, 0),
        )[0]

    check_grads(program, (X,))


def test_a_loop_is_mapped():
    """Until all are done, each keeping what it had then; with one condition for all there is no more to it."""
    starts = np.array([1.0, 3.0, 20.0])

    def grown(x):
        return while_loop(lambda c: c < 10, lambda c: c * 1.7, x)

    np.testing.assert_allclose(vmap(grown)(starts), [grown(x) for x in starts], rtol=1e-15)
    check_grads(vmap(grown), (starts,))
    factors = np.array([1.0, 2.0])
    mapped = vmap(lambda f: repeated(X, f)["x"])(factors)
    np.testing.assert_allclose(mapped, [repeated(X, f)["x"] for f in factors], rtol=1e-15)
    graph = trace(vmap(lambda f: repeated(X, f)["count"]), factors)
    (loop,) = (node for node in graph.nodes if node.operation.name == "while_loop")
    assert loop.attributes["condition"].outputs[0].operation.name == "less"
    np.testing.assert_array_equal(evaluate(graph, factors)[0], [3, 3])
    limits = vmap(lambda n: while_loop(lambda c: c < n, lambda c: c + 1, 0))(np.array([2, 0, 5]))
    np.testing.assert_array_equal(limits, [2, 0, 5])


FAULTS = {
    "condition": (
        lambda: while_loop(lambda c: c < 1, lambda c: c + 1, X),
        ShapeError,
        (
            "traced function: the condition of while_loop is bool[2]\n"
            "  expected: bool[]\n"
            "  to do:    compare, np.all or np.any"
        ),
    ),
    "shape": (
        lambda: while_loop(lambda c: np.all(c < 1), lambda c: c[None], X),
        ShapeError,
        (
            "traced function: the carry of while_loop changes from float64[2] to float64[1, 2] in a step\n"
            "  expected: a carry of one shape and dtype\n"
            "  to do:    start from what a step gives, or cast with astype"
        ),
    ),
    "structure": (
        lambda: while_loop(lambda c: np.all(c < 1), lambda c: (c, c), X),
        TraceError,
        (
            "traced function: the carry that the body of while_loop returns is not built as the one it is given\n"
            "  expected: the same nested containers"
        ),
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_does_not_fit_is_refused(name):
    """With what came and what is needed."""
    run, error, message = FAULTS[name]
    with pytest.raises(error) as caught:
        run()
    assert testing.message(caught.value) == message


def test_an_element_that_is_done_has_the_derivative_of_its_own_steps():
    """What the body would make of it in later steps, such as a root of 0, is not multiplied with zero."""

    def roots(x):
        return while_loop(
            lambda c: c[0] < c[2], lambda c: (c[0] + 1, np.sqrt(c[1] - c[0]), c[2]), (0.0, x, np.floor(x))
        )[1]

    x = np.array([0.0, 1.0, 2.5])
    each = [grad(roots)(one) for one in x]
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(grad(lambda x: np.sum(vmap(roots)(x)))(x), each)
        np.testing.assert_allclose(jvp(vmap(roots), (x,), (np.ones(3),))[1], each)
