"""Putting arrays one after the other."""

from typing import Any

import numpy as np

from sigma_core.errors import ShapeError
from sigma_core.graph._scope import place
from sigma_core.graph.operations._batching import joined
from sigma_core.graph.operations._operation import Kind, Operation, Signature, register


def _concatenate_infer(*values: Any, axis: int) -> Signature:
    first = values[0]
    for value in values[1:]:
        others = value.shape[:axis] + value.shape[axis + 1 :]
        if value.ndim != first.ndim or others != first.shape[:axis] + first.shape[axis + 1 :]:
            shapes = ", ".join(str(each.shape) for each in values)
            raise ShapeError(
                place(), f"shapes {shapes} cannot be joined along axis {axis}", "equal sizes in all other axes"
            )
    size = sum(value.shape[axis] for value in values)
    return (*first.shape[:axis], size, *first.shape[axis + 1 :]), first.dtype


def _concatenate(*arrays: Any, axis: int, out: Any = None) -> Any:
    return np.concatenate(arrays, axis, out)


def _concatenate_reverse(position: int, cotangent: Any, node: Any) -> Any:
    axis = node.attributes["axis"]
    start = sum(each.shape[axis] for each in node.inputs[:position])
    cut = slice(start, start + node.inputs[position].shape[axis])
    return cotangent[(slice(None),) * axis + (cut,)]


def _concatenate_forward(tangents: tuple[Any, ...], node: Any) -> Any:
    parts = [
        np.zeros_like(value) if tangent is None else tangent
        for tangent, value in zip(tangents, node.inputs, strict=True)
    ]
    return np.concatenate(parts, node.attributes["axis"])


CONCATENATE = register(
    Operation(
        "concatenate",
        Kind.JOIN,
        _concatenate_infer,
        _concatenate,
        _concatenate_reverse,
        _concatenate_forward,
        batch=joined,
    )
)
