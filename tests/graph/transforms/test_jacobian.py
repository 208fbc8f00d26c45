"""Jacobians, Hessians and their products with vectors."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sigma_core import testing
from sigma_core.errors import DerivativeError
from sigma_core.graph import check_grads, evaluate, grad, hessian, hvp, jacobian, stop_gradient, trace

random = np.random.default_rng(2)
MODES = ("forward", "reverse", None)


@pytest.mark.parametrize("mode", MODES)
def test_a_jacobian_has_the_shape_of_the_result_and_of_the_argument(mode):
    """Of a product of matrices it is known."""
    a, b = random.normal(size=(2, 3)), random.normal(size=(3, 4))
    by_a, by_b = jacobian(np.matmul, (0, 1), mode=mode)(a, b)
    np.testing.assert_allclose(by_a, np.einsum("ik,lj->ijkl", np.eye(2), b))
    np.testing.assert_allclose(by_b, np.einsum("il,jk->ijlk", a, np.eye(4)))


@given(shape=hnp.array_shapes(min_dims=0, max_dims=2, min_side=0, max_side=3), mode=st.sampled_from(MODES))
@settings(max_examples=30)
def test_both_modes_agree_with_differences(shape, mode):
    """Axes of size 0 and 1, and none."""
    x = np.random.default_rng(0).uniform(0.5, 1.0, shape)

    def function(x):
        return np.stack([np.sum(x) * x, np.exp(x)])

    found = jacobian(function, mode=mode)(x)
    assert found.shape == (2, *shape, *shape)
    for place in np.ndindex(*shape):
        step = np.zeros(shape)
        step[place] = 1e-6
        moved = [np.stack([np.sum(each) * each, np.exp(each)]) for each in (x + step, x - step)]
        np.testing.assert_allclose(found[(..., *place)], (moved[0] - moved[1]) / 2e-6, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("mode", MODES)
def test_containers_stand_in_containers(mode):
    """The argument's in the result's."""
    parameters = {"w": random.normal(size=(2, 3)), "b": np.zeros(2)}
    x = random.normal(size=3)
    found = jacobian(lambda p: (p["w"] @ x + p["b"], {"sum": np.sum(p["w"])}), mode=mode)(parameters)
    np.testing.assert_allclose(found[0]["w"], np.einsum("ik,l->ikl", np.eye(2), x))
    np.testing.assert_array_equal(found[0]["b"], np.eye(2))
    np.testing.assert_array_equal(found[1]["sum"]["w"], np.ones((2, 3)))
    np.testing.assert_array_equal(found[1]["sum"]["b"], np.zeros(2))


def products(graph):
    """Shapes of the products of matrices."""
    return [node.shape for node in graph.nodes if node.operation.name == "matmul"]


def test_the_cheaper_mode_is_chosen():
    """Forward for few elements of the argument, reverse for few of the result."""
    weights = random.normal(size=(5, 2))
    wide = trace(jacobian(lambda x: weights @ x), np.ones(2))
    assert products(wide)[-1] == (2, 5)
    tall = trace(jacobian(lambda x: weights.T @ x), np.ones(5))
    assert products(tall)[-1] == (2, 5)


def test_what_has_no_influence_has_zeros():
    """In both modes."""
    for mode in MODES:
        found = jacobian(stop_gradient, mode=mode)(np.ones(2))
        np.testing.assert_array_equal(found, np.zeros((2, 2)))


def test_auxiliary_results_and_keywords_come_along():
    """As for gradients."""
    found, aux = jacobian(lambda x, by: (x * by, by), has_aux=True)(np.ones(2), by=3.0)
    np.testing.assert_array_equal(found, 3 * np.eye(2))
    assert float(aux) == 3.0
    found, aux = hessian(lambda x, by: (np.sum(x**2) * by, by), has_aux=True)(np.ones(2), by=3.0)
    np.testing.assert_array_equal(found, 6 * np.eye(2))
    assert float(aux) == 3.0


def quadratic(x, y):
    return 0.5 * x @ MATRIX @ x + np.sum(x * y**2)


MATRIX = random.normal(size=(3, 3))
X, Y = random.normal(size=(2, 3))


def test_a_hessian_holds_all_second_derivatives():
    """By one argument, and by pairs of several."""
    np.testing.assert_allclose(hessian(quadratic)(X, Y), (MATRIX + MATRIX.T) / 2, rtol=1e-12)
    (xx, xy), (yx, yy) = hessian(quadratic, (0, 1))(X, Y)
    np.testing.assert_allclose(xx, (MATRIX + MATRIX.T) / 2)
    np.testing.assert_allclose(xy, 2 * np.diag(Y))
    np.testing.assert_allclose(yx, xy.T)
    np.testing.assert_allclose(yy, 2 * np.diag(X))
    nested = hessian(lambda p: p["a"] ** 2 * p["b"])({"a": 3.0, "b": 5.0})
    assert [float(nested[i][j]) for i in "ab" for j in "ab"] == [10.0, 6.0, 6.0, 0.0]


def test_products_with_the_hessian_need_no_hessian():
    """A tuple, one for each argument, of all directions together."""
    u, v = random.normal(size=(2, 3))
    by_x, by_y = hvp(quadratic, (X, Y), (u, v))
    (xx, xy), (yx, yy) = hessian(quadratic, (0, 1))(X, Y)
    np.testing.assert_allclose(by_x, xx @ u + xy @ v)
    np.testing.assert_allclose(by_y, yx @ u + yy @ v)
    (product,), aux = hvp(lambda x, by: (np.sum(x**3) * by, by), (X,), (u,), has_aux=True, by=2.0)
    np.testing.assert_allclose(product, 12 * X * u)
    assert float(aux) == 2.0


def test_they_are_differentiated_like_anything_else():
    """Third derivatives, in both modes."""
    check_grads(hessian(lambda x: np.sum(np.tanh(x) ** 2)), (X,), order=1)
    check_grads(lambda x: hvp(lambda y: np.sum(np.exp(y)), (x,), (Y,))[0], (X,))


def test_jacobians_of_closures_are_recorded():
    """Inside of a trace around them."""
    found = grad(lambda s: np.sum(jacobian(lambda x: x * s)(np.ones(2))))(2.0)
    assert float(found) == 2.0
    (result,) = evaluate(trace(lambda s: jacobian(lambda x: x * s)(np.ones(2)), 2.0), np.array(2.0))
    np.testing.assert_array_equal(result, 2 * np.eye(2))


FAULTS = {
    "mode": (
        lambda: jacobian(np.sin, mode="backward"),
        "a jacobian in mode 'backward'\n  expected: forward, reverse, or None for what takes fewer",
    ),
    "integers": (
        lambda: jacobian(lambda x: x * 1.5)(np.arange(3)),
        (
            "there is no derivative by argument 0, of dtype int64\n"
            "  expected: floating-point numbers\n  to do:    convert it with astype, or give it by keyword"
        ),
    ),
    "part": (
        lambda: jacobian(lambda p: p["x"], 1)({}, {"x": 1.0, "n": 2}),
        (
            "there is no derivative by argument 1.n, of dtype int64\n"
            "  expected: floating-point numbers\n  to do:    convert it with astype, or give it by keyword"
        ),
    ),
    "integer results": (
        lambda: jacobian(np.argmax)(np.ones(3)),
        (
            "there is no derivative of result, of dtype int64\n"
            "  expected: floating-point numbers\n  to do:    return it as auxiliary, with has_aux=True"
        ),
    ),
    "position": (
        lambda: jacobian(np.sin, 1)(1.0),
        "a derivative by argument 1 of a function that was given 1\n  expected: -1 to 0",
    ),
    "no arguments": (
        lambda: grad(lambda **kw: kw["x"])(x=1.0),
        "a derivative by argument 0 of a function that was given 0\n  expected: arguments by position",
    ),
    "twice": (
        lambda: grad(np.multiply, (0, -2))(1.0, 2.0),
        "a derivative by arguments (0, -2), of which two are one\n  expected: each once",
    ),
    "container": (
        lambda: grad(lambda x: (x, x))(1.0),
        (
            "a gradient was asked for of a function that returned a tuple of 2\n  expected: a scalar\n"
            "  to do:    return one, take a jacobian, or set has_aux for a pair of a scalar and what comes along"
        ),
    ),
    "no pair": (
        lambda: grad(lambda x: x * 2, has_aux=True)(1.0),
        "has_aux is set, but the function returned float64 of shape ()\n  expected: a pair: result, auxiliary",
    ),
    "no pair either": (
        lambda: grad(lambda x: "text", has_aux=True)(1.0),
        "has_aux is set, but the function returned a str\n  expected: a pair: result, auxiliary",
    ),
    "no scalar": (
        lambda: hessian(lambda x: x * 2)(np.ones(2)),
        (
            "a gradient of shape (2,) was asked for\n  expected: a scalar, or a cotangent of that shape\n"
            "  to do:    sum it, or take a jacobian"
        ),
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_has_no_derivative_is_refused(fault):
    """With the argument or the result that is at fault."""
    call, message = FAULTS[fault]
    with pytest.raises(DerivativeError) as caught:
        call()
    assert testing.message(caught.value) == f"traced function: {message}"
