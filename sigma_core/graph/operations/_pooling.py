"""The maximum of each window, and reading and adding at the places of the maxima, which are each other's transposes.

Of equal maxima the first counts, in C order, and it alone: so much as np.argmax says.
"""

from collections.abc import Iterator
from math import prod
from typing import Any

import numpy as np

from sigma_core.graph.operations._batching import again, along, every, size_of
from sigma_core.graph.operations._operation import Kind, Operation, Signature, register
from sigma_core.graph.operations._sliding import Sliding

# Integers with as many bits as numbers of so many bytes.
_BITS = {number().itemsize: number for number in (np.int16, np.int32, np.int64)}


def _pool_infer(value: Any, **attributes: Any) -> Signature:
    return Sliding(**attributes).results(value.shape), value.dtype


def _max_pool(array: Any, out: Any = None, **attributes: Any) -> Any:
    elements = Sliding(**attributes).elements(np.asarray(array))
    first = next(elements)
    out = np.maximum(first, next(elements, first), out=out)
    for element in elements:
        np.maximum(out, element, out=out)
    return out


def _places(sliding: Sliding, inputs: Any, maxima: Any, masks: Any) -> Iterator[Any]:
    """For each element of the window in turn, where it is the first that is not below the maximum.

    Nothing is below NaN, so in windows that hold one it is their first element. `masks` may give memory for three.
    """
    is_open, is_below, is_here = np.empty((3, *maxima.shape), np.bool_) if masks is None else masks
    is_open.fill(True)
    for element in sliding.elements(inputs):
        np.less(element, maxima, out=is_below)
        yield np.greater(is_open, is_below, out=is_here)
        is_open &= is_below


def _gather_infer(_values: Any, _inputs: Any, maxima: Any, **_attributes: Any) -> Signature:
    return maxima.shape, _values.dtype


def _gather_maxima(values: Any, inputs: Any, maxima: Any, out: Any = None, masks: Any = None, **attributes: Any) -> Any:
    sliding = Sliding(**attributes)
    out = np.empty(maxima.shape, values.dtype) if out is None else out
    for element, is_here in zip(sliding.elements(values), _places(sliding, inputs, maxima, masks), strict=True):
        np.copyto(out, element, where=is_here)
    return out


def _scatter_infer(updates: Any, inputs: Any, _maxima: Any, **_attributes: Any) -> Signature:
    return inputs.shape, updates.dtype


def _scatter_maxima(
    updates: Any, inputs: Any, maxima: Any, out: Any = None, masks: Any = None, **attributes: Any
) -> Any:
    sliding = Sliding(**attributes)
    out = np.empty(inputs.shape, updates.dtype) if out is None else out
    out.fill(0)
    for element, is_here in zip(sliding.elements(out), _places(sliding, inputs, maxima, masks), strict=True):
        if sliding.is_disjoint and (bits := _BITS.get(out.dtype.itemsize)):
            # The bits of the number, times one or zero: a third of the time of a masked copy.
            np.multiply(updates.view(bits), is_here.view(np.int8), out=element.view(bits))
        else:
            np.add(element, updates, out=element, where=is_here)
    return out


def _record(name: str, *inputs: Any, **attributes: Any) -> Any:
    from sigma_core.graph._record import record  # rules record when they run, the table is below values

    return record(name, *inputs, **attributes)


def _max_pool_reverse(_position: int, cotangent: Any, node: Any) -> Any:
    return _record("scatter_maxima", cotangent, *node.inputs, node, **node.attributes)


def _max_pool_forward(tangents: tuple[Any, ...], node: Any) -> Any:
    return _record("gather_maxima", tangents[0], *node.inputs, node, **node.attributes)


def _transpose(name: str) -> Any:
    """Both are linear in their first input; where the maxima are does not change by a little of the others."""

    def reverse(position: int, cotangent: Any, node: Any) -> Any:
        return _record(name, cotangent, *node.inputs[1:], **node.attributes) if position == 0 else None

    return reverse


def _linear(tangents: tuple[Any, ...], node: Any) -> Any:
    return None if tangents[0] is None else again(node, tangents[0], *node.inputs[1:])


def _elements(node: Any) -> int:
    """A comparison, and what follows from it, for each element of each window."""
    windows = min(node.size, *(value.size for value in node.inputs))
    elements: int = windows * prod(node.attributes["window"])
    return elements if node.operation is MAX_POOL else 4 * elements


def _all(inputs: tuple[Any, ...], batched: tuple[bool, ...], node: Any) -> Any:
    size = size_of(inputs, batched)
    given = (every(value, each, size) for value, each in zip(inputs, batched, strict=True))
    return along(tuple(given), batched, node)


MAX_POOL = register(
    Operation(
        "max_pool",
        Kind.REDUCTION,
        _pool_infer,
        _max_pool,
        _max_pool_reverse,
        _max_pool_forward,
        batch=along,
        count=_elements,
    )
)
GATHER_MAXIMA = register(
    Operation(
        "gather_maxima",
        Kind.GATHER,
        _gather_infer,
        _gather_maxima,
        _transpose("scatter_maxima"),
        _linear,
        batch=_all,
        count=_elements,
    )
)
SCATTER_MAXIMA = register(
    Operation(
        "scatter_maxima",
        Kind.GATHER,
        _scatter_infer,
        _scatter_maxima,
        _transpose("gather_maxima"),
        _linear,
        batch=_all,
        count=_elements,
    )
)
