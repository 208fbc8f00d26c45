"""The table of operations: each row keeps its contract."""

import numpy as np
import pytest

from sigma_core import testing
from sigma_core.errors import ShapeError
from sigma_core.graph import (
    OPERATIONS,
    Graph,
    evaluate,
    gradients,
    max_pool,
    placeholder,
    random_normal,
    random_uniform,
    record,
    tangents,
)

X = placeholder((2, 3), np.float64, "x")
KEY = placeholder((2,), np.uint64, "key")


def samples():
    """One node of each operation that is no ufunc."""
    gathered = X[[0, 1], [2, 0]]
    outputs = [
        np.where(X > 0.5, X, 2.0),
        X.astype(np.float32),
        *(getattr(np, name)(X, axis=1) for name in ("sum", "prod", "max", "min", "argmax", "argmin", "cumsum")),
        *(function(X > 0.5, axis=0) for function in (np.all, np.any)),
        X @ X.T,
        np.concatenate([X, X], axis=1),
        np.pad(X, 1),
        np.take(X, [0, -1], axis=1),
        gathered,
        *gradients(np.sum(gathered), [X]),
        random_uniform(KEY, (2,), np.float32, 1),
        random_normal(KEY, (2,), np.float64, 1),
        X + np.arange(3),
        *sliding(X.reshape(1, 6, 1)),
    ]
    return Graph([X, KEY], outputs).nodes


def sliding(x):
    """All that slides windows, from derivatives of both modes."""
    pooled = max_pool(x, 2, 1)
    seen = np.lib.stride_tricks.sliding_window_view(x, 2, 1)
    return [*gradients(np.sum(pooled) + np.sum(seen * seen), [X]), *tangents([pooled, seen], [X], [np.ones((2, 3))])]


@pytest.mark.parametrize("node", [node for node in samples() if node.inputs], ids=lambda node: node.operation.name)
def test_an_implementation_writes_into_out_what_it_returns(node):
    """Backends plan memory; views have none of their own."""
    arrays = evaluate(Graph([X, KEY], node.inputs), np.full((2, 3), 0.7), np.array([1, 2], np.uint64))
    expected = node.operation.implementation(*arrays, **node.attributes)
    assert (np.shape(expected), np.asarray(expected).dtype) == (node.shape, node.dtype)
    if not node.operation.is_view:
        out = np.full(node.shape, 9).astype(node.dtype)
        node.operation.implementation(*arrays, out=out, **node.attributes)
        np.testing.assert_array_equal(out, expected)


def test_every_operation_is_named_in_its_row():
    """And has rules for both modes or for none."""
    for name, operation in OPERATIONS.items():
        assert operation.name == name
        assert (operation.reverse is None) == (operation.forward is None)


def test_updates_of_a_scatter_must_have_the_shape_that_a_gather_gives():
    """For a plugin that records one."""
    with pytest.raises(ShapeError) as caught:
        record("scatter_add", X, np_indices([0, 1, 1]), axes=(0,), shape=(5, 3))
    assert testing.message(caught.value) == (
        "traced function: updates of shape (2, 3) do not fit the indices\n  expected: shape (3, 3)"
    )


def np_indices(indices):
    from sigma_core.graph import constant

    return constant(np.array(indices))
