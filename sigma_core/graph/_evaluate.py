"""The reference evaluator: a graph run node by node in plain NumPy, to which backends are compared."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from sigma_core.errors import ShapeError
from sigma_core.graph._graph import Graph


def evaluate(graph: Graph, *arrays: Any) -> tuple[Any, ...]:
    """The outputs for one array per input; raises ShapeError when they do not fit."""
    given = [np.asarray(array) for array in arrays]
    check_arguments(graph, given)
    results = {value.index: array for value, array in zip(graph.inputs, given, strict=True)}
    for node in graph.nodes:
        if node.index not in results:
            operands = [results[value.index] for value in node.inputs]
            result = node.operation.implementation(*operands, **node.attributes)
            results[node.index] = result if node.operation.is_bundle else np.asarray(result)
    return tuple(results[value.index] for value in graph.outputs)


def evaluate_apart(graph: Graph, *arrays: Any) -> tuple[Any, ...]:
    """As `evaluate`, in arrays that belong to the caller: each can be written to, and none shares memory with another.

    What an operation returns may be an argument itself, a view of one, or a number that is repeated without memory.
    """
    known = {id(array) for array in arrays}
    results = []
    for array in evaluate(graph, *arrays):
        is_own = array.flags.owndata and array.flags.writeable and id(array) not in known
        results.append(array if is_own else np.array(array))
        known.add(id(array))
    return tuple(results)


def check_arguments(graph: Graph, arrays: Sequence[Any]) -> None:
    """Raise ShapeError unless the arrays have the shapes and dtypes of the graph's inputs."""
    if len(arrays) != len(graph.inputs):
        raise ShapeError("graph", f"{len(arrays)} arrays for {len(graph.inputs)} inputs", ", ".join(graph.input_names))
    for value, array in zip(graph.inputs, arrays, strict=True):
        if array.shape != value.shape or array.dtype != value.dtype:
            raise ShapeError(
                f"input {value.attributes['name']!r}",
                f"an array of {array.dtype}{list(array.shape)}",
                f"{value.dtype}{list(value.shape)}",
            )
