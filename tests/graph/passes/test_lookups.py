"""Rows looked up by number: products are made of the table, and of the sums of rows."""

import numpy as np
import pytest

from sigma_core.graph import Graph, as_value, evaluate, gradients, placeholder, record
from sigma_core.graph.passes import move_lookups

TABLE = placeholder((3, 4), np.float64, "table")
WEIGHTS = placeholder((4, 5), np.float64, "weights")
NUMBERS = placeholder((2, 6), np.int64, "numbers")
ROWS = placeholder((2, 6, 4), np.float64, "rows")
FEW = placeholder((5,), np.int64, "few")


def names(graph):
    return [node.operation.name for node in graph.nodes if node.operation.name not in ("placeholder", "constant")]


def sums(rows, numbers, count=3):
    return record("scatter_add", as_value(rows), numbers, axes=(0,), shape=(count, rows.shape[-1]))


def arrays(graph):
    random = np.random.default_rng(1)
    return [
        random.integers(-3, 3, value.shape) if value.dtype.kind == "i" else random.standard_normal(value.shape)
        for value in graph.inputs
    ]


CASES = {
    "a product": (lambda: TABLE[NUMBERS].reshape(12, 4) @ WEIGHTS, ["reshape", "matmul", "gather"]),
    "with axes in another order": (
        lambda: np.transpose(TABLE[NUMBERS], (1, 0, 2)).reshape(12, 4) @ WEIGHTS,
        ["transpose", "reshape", "matmul", "gather"],
    ),
    "a product of the rows transposed": (
        lambda: TABLE[NUMBERS].reshape(12, 4).T @ ROWS.reshape(12, 4),
        ["reshape", "reshape", "transpose", "scatter_add", "matmul"],
    ),
    "sums of a product": (
        lambda: sums((ROWS.reshape(12, 4) @ WEIGHTS).reshape(2, 6, 5), NUMBERS),
        ["reshape", "reshape", "scatter_add", "matmul"],
    ),
    "sums with axes in another order": (
        lambda: sums(np.transpose(ROWS, (1, 0, 2)), record("transpose", NUMBERS, axes=(1, 0))),
        ["transpose", "transpose", "scatter_add"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_moved(case):
    """With equal results, negative numbers included."""
    made, expected = CASES[case]
    graph = Graph([TABLE, WEIGHTS, NUMBERS, ROWS], [made()])
    moved = move_lookups(graph)
    assert sorted(names(moved)) == sorted(expected)
    given = arrays(graph)
    np.testing.assert_allclose(evaluate(moved, *given)[0], evaluate(graph, *given)[0], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    "made",
    [
        lambda: TABLE[FEW] @ WEIGHTS,
        lambda: TABLE[FEW].T @ np.ones((5, 2)),
        lambda: sums(np.ones((5, 4)) @ WEIGHTS, FEW),
        lambda: TABLE[:, NUMBERS].reshape(3, 12) @ np.ones((12, 2)),
        lambda: TABLE[NUMBERS].reshape(6, 8),
        lambda: np.transpose(TABLE[NUMBERS], (0, 2, 1)),
    ],
)
def test_what_stays(made):
    """Few rows, other axes, and shapes that cut rows."""
    graph = Graph([TABLE, WEIGHTS, NUMBERS, FEW], [made()])
    assert names(move_lookups(graph)) == names(graph)


def test_an_embedding_before_a_dense_layer_is_small_on_its_way_back_too():
    """No product is of as many rows as are looked up."""
    result = np.tanh(TABLE[NUMBERS] @ WEIGHTS)
    graph = Graph([TABLE, WEIGHTS, NUMBERS], [np.sum(result), *gradients(np.sum(result), (TABLE, WEIGHTS))])
    moved = move_lookups(graph)
    assert all(
        12 not in value.shape for node in moved.nodes if node.operation.name == "matmul" for value in node.inputs
    )
    given = arrays(graph)
    for found, expected in zip(evaluate(moved, *given), evaluate(graph, *given), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


def test_tables_and_numbers_without_elements_are_left():
    """Their shapes do not say which axis is which."""
    none = placeholder((0,), np.int64, "none")
    graph = Graph([TABLE, none], [TABLE[none].reshape(0, 4), sums(np.zeros((0, 4)), none)])
    found = evaluate(move_lookups(graph), np.ones((3, 4)), np.zeros(0, np.int64))
    assert [array.shape for array in found] == [(0, 4), (3, 4)]
