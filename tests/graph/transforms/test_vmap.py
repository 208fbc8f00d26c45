"""Mapping functions: as a loop over the elements, with derivatives, in containers, over any axes."""

import numpy as np
import pytest
from attrs import frozen

from sigma_core import testing
from sigma_core.errors import ShapeError
from sigma_core.graph import (
    check_grads,
    evaluate,
    fold_in,
    grad,
    hessian,
    jvp,
    random_normal,
    trace,
    value_and_grad,
    vjp,
    vmap,
)

random = np.random.default_rng(1)
POINTS = random.normal(size=(5, 3))
WEIGHTS = {"w": random.normal(size=(3, 2)), "b": random.normal(size=2)}


def network(parameters, x):
    assert x.shape == (3,)
    return np.tanh(x @ parameters["w"] + parameters["b"])


def loss(parameters, x):
    return np.sum(network(parameters, x) ** 2)


def test_a_function_of_one_element_runs_for_all():
    """What is not mapped is the same for each."""
    result = vmap(network, (None, 0))(WEIGHTS, POINTS)
    np.testing.assert_allclose(result, [np.tanh(x @ WEIGHTS["w"] + WEIGHTS["b"]) for x in POINTS])


def test_axes_are_taken_where_they_are_said_to_be():
    """Of arguments and of results, from either end, and in containers."""
    table = random.normal(size=(3, 5))
    mapped = vmap(lambda pair, scale: (pair["x"] * scale, scale), ({"x": 1}, None), (-1, None))
    result, scale = mapped({"x": table}, 2.0)
    np.testing.assert_array_equal(result, table * 2)
    assert float(scale) == 2.0
    added = vmap(lambda pair: {"sum": pair["a"] + pair["b"]}, [{"b": -1, "a": None}], {"sum": 1})
    result = added({"a": np.ones((3, 4)), "b": np.zeros((3, 4, 5))})["sum"]
    assert result.shape == (3, 5, 4)


def test_containers_of_arguments_and_results_are_mapped_leaf_by_leaf():
    """One axis stands for all of them."""

    @frozen
    class Line:
        slope: float
        offset: float

    lines = Line(np.array([1.0, 2.0]), np.array([0.0, 1.0]))
    result = vmap(lambda line, x: {"y": line.slope * x + line.offset, "line": line}, (0, None))(lines, 3.0)
    np.testing.assert_array_equal(result["y"], [3.0, 7.0])
    assert isinstance(result["line"], Line)
    np.testing.assert_array_equal(result["line"].slope, [1.0, 2.0])


def test_results_that_are_the_same_for_all_are_repeated():
    """Unless out_axes says that one is enough."""
    np.testing.assert_array_equal(vmap(lambda x: 2.0)(np.zeros(3)), [2.0, 2.0, 2.0])
    np.testing.assert_array_equal(vmap(lambda x: np.arange(2), 0, 1)(np.zeros(3)), [[0, 0, 0], [1, 1, 1]])
    assert float(vmap(lambda x: 2.0, 0, None)(np.zeros(3))) == 2.0


def test_keywords_choices_and_closures_are_passed_whole():
    """Only arguments by position are mapped."""

    def scaled(x, negative, *, by):
        assert by.shape == (3,)
        return -x * by if negative else x * by

    by = np.array([1.0, 2.0, 3.0])
    np.testing.assert_array_equal(vmap(scaled)(POINTS, True, by=by), -POINTS * by)
    np.testing.assert_array_equal(vmap(lambda x: x * by)(POINTS), POINTS * by)


def test_mapped_derivatives_are_those_of_each_element():
    """Per-example gradients, Hessians, and both parts of a value and its gradient."""
    per_example = vmap(grad(loss), (None, 0))(WEIGHTS, POINTS)
    for name, found in per_example.items():
        np.testing.assert_allclose(found, [grad(loss)(WEIGHTS, x)[name] for x in POINTS], rtol=1e-12)
    curvatures = vmap(hessian(loss, 1), (None, 0))(WEIGHTS, POINTS)
    np.testing.assert_allclose(curvatures, [hessian(loss, 1)(WEIGHTS, x) for x in POINTS], atol=1e-12)
    values, _ = vmap(value_and_grad(loss), (None, 0))(WEIGHTS, POINTS)
    np.testing.assert_allclose(values, [np.sum(network(WEIGHTS, x) ** 2) for x in POINTS])


def test_derivatives_of_mapped_functions_are_right():
    """Both modes, to the second order, by what is mapped and by what is not."""
    check_grads(vmap(network, (None, 0)), (WEIGHTS, POINTS))
    check_grads(vmap(grad(loss), (None, 0)), (WEIGHTS, POINTS[:2]), order=1)
    check_grads(vmap(lambda x: x[[2, 0]] * np.max(x)), (POINTS,))


def test_transformations_nest_in_any_order():
    """The gradient of mapped derivatives along a direction, mapped again."""

    def along(parameters, x):
        return jvp(lambda y: network(parameters, y), (x,), (x,))[1]

    def total(parameters, points):
        return np.sum(vmap(along, (None, 0))(parameters, points) ** 2)

    check_grads(total, (WEIGHTS, POINTS[:2]), order=1)
    found = vmap(grad(total), (None, 0))(WEIGHTS, POINTS[:4].reshape(2, 2, 3))["w"]
    np.testing.assert_allclose(found, [grad(total)(WEIGHTS, POINTS[start : start + 2])["w"] for start in (0, 2)])


