"""Folding constants: what depends on no input is computed once, when the program is made."""

import numpy as np

from sigma_core.graph._graph import Graph
from sigma_core.graph._record import constant, record
from sigma_core.graph._value import Value
from sigma_core.graph.operations import Kind
from sigma_core.graph.passes._rewrite import rewrite

LARGEST = 1 << 16
"""Elements that a folded node may have: a larger one is cheaper made anew than kept."""


def fold_constants(graph: Graph) -> Graph:
    """Nodes of constants become constants; constants that repeat one number become broadcast scalars."""
    return rewrite(graph, _folded)


def _folded(node: Value) -> Value | None:
    if node.operation.name == "constant":
        return _uniform(node)
    foldable = (
        node.operation.kind not in (Kind.SOURCE, Kind.CONTROL)
        and node.operation.name != "broadcast_to"
        and node.size <= LARGEST
    )
    if not foldable or any(not _known(value) for value in node.inputs):
        return None
    arrays = [_array(value) for value in node.inputs]
    with np.errstate(all="ignore"):
        result = np.asarray(node.operation.implementation(*arrays, **node.attributes))
    folded = constant(result, weak=node.weak)
    uniform = _uniform(folded)
    return folded if uniform is None else uniform


def _known(value: Value) -> bool:
    while value.operation.name == "broadcast_to":
        (value,) = value.inputs
    return value.operation.name == "constant"


def _array(value: Value) -> np.ndarray:
    if value.operation.name == "broadcast_to":
        return np.broadcast_to(_array(value.inputs[0]), value.shape)
    array: np.ndarray = value.attributes["literal"].array
    return array


def _uniform(node: Value) -> Value | None:
    array = node.attributes["literal"].array
    if array.ndim == 0 or array.size == 0:
        return None
    first = array.flat[0]
    # Compared as bytes: NaN equals itself, and 0.0 is not -0.0.
    if (array.reshape(-1).view(np.uint8).reshape(array.size, -1) != np.asarray(first).reshape(1).view(np.uint8)).any():
        return None
    return record("broadcast_to", constant(first, array.dtype), shape=array.shape)
