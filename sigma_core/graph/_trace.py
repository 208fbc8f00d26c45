"""Tracing: running a function on values to get its graph."""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any
from weakref import WeakValueDictionary

import numpy as np
from attrs import frozen

from sigma_core.errors import TraceError
from sigma_core.graph._evaluate import evaluate_apart
from sigma_core.graph._graph import Graph, reachable
from sigma_core.graph._record import constant, is_numeric, named_value, native, placeholder, remedy_for
from sigma_core.graph._replay import substituted
from sigma_core.graph._scope import place
from sigma_core.graph._structure import Structure, flatten, paths, unflatten
from sigma_core.graph._value import Value

NOTHING: Mapping[str, Any] = MappingProxyType({})


def is_static(leaf: Any) -> bool:
    """Whether a leaf is no number: truth values and text choose what is traced."""
    return isinstance(leaf, bool | str | bytes) or callable(leaf)


def is_closed(outputs: Iterable[Value], inputs: Iterable[Value]) -> bool:
    """Whether outputs depend on no other placeholders than these inputs."""
    own = {value.index for value in inputs}
    return all(node.index in own for node in reachable(outputs) if node.operation.name == "placeholder")


_over: WeakValueDictionary[int, Value] = WeakValueDictionary()
"""Arguments, by index, of functions whose trace has come to an end: nothing will ever stand for them."""


def end_trace(inputs: Iterable[Value]) -> None:
    """Remember that the trace with these arguments is over."""
    for value in inputs:
        _over[value.index] = value


def check_alive(outputs: Iterable[Value]) -> None:
    """Raise TraceError for what was kept of a function that has returned."""
    for node in reachable(outputs):
        if node.index in _over:
            raise TraceError(
                place(),
                f"a value is used that was made of argument {node.attributes['name']} of a function that has returned",
                "values of functions that are being traced",
                "return it instead of keeping it, where needed as auxiliary, with has_aux=True",
            )


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
        return is_closed(self.outputs, self.inputs)

    def run(self) -> Any:
        """The results for the arrays, in their container; they belong to the caller."""
        graph = self.graph
        end_trace(self.inputs)
        return unflatten(self.structure, evaluate_apart(graph, *self.arrays))

    def inlined(self) -> Any:
        """The results as values of the trace around it, the arrays as constants; raises TraceError if that is over."""
        check_alive(self.outputs)
        pairs = zip(self.inputs, self.arrays, strict=True)
        constants = {value.index: constant(array, weak=value.weak) for value, array in pairs}
        return unflatten(self.structure, substituted(self.outputs, constants))


def trace_with(
    function: Callable[..., Any], arguments: tuple[Any, ...], keywords: Mapping[str, Any] = NOTHING
) -> Traced:
    """Trace a function on arguments in nested containers and keep the arrays."""
    leaves, structure = flatten((arguments, dict(keywords)))
    names = [path for part in structure.parts for path in paths(part)]
    inputs: list[Value] = []
    arrays: list[Any] = []
    given: list[Any] = []
    for leaf, path in zip(leaves, names, strict=True):
        if is_static(leaf) or isinstance(leaf, Value):
            given.append(leaf)
            continue
        weak = isinstance(leaf, int | float) and not isinstance(leaf, np.generic)
        array = native(np.asarray(leaf))
        if not is_numeric(array.dtype):
            raise TraceError(
                place(),
                f"argument {path} is a {type(leaf).__name__}, of dtype {array.dtype}",
                "arrays of bool, int or float, numbers, text, functions, and containers of them",
                remedy_for(array.dtype),
            )
        inputs.append(placeholder(array.shape, array.dtype, path, weak=weak))
        arrays.append(array)
        given.append(inputs[-1])
    positional, named = unflatten(structure, given)
    results, outside = flatten(function(*positional, **named))
    outputs = [
        named_value(result, f"result {path}" if path else "the result")
        for result, path in zip(results, paths(outside), strict=True)
    ]
    return Traced(tuple(inputs), tuple(outputs), outside, tuple(arrays))


def trace(function: Callable[..., Any], /, *arguments: Any, **keywords: Any) -> Graph:
    """The graph of a function at the shapes and dtypes of the arguments, which may be nested containers of arrays.

    Arrays and numbers become placeholders named by their places (`0.weights`, or `rate` for a keyword; numbers are weak
    ones); truth values, text and functions stay as they are. Outputs are named by their places in the result, a single
    one `result`.
    """
    return trace_with(function, arguments, keywords).graph
