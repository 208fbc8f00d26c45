"""Tracing: running a function on values to get its graph."""

from collections.abc import Callable
from typing import Any

import numpy as np
from attrs import frozen

from sigma_core.graph._evaluate import evaluate
from sigma_core.graph._graph import Graph, reachable
from sigma_core.graph._record import as_value, placeholder
from sigma_core.graph._structure import Structure, flatten, paths, unflatten
from sigma_core.graph._value import Value


def is_static(leaf: Any) -> bool:
    """Whether a leaf is no number: truth values and text choose what is traced."""
    return isinstance(leaf, bool | str | bytes) or callable(leaf)


@frozen(eq=False)
class Traced:
    """What a function recorded, and the containers in which its results go."""

    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...]
    structure: Structure
    arrays: tuple[Any, ...]
    """The arrays it was traced with."""

    @property
    def graph(self) -> Graph:
        """The recorded program; outputs are named by their places in the result, a single one `result`."""
        return Graph(self.inputs, self.outputs, [path or "result" for path in paths(self.structure)])

    @property
    def is_closed(self) -> bool:
        """Whether it depends on its own inputs only, and not on values of a trace around it."""
        own = {value.index for value in self.inputs}
        nodes = reachable(self.outputs)
        return all(node.index in own for node in nodes if node.operation.name == "placeholder")

    def run(self) -> Any:
        """The results for the arrays, in their container."""
        return unflatten(self.structure, evaluate(self.graph, *self.arrays))


def trace_with(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Traced:
    """Trace a function on arguments in nested containers and keep the arrays."""
    leaves, structure = flatten(arguments)
    inputs: list[Value] = []
    arrays: list[Any] = []
    given: list[Any] = []
    for leaf, path in zip(leaves, paths(structure), strict=True):
        if is_static(leaf) or isinstance(leaf, Value):
            given.append(leaf)
            continue
        weak = isinstance(leaf, int | float) and not isinstance(leaf, np.generic)
        array = np.asarray(leaf)
        inputs.append(placeholder(array.shape, array.dtype, path, weak=weak))
        arrays.append(array)
        given.append(inputs[-1])
    results, outside = flatten(function(*unflatten(structure, given)))
    return Traced(tuple(inputs), tuple(as_value(result) for result in results), outside, tuple(arrays))


def trace(function: Callable[..., Any], *arguments: Any) -> Graph:
    """The graph of a function at the shapes and dtypes of the arguments, which may be nested containers of arrays.

    Arrays and numbers become placeholders named by their places (`0.weights`; numbers are weak ones); truth values,
    text and functions stay as they are. Outputs are named by their places in the result, a single one `result`.
    """
    return trace_with(function, arguments).graph
