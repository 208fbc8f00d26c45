"""Order: sort, argsort and the places where numbers belong."""

from typing import Any, Literal

import numpy as np

from sigma_core.graph.operations._batching import again, along
from sigma_core.graph.operations._operation import Kind, Operation, Signature, register


def _sort(array: Any, axis: int, out: Any = None) -> Any:
    if out is None:
        return np.sort(array, axis)
    np.copyto(out, array)
    out.sort(axis)
    return out


def _order(value: Any, axis: int) -> Any:
    from sigma_core.graph._record import record  # rules record when they run, the table is below values

    return record("argsort", value, axis=axis, descending=False)


def _sort_reverse(_position: int, cotangent: Any, node: Any) -> Any:
    """A permutation's transpose is its inverse: the order of the order."""
    axis = node.attributes["axis"]
    return np.take_along_axis(cotangent, _order(_order(node.inputs[0], axis), axis), axis)


def _sort_forward(tangents: tuple[Any, ...], node: Any) -> Any:
    axis = node.attributes["axis"]
    return np.take_along_axis(tangents[0], _order(node.inputs[0], axis), axis)


def _argsort(array: Any, axis: int, *, descending: bool, out: Any = None) -> Any:
    """Equal elements stay in their order, in both directions."""
    array = np.asarray(array)
    if descending:
        result = array.shape[axis] - 1 - np.flip(np.argsort(np.flip(array, axis), axis, kind="stable"), axis)
    else:
        result = np.argsort(array, axis, kind="stable")
    if out is None:
        return result
    np.copyto(out, result)
    return out


def _searchsorted(array: Any, numbers: Any, side: Literal["left", "right"], out: Any = None) -> Any:
    result = np.searchsorted(array, numbers, side)
    if out is None:
        return result
    out[...] = result
    return out


def _searchsorted_batch(inputs: tuple[Any, ...], batched: tuple[bool, ...], node: Any) -> Any:
    """How many elements are smaller, counted by comparison where each element has numbers of its own to look in."""
    array, numbers = inputs
    if not batched[0]:
        return again(node, array, numbers)
    size = array.shape[0]
    wide = (
        numbers.reshape((*numbers.shape, 1))
        if batched[1]
        else np.broadcast_to(numbers[..., None], (size, *node.shape, 1))
    )
    known = array.reshape((size, *(1,) * node.ndim, array.shape[1]))
    smaller = known < wide if node.attributes["side"] == "left" else known <= wide
    return np.sum(smaller, axis=-1).astype(node.dtype)


SORT = register(
    Operation(
        "sort",
        Kind.REDUCTION,
        lambda value, axis: (value.shape, value.dtype),  # noqa: ARG005  # rules take all attributes
        _sort,
        _sort_reverse,
        _sort_forward,
        batch=along,
    )
)


def _argsort_infer(value: Any, axis: int, *, descending: bool) -> Signature:  # noqa: ARG001  # as above
    return value.shape, np.dtype(np.intp)


ARGSORT = register(Operation("argsort", Kind.REDUCTION, _argsort_infer, _argsort, batch=along))
SEARCHSORTED = register(
    Operation(
        "searchsorted",
        Kind.GATHER,
        lambda array, numbers, side: (numbers.shape, np.dtype(np.intp)),  # noqa: ARG005  # as above
        _searchsorted,
        batch=_searchsorted_batch,
    )
)
