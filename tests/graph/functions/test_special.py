"""Functions that NumPy lacks."""

import math

import numpy as np
import pytest

from sigma_core import testing
from sigma_core.errors import ShapeError
from sigma_core.graph import (
    check_grads,
    check_operation,
    erf,
    evaluate,
    grad,
    log_softmax,
    logsumexp,
    placeholder,
    sigmoid,
    softmax,
    softplus,
    top_k,
    trace,
)

EVERYWHERE = np.concatenate(
    [
        np.linspace(-7, 7, 5001),
        np.geomspace(1e-300, 1, 500),
        [0.84375, 1.25, 1 / 0.35, 6.0, 0.0, -0.0, np.inf, -np.inf],
    ]
)


def run(function, *arrays):
    return evaluate(trace(function, *arrays), *arrays)[0]


def test_erf_is_within_two_ulp_in_float64():
    """Of the C library's."""
    right = np.array([math.erf(x) for x in EVERYWHERE])
    found = run(erf, EVERYWHERE)
    assert np.max(np.abs(found - right) / np.spacing(np.abs(right))) <= 2
    assert np.isnan(run(erf, np.array([np.nan]))).all()


def test_erf_in_float32():
    """Within four units of the last place of 1, and odd."""
    x = np.linspace(-6, 6, 20001).astype(np.float32)
    right = np.array([math.erf(float(each)) for each in x])
    found = run(erf, x)
    assert found.dtype == np.float32
    assert np.max(np.abs(found - right)) < 5e-7
    np.testing.assert_array_equal(run(erf, -x), -found)
    assert np.isnan(run(erf, np.float32([np.nan]))).all()


FORMULAS = {
    "sigmoid": (sigmoid, lambda x: 1 / (1 + np.exp(-x))),
    "softplus": (softplus, lambda x: np.log1p(np.exp(x))),
    "logsumexp": (logsumexp, lambda x: np.log(np.sum(np.exp(x)))),
    "logsumexp_axis": (
        lambda x: logsumexp(x, (0, -1), keepdims=True),
        lambda x: np.log(np.sum(np.exp(x), axis=(0, -1), keepdims=True)),
    ),
    "softmax": (lambda x: softmax(x, 0), lambda x: np.exp(x) / np.sum(np.exp(x), axis=0)),
    "log_softmax": (log_softmax, lambda x: np.log(np.exp(x) / np.sum(np.exp(x), axis=-1, keepdims=True))),
}


@pytest.mark.parametrize("name", FORMULAS)
def test_a_function_is_its_formula(name):
    """With derivatives of both orders, and mapped."""
    function, formula = FORMULAS[name]
    check_operation(function, (np.random.default_rng(0).normal(size=(2, 3)),), formula)


def test_large_numbers_do_not_overflow():
    """Where the result is finite."""
    x = np.array([1000.0, 0.0, -1000.0])
    np.testing.assert_allclose(run(sigmoid, x), [1, 0.5, 0])
    np.testing.assert_allclose(run(softplus, x), [1000, np.log(2), 0])
    np.testing.assert_allclose(run(softmax, x), [1, 0, 0])
    np.testing.assert_allclose(run(log_softmax, x), [0, -1000, -2000])
    np.testing.assert_allclose(run(logsumexp, x), 1000)
    np.testing.assert_allclose(grad(logsumexp)(x), [1, 0, 0])


def test_the_logarithm_of_no_sum():
    """Nothing to add is -inf, and so are zeros alone; infinity stays."""
    with np.errstate(divide="ignore"):
        assert run(logsumexp, np.zeros(0)) == -np.inf
        assert run(logsumexp, np.array([-np.inf, -np.inf])) == -np.inf
    assert run(logsumexp, np.array([np.inf, 1.0])) == np.inf
    assert run(softmax, np.zeros((0, 3))).shape == (0, 3)


def test_numbers_stay_weak():
    """They take the dtype of what stands beside them."""
    x = placeholder((2,), np.float32, "x")
    assert (x * erf(0.5)).dtype == np.float32


def test_the_largest_come_first_and_of_equal_ones_the_first():
    """With their indices, along any axis, and derivatives to them alone."""
    x = np.array([[1.0, 3.0, 2.0, 3.0], [4.0, 0.0, 4.0, 4.0]])
    values, indices = evaluate(trace(lambda x: top_k(x, 2), x), x)
    np.testing.assert_array_equal(values, [[3, 3], [4, 4]])
    np.testing.assert_array_equal(indices, [[1, 3], [0, 2]])
    values, _ = evaluate(trace(lambda x: top_k(x, 1, axis=0), x), x)
    np.testing.assert_array_equal(values, [[4, 3, 4, 4]])
    np.testing.assert_array_equal(grad(lambda x: np.sum(top_k(x, 2)[0]))(x), [[0, 1, 0, 1], [1, 0, 1, 0]])
    check_grads(lambda x: top_k(x, 2)[0] ** 2, (np.array([3.0, 1.0, 2.0]),))


def test_no_more_than_there_are():
    """A ShapeError says how many."""
    with pytest.raises(ShapeError) as caught:
        top_k(placeholder((3,), np.float64, "x"), 4)
    assert testing.message(caught.value) == "traced function: the 4 largest of 3\n  expected: 0 to 3"
