"""Containers of arguments and results: all that code around networks keeps its arrays in."""

from collections import OrderedDict, defaultdict
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pytest
from attrs import frozen

import sigma_core as sigma
from sigma_core.graph import flatten

X = np.array([0.5, -1.0])


class Pair(NamedTuple):
    a: object
    b: object


@frozen
class Layer:
    a: object
    _b: object = None


@dataclass
class Weights:
    a: object
    b: object = None
    seen: int = field(default=0, init=False)


class Stack(list):
    pass


class Point(tuple):
    __slots__ = ()

    def __new__(cls, *parts):
        return super().__new__(cls, parts)


CONTAINERS = {
    "list": [X, 2 * X],
    "tuple": (X, [None, 2 * X]),
    "dict": {"b": X, 1: {"": 2 * X}},
    "namedtuple": Pair(X, Pair(2 * X, None)),
    "attrs class": Layer(X, Layer(2 * X)),
    "dataclass": Weights(X, [Weights(2 * X)]),
    "ordered dict": OrderedDict([(2, X), ("a", 2 * X)]),
    "default dict": defaultdict(list, {0: X, "a": 2 * X}),
    "list of a kind": Stack([X, 2 * X]),
    "tuple of a kind": Point(X, 2 * X),
}


def cubes(container):
    return sum(np.sum(leaf**3) for leaf in flatten(container)[0])


@pytest.mark.parametrize("name", CONTAINERS)
def test_derivatives_are_built_as_their_arguments(name):
    """Also compiled, mapped and carried through a loop and a branch."""
    container = CONTAINERS[name]
    doubled = sigma.vmap(lambda each: each)(container)
    squared = sigma.grad(cubes)(container)
    carried, _ = sigma.scan(lambda carry, _x: (carry, None), container, length=2)
    chosen = sigma.cond(np.True_, lambda each: each, lambda each: each, container)
    compiled = sigma.compile(sigma.grad(cubes))(container)
    _, structure = flatten(container)
    for found in (doubled, squared, carried, chosen, compiled):
        assert type(found) is type(container)
        assert flatten(found)[1] == structure
    for found in (squared, compiled):
        first, second = flatten(found)[0]
        np.testing.assert_allclose(first, 3 * X**2)
        np.testing.assert_allclose(second, 12 * X**2)


def test_branches_may_fill_a_dictionary_in_any_order():
    """The results have that of the first."""
    result = sigma.cond(X[0] < 0, lambda x: {"a": x, "b": 2 * x}, lambda x: {"b": 3 * x, "a": 4 * x}, X)
    assert list(result) == ["a", "b"]
    np.testing.assert_array_equal(result["a"], 4 * X)
    np.testing.assert_array_equal(result["b"], 3 * X)


def test_truth_values_text_and_functions_reach_branches_and_checkpoints_as_they_are():
    """As operands, in containers, and by keyword."""

    def layer(x, activation, settings, *, scale=1.0):
        return scale * (activation(x) if settings["bias"] else x)

    def other(x, activation, settings):
        return -x if settings["mode"] == "negative" else x

    settings = {"bias": True, "mode": "negative"}
    np.testing.assert_allclose(sigma.cond(X[0] > 0, layer, other, X, np.tanh, settings), np.tanh(X))
    np.testing.assert_allclose(sigma.cond(X[0] < 0, layer, other, X, np.tanh, settings), -X)
    run = sigma.checkpoint(layer)
    np.testing.assert_allclose(run(X, np.tanh, settings, scale=3.0), 3 * np.tanh(X))
    found = sigma.grad(lambda scale: np.sum(run(X, np.tanh, settings, scale=scale)))(3.0)
    np.testing.assert_allclose(found, np.sum(np.tanh(X)))
