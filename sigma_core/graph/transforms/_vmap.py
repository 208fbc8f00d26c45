"""Mapping a function over an axis of its arguments, all elements at once."""

from collections.abc import Callable, Sequence
from typing import Any

from sigma_core.errors import ShapeError
from sigma_core.graph._batching import batched
from sigma_core.graph._record import as_value, placeholder
from sigma_core.graph._scope import place
from sigma_core.graph._structure import Structure, flatten, members, paths, unflatten
from sigma_core.graph._trace import is_static
from sigma_core.graph._value import Value
from sigma_core.graph.functions._views import broadcast_to, moveaxis
from sigma_core.graph.transforms._arguments import check_function, on_arrays_too

Axes = Any
"""An axis, None, or a container of them."""


def vmap(function: Callable[..., Any], in_axes: Axes = 0, out_axes: Axes = 0) -> Callable[..., Any]:
    """A function that maps `function` over an axis of its arguments: it is written for one element, and runs for all.

    `in_axes` says which axis is mapped: one for all arguments, or a tuple with one for each, where None passes the
    argument whole, and a container built as the argument tells its parts apart. `out_axes` says likewise where the
    axis stands in the results; None is for a result that is the same for all elements. Truth values, text, keyword
    arguments and what the function closes over are passed whole. A draw of random numbers is one for each element where
    its key is mapped, and one for all where it is not. Raises ShapeError for axes that there are not and sizes that
    differ.
    """
    check_function("what vmap is to map", function)

    def mapped(*arguments: Any, **keywords: Any) -> Any:
        leaves, structure = flatten(arguments)
        names = paths(structure)
        given = _axes(in_axes, structure, "in_axes")
        size, moved = _moved(leaves, names, given)
        elements = [
            leaf if value is None else placeholder(value.shape[1:], value.dtype, name)
            for leaf, value, name in zip(leaves, moved, names, strict=True)
        ]
        results, outside = flatten(function(*unflatten(structure, elements), **keywords))
        values = [as_value(result) for result in results]
        known = {element.index: value for element, value in zip(elements, moved, strict=True) if value is not None}
        wanted = _axes(out_axes, outside, "out_axes")
        parts = zip(batched(values, known, size), values, wanted, paths(outside), strict=True)
        return unflatten(outside, [_placed(part, value, axis, name, size) for part, value, axis, name in parts])

    return on_arrays_too(mapped)


def _axes(given: Axes, structure: Structure, what: str, path: str = "") -> list[int | None]:
    """An axis for each leaf of a container; raises ShapeError for what is built in another way."""
    if given is None or (isinstance(given, int) and not isinstance(given, bool)):
        return [given] * len(paths(structure))
    names, parts = members(given)
    if names is None or structure.kind == "leaf" or set(names) != set(structure.names):
        where = f" of {path}" if path else ""
        raise ShapeError(
            place(),
            f"vmap: {what}{where} is {given!r}",
            _built(structure),
        )
    by_name = dict(zip(names, parts, strict=True))
    return [
        axis
        for name, part in zip(structure.names, structure.parts, strict=True)
        for axis in _axes(by_name[name], part, what, f"{path}.{name}" if path else str(name))
    ]


def _built(structure: Structure) -> str:
    if structure.kind == "leaf":
        return "an axis, or None"
    return f"an axis, None, or one for each of: {', '.join(str(name) for name in structure.names) or 'nothing'}"


def _moved(leaves: Sequence[Any], names: Sequence[str], axes: Sequence[int | None]) -> tuple[int, list[Value | None]]:
    """The number of elements, and the arguments that are mapped with that axis in front."""
    sizes: dict[str, tuple[int, int]] = {}
    moved: list[Value | None] = []
    for leaf, name, axis in zip(leaves, names, axes, strict=True):
        if axis is None or is_static(leaf):
            moved.append(None)
            continue
        value = as_value(leaf)
        if not -value.ndim <= axis < value.ndim:
            raise ShapeError(
                place(),
                f"vmap over axis {axis} of argument {name}, which has shape {value.shape}",
                f"{-value.ndim} to {value.ndim - 1}" if value.ndim else "an array with axes",
                f"in_axes with None for argument {name}, to pass it whole",
            )
        sizes[name] = value.shape[axis], axis
        moved.append(moveaxis(value, axis, 0))
    if not sizes:
        raise ShapeError(place(), "vmap over no argument", "an array that is mapped, by position")
    (first, (size, along)), *others = sizes.items()
    for name, (other, axis) in others:
        if other != size:
            raise ShapeError(
                place(),
                f"vmap over {size} elements along axis {along} of argument {first}"
                f" and {other} along axis {axis} of argument {name}",
                "equal sizes",
            )
    return size, moved


def _placed(part: Value | None, value: Value, axis: int | None, name: str, size: int) -> Any:
    """A result with the mapped axis where it is wanted."""
    result = f"result {name}" if name else "the result"
    if axis is None:
        if part is not None:
            raise ShapeError(place(), f"vmap: out_axes is None for {result}, which differs between elements", "an axis")
        return value
    if not -value.ndim - 1 <= axis <= value.ndim:
        raise ShapeError(
            place(),
            f"vmap: axis {axis} was asked for in {result}, whose elements have shape {value.shape}",
            f"{-value.ndim - 1} to {value.ndim}",
        )
    return moveaxis(broadcast_to(value, (size, *value.shape)) if part is None else part, 0, axis)
