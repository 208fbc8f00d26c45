"""Plans: what is a view, what runs together, what shares memory."""

import numpy as np

from sigma_core.backends.planning import Storage, arrange, place, schedule
from sigma_core.graph import Graph, placeholder

X = placeholder((4, 6), np.float64, "x")
P = placeholder((24,), np.float64, "p")


def plan(outputs, smallest=10**9, bound=(), donations=None):
    arrangement = arrange(Graph([X, P], outputs), bound)
    instructions = schedule(arrangement, smallest)
    return arrangement, instructions, place(arrangement, instructions, donations or {})


def test_a_reshape_is_a_view_where_memory_allows():
    """Of contiguous memory, and of rows of it, but not of a transposed array."""
    flat, turned = X.reshape(24), X.T.reshape(24)
    arrangement, instructions, _ = plan([flat + 1, turned])
    assert arrangement.storage[flat.index] is Storage.VIEW
    assert arrangement.storage[turned.index] is Storage.COMPUTED
    assert arrangement.root[flat.index] is X
    assert [each.nodes[0].operation.name for each in instructions] == ["reshape", "add"]


def test_dead_memory_is_used_again():
    """A chain needs one block, for each operation writes over its operand; a product needs another."""
    y = X
    for _ in range(5):
        y = np.tanh(y)
    assert plan([y])[2].sizes == [4 * 6 * 8]
    product = np.tanh(np.tanh(X) @ np.ones((6, 6)))
    assert plan([product])[2].sizes == [4 * 6 * 8] * 2


def test_memory_is_not_used_again_while_it_is_read():
    """A value that is read later keeps its block."""
    y = np.tanh(X)
    z = np.exp(y)
    placement = plan([z + y, y])[2]
    assert placement.blocks[y.index] != placement.blocks[z.index]


def test_elementwise_operations_of_one_shape_form_a_cluster():
    """Numbers go ahead of it, other shapes end it."""
    rate = np.exp(P[0])
    first = np.tanh(P)
    second = first * (rate * 2)
    third = np.sum(second) + P
    _, instructions, placement = plan([third], smallest=24, bound=["p"])
    clusters = [each.nodes for each in instructions if each.is_cluster]
    assert [len(nodes) for nodes in clusters] == [2]
    assert first.index not in placement.outside
    assert second.index in placement.outside


def test_parts_of_a_join_are_computed_in_place():
    """Along a first axis; what is joined from given arrays is copied."""
    y = np.tanh(X)
    join = np.concatenate([P[:3], y.reshape(24)])
    placement = plan([join])[2]
    assert placement.pieces[y.index].join is join
    assert placement.pieces[y.index].start == 3
    assert placement.home(y) is join
    beside = np.concatenate([y, X], axis=1)
    assert plan([beside])[2].pieces == {}


def test_an_array_is_overwritten_once_nobody_reads_it():
    """In place where all reads came before, at the end of the call otherwise."""
    early = np.tanh(P)
    placement = plan([early], bound=["p"], donations={0: "p"})[2]
    assert placement.donated == {early.index: "p"}
    assert placement.stores == {}
    late = np.exp(P)
    placement = plan([early, late], bound=["p"], donations={0: "p"})[2]
    assert placement.donated == {}
    assert placement.stores[0].target == "p"
    backwards = P[::-1] + P
    assert plan([backwards], bound=["p"], donations={0: "p"})[2].donated == {}
