"""A plan told as data: where results lie, what is computed together, what it costs."""

import numpy as np
import pytest

from sigma_core.backends.numpy import NumpyBackend
from sigma_core.backends.planning import description
from sigma_core.graph import Graph, cost, placeholder
from sigma_core.graph._cost import FUSED_OPERATIONS_PER_SECOND, OPERATIONS_PER_SECOND, SECONDS_PER_CALL

P = placeholder((8,), np.float32, "p")
Q = placeholder((8,), np.float32, "q")
X = placeholder((8,), np.float32, "x")
RATE = placeholder((), np.float64, "rate", weak=True)


def plan(outputs, donations=None, part=64, bound=("p", "q", "rate")):
    graph = Graph([P, Q, X, RATE], outputs)
    return NumpyBackend(part=part).compile(graph, bound=bound, donations=donations or {}).plan


def places(found):
    return {str(number): each.place for number, each in enumerate(found.nodes)}


def test_places_are_told():
    """Given, constant, number, view, block, the block of an operand, donated."""
    found = plan([np.sum(np.exp(np.tanh(X)).reshape(2, 4) + P.reshape(2, 4) * (RATE + 1)), P + 1], {1: "p"})
    assert [(each.node.operation.name, each.place) for each in found.nodes] == [
        ("placeholder", "bound"),
        ("placeholder", "argument"),
        ("placeholder", "bound"),
        ("tanh", "block 0"),
        ("exp", "block 0, over %3"),
        ("reshape", "view of %4"),
        ("reshape", "view of %0"),
        ("constant", "constant"),
        ("add", "number"),
        ("cast", "number"),
        ("multiply", "block 1"),
        ("add", "block 0, over %4"),
        ("sum", "block 1"),
        ("constant", "constant"),
        ("add", "in p"),
    ]
    assert found.donations == ("p",)
    assert found.blocks == (32, 32)
    assert found.copies == ()
    assert found.clusters == ()


def test_pieces_of_a_join_lie_in_it():
    """And cost no copy; what is not computed in its place is copied."""
    found = plan([np.concatenate([np.exp(X), P, np.sin(X)]) * 2])
    told = {each.node.operation.name: each for each in found.nodes}
    assert (told["exp"].place, told["sin"].place) == ("in %4", "in %4")
    assert (told["concatenate"].cost.read, told["concatenate"].cost.written) == (32, 32)


def test_clusters_are_numbered():
    """What only they read themselves is scratch, and costs no memory."""
    found = plan([np.exp(Q) * 2 + 1, np.sum(X), np.sin(P) + np.cos(P)], part=2)
    assert [[found.nodes[number].node.operation.name for number in cluster] for cluster in found.clusters] == [
        ["exp", "multiply", "add"],
        ["sin", "cos", "add"],
    ]
    told = {each.node.operation.name: each for each in found.nodes}
    assert told["exp"].place == told["sin"].place == "scratch"
    assert (told["exp"].cost.read, told["exp"].cost.written) == (32, 0)
    assert (told["multiply"].cost.read, told["multiply"].cost.written) == (4, 0)
    assert len({told["sin"].instruction, told["cos"].instruction, told["exp"].instruction}) == 2


def test_a_fused_cluster_costs_what_takes_longest():
    """Memory or arithmetic of the whole loop, shared out by arithmetic; what it reads twice it reads once."""
    x = placeholder((100_000,), np.float32, "x")
    graph = Graph([x], [np.sin(x) * x + np.cos(x)])
    program = NumpyBackend(part=2).compile(graph, bound=["x"])
    apart, fused = description(program.placement), description(program.placement, fused=True)
    assert fused.cost.bytes == apart.cost.bytes == 2 * x.nbytes
    assert fused.cost.operations == apart.cost.operations == 12 * x.size
    assert fused.cost.seconds == pytest.approx(12e5 / FUSED_OPERATIONS_PER_SECOND + SECONDS_PER_CALL)
    assert apart.cost.seconds == pytest.approx(12e5 / OPERATIONS_PER_SECOND + SECONDS_PER_CALL)
    sine, product = (fused.nodes[number].cost.seconds - SECONDS_PER_CALL / 4 for number in (1, 2))
    assert sine == pytest.approx(5 * product)


def test_copies_at_the_end_are_told():
    """Where two outputs swap arrays, and where an output is an array of somebody else's."""
    found = plan([Q, P, X], {0: "p", 1: "q"})
    assert found.copies == ("%1 to p", "%0 to q", "%2")


def test_a_reshape_that_is_no_view_is_copied():
    """Of a transposed array."""
    found = plan([np.exp(X.reshape(2, 4).T.reshape(8))])
    told = {each.node.operation.name: each for each in found.nodes if each.instruction is not None}
    assert told["reshape"].cost.bytes == 64
    assert told["reshape"].place == "block 0"


def test_costs_of_a_plan_add_up():
    """Those of its nodes, calls included."""
    found = plan([np.exp(X) @ P])
    assert found.cost.operations == sum(cost(each.node).operations for each in found.nodes)
    assert found.cost.seconds > sum(cost(each.node).seconds for each in found.nodes)


def test_a_backend_may_plan_nothing():
    """Then there is nothing to tell."""
    from sigma_core.backends import Program

    class Plain(Program):
        def instantiate(self, bound):
            raise NotImplementedError

    assert Plain().plan is None
