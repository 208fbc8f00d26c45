"""The cost model: bytes, operations and seconds of nodes and graphs."""

import numpy as np
import pytest

from sigma_core import checkpoint, cond, grad, scan, trace, while_loop
from sigma_core.graph import (
    OPERATIONS,
    Cost,
    Graph,
    Kind,
    Operation,
    cost,
    placeholder,
    random_uniform,
    record,
    register,
)
from sigma_core.graph._cost import (
    OPERATIONS_PER_SECOND,
    PRODUCT_OPERATIONS_PER_SECOND,
    SECONDS_PER_CALL,
    WEIGHTS,
    total,
)

X = placeholder((4, 3), np.float32, "x")
Y = placeholder((3, 5), np.float32, "y")
KEY = placeholder((2,), np.uint64, "key")

# Expression: bytes read, bytes written, operations.
COSTS = {
    "add": (X + X[:1], 48 + 12, 48, 12),
    "add to itself": (X + X, 48, 48, 12),
    "exp": (np.exp(X), 48, 48, 36),
    "broadcast": (X * np.broadcast_to(X[0, 0], (4, 3)), 48 + 4, 48, 12),
    "sum": (np.sum(X), 48, 4, 12),
    "matmul": (X @ Y, 48 + 60, 80, 2 * 4 * 5 * 3),
    "concatenate": (np.concatenate([X, X]), 48, 96, 0),
    "take": (np.take(X, np.array([1, 2]), axis=0), 48 + 16, 24, 8 * 6),
    "random": (random_uniform(KEY, (4, 3), np.float32, 1), 16, 48, 240),
    "view": (X.T, 0, 0, 0),
    "source": (X, 0, 0, 0),
}


@pytest.mark.parametrize("name", COSTS)
def test_bytes_and_operations_are_counted(name):
    """What is read twice is read once, and what is broadcast is read narrow."""
    node, *expected = COSTS[name]
    found = cost(node)
    assert [found.read, found.written, found.operations] == expected
    assert found.bytes == found.read + found.written


def test_time_is_what_takes_longest():
    """Memory or arithmetic; products have a rate of their own, and float64 takes twice as long."""
    wide = placeholder((1000, 1000), np.float32, "wide")
    assert cost(wide @ wide).seconds == 2e9 / PRODUCT_OPERATIONS_PER_SECOND
    assert cost(np.sin(wide)).seconds == 5e6 / OPERATIONS_PER_SECOND
    double = placeholder((1000, 1000), np.float64, "double")
    assert cost(np.sin(double)).seconds == 2 * cost(np.sin(wide)).seconds
    assert cost(wide.astype(np.float64)).seconds > cost(wide + 1).seconds


def test_what_stays_in_the_cache_costs_no_memory():
    """The results that a cluster hands from node to node."""
    doubled = X * 2
    node = doubled + X
    assert cost(node, cached={doubled.index}).read == cost(X + 1).read - 4
    assert cost(node, is_kept=False).written == 0


def test_costs_add_up():
    """Of a whole graph every instruction is charged with a call; views and sources are none."""
    graph = Graph([X], [np.exp(X.T) + np.exp(X.T)])
    whole = cost(np.exp(X)) + cost(np.exp(X)) + cost(X + X * 0)
    assert total(graph) == whole + Cost(seconds=3 * SECONDS_PER_CALL)
    assert cost(X + X) * 3 == cost(X + X) + cost(X + X) + cost(X + X)


def found_cost(function, name):
    graph = trace(function, np.ones(8, np.float32))
    return cost(next(node for node in graph.nodes if node.operation.name == name))


def test_bodies_are_counted():
    """A loop with all of its steps, a branch by the dearer side, a loop of unknown length once."""
    looped = found_cost(lambda xs: scan(lambda c, x: (c + np.tanh(x), None), np.float32(0), xs)[0], "scan")
    assert looped.operations == 8 * (1 + 3)
    assert looped.seconds > 16 * SECONDS_PER_CALL
    branched = found_cost(lambda x: cond(x[0] > 0, np.sin, lambda x: x + 1, x), "cond")
    assert branched.operations == 8 * 5
    repeated = found_cost(lambda x: while_loop(lambda x: x[0] < 0, lambda x: x * 2, x), "while_loop")
    assert repeated.operations == 8 + 1
    called = found_cost(grad(checkpoint(lambda x: np.sum(np.sin(x)))), "call")
    assert called.operations >= 8 * 5


def test_weights_are_those_of_operations():
    """No name in the table is misspelt."""
    assert WEIGHTS.keys() <= OPERATIONS.keys()


def test_an_operation_may_count_itself():
    """As a plugin's does that is more than element-wise."""
    infer = OPERATIONS["exp"].infer
    register(Operation("counted", Kind.ELEMENTWISE, infer, np.exp, count=lambda node: 1000 * node.size))
    try:
        assert cost(record("counted", X)).operations == 12000
    finally:
        del OPERATIONS["counted"]
