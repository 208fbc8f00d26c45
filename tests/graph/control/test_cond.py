"""Cond: the branch that is chosen, its derivatives, what it refuses."""

import numpy as np
import pytest

from sigma_core import testing
from sigma_core.errors import ShapeError, TraceError
from sigma_core.graph import as_value, check_grads, cond, evaluate, grad, jvp, scan, trace, vmap

X = np.array([0.3, 0.7])


def chosen(p, x, y):
    return cond(p > 0, lambda x: {"first": np.sin(x) * y, "count": 1}, lambda x: {"first": x * x, "count": 2}, x)


@pytest.mark.parametrize("p", [1.0, -1.0])
def test_one_branch_gives_the_result(p):
    """And its derivatives, by operands and by what it closes over."""
    result = chosen(p, X, 2.0)
    np.testing.assert_allclose(result["first"], np.sin(X) * 2 if p > 0 else X * X, rtol=1e-15)
    assert int(result["count"]) == (1 if p > 0 else 2)
    check_grads(lambda x, y: chosen(p, x, y)["first"], (X, 2.0))
    # The other branch does not depend on y at all.
    assert float(grad(lambda y: np.sum(chosen(p, X, y)["first"]))(2.0)) == pytest.approx(
        np.sum(np.sin(X)) if p > 0 else 0
    )


def test_a_branch_that_is_not_chosen_does_not_run():
    """Nor does its derivative: where it would fail, or give NaN, it does no harm."""
    table = as_value(np.ones(2))
    picked = trace(lambda p, i: cond(p, lambda i: table[i], lambda i: table[i * 0], i), np.True_, 1)
    assert float(evaluate(picked, np.False_, np.array(9))[0]) == 1.0
    assert float(grad(lambda x: cond(x > 0, np.sqrt, lambda x: x * 3.0, x))(0.0)) == 3.0
    assert float(jvp(lambda x: cond(x > 0, np.log, lambda x: x * 3.0, x), (0.0,), (1.0,))[1]) == 3.0


def test_a_truth_value_chooses_at_once():
    """Then the other branch is not even traced."""
    assert cond(True, lambda x: x + 1, lambda x: x.no_such_method(), 1) == 2
    assert cond(False, lambda: None, lambda: "nothing") == "nothing"


def test_branches_nest_in_loops_and_derivatives():
    """A loop that turns at zero, differentiated twice."""

    def bouncing(x):
        def body(c, _):
            position, speed = c
            speed = cond(position < 0, lambda: -speed, lambda: speed * 0.9 - 0.1)
            return (position + speed, speed), position

        return scan(body, (x, x * 0.1), length=5)[1]

    check_grads(bouncing, (np.array(0.15),))


def test_python_numbers_take_the_other_branch_s_dtype():
    """As operands of where do."""
    assert cond(np.True_, lambda x: 0.0, lambda x: x, np.float32(1)).dtype == np.float32
    assert trace(lambda p: cond(p, lambda: 0.0, lambda: 1), np.True_).outputs[0].weak


def test_a_branch_is_mapped():
    """With one predicate one branch runs; with one for each element both run, and results are chosen."""
    xs = np.array([[0.5, 1.0], [-0.5, 2.0], [0.1, 3.0]])

    def turned(p, x):
        return cond(p, lambda x: (np.sin(x), 1.0), lambda x: (x * x, 2.0), x)

    for p in (np.True_, np.False_):
        first, second = vmap(turned, in_axes=(None, 0))(p, xs)
        np.testing.assert_allclose(first, np.sin(xs) if p else xs * xs, rtol=1e-15)
        np.testing.assert_array_equal(second, np.full(3, 1.0 if p else 2.0))
    each = np.array([True, False, True])
    first, second = vmap(turned)(each, xs)
    np.testing.assert_allclose(first, np.where(each[:, None], np.sin(xs), xs * xs), rtol=1e-15)
    np.testing.assert_array_equal(second, [1.0, 2.0, 1.0])
    first, _ = vmap(turned, in_axes=(0, None))(each, xs[0])
    np.testing.assert_allclose(first[1], xs[0] ** 2, rtol=1e-15)
    check_grads(lambda xs: vmap(turned)(each, xs)[0], (xs,))


FAULTS = {
    "predicate": (
        lambda: cond(np.ones(2) > 0, np.sin, np.cos, X),
        ShapeError,
        "traced function: the predicate of cond is bool[2]\n  expected: bool[]\n  to do:    compare, np.all or np.any",
    ),
    "number": (
        lambda: cond(1.0, np.sin, np.cos, X),
        ShapeError,
        (
            "traced function: the predicate of cond is float64[]\n"
            "  expected: bool[]\n"
            "  to do:    compare, np.all or np.any"
        ),
    ),
    "structure": (
        lambda: cond(np.True_, lambda x: (x, x), lambda x: x, X),
        TraceError,
        (
            "traced function: the branches of cond return results that are built differently\n"
            "  expected: the same nested containers"
        ),
    ),
    "shape": (
        lambda: cond(np.True_, lambda x: {"a": x}, lambda x: {"a": x[0]}, X),
        ShapeError,
        (
            "traced function: result 'a' of cond is float64[2] when true and float64[] when false\n"
            "  expected: equal shapes and dtypes"
        ),
    ),
    "dtype": (
        lambda: cond(np.True_, lambda x: x, lambda x: x.astype(np.float32), X),
        ShapeError,
        (
            "traced function: the result of cond is float64[2] when true and float32[2] when false\n"
            "  expected: equal shapes and dtypes"
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


def test_the_branch_that_was_not_chosen_leaves_nothing_in_mapped_derivatives():
    """Neither mode, nor order, nor a map of maps: an infinite derivative there is not multiplied with zero."""

    def logarithm(x):
        return cond(x > 0, np.log, lambda x: 2 * x, x)

    x = np.array([0.0, 1.0, 4.0])
    expected = np.array([2.0, 1.0, 0.25])
    with np.errstate(divide="ignore"):
        np.testing.assert_array_equal(grad(lambda x: np.sum(vmap(logarithm)(x)))(x), expected)
        np.testing.assert_array_equal(jvp(vmap(logarithm), (x,), (np.ones(3),))[1], expected)
        twice = grad(lambda x: np.sum(vmap(grad(lambda x: np.sum(vmap(logarithm)(x))))(x)))(np.stack([x, x]))
        np.testing.assert_array_equal(twice, [[0.0, -1.0, -1 / 16]] * 2)


def test_what_mapped_branches_close_over_is_due_the_sum_over_all():
    """Each element adds what its own branch is due."""

    def scaled(number, x):
        return cond(x > 0, lambda x: number * np.sqrt(x), lambda x: number * x, x)

    with np.errstate(all="ignore"):
        found = grad(lambda number: np.sum(vmap(lambda x: scaled(number, x))(np.array([-3.0, 0.0, 4.0]))))(2.0)
    assert found == -1
