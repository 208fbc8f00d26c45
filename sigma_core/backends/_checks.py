"""Checks of what a program is compiled for, bound to and called with; shared by backends."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from sigma_core.errors import ShapeError, listed
from sigma_core.graph import Graph, Value


def check_names(graph: Graph, bound: Collection[str], donations: Mapping[int, str]) -> None:
    """Raise ShapeError for bound names that the graph lacks, and donations that do not fit."""
    inputs = {value.attributes["name"]: value for value in graph.inputs}
    for name in bound:
        if name not in inputs:
            raise ShapeError("compile", f"{name!r} is bound, but no input of the graph", listed(inputs, name))
    for position, name in donations.items():
        if name not in bound:
            raise ShapeError(
                "compile", f"output {position} is donated to {name!r}, which is not bound", listed(bound, name)
            )
        output, target = graph.outputs[position], inputs[name]
        if (output.shape, output.dtype) != (target.shape, target.dtype):
            raise ShapeError(
                f"output {graph.output_names[position]!r}",
                f"{_typed(output)} is donated to {name!r} of {_typed(target)}",
                "equal shapes and dtypes",
                "cast the output with astype",
            )
    if len(set(donations.values())) < len(donations):
        raise ShapeError("compile", "two outputs are donated to one array", "one output for each")


def check_bound(expected: Sequence[Value], bound: Mapping[str, Any], donated: Collection[str]) -> None:
    """Raise ShapeError unless each bound placeholder has a contiguous array that fits.

    One that is donated is to be writeable, and none of its memory another's, which would change while it is read.
    """
    for value in expected:
        name = value.attributes["name"]
        if name not in bound:
            raise ShapeError(f"bound array {name!r}", "it is missing", _typed(value))
        array = bound[name]
        if array.shape != value.shape or array.dtype != value.dtype:
            raise ShapeError(f"bound array {name!r}", f"an array of {_typed(array)}", _typed(value))
        if not array.flags.c_contiguous:
            raise ShapeError(f"bound array {name!r}", "its memory is not contiguous", "C order", "np.ascontiguousarray")
        # Arrays of a device are always writeable, and their flags say nothing of it.
        if name in donated and not getattr(array.flags, "writeable", True):
            raise ShapeError(
                f"bound array {name!r}", "it is read-only, but an output is donated to it", "a writeable array"
            )
        others = (each for each in bound if name in donated and each != name and _overlap(array, bound[each]))
        if (other := next(others, None)) is not None:
            raise ShapeError(
                f"bound array {name!r}",
                f"an output is donated to it, but it shares memory with {other!r}",
                "an array of its own",
                "copy one of them",
            )


def _overlap(array: Any, other: Any) -> bool:
    both = isinstance(array, np.ndarray) and isinstance(other, np.ndarray)
    return both and np.may_share_memory(array, other)


def check_arguments(expected: Sequence[Value], arrays: Sequence[Any]) -> None:
    """Raise ShapeError unless the arrays of a call fit."""
    if len(arrays) != len(expected):
        names = ", ".join(value.attributes["name"] for value in expected)
        raise ShapeError("inputs", f"{len(arrays)} arrays were given", f"{len(expected)}: {names}")
    for value, array in zip(expected, arrays, strict=True):
        where = f"input {value.attributes['name']!r}"
        if not hasattr(array, "shape") or not hasattr(array, "dtype"):
            raise ShapeError(where, f"a {type(array).__name__}", _typed(value))
        if array.shape != value.shape or array.dtype != value.dtype:
            raise ShapeError(where, f"an array of {_typed(array)}", _typed(value))


def _typed(array: Any) -> str:
    return f"{array.dtype}{list(array.shape)}"
