"""Graphs, their listing and their evaluator."""

import numpy as np
import pytest

from sigma_core import cond, scan
from sigma_core.errors import ShapeError, TraceError
from sigma_core.graph import Graph, evaluate, flatten, placeholder, scope, trace, unflatten


def test_a_graph_lists_its_program():
    """One line per node: type, operation, operands, layer."""
    x = placeholder((2, 3), np.float32, "x")
    rate = placeholder((), np.float64, "rate", weak=True)
    with scope("layers.dense_1"):
        y = np.sum(x * rate, axis=1)
    graph = Graph([x, rate], [y, x + np.ones(3, np.float32)], ["sum", "more"])
    assert graph.describe() == (
        "%0: float32[2, 3] = placeholder(name=x)\n"
        "%1: float64[weak] = placeholder(name=rate)\n"
        "%2: float32[] = cast(%1, dtype=float32)  # layers.dense_1\n"
        "%3: float32[2, 3] = multiply(%0, %2)  # layers.dense_1\n"
        "%4: float32[2] = sum(%3, axes=(1,), keepdims=False)  # layers.dense_1\n"
        "%5: float32[3] = constant(literal=array[3])\n"
        "%6: float32[2, 3] = add(%0, %5)\n"
        "return sum=%4, more=%6"
    )


def test_bodies_are_listed_behind_the_program():
    """By the node and the attribute that hold them; a node of several results tells the types of all."""
    graph = trace(lambda xs: scan(lambda c, x: (c + cond(x > 0, np.sin, np.cos, x), None), 0.0, xs)[0], np.ones(3))
    first, *bodies = graph.describe().split("\n\n")
    assert "%3: (float64[]) = scan(%2, %0, body=%3.body, carries=1, sequences=1, length=3, reverse=False)" in first
    heads = [body.splitlines()[0].split("(")[0] for body in bodies]
    assert heads == ["%3.body", "%3.body%4.when_true", "%3.body%4.when_false"]
    assert bodies[1].splitlines()[-2:] == ["%1: float64[] = sin(%0)", "return 0=%1"]


def test_a_graph_owns_all_placeholders_it_needs():
    """One from elsewhere is an error when the graph is made."""
    x = placeholder((), np.float64, "x")
    with pytest.raises(TraceError) as caught:
        Graph([], [x + 1])
    assert str(caught.value) == (
        "graph: its outputs need placeholder 'x', which is not among its inputs\n"
        "  to do:    give it as an input, or keep values inside the function that is traced"
    )


def test_deep_graphs_need_no_recursion():
    """Ten thousand nodes in a row."""
    x = placeholder((), np.float64, "x")
    y = x
    for _ in range(10_000):
        y = y + 1
    assert float(evaluate(Graph([x], [y]), np.array(0.0))[0]) == 10_000


def test_the_evaluator_checks_its_arrays():
    """Their number, shapes and dtypes."""
    graph = trace(np.sum, np.ones(3))
    with pytest.raises(ShapeError) as caught:
        evaluate(graph)
    assert str(caught.value) == "graph: 0 arrays for 1 inputs\n  expected: 0"
    with pytest.raises(ShapeError) as caught:
        evaluate(graph, np.ones(2))
    assert str(caught.value) == "input '0': an array of float64[2]\n  expected: float64[3]"


def test_a_placeholder_without_an_array_is_an_error_of_the_caller():
    """Its implementation says which."""
    x = placeholder((), np.float64, "x")
    with pytest.raises(LookupError, match="placeholder 'x' was given no array"):
        x.operation.implementation(**x.attributes)


def test_containers_are_put_together_as_they_were():
    """Lists, tuples, named tuples, dicts, attrs classes and None."""
    from typing import NamedTuple

    from attrs import frozen

    class Pair(NamedTuple):
        a: object
        b: object

    @frozen
    class Settings:
        rate: object
        more: object = None

    container = {"x": [1, (2, 3)], "y": Pair(4, Settings(5)), "z": None}
    leaves, structure = flatten(container)
    assert leaves == [1, 2, 3, 4, 5]
    assert unflatten(structure, leaves) == container
    assert flatten(unflatten(structure, [0] * 5))[1] == structure


def test_scopes_nest():
    """Joined by dots, and left again."""
    with scope("network") as outer, scope("dense") as inner:
        assert (outer, inner) == ("network", "network.dense")
        assert placeholder((), np.float64, "x").scope == "network.dense"
    assert placeholder((), np.float64, "x").scope == ""


def test_derivatives_belong_to_the_layers_of_what_they_derive():
    """So that a listing tells the cost of a layer, both ways."""
    from sigma_core.graph import gradients

    x = placeholder((2,), np.float64, "x")
    with scope("dense"):
        y = np.tanh(x)
    (due,) = gradients(np.sum(y), [x])
    assert due.scope == "dense"
