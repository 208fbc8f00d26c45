"""What each value of a graph is in memory: given, computed, a number, or a view of another."""

from collections.abc import Collection
from enum import Enum
from typing import Any

import numpy as np
from attrs import frozen

from sigma_core.backends.planning._bundles import bundle_of
from sigma_core.graph import Graph, Kind, Value


class Storage(Enum):
    """How a value comes to be."""

    BOUND = "bound"
    ARGUMENT = "argument"
    CONSTANT = "constant"
    NUMBER = "number"
    """A 0-d floating-point result, which backends compute without arrays."""
    VIEW = "view"
    COMPUTED = "computed"


@frozen(eq=False)
class Arrangement:
    """Storage and memory root of every node, by index."""

    graph: Graph
    storage: dict[int, Storage]
    root: dict[int, Value]
    """The node whose memory this one looks at; itself unless it is a view, or a result of a bundle."""
    layout: dict[int, np.ndarray[Any, Any]]
    """An array laid out in memory like the value; its numbers mean nothing."""

    def covers(self, value: Value) -> bool:
        """Whether element i of the value, in C order, is element i of its root's memory, and no element is left out."""
        root = self.root[value.index]
        layout = self.layout[value.index]
        if root.operation.is_bundle:
            return False
        # Roots are contiguous; a contiguous view of as many elements starts where the root does.
        return value.size == root.size and layout.flags.c_contiguous

    def is_bound(self, value: Value) -> bool:
        """Whether the value is a placeholder whose array is given once."""
        return self.storage[value.index] is Storage.BOUND

    def is_static(self, value: Value) -> bool:
        """Whether the value is in the same memory at every call."""
        return self.storage[self.root[value.index].index] is not Storage.ARGUMENT


def arrange(graph: Graph, bound: Collection[str], *, numbers: bool = True) -> Arrangement:
    """Find out which views of the graph can be views in memory: a reshape of a transposed array cannot.

    Without `numbers`, 0-d results are arrays like any other.
    """
    storage: dict[int, Storage] = {}
    root: dict[int, Value] = {}
    layout: dict[int, np.ndarray[Any, Any]] = {}
    # Inputs that no output needs are given all the same.
    everything = {value.index: value for value in (*graph.inputs, *graph.nodes)}
    for node in everything.values():
        view = _view(node, layout) if node.operation.is_view or node.operation.name == "pick" else None
        if view is None:
            storage[node.index], root[node.index] = _made(node, bound, numbers=numbers), node
            layout[node.index] = _laid_out(node)
        else:
            storage[node.index], root[node.index] = Storage.VIEW, root[node.inputs[0].index]
            layout[node.index] = view
    return Arrangement(graph, storage, root, layout)


def _laid_out(node: Value) -> np.ndarray[Any, Any]:
    """A contiguous array of which nothing is read or written."""
    if node.operation.is_bundle:
        return np.empty(bundle_of(node).size, np.uint8)
    try:
        # Reserved but never touched, so that the system gives it no memory.
        return np.empty(node.shape, node.dtype)
    except MemoryError:
        # A plan can be looked at where the machine could not run it.
        strides = (np.cumprod((node.dtype.itemsize, *node.shape[:0:-1]), dtype=np.int64)[::-1]).tolist()
        return np.lib.stride_tricks.as_strided(np.empty((), node.dtype), node.shape, strides, writeable=False)


def _view(node: Value, layout: dict[int, np.ndarray[Any, Any]]) -> np.ndarray[Any, Any] | None:
    base = layout[node.inputs[0].index]
    if node.operation.name == "pick":
        start = bundle_of(node.inputs[0]).places[node.attributes["position"]]
        return base[start : start + node.nbytes].view(node.dtype).reshape(node.shape)
    if node.operation.name != "reshape":
        view: np.ndarray[Any, Any] = node.operation.implementation(base, **node.attributes)
        return view
    try:
        return np.reshape(base, node.shape, copy=False)
    except ValueError:
        return None


def _made(node: Value, bound: Collection[str], *, numbers: bool) -> Storage:
    if node.operation.name == "placeholder":
        return Storage.BOUND if node.attributes["name"] in bound else Storage.ARGUMENT
    if node.operation.name == "constant":
        return Storage.CONSTANT
    is_number = node.operation.kind is Kind.ELEMENTWISE and all(
        not value.shape and value.dtype.kind in "fb" for value in (*node.inputs, node)
    )
    return Storage.NUMBER if numbers and is_number else Storage.COMPUTED
