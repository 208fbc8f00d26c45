"""Derivatives as linear functions: what belongs to the point is computed once."""

import numpy as np
import pytest

from sigma_core import testing
from sigma_core.errors import DerivativeError
from sigma_core.graph import Graph, evaluate, grad, jvp, linearize, record, trace, vjp
from sigma_core.graph.operations import OPERATIONS, Kind, Operation, register

A = np.array([[1.0, 2.0], [3.0, 4.0]])
X = np.array([0.5, -0.5])


def model(weights, x):
    return {"out": np.tanh(weights @ x), "sum": np.sum(x)}


def test_linearize_gives_the_result_and_its_derivative():
    """That of jvp, for each direction."""
    result, derivative = linearize(model, A, X)
    for direction in (np.ones(2), np.array([1.0, -2.0])):
        expected, moved = jvp(model, (A, X), (A * 0.1, direction))
        found = derivative(A * 0.1, direction)
        for name in ("out", "sum"):
            np.testing.assert_allclose(result[name], expected[name])
            np.testing.assert_allclose(found[name], moved[name])


@pytest.fixture
def counted():
    """An operation that counts how often it runs."""
    calls = []

    def cubed(x, out=None):
        calls.append(1)
        return np.multiply(x * x, x, out=out)

    row = Operation(
        "cubed",
        Kind.ELEMENTWISE,
        lambda x: (x.shape, x.dtype),
        cubed,
        lambda _position, g, node: g * 3 * node / node.inputs[0],
        lambda tangents, node: tangents[0] * 3 * node / node.inputs[0],
    )
    register(row)
    yield calls
    del OPERATIONS["cubed"]


@pytest.mark.parametrize("transform", [linearize, vjp])
def test_the_function_runs_once(counted, transform):
    """However often its derivative is called."""
    result, derivative = transform(lambda x: record("cubed", x), np.array([2.0, 3.0]))
    np.testing.assert_array_equal(result, [8.0, 27.0])
    for factor in (1.0, 2.0):
        found = derivative(np.full(2, factor))
        np.testing.assert_allclose(found[0] if transform is vjp else found, [12.0 * factor, 27.0 * factor])
    assert len(counted) == 1


def test_keywords_and_auxiliary_results_come_along():
    """A keyword is no direction."""

    def scaled(x, *, by, negative=False):
        return (-x if negative else x) * by, {"largest": np.max(x)}

    result, derivative, aux = linearize(scaled, X, has_aux=True, by=np.array(3.0))
    np.testing.assert_array_equal(result, X * 3)
    np.testing.assert_array_equal(derivative(np.ones(2)), [3.0, 3.0])
    assert float(aux["largest"]) == 0.5
    result, pull, aux = vjp(scaled, X, has_aux=True, by=2.0, negative=True)
    np.testing.assert_array_equal(pull(np.ones(2))[0], [-2.0, -2.0])
    assert float(aux["largest"]) == 0.5
    result, moved, aux = jvp(scaled, (X,), (X,), has_aux=True, by=2.0)
    np.testing.assert_array_equal(moved, X * 2)
    assert float(aux["largest"]) == 0.5


def test_dictionaries_may_have_another_order():
    """Names say what belongs to what."""
    _, pull = vjp(model, A, X)
    first = pull({"sum": 1.0, "out": np.ones(2)})
    second = pull({"out": np.ones(2), "sum": 1.0})
    np.testing.assert_array_equal(first[1], second[1])
    point, direction = {"a": 1.0, "b": 2.0}, {"b": 0.0, "a": 1.0}
    assert float(jvp(lambda p: p["a"] + 10 * p["b"], (point,), (direction,))[1]) == 1.0


def test_they_become_part_of_a_trace():
    """With values as the point, as directions, or closed over; nothing is recorded twice."""
    graph = trace(lambda x: linearize(np.tanh, x)[1](X), X)
    assert [node.operation.name for node in graph.nodes].count("tanh") == 1
    np.testing.assert_allclose(evaluate(graph, X)[0], X * (1 - np.tanh(X) ** 2))
    _, derivative = linearize(np.tanh, X)
    np.testing.assert_allclose(grad(lambda d: np.sum(derivative(d)))(X), 1 - np.tanh(X) ** 2)

    def outer(scale):
        result, pull = vjp(lambda x: scale * x**2, X)
        return np.sum(result) + np.sum(pull(X)[0])

    np.testing.assert_allclose(grad(outer)(3.0), np.sum(X**2) + np.sum(2 * X**2))


def test_numbers_are_results_that_move():
    """0-d in, 0-d out; nothing in, nothing out."""
    result, derivative = linearize(np.sin, 0.0)
    assert (float(result), float(derivative(2.0))) == (0.0, 2.0)
    result, derivative = linearize(lambda: 1.0)
    assert (float(result), float(derivative())) == (1.0, 0.0)
    result, pull = vjp(lambda x: (), X)
    assert result == ()
    np.testing.assert_array_equal(pull(())[0], [0.0, 0.0])


def test_what_does_not_fit_is_refused():
    """Shapes and containers of what the linear functions are given."""
    _, derivative = linearize(model, A, X)
    with pytest.raises(DerivativeError) as caught:
        derivative(A)
    assert testing.message(caught.value) == (
        "traced function: the directions are not built as the arguments\n  expected: the same nested containers"
    )
    with pytest.raises(DerivativeError) as caught:
        derivative(A, np.ones(3))
    assert testing.message(caught.value) == "traced function: the direction's shape is (3,)\n  expected: shape (2,)"
    _, pull = vjp(np.tanh, X)
    with pytest.raises(DerivativeError) as caught:
        pull(1.0)
    assert testing.message(caught.value) == "traced function: the cotangent's shape is ()\n  expected: shape (2,)"
    with pytest.raises(DerivativeError) as caught:
        pull({"out": X})
    assert testing.message(caught.value) == (
        "traced function: the cotangent is not built as the result\n  expected: the same nested containers"
    )
    with pytest.raises(DerivativeError) as caught:
        vjp(lambda x: {"count": np.argmax(x)}, X)
    assert testing.message(caught.value) == (
        "traced function: there is no derivative of result count, of dtype int64\n"
        "  expected: floating-point numbers\n  to do:    return it as auxiliary, with has_aux=True"
    )


def test_a_graph_can_be_made_of_one():
    """The derivative is a function like others."""
    _, derivative = linearize(np.square, X)
    graph = trace(derivative, X)
    assert isinstance(graph, Graph)
    np.testing.assert_array_equal(evaluate(graph, X)[0], 2 * X * X)
