"""Functional derivatives of functions of arrays, and of values, nested as one likes.

On arrays the derivative is traced and evaluated at once, so it is never stale; to run one many times, `trace` it and
give the graph to a backend. On values it is recorded into the graph being traced.
"""

from collections.abc import Callable, Sequence
from typing import Any

from sigma_core.errors import DerivativeError, TraceError
from sigma_core.graph._gradients import gradients
from sigma_core.graph._record import as_value, record
from sigma_core.graph._scope import place
from sigma_core.graph._structure import Structure, flatten, unflatten
from sigma_core.graph._tangents import tangents
from sigma_core.graph._trace import is_static, trace_with
from sigma_core.graph._value import Value

Argument = int | Sequence[int]


def stop_gradient(value: Any) -> Any:
    """The value, as a constant for every derivative."""
    return record("stop_gradient", as_value(value)) if isinstance(value, Value) else value


def value_and_grad(
    function: Callable[..., Any], argument: Argument = 0, *, has_aux: bool = False
) -> Callable[..., Any]:
    """A function that returns the result of `function`, a scalar, and its derivative by the argument at that position.

    With several positions the derivative is a tuple. With `has_aux` the function returns a pair of which the first is
    differentiated, and so does the new one: ((result, auxiliary), derivative).
    """

    def differentiated(*arguments: Any) -> Any:
        varied, rest, leaves, structure = _varied(arguments, argument)
        result = function(*rest(unflatten(structure, leaves)))
        output, aux = result if has_aux else (result, None)
        value = as_value(output)
        derivative = unflatten(structure, gradients(value, leaves))
        primal = (value, aux) if has_aux else value
        return primal, derivative if varied else derivative[0]

    return _on_arrays_too(differentiated)


def grad(function: Callable[..., Any], argument: Argument = 0, *, has_aux: bool = False) -> Callable[..., Any]:
    """A function that returns the derivative of `function`, a scalar; with `has_aux` (derivative, auxiliary)."""
    both = value_and_grad(function, argument, has_aux=has_aux)

    def differentiated(*arguments: Any) -> Any:
        primal, derivative = both(*arguments)
        return (derivative, primal[1]) if has_aux else derivative

    return differentiated


def vjp(function: Callable[..., Any], *arguments: Any) -> tuple[Any, Callable[[Any], Any]]:
    """The result, and a function from a cotangent of it to a tuple of cotangents, one per argument."""

    def pulled(cotangent: Any, *primals: Any) -> Any:
        leaves, structure = _fresh(primals)
        results, outside = flatten(function(*unflatten(structure, leaves)))
        cotangents, given = flatten(cotangent)
        if given != outside:
            raise DerivativeError(place(), "the cotangent is not built as the result", "the same nested containers")
        totals: list[Any] = [None] * len(leaves)
        for result, each in zip(results, cotangents, strict=True):
            parts = gradients(as_value(result), leaves, each)
            totals = [part if total is None else total + part for total, part in zip(totals, parts, strict=True)]
        return unflatten(structure, totals)

    pull = _on_arrays_too(pulled)
    return _on_arrays_too(function)(*arguments), lambda cotangent: pull(cotangent, *arguments)


def jvp(function: Callable[..., Any], arguments: Sequence[Any], directions: Sequence[Any]) -> tuple[Any, Any]:
    """The result, and its derivative along a direction for each argument."""

    def pushed(primals: Any, moves: Any) -> Any:
        leaves, structure = _fresh(primals)
        along, given = flatten(moves)
        if given != structure:
            raise DerivativeError(
                place(), "the directions are not built as the arguments", "the same nested containers"
            )
        results, outside = flatten(function(*unflatten(structure, leaves)))
        values = [as_value(result) for result in results]
        return unflatten(outside, values), unflatten(outside, tangents(values, leaves, along))

    result: tuple[Any, Any] = _on_arrays_too(pushed)(tuple(arguments), tuple(directions))
    return result


def _on_arrays_too(function: Callable[..., Any]) -> Callable[..., Any]:
    """Trace and evaluate when no argument is a value; record otherwise."""

    def either(*arguments: Any) -> Any:
        if any(isinstance(leaf, Value) for leaf in flatten(arguments)[0]):
            return function(*arguments)
        traced = trace_with(function, arguments)
        # A function may close over values of a trace around it, and then becomes part of that.
        return traced.run() if traced.is_closed else function(*arguments)

    return either


def _varied(
    arguments: tuple[Any, ...], argument: Argument
) -> tuple[bool, Callable[[Any], tuple[Any, ...]], list[Value], Structure]:
    """The leaves to differentiate by, and how to put them back among all arguments."""
    positions = (argument,) if isinstance(argument, int) else tuple(argument)
    leaves, structure = _fresh(tuple(arguments[position] for position in positions))

    def rest(parts: Sequence[Any]) -> tuple[Any, ...]:
        complete = list(arguments)
        for position, part in zip(positions, parts, strict=True):
            complete[position] = part
        return tuple(complete)

    return not isinstance(argument, int), rest, leaves, structure


def _fresh(arguments: tuple[Any, ...]) -> tuple[list[Value], Structure]:
    """New names for the leaves, so that what a function closes over is not differentiated with them."""
    leaves, structure = flatten(arguments)
    for leaf in leaves:
        if is_static(leaf):
            raise TraceError(place(), f"there is no derivative by {leaf!r}", "arrays and numbers")
    return [record("identity", value, weak=value.weak) for value in map(as_value, leaves)], structure