def test_maps_nest():
    """The outer product as two maps, one inside of the other."""
    a, b = random.normal(size=3), random.normal(size=4)
    table = vmap(vmap(lambda x, y: x * y, (None, 0)), (0, None))(a, b)
    np.testing.assert_array_equal(table, np.outer(a, b))


def test_a_map_is_recorded_inside_of_a_trace():
    """As one operation on all elements."""
    graph = trace(lambda w, points: vmap(lambda x: x @ w)(points), WEIGHTS["w"], POINTS)
    assert [node.operation.name for node in graph.nodes].count("matmul") == 1
    np.testing.assert_allclose(evaluate(graph, WEIGHTS["w"], POINTS)[0], POINTS @ WEIGHTS["w"])
    scale = trace(lambda scale: vmap(lambda x: x * scale)(POINTS), 2.0)
    np.testing.assert_array_equal(evaluate(scale, np.array(2.0))[0], POINTS * 2)


def test_cotangents_are_mapped_over_what_was_computed_once():
    """The rows of a Jacobian."""
    _, pull = vjp(lambda x: network(WEIGHTS, x), POINTS[0])
    (rows,) = vmap(pull)(np.eye(2))
    expected = (1 - network(WEIGHTS, POINTS[0]) ** 2)[:, None] * WEIGHTS["w"].T
    np.testing.assert_allclose(rows, expected)


def test_a_draw_is_one_for_each_where_its_key_is_mapped():
    """And one for all where it is not."""
    keys = np.array([[1, 0], [1, 1]], np.uint64)
    drawn = vmap(lambda key: random_normal(key, (2,), np.float64, 7))(keys)
    each = [trace(lambda key: random_normal(key, (2,), np.float64, 7), key) for key in keys]
    np.testing.assert_array_equal(drawn, [evaluate(graph, key)[0] for graph, key in zip(each, keys, strict=True)])
    numbered = vmap(lambda key, number: random_normal(fold_in(key, number), (), np.float64, 7), (None, 0))
    assert len(set(numbered(keys[0], np.arange(5)).tolist())) == 5
    shared = vmap(lambda x, key: x * 0 + random_normal(key, (3,), np.float64, 7), (0, None))(POINTS, keys[0])
    np.testing.assert_array_equal(shared, np.tile(shared[0], (5, 1)))


def test_no_elements_give_results_without_elements():
    """Of the shapes that they would have."""
    assert vmap(network, (None, 0))(WEIGHTS, POINTS[:0]).shape == (0, 2)
    assert vmap(grad(loss), (None, 0))(WEIGHTS, POINTS[:0])["w"].shape == (0, 3, 2)


def test_dtypes_stay():
    """Numbers promote as they do without the map."""
    assert vmap(lambda x: x * 2 + 1.0)(np.ones(3, np.float32)).dtype == np.float32
    assert vmap(lambda x: x * 2)(np.arange(3)).dtype == np.int64


FAULTS = {
    "axis": (
        lambda: vmap(np.sin, 2)(POINTS),
        (
            "vmap over axis 2 of argument 0, which has shape (5, 3)\n"
            "  expected: -2 to 1\n  to do:    in_axes with None for argument 0, to pass it whole"
        ),
    ),
    "number": (
        lambda: vmap(np.add)(POINTS, 1.0),
        (
            "vmap over axis 0 of argument 1, which has shape ()\n"
            "  expected: an array with axes\n  to do:    in_axes with None for argument 1, to pass it whole"
        ),
    ),
    "sizes": (
        lambda: vmap(lambda p, x: x, ({"w": 0, "b": None}, 1))(WEIGHTS, POINTS.T),
        "vmap over 3 elements along axis 0 of argument 0.w and 5 along axis 1 of argument 1\n  expected: equal sizes",
    ),
    "nothing": (
        lambda: vmap(lambda x: x, None)(POINTS),
        "vmap over no argument\n  expected: an array that is mapped, by position",
    ),
    "too many": (
        lambda: vmap(np.sin, (0, 0))(POINTS),
        "vmap: in_axes is (0, 0)\n  expected: an axis, None, or one for each of: 0",
    ),
    "names": (
        lambda: vmap(lambda p: p["w"], ({"v": 0},))(WEIGHTS),
        "vmap: in_axes of 0 is {'v': 0}\n  expected: an axis, None, or one for each of: w, b",
    ),
    "leaf": (
        lambda: vmap(lambda p: p["w"], ({"w": "x", "b": 0},))(WEIGHTS),
        "vmap: in_axes of 0.w is 'x'\n  expected: an axis, or None",
    ),
    "arguments": (
        vmap(lambda: 1.0, ("x",)),
        "vmap: in_axes is ('x',)\n  expected: an axis, None, or one for each of: nothing",
    ),
    "out axis": (
        lambda: vmap(lambda x: {"a": x}, 0, 3)(POINTS),
        "vmap: axis 3 was asked for in result a, whose elements have shape (3,)\n  expected: -2 to 1",
    ),
    "out axes": (
        lambda: vmap(lambda x: (x, x), 0, (0,))(POINTS),
        "vmap: out_axes is (0,)\n  expected: an axis, None, or one for each of: 0, 1",
    ),
    "out none": (
        lambda: vmap(lambda x: x, 0, None)(POINTS),
        "vmap: out_axes is None for the result, which differs between elements\n  expected: an axis",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_cannot_be_mapped_is_refused(fault):
    """With the arguments and axes that are at fault."""
    call, message = FAULTS[fault]
    with pytest.raises(ShapeError) as caught:
        call()
    assert testing.message(caught.value) == f"traced function: {message}"
