"""Cumulative products. Cumulative sums stand with the reductions."""

from typing import Any

import numpy as np

from sigma_core.graph.operations._batching import along
from sigma_core.graph.operations._operation import Kind, Operation, Signature, register
from sigma_core.graph.operations._shapes import reduction_dtype


def _infer(value: Any, axis: int) -> Signature:  # noqa: ARG001  # rules take all attributes
    return value.shape, reduction_dtype(np.multiply.reduce, value.dtype)


def _cumprod(array: Any, axis: int, out: Any = None) -> Any:
    return np.multiply.accumulate(array, axis, None, out)


def by_doubling(combine: Any, value: Any, axis: int) -> Any:
    """A cumulative combination in log2(size) steps over whole arrays (Hillis and Steele 1986).

    As the derivatives of products are products, those of this form are right where factors are zero.
    """
    before = (slice(None),) * axis
    shift, size = 1, value.shape[axis]
    while shift < size:
        head, tail = value[(*before, slice(0, shift))], value[(*before, slice(shift, None))]
        value = np.concatenate([head, combine(value[(*before, slice(0, size - shift))], tail)], axis)
        shift *= 2
    return value


def _reverse(_position: int, cotangent: Any, node: Any) -> Any:
    from sigma_core.graph._gradients import gradients  # the rule differentiates a graph of its own

    (value,) = node.inputs
    return gradients(by_doubling(np.multiply, value, node.attributes["axis"]), (value,), cotangent)[0]


def _forward(tangents: tuple[Any, ...], node: Any) -> Any:
    from sigma_core.graph._tangents import tangents as push  # as above

    (value,) = node.inputs
    return push((by_doubling(np.multiply, value, node.attributes["axis"]),), (value,), tangents)[0]


CUMPROD = register(Operation("cumprod", Kind.REDUCTION, _infer, _cumprod, _reverse, _forward, batch=along))
