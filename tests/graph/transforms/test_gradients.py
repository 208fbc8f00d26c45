"""Functional derivatives over arrays and containers, nested."""

import numpy as np
import pytest
from attrs import frozen

from sigma_core import testing
from sigma_core.errors import DerivativeError, TraceError
from sigma_core.graph import Value, grad, jvp, stop_gradient, trace, value_and_grad, vjp


def test_derivatives_nest():
    """tanh has the derivatives that the books give, up to the third, by either mode over the other."""
    x = 0.3
    t = np.tanh(x)
    assert float(grad(np.tanh)(x)) == pytest.approx(1 - t**2)
    assert float(grad(grad(np.tanh))(x)) == pytest.approx(-2 * t * (1 - t**2))
    third = (1 - t**2) * (6 * t**2 - 2)
    assert float(grad(grad(grad(np.tanh)))(x)) == pytest.approx(third)
    assert float(jvp(grad(grad(np.tanh)), (x,), (1.0,))[1]) == pytest.approx(third)
    assert float(grad(lambda y: jvp(grad(np.tanh), (y,), (1.0,))[1])(x)) == pytest.approx(third)


def test_an_inner_derivative_holds_what_it_closes_over_constant():
    """d/dx (x d/dx' (x' x)) is 2x, not 3x."""
    assert float(grad(lambda x: x * grad(lambda y: y * x)(x))(2.0)) == 4.0
    assert float(grad(lambda x: grad(lambda y: x + y)(x))(2.0)) == 0.0


def test_arguments_may_be_containers():
    """The derivative comes in the container of the argument."""

    @frozen
    class Line:
        slope: float
        offset: float

    def error(line, points):
        return np.mean((line.slope * points["x"] + line.offset - points["y"]) ** 2)

    points = {"x": np.array([0.0, 1.0]), "y": np.array([1.0, 3.0])}
    value, (line, by_points) = value_and_grad(error, (0, 1))(Line(1.0, 1.0), points)
    assert float(value) == 0.5
    assert (float(line.slope), float(line.offset)) == (-1.0, -1.0)
    np.testing.assert_array_equal(by_points["y"], [0.0, 1.0])


def test_auxiliary_results_come_along():
    """As they are, in their container."""

    def scored(x):
        return np.sum(x * x), {"largest": np.max(x)}

    (value, aux), derivative = value_and_grad(scored, has_aux=True)(np.array([1.0, 2.0]))
    assert (float(value), float(aux["largest"])) == (5.0, 2.0)
    np.testing.assert_array_equal(derivative, [2.0, 4.0])
    derivative, aux = grad(scored, has_aux=True)(np.array([1.0, 2.0]))
    np.testing.assert_array_equal(derivative, [2.0, 4.0])
    assert float(aux["largest"]) == 2.0


def test_vjp_gives_a_function_of_cotangents():
    """One cotangent per argument, of results in containers."""
    a, b = np.array([[1.0, 2.0]]), np.array([[3.0], [4.0]])
    result, pull = vjp(lambda a, b: {"product": a @ b, "sum": a + b.T}, a, b)
    np.testing.assert_array_equal(result["product"], [[11.0]])
    by_a, by_b = pull({"product": np.array([[1.0]]), "sum": np.array([[10.0, 0.0]])})
    np.testing.assert_array_equal(by_a, [[13.0, 4.0]])
    np.testing.assert_array_equal(by_b, [[11.0], [2.0]])


def test_jvp_gives_the_result_and_its_tangent():
    """Of several arguments at once."""
    result, moved = jvp(lambda a, b: a * b, (2.0, 3.0), (1.0, 10.0))
    assert (float(result), float(moved)) == (6.0, 23.0)


def test_stop_gradient_is_a_constant_for_derivatives():
    """And the value itself elsewhere; arrays pass."""
    assert float(grad(lambda x: x * stop_gradient(x))(3.0)) == 3.0
    assert float(jvp(lambda x: x * stop_gradient(x), (3.0,), (1.0,))[1]) == 3.0
    assert stop_gradient(2.0) == 2.0


def test_truth_values_and_text_choose_what_is_traced():
    """They are no placeholders, and None is an empty place."""

    def choose(x, negative, name, nothing):
        assert nothing is None
        assert name == "name"
        return -x if negative else x

    assert float(grad(choose)(1.0, True, "name", None)) == -1.0
    assert float(grad(choose)(1.0, False, "name", None)) == 1.0


def test_derivatives_are_never_stale():
    """What a function closes over may change between two calls."""
    factor = [2.0]
    derivative = grad(lambda x: x * factor[0])
    assert float(derivative(1.0)) == 2.0
    factor[0] = 3.0
    assert float(derivative(1.0)) == 3.0


def test_functions_may_close_over_values():
    """Inside of a trace, a derivative over arrays is recorded as well."""

    def outer(scale):
        assert isinstance(scale, Value)
        return np.sum(grad(lambda y: np.sum(y * y * scale))(np.array([1.0, 2.0])))

    assert float(grad(outer)(5.0)) == 6.0


def test_dtypes_stay():
    """float32 in, float32 out."""
    derivative = grad(lambda x: np.mean(np.exp(x) * 0.5))(np.ones(3, np.float32))
    assert derivative.dtype == np.float32


def test_what_does_not_fit_is_refused():
    """Containers of cotangents and tangents, and arguments that are no numbers."""
    _, pull = vjp(lambda x: (x, x), 1.0)
    with pytest.raises(DerivativeError) as caught:
        pull(1.0)
    assert testing.message(caught.value) == (
        "traced function: the cotangent is not built as the result\n  expected: the same nested containers"
    )
    with pytest.raises(DerivativeError) as caught:
        jvp(np.add, (1.0, 2.0), (1.0,))
    assert testing.message(caught.value) == (
        "traced function: the directions are not built as the arguments\n  expected: the same nested containers"
    )
    with pytest.raises(TraceError) as caught:
        grad(lambda flag: 1.0 if flag else 0.0)(True)
    assert (
        testing.message(caught.value)
        == "traced function: there is no derivative by True\n  expected: arrays and numbers"
    )


def test_trace_names_inputs_and_outputs_by_their_places():
    """Dotted paths; a single result is called so."""
    graph = trace(lambda p, x: {"a": p["w"] * x, "b": [x]}, {"w": np.ones(2)}, 2.0)
    assert graph.input_names == ("0.w", "1")
    assert graph.output_names == ("a", "b.0")
    assert graph.inputs[1].weak
    assert trace(np.sum, np.ones(2)).output_names == ("result",)
