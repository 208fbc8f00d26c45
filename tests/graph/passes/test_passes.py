"""Each pass alone: what it makes of a program."""

import numpy as np
import pytest

from sigma_core.graph import Graph, evaluate, optimise, placeholder
from sigma_core.graph.passes import drop_broadcasts, fold_constants, share_common, simplify

X = placeholder((2, 3), np.float32, "x")


def names(graph):
    return [node.operation.name for node in graph.nodes if node.operation.name not in ("placeholder", "constant")]


def test_constants_are_folded():
    """What depends on no input is computed once, also behind broadcasts."""
    ones = np.ones_like(X)
    graph = fold_constants(Graph([X], [X + np.sum(np.exp(ones * 0), axis=1, keepdims=True)]))
    assert names(graph) == ["broadcast_to", "add"]
    np.testing.assert_array_equal(evaluate(graph, np.zeros((2, 3), np.float32))[0], np.full((2, 3), 3))


def test_arrays_of_one_number_take_the_memory_of_a_scalar():
    """But not where bits differ, as those of zeros do."""
    same, zeros = np.full((2, 3), np.float32(np.nan)), np.array([[0.0, -0.0, 0.0]], np.float32)
    assert names(fold_constants(Graph([X], [X + same]))) == ["broadcast_to", "add"]
    assert names(fold_constants(Graph([X], [X + zeros]))) == ["add"]


def test_what_is_computed_twice_is_computed_once():
    """Same operation, operands and attributes; the first stays."""
    graph = share_common(Graph([X], [np.exp(X) + 1, np.exp(X) + 1, np.sum(X, axis=0), np.sum(X, axis=1)]))
    assert names(graph) == ["exp", "add", "sum", "sum"]
    assert graph.outputs[0] is graph.outputs[1]


def test_elementwise_operations_broadcast_by_themselves():
    """A broadcast operand is read narrow, unless the shape of the result hangs on it."""
    wide = np.broadcast_to(X[:1], (2, 3))
    assert names(drop_broadcasts(Graph([X], [X * wide]))) == ["slice", "multiply"]
    assert names(drop_broadcasts(Graph([X], [wide * 2]))) == ["slice", "broadcast_to", "multiply"]


SIMPLER = {
    "x + 0": (lambda x: x + 0, []),
    "0 + x": (lambda x: 0 + x, []),
    "x + -y": (lambda x: x + -x[:1], ["slice", "subtract"]),
    "-x + y": (lambda x: -x + x[:1], ["slice", "subtract"]),
    "x - 0": (lambda x: x - 0, []),
    "0 - x": (lambda x: 0 - x, ["negative"]),
    "x - -y": (lambda x: x - -x[:1], ["slice", "add"]),
    "x * 1": (lambda x: x * 1, []),
    "-1 * x": (lambda x: -1 * x, ["negative"]),
    "x * x": (lambda x: x * x, ["square"]),
    "x / 1": (lambda x: x / 1, []),
    "x / 8": (lambda x: x / 8, ["multiply"]),
    "x / 3": (lambda x: x / 3, ["divide"]),
    "x ** 1": (lambda x: x**1, []),
    "x ** 2": (lambda x: x**2, ["square"]),
    "x ** 0.5": (lambda x: x**0.5, ["sqrt"]),
    "x ** -1": (lambda x: x**-1, ["reciprocal"]),
    "x ** 3": (lambda x: x**3, ["power"]),
    "--x": (lambda x: np.negative(np.negative(x)), []),
    "-(x - y)": (lambda x: -(x - 2), ["subtract"]),
    "x.T.T": (lambda x: x.T.T, []),
    "transposes": (lambda x: np.transpose(x[None].transpose(1, 2, 0), (2, 0, 1)), ["reshape"]),
    "two transposes": (lambda x: x[None].transpose(1, 2, 0).transpose(1, 0, 2), ["reshape", "transpose"]),
    "reshapes": (lambda x: x.reshape(6).reshape(3, 2), ["reshape"]),
    "reshape back": (lambda x: x.reshape(6).reshape(2, 3), []),
    "broadcasts": (lambda x: np.broadcast_to(np.broadcast_to(x, (1, 2, 3)), (4, 2, 3)), ["broadcast_to"]),
    "sum of ones": (lambda x: np.sum(x[None], axis=0), []),
    "sum of a one": (lambda x: np.sum(x[:, :1], axis=1), ["slice", "reshape"]),
    "where true": (lambda x: np.where(True, x, -x), []),
    "where false": (lambda x: np.where(np.zeros((2, 3), bool), x, 2 * x), ["multiply"]),
    "ones wide": (lambda x: x[:1] * np.ones((2, 3), np.float32), ["slice", "broadcast_to"]),
    "cast back": (lambda x: x.astype(np.float32), []),
}


@pytest.mark.parametrize("name", SIMPLER)
def test_algebra_simplifies(name):
    """To what is listed, with equal results."""
    function, expected = SIMPLER[name]
    graph = Graph([X], [function(X)])
    simpler = optimise(graph)
    assert names(simpler) == expected
    array = np.array([[1.0, -2.0, 0.0], [np.inf, np.nan, 4.0]], np.float32)
    with np.errstate(all="ignore"):
        before, after = evaluate(graph, array)[0], evaluate(simpler, array)[0]
    assert before.dtype == after.dtype
    np.testing.assert_array_equal(before, after)


def test_integers_keep_their_powers():
    """NumPy has no integer root, and no reciprocal that is one."""
    n = placeholder((2,), np.int64, "n")
    assert names(simplify(Graph([n], [n**2]))) == ["power"]


def test_passes_keep_inputs_names_and_order():
    """Inputs that nothing needs stay, and nodes stay in the order in which they were written."""
    y = placeholder((3,), np.float32, "y")
    first, second = np.exp(X) * 1, np.log(X)
    graph = optimise(Graph([X, y], [second, first], ["b", "a"]))
    assert [id(value) for value in graph.inputs] == [id(X), id(y)]
    assert graph.output_names == ("b", "a")
    assert names(graph) == ["exp", "log"]


def test_hyperparameters_stay_weak():
    """Simplifying a number to itself changes no promotion."""
    rate = placeholder((), np.float64, "rate", weak=True)
    graph = optimise(Graph([rate, X], [X * (rate * 1 + 0)]))
    assert names(graph) == ["cast", "multiply"]
