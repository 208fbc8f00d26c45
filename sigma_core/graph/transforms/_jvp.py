"""Derivatives along a direction, in forward mode."""

from collections.abc import Callable, Sequence
from typing import Any

from sigma_core.errors import DerivativeError
from sigma_core.graph._scope import place
from sigma_core.graph._structure import leaves_as, unflatten
from sigma_core.graph._tangents import tangents
from sigma_core.graph.transforms._arguments import (
    check_function,
    check_tuple,
    on_arrays_too,
    outputs_of,
    parted,
    varied,
)


def jvp(
    function: Callable[..., Any],
    arguments: Sequence[Any],
    directions: Sequence[Any],
    *,
    has_aux: bool = False,
    **keywords: Any,
) -> tuple[Any, ...]:
    """The result, and its derivative along a direction for each argument.

    Directions are built as the arguments, of their shapes. With `has_aux` (result, derivative, auxiliary). Raises
    DerivativeError where there is no derivative.
    """
    check_function("what jvp is to differentiate", function)
    check_tuple("arguments of jvp", arguments)
    check_tuple("directions of jvp", directions)

    def pushed(primals: tuple[Any, ...], moves: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        by = varied(primals)
        along = leaves_as(by.structure, moves)
        if along is None:
            raise DerivativeError(
                place(), "the directions are not built as the arguments", "the same nested containers"
            )
        output, aux = parted(function(*by.complete, **keywords), has_aux=has_aux)
        values, outside = outputs_of(output)
        moved = unflatten(outside, tangents(values, by.leaves, along))
        result = unflatten(outside, values)
        return (result, moved, aux) if has_aux else (result, moved)

    both: tuple[Any, ...] = on_arrays_too(pushed)(tuple(arguments), tuple(directions), keywords)
    return both
