"""Reductions along axes: sum, prod, max, min, all, any, argmax, argmin; and cumulative sums."""

from collections.abc import Callable
from typing import Any

import numpy as np

from sigma_core.errors import ShapeError
from sigma_core.graph._scope import place
from sigma_core.graph.operations._batching import along
from sigma_core.graph.operations._operation import Kind, Operation, Signature, register
from sigma_core.graph.operations._shapes import reduced, reduction_dtype


def spread(value: Any, node: Any) -> Any:
    """A reduction's result, or its cotangent, broadcast over the axes that were reduced."""
    shape = node.inputs[0].shape
    return np.broadcast_to(value.reshape(reduced(shape, node.attributes["axes"], keepdims=True)), shape)


def _product_by_pairs(value: Any, axes: tuple[int, ...]) -> Any:
    """The product as a tree of multiplications, whose derivatives are right where factors are zero."""
    for axis in axes:
        while value.shape[axis] > 1:
            half, odd = divmod(value.shape[axis], 2)
            first, second, rest = np.split(value, [half, 2 * half], axis=axis)
            value = first * second if not odd else np.concatenate([first * second, rest], axis=axis)
    return value


def _prod_reverse(_position: int, cotangent: Any, node: Any) -> Any:
    from sigma_core.graph._gradients import gradients  # the rule differentiates a graph of its own

    (value,) = node.inputs
    if not value.size:
        return None
    product = _product_by_pairs(value, node.attributes["axes"])
    return gradients(product, (value,), cotangent.reshape(product.shape))[0]


def _prod_forward(tangents: tuple[Any, ...], node: Any) -> Any:
    from sigma_core.graph._tangents import tangents as push  # as above

    (value,) = node.inputs
    if not value.size:
        return None
    product = _product_by_pairs(value, node.attributes["axes"])
    return push((product,), (value,), tangents)[0].reshape(node.shape)


def _extreme_reverse(_position: int, cotangent: Any, node: Any) -> Any:
    """Ties share the cotangent equally."""
    (value,) = node.inputs
    hits = (value == spread(node, node)).astype(node.dtype)
    return hits * spread(cotangent / np.sum(hits, axis=node.attributes["axes"]).reshape(node.shape), node)


def _extreme_forward(tangents: tuple[Any, ...], node: Any) -> Any:
    (value,) = node.inputs
    hits = (value == spread(node, node)).astype(node.dtype)
    axes = node.attributes["axes"]
    return (np.sum(tangents[0] * hits, axis=axes) / np.sum(hits, axis=axes)).reshape(node.shape)


def _sum_reverse(_position: int, cotangent: Any, node: Any) -> Any:
    return spread(cotangent, node)


def _sum_forward(tangents: tuple[Any, ...], node: Any) -> Any:
    return np.sum(tangents[0], axis=node.attributes["axes"], keepdims=node.attributes["keepdims"])


def _reduction(
    name: str,
    ufunc: np.ufunc,
    reverse: Callable[[int, Any, Any], Any] | None = None,
    forward: Callable[[tuple[Any, ...], Any], Any] | None = None,
) -> Operation:
    empty_allowed = ufunc.identity is not None

    def infer(value: Any, axes: tuple[int, ...], *, keepdims: bool) -> Signature:
        if not empty_allowed and any(value.shape[axis] == 0 for axis in axes):
            raise ShapeError(place(), f"np.{name} over an axis of size 0 of shape {value.shape} has no result")
        return reduced(value.shape, axes, keepdims=keepdims), reduction_dtype(ufunc.reduce, value.dtype)

    def implementation(array: Any, axes: tuple[int, ...], *, keepdims: bool, out: Any = None) -> Any:
        return ufunc.reduce(array, axis=axes, out=out, keepdims=keepdims)

    return register(Operation(name, Kind.REDUCTION, infer, implementation, reverse, forward, ufunc, along))


def _position(name: str, function: Callable[..., Any]) -> Operation:
    def infer(value: Any, axis: int, *, keepdims: bool) -> Signature:
        if value.shape[axis] == 0:
            raise ShapeError(place(), f"np.{name} over an axis of size 0 of shape {value.shape} has no result")
        return reduced(value.shape, (axis,), keepdims=keepdims), np.dtype(np.intp)

    def implementation(array: Any, axis: int, *, keepdims: bool, out: Any = None) -> Any:
        return function(array, axis=axis, keepdims=keepdims, out=out)

    return register(Operation(name, Kind.REDUCTION, infer, implementation, batch=along))


def _cumsum_infer(value: Any, axis: int) -> Signature:  # noqa: ARG001  # rules take all attributes
    return value.shape, reduction_dtype(np.add.reduce, value.dtype)


def _cumsum(array: Any, axis: int, out: Any = None) -> Any:
    return np.add.accumulate(array, axis, None, out)


def _cumsum_reverse(_position: int, cotangent: Any, node: Any) -> Any:
    axis = node.attributes["axis"]
    return np.flip(np.cumsum(np.flip(cotangent, axis), axis), axis)


SUM = _reduction("sum", np.add, _sum_reverse, _sum_forward)
PROD = _reduction("prod", np.multiply, _prod_reverse, _prod_forward)
MAX = _reduction("max", np.maximum, _extreme_reverse, _extreme_forward)
MIN = _reduction("min", np.minimum, _extreme_reverse, _extreme_forward)
ALL = _reduction("all", np.logical_and)
ANY = _reduction("any", np.logical_or)
ARGMAX = _position("argmax", np.argmax)
ARGMIN = _position("argmin", np.argmin)
CUMSUM = register(
    Operation(
        "cumsum",
        Kind.REDUCTION,
        _cumsum_infer,
        _cumsum,
        _cumsum_reverse,
        lambda tangents, node: np.cumsum(tangents[0], node.attributes["axis"]),
        batch=along,
    )
)
