"""Every rule of the table against finite differences: both modes, second order, in float64."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sigma_core import testing
from sigma_core.errors import DerivativeError
from sigma_core.graph import (
    OPERATIONS,
    Graph,
    check_grads,
    evaluate,
    grad,
    gradients,
    jvp,
    max_pool,
    placeholder,
    record,
    tangents,
)
from sigma_core.graph.operations._elementwise import DERIVATIVES

random = np.random.default_rng(3)
INSIDE = random.uniform(0.2, 0.8, (2, 3))
OTHER = random.uniform(0.3, 0.7, (2, 3))


@pytest.mark.parametrize("ufunc", DERIVATIVES, ids=lambda ufunc: ufunc.__name__)
def test_a_ufunc_has_right_derivatives(ufunc):
    """On equal shapes and on broadcast ones."""
    check_grads(ufunc, (INSIDE + 1 if ufunc is np.arccosh else INSIDE, OTHER)[: ufunc.nin])
    if ufunc.nin == 2:
        check_grads(ufunc, (INSIDE, OTHER[:1, :1]))
        check_grads(ufunc, (INSIDE[0, 0], OTHER[0]))


SHAPED = {
    "where": lambda x: np.where(x > 0.5, x, x * x),
    "cast": lambda x: x.astype(np.float64) * 2,
    "sum": lambda x: np.sum(x, axis=1) ** 2,
    "sum_keepdims": lambda x: x / np.sum(x, axis=0, keepdims=True),
    "sum_nothing": lambda x: np.sum(x, axis=()) ** 2,
    "prod": lambda x: np.prod(x, axis=1),
    "prod_keepdims": lambda x: np.prod(x, axis=(0, 1), keepdims=True) * x,
    "max": lambda x: np.max(x, axis=1) ** 2,
    "min": lambda x: x * np.min(x, axis=(0, 1), keepdims=True),
    "mean": np.mean,
    "var": lambda x: np.var(x, axis=0),
    "std": lambda x: np.std(x, axis=1, ddof=1),
    "norm": np.linalg.norm,
    "cumsum": lambda x: np.cumsum(x, axis=1) ** 2,
    "matmul": lambda x: x @ x.T,
    "matmul_vector": lambda x: (x @ x[0]) * x[:, 0],
    "matmul_stack": lambda x: np.stack([x, x * x]) @ x.T,
    "matmul_stacks": lambda x: np.stack([x, x * x])[:, None] @ np.stack([x.T, x.T * 2]),
    "tensordot": lambda x: np.tensordot(x, x, ((0,), (0,))),
    "reshape": lambda x: x.reshape(3, 2) ** 2,
    "transpose": lambda x: np.transpose(x.reshape(1, 2, 3), (2, 0, 1)) ** 2,
    "broadcast_to": lambda x: np.broadcast_to(x, (2, 2, 3)) ** 2,
    "slice": lambda x: x[:, ::-2] ** 2,
    "pad": lambda x: np.pad(x, 1, constant_values=2.0) ** 2,
    "concatenate": lambda x: np.concatenate([x, x * x, np.ones((2, 1))], axis=1) ** 2,
    "gather": lambda x: x[:, [0, 2, 0]] ** 2,
    "gather_two": lambda x: x[[0, 1, 0], [2, 2, 2]] ** 2,
    "scatter": grad(lambda y: np.sum(y[:, [0, 2, 0]] ** 3)),
    "take_along_axis": lambda x: np.take_along_axis(x, np.array([[2], [0]]), 1) ** 2,
    "clip": lambda x: np.clip(x, 0.4, 0.6) * x,
    "power_numbers": lambda x: x**2 + x**3 + x**0.5 + x**-1 + x**1 + x**0 + x**-1.5,
    "remainder": lambda x: np.remainder(x, 0.3) * x,
    "steps": lambda x: x * (np.floor(x * 4) + np.ceil(x * 4) + np.sign(x) + np.rint(x) + np.trunc(x) + x // 0.3),
    "softmax": lambda x: np.exp(x) / np.sum(np.exp(x), axis=1, keepdims=True),
    "windows": lambda x: np.lib.stride_tricks.sliding_window_view(x, (2, 2)) ** 2,
    "max_pool": lambda x: max_pool(x.reshape(1, 6, 1), 2, 1) ** 2,
    "flip_tile_repeat_roll": lambda x: np.roll(np.repeat(np.tile(np.flip(x), 2), 2, axis=0), 1, axis=1) ** 2,
}


@pytest.mark.parametrize("name", SHAPED)
def test_an_expression_has_right_derivatives(name):
    """One expression each on an array of shape (2, 3)."""
    check_grads(SHAPED[name], (INSIDE,))


@given(
    shapes=hnp.mutually_broadcastable_shapes(num_shapes=2, min_side=0, max_side=2, max_dims=3), seed=st.integers(0, 9)
)
@settings(max_examples=40)
def test_derivatives_of_broadcast_operands_are_right(shapes, seed):
    """Axes of size 0 and 1, and no axes at all."""
    draw = np.random.default_rng(seed)
    a, b = (draw.uniform(0.5, 1.0, shape) for shape in shapes.input_shapes)
    check_grads(lambda a, b: np.sum(a * b) + np.tanh(a) / b, (a, b))


def test_prod_has_derivatives_where_factors_are_zero():
    """The product of the others, not 0 / 0."""
    check_grads(lambda x: np.prod(x, axis=1), (np.array([[0.0, 2.0, 3.0], [0.0, 0.0, 5.0]]),))
    np.testing.assert_array_equal(grad(np.prod)(np.array([0.0, 2.0, 3.0])), [6.0, 0.0, 0.0])
    np.testing.assert_array_equal(grad(np.prod)(np.zeros(0)), np.zeros(0))


def test_ties_share_the_derivative_of_a_maximum():
    """np.max gives each an equal part, np.maximum all to the second operand."""
    np.testing.assert_array_equal(grad(np.max)(np.array([1.0, 2.0, 2.0])), [0.0, 0.5, 0.5])
    first, second = grad(np.maximum, (0, 1))(1.0, 1.0)
    assert (float(first), float(second)) == (0.0, 1.0)
    assert float(grad(lambda x: np.maximum(x, 0))(0.0)) == 0.0


@pytest.mark.parametrize("order", [None, 0.5, 1, 2, 3, np.inf])
def test_a_norm_of_zeros_has_no_derivative_but_zero(order):
    """The one of its subgradients that PyTorch gives too, in both modes, and the others are not touched."""
    rows = np.array([[0.0, 0.0], [0.0, -4.0]])
    tangent = jvp(lambda x: np.linalg.norm(x, order, axis=1), (rows,), (np.ones((2, 2)),))[1]
    due = grad(lambda x: np.sum(np.linalg.norm(x, order, axis=1)))(rows)
    np.testing.assert_allclose(tangent, [0.0, -1.0])
    np.testing.assert_allclose(due, [[0.0, 0.0], [0.0, -1.0]])


@pytest.mark.parametrize("ufunc", [np.hypot, np.arctan2])
def test_distances_and_angles_have_derivative_zero_at_the_origin(ufunc):
    """In both modes; elsewhere on an axis they are what they are."""
    y, x = np.array([0.0, 0.0, 2.0]), np.array([0.0, 2.0, 0.0])
    by_y, by_x = grad(lambda y, x: np.sum(ufunc(y, x)), (0, 1))(y, x)
    expected = ([0.0, 0.0, 1.0], [0.0, 1.0, 0.0]) if ufunc is np.hypot else ([0.0, 0.5, 0.0], [0.0, 0.0, -0.5])
    np.testing.assert_array_equal((by_y, by_x), expected)
    tangent = jvp(ufunc, (y, x), (np.ones(3), np.ones(3)))[1]
    np.testing.assert_array_equal(tangent, np.sum(expected, axis=0))


def test_the_deviation_of_equal_numbers_has_derivative_zero():
    """Where a root of the variance would give NaN; a NaN among the numbers is not hidden."""
    np.testing.assert_array_equal(grad(np.std)(np.full(3, 2.0)), np.zeros(3))
    np.testing.assert_array_equal(grad(np.nanstd)(np.array([2.0, np.nan, 2.0])), np.zeros(3))
    assert np.isnan(grad(np.std)(np.array([2.0, np.nan]))).all()


@pytest.mark.parametrize("matrix", [np.zeros((1, 1)), np.array([[1.0, 2.0], [2.0, 4.0]]), np.ones((3, 3)), np.eye(0)])
def test_the_determinant_of_a_singular_matrix_has_a_derivative(matrix):
    """Its cofactors, which need no inverse; what is not finite gives NaN, and no error."""
    check_grads(np.linalg.det, (matrix,), order=1)
    with np.errstate(invalid="ignore"):
        assert np.isnan(grad(np.linalg.det)(np.diag([np.nan, 1.0]))).all()


def test_powers_of_zero_have_finite_derivatives():
    """0 ** 0 and 0 ** b make no NaN."""
    by_base, by_exponent = grad(lambda a, b: np.sum(a**b), (0, 1))(np.array([0.0, 0.0]), np.array([0.0, 2.0]))
    np.testing.assert_array_equal(by_base, [0.0, 0.0])
    np.testing.assert_array_equal(by_exponent, [0.0, 0.0])


def test_a_gradient_has_the_dtype_of_its_input():
    """A cast in between is undone on the way back."""
    x, y = placeholder((2,), np.float32, "x"), placeholder((2,), np.float64, "y")
    first, second = gradients(np.sum(x * y), [x, y])
    assert (first.dtype, second.dtype) == (np.float32, np.float64)


def test_a_weak_hyperparameter_keeps_float32_programs_float32():
    """It promotes as a Python float, and so do numbers computed from it."""
    x, rate = placeholder((2,), np.float32, "x"), placeholder((), np.float64, "rate", weak=True)
    scaled = x * np.sqrt(1 - rate**2)
    assert scaled.dtype == np.float32
    by_rate, by_x = gradients(np.sum(scaled), [rate, x])
    assert (by_rate.dtype, by_x.dtype) == (np.float64, np.float32)


def test_an_input_that_plays_no_part_is_due_zeros():
    """Of its own shape."""
    x, y = placeholder((2,), np.float64, "x"), placeholder((3,), np.float64, "y")
    (due,) = gradients(np.sum(x), [y])
    (result,) = evaluate(Graph([x, y], [due]), np.ones(2), np.ones(3))
    np.testing.assert_array_equal(result, np.zeros(3))
    (moved,) = tangents([np.sum(x)], [y], [np.ones(3)])
    assert float(evaluate(Graph([x, y], [moved]), np.ones(2), np.ones(3))[0]) == 0.0


def test_gradients_stop_at_the_inputs():
    """What an input is made of is a constant of the question, and other inputs may lie behind it."""
    x = placeholder((), np.float64, "x")
    y = x * x
    by_x, by_y = gradients(y * y, [x, y])
    results = evaluate(Graph([x], [by_x, by_y]), np.array(3.0))
    assert [float(result) for result in results] == [0.0, 18.0]


def message(function, *arguments):
    with pytest.raises(DerivativeError) as caught:
        function(*arguments)
    return testing.message(caught.value)


def test_what_has_no_derivative_says_so():
    """Integers, arrays without a cotangent, cotangents and tangents of another shape, operations without a rule."""
    x, n = placeholder((2,), np.float64, "x"), placeholder((), np.int64, "n")
    assert message(gradients, n * 2, [n]) == (
        "traced function: multiply of dtype int64 has no derivative\n  expected: floating-point numbers"
    )
    assert message(gradients, x, [x]) == (
        "traced function: a gradient of shape (2,) was asked for\n"
        "  expected: a scalar, or a cotangent of that shape\n  to do:    sum it, or take a jacobian"
    )
    assert message(gradients, x, [x], np.ones(3)) == (
        "traced function: the cotangent's shape is (3,)\n  expected: shape (2,)"
    )
    assert message(tangents, [x], [x], [np.ones(3)]) == (
        "traced function: the tangent's shape is (3,)\n  expected: shape (2,)"
    )


def test_an_operation_without_rules_is_named():
    """Plugins may add such, and then derivatives through them are errors."""
    from sigma_core.graph import Kind, Operation, register

    register(Operation("opaque", Kind.ELEMENTWISE, lambda x: (x.shape, x.dtype), lambda x, out=None: x))
    x = placeholder((), np.float64, "x")
    try:
        hidden = record("opaque", x)
        assert message(gradients, hidden, [x]) == (
            "traced function: operation 'opaque' has no reverse rule\n  to do:    stop_gradient on its inputs"
        )
        assert message(tangents, [hidden], [x], [1.0]) == "traced function: operation 'opaque' has no forward rule"
    finally:
        del OPERATIONS["opaque"]


def test_check_grads_finds_a_wrong_rule():
    """It tells both numbers."""
    from attrs import evolve

    right = OPERATIONS["tanh"]
    x = np.array(0.5)

    def wrong(value):
        return record("wrong", value)

    OPERATIONS["wrong"] = evolve(right, reverse=lambda _position, g, _node: g * 3, name="wrong")
    try:
        text = message(check_grads, wrong, (x,))
    finally:
        del OPERATIONS["wrong"]
    first, second = text.splitlines()
    assert first.startswith("reverse mode, 2 more orders to check: the derivative along a random direction is ")
    assert second.endswith(", by finite differences")
    assert second.startswith("  expected: ")
