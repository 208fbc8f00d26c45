"""Linear functions that belong to a point: what is known there is computed once, the rest whenever it is asked for."""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from attrs import evolve, frozen

from sigma_core.errors import DerivativeError
from sigma_core.graph._evaluate import evaluate_apart
from sigma_core.graph._gradients import cotangents
from sigma_core.graph._graph import Graph
from sigma_core.graph._record import as_value, cast, constant, is_numeric, placeholder
from sigma_core.graph._replay import dependents, substituted
from sigma_core.graph._scope import place
from sigma_core.graph._structure import Structure, leaves_as, unflatten
from sigma_core.graph._tangents import tangents
from sigma_core.graph._trace import check_alive, end_trace, is_closed, trace_with
from sigma_core.graph._value import Value
from sigma_core.graph.transforms._arguments import any_value, check_function, outputs_of, parted, varied


@frozen(eq=False)
class Linear:
    """A linear function, recorded: a program whose other inputs are constants, or values of a trace around it."""

    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...]
    domain: Structure
    image: Structure
    fault: str
    """What to say of an argument that is built in another way."""
    noun: str
    """What an argument is called."""

    def __call__(self, given: Any) -> Any:
        """The result for a container of arrays or values; raises DerivativeError when it does not fit."""
        leaves = leaves_as(self.domain, given)
        if leaves is None:
            raise DerivativeError(place(), self.fault, "the same nested containers")
        for leaf, value in zip(leaves, self.inputs, strict=True):
            if np.shape(leaf) != value.shape:
                raise DerivativeError(place(), f"the {self.noun}'s shape is {np.shape(leaf)}", f"shape {value.shape}")
            dtype = leaf.dtype if isinstance(leaf, Value) else np.asarray(leaf).dtype
            if not is_numeric(dtype):
                raise DerivativeError(place(), f"the {self.noun}'s dtype is {dtype}", str(value.dtype))
        if self.graph is not None and not any(isinstance(leaf, Value) for leaf in leaves):
            arrays = (np.asarray(leaf, value.dtype) for leaf, value in zip(leaves, self.inputs, strict=True))
            return unflatten(self.image, evaluate_apart(self.graph, *arrays))
        pairs = zip(leaves, self.inputs, strict=True)
        values = {value.index: cast(as_value(leaf), value.dtype) for leaf, value in pairs}
        return unflatten(self.image, substituted(self.outputs, values))

    @cached_property
    def graph(self) -> Graph | None:
        """The program, unless it needs values of a trace around it."""
        return Graph(self.inputs, self.outputs) if is_closed(self.outputs, self.inputs) else None


def vjp(function: Callable[..., Any], /, *arguments: Any, has_aux: bool = False, **keywords: Any) -> tuple[Any, ...]:
    """The result, and a function from a cotangent of it to a tuple of cotangents, one per argument.

    A cotangent is built as the result, of its shapes. The result is computed once, however often the function is
    called. With `has_aux` (result, function, auxiliary). Raises DerivativeError where there is no derivative.
    """

    def recorded(*arguments: Any, **keywords: Any) -> Any:
        by = varied(arguments)
        output, aux = parted(function(*by.complete, **keywords), has_aux=has_aux)
        values, outside = outputs_of(output)
        given = tuple(placeholder(value.shape, value.dtype, "cotangent") for value in values)
        fault = "the cotangent is not built as the result"
        pulled = cotangents(values, by.leaves, given)
        pull = Linear(given, pulled, outside, by.structure, fault, "cotangent")
        return unflatten(outside, values), aux, pull

    check_function("what vjp is to differentiate", function)
    result, aux, pull = _at(recorded, arguments, keywords)
    return (result, pull, aux) if has_aux else (result, pull)


def linearize(
    function: Callable[..., Any], /, *arguments: Any, has_aux: bool = False, **keywords: Any
) -> tuple[Any, ...]:
    """The result, and the function's derivative there: from a direction for each argument to the result's move.

    The result, and all that the derivative needs of it, is computed once, however often the derivative is called. With
    `has_aux` (result, derivative, auxiliary). Raises DerivativeError where there is no derivative.
    """

    def recorded(*arguments: Any, **keywords: Any) -> Any:
        by = varied(arguments)
        output, aux = parted(function(*by.complete, **keywords), has_aux=has_aux)
        values, outside = outputs_of(output)
        directions = tuple(placeholder(leaf.shape, leaf.dtype, "direction") for leaf in by.leaves)
        fault = "the directions are not built as the arguments"
        moved = tangents(values, by.leaves, directions)
        push = Linear(directions, moved, by.structure, outside, fault, "direction")
        return unflatten(outside, values), aux, push

    check_function("what linearize is to differentiate", function)
    result, aux, push = _at(recorded, arguments, keywords)

    def derivative(*directions: Any) -> Any:
        return push(directions)

    return (result, derivative, aux) if has_aux else (result, derivative)


def _at(recorded: Callable[..., Any], arguments: tuple[Any, ...], keywords: dict[str, Any]) -> tuple[Any, Any, Linear]:
    """What was recorded, at arrays if there are only arrays: with numbers in place of what is known then."""
    if any_value(arguments, keywords):
        result, aux, linear = recorded(*arguments, **keywords)
        return result, aux, linear
    made: list[Linear] = []

    def remembered(*arguments: Any, **keywords: Any) -> Any:
        result, aux, linear = recorded(*arguments, **keywords)
        made.append(linear)
        return result, aux

    traced = trace_with(remembered, arguments, keywords)
    (linear,) = made
    if is_closed((*traced.outputs, *linear.outputs), (*traced.inputs, *linear.inputs)):
        known = _known(linear)
        end_trace(traced.inputs)
        arrays = evaluate_apart(Graph(traced.inputs, (*traced.outputs, *known)), *traced.arrays)
        linear = _with_constants(linear, known, arrays[len(traced.outputs) :])
        result, aux = unflatten(traced.structure, arrays)
    else:
        check_alive(linear.outputs)
        linear = _with_constants(linear, traced.inputs, traced.arrays)
        result, aux = traced.inlined()
    return result, aux, linear


def _known(linear: Linear) -> tuple[Value, ...]:
    """What the linear function needs and does not compute from its inputs."""
    own = {value.index for value in linear.inputs}
    computed = dependents(linear.outputs, own)
    inside = own | {node.index for node in computed}
    needed = [*linear.outputs, *(value for node in computed for value in node.inputs)]
    outside = {value.index: value for value in needed if value.index not in inside}
    return tuple(value for value in outside.values() if value.operation.name != "constant")


def _with_constants(linear: Linear, values: Sequence[Value], arrays: Sequence[Any]) -> Linear:
    constants = {value.index: constant(array, weak=value.weak) for value, array in zip(values, arrays, strict=True)}
    return evolve(linear, outputs=substituted(linear.outputs, constants))
