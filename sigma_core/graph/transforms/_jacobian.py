"""All first derivatives of all results, and all second ones of a scalar."""

from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np

from sigma_core.errors import DerivativeError
from sigma_core.graph._batching import batched
from sigma_core.graph._gradients import gradients
from sigma_core.graph._record import constant, full, placeholder
from sigma_core.graph._scope import place
from sigma_core.graph._structure import unflatten
from sigma_core.graph._tangents import tangents
from sigma_core.graph._value import Value
from sigma_core.graph.functions._views import moveaxis
from sigma_core.graph.transforms._arguments import Argument, check_function, on_arrays_too, outputs_of, parted, varied
from sigma_core.graph.transforms._grad import grad

Mode = Literal["forward", "reverse"]


def jacobian(
    function: Callable[..., Any], argument: Argument = 0, *, mode: Mode | None = None, has_aux: bool = False
) -> Callable[..., Any]:
    """A function that returns the derivative of each element of the result by each element of an argument.

    The derivative of a result by an argument has the shape result.shape + argument.shape. It stands where the result
    stood in its containers, and is built as the argument, or is a tuple for several positions. Forward mode runs once
    for all elements of the arguments, reverse mode for all of the result; without a `mode` there is chosen what takes
    fewer. With `has_aux` the function returns (result, auxiliary), and the new one (derivative, auxiliary). Raises
    DerivativeError where there is no derivative.
    """
    check_function("what jacobian is to differentiate", function)
    if mode not in {None, "forward", "reverse"}:
        raise DerivativeError(place(), f"a jacobian in mode {mode!r}", "forward, reverse, or None for what takes fewer")

    def differentiated(*arguments: Any, **keywords: Any) -> Any:
        by = varied(arguments, argument)
        output, aux = parted(function(*by.complete, **keywords), has_aux=has_aux)
        values, outside = outputs_of(output)
        chosen = mode or ("forward" if _size(by.leaves) <= _size(values) else "reverse")
        rows = _by_directions(values, by.leaves) if chosen == "forward" else _by_cotangents(values, by.leaves)
        derivative = unflatten(outside, [by.container(row) for row in rows])
        return (derivative, aux) if has_aux else derivative

    return on_arrays_too(differentiated)


def hessian(function: Callable[..., Any], argument: Argument = 0, *, has_aux: bool = False) -> Callable[..., Any]:
    """A function that returns the second derivatives of `function`, a scalar: the jacobian of its gradient.

    For one array of some shape they have that shape twice; in containers, and for several positions, they stand in the
    first argument's place and there in the second's. With `has_aux` (second derivatives, auxiliary).
    """
    return jacobian(grad(function, argument, has_aux=has_aux), argument, has_aux=has_aux)


def _size(values: Sequence[Value]) -> int:
    return sum(value.size for value in values)


def _by_directions(values: Sequence[Value], leaves: Sequence[Value]) -> list[list[Any]]:
    """A row for each result: its derivatives by each leaf, which is moved in all directions at once."""
    columns = []
    for leaf in leaves:
        direction = placeholder(leaf.shape, leaf.dtype, "direction")
        moved = batched(tangents(values, (leaf,), (direction,)), {direction.index: _unit(leaf)}, leaf.size)
        columns.append([_last(part, value, leaf) for part, value in zip(moved, values, strict=True)])
    return [list(row) for row in zip(*columns, strict=True)] if columns else [[] for _ in values]


def _by_cotangents(values: Sequence[Value], leaves: Sequence[Value]) -> list[list[Any]]:
    """As `_by_directions`, with all cotangents of a result at once."""
    rows = []
    for value in values:
        cotangent = placeholder(value.shape, value.dtype, "cotangent")
        pulled = batched(gradients(value, leaves, cotangent), {cotangent.index: _unit(value)}, value.size)
        rows.append([_first(part, value, leaf) for part, leaf in zip(pulled, leaves, strict=True)])
    return rows


def _unit(value: Value) -> Value:
    """One array of the value's shape for each of its elements, zero but for a one there."""
    return constant(np.eye(value.size, dtype=value.dtype).reshape((value.size, *value.shape)))


def _last(part: Value | None, value: Value, leaf: Value) -> Any:
    shape = (*value.shape, *leaf.shape)
    return full(shape, 0, value.dtype) if part is None else moveaxis(part, 0, -1).reshape(shape)


def _first(part: Value | None, value: Value, leaf: Value) -> Any:
    shape = (*value.shape, *leaf.shape)
    return full(shape, 0, leaf.dtype) if part is None else part.reshape(shape)
