"""Windows as a view, and their transpose: what makes products of matrices of convolutions.

The axes that windows slide over are replaced by one of positions each, and behind those stands one of elements each:
(n, height, width, c) becomes (n, rows, columns, window height, window width, c). Nothing is copied before somebody
makes rows of it by a reshape, and then the elements of each row of a window are neighbours already.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from sigma_core.errors import ShapeError
from sigma_core.graph._scope import place
from sigma_core.graph.operations._batching import again, along
from sigma_core.graph.operations._operation import Kind, Operation, Shape, Signature, register
from sigma_core.graph.operations._sliding import Sliding


def _infer(value: Any, **attributes: Any) -> Signature:
    sliding = Sliding(**attributes)
    return sliding.results(value.shape, *sliding.window), value.dtype


def _windows(array: Any, **attributes: Any) -> Any:
    sliding = Sliding(**attributes)
    steps = array.strides[sliding.axis : sliding.end]
    moves = (step * stride for step, stride in zip(steps, sliding.strides, strict=True))
    inner = (step * apart for step, apart in zip(steps, sliding.dilation, strict=True))
    return np.lib.stride_tricks.as_strided(
        array,
        sliding.results(array.shape, *sliding.window),
        (*array.strides[: sliding.axis], *moves, *inner, *array.strides[sliding.end :]),
        writeable=False,
    )


def _add_infer(updates: Any, shape: Shape, **attributes: Any) -> Signature:
    sliding = Sliding(**attributes)
    expected = sliding.results(shape, *sliding.window)
    if updates.shape != expected:
        raise ShapeError(place(), f"updates of shape {updates.shape} do not fit the windows", f"shape {expected}")
    return shape, updates.dtype


def sums_of_windows(updates: Shape, shape: Shape, **attributes: Any) -> Iterator[Shape]:
    """The shapes of what `windows_add` makes of updates, one axis after the other; the last is its result's."""
    sliding = Sliding(**attributes)
    for axis in range(sliding.axis, sliding.end):
        # Windows have lost their axes before this one, so that the next stands right behind the positions.
        sizes = (*updates[:axis], shape[axis], *updates[axis + 1 : sliding.end])
        updates = (*sizes, *updates[sliding.end + 1 :])
        yield updates


def _windows_add(updates: Any, shape: Shape, out: Any = None, between: Sequence[Any] = (), **attributes: Any) -> Any:
    """One axis after the other, so that what is added are rows of windows, not single elements: half the time.

    `between` may give memory for all sums but the last.
    """
    sliding = Sliding(**attributes)
    axes = zip(sliding.window, sliding.strides, sliding.dilation, strict=True)
    shapes = list(sums_of_windows(updates.shape, shape, **attributes))
    totals = [*(between or [np.empty(each, updates.dtype) for each in shapes[:-1]]), out]
    if out is None:
        totals[-1] = np.empty(shapes[-1], updates.dtype)
    for axis, (size, stride, apart) in enumerate(axes, sliding.axis):
        total = totals[axis - sliding.axis]
        total.fill(0)
        reach = (updates.shape[axis] - 1) * stride + 1
        for element in range(size):
            start = element * apart
            there = total[(slice(None),) * axis + (slice(start, start + reach, stride),)]
            np.add(there, updates[(slice(None),) * sliding.end + (element,)], out=there)
        updates = total
    return updates


def _record(name: str, *inputs: Any, **attributes: Any) -> Any:
    from sigma_core.graph._record import record  # rules record when they run, the table is below values

    return record(name, *inputs, **attributes)


def _windows_reverse(_position: int, cotangent: Any, node: Any) -> Any:
    return _record("windows_add", cotangent, shape=node.inputs[0].shape, **node.attributes)


def _windows_add_reverse(_position: int, cotangent: Any, node: Any) -> Any:
    attributes = {name: attribute for name, attribute in node.attributes.items() if name != "shape"}
    return _record("windows", cotangent, **attributes)


def _linear(tangents: tuple[Any, ...], node: Any) -> Any:
    return again(node, tangents[0])


def _added(inputs: tuple[Any, ...], _batched: tuple[bool, ...], node: Any) -> Any:
    shape = (inputs[0].shape[0], *node.shape)
    return again(node, *inputs, axis=node.attributes["axis"] + 1, shape=shape)


WINDOWS = register(Operation("windows", Kind.VIEW, _infer, _windows, _windows_reverse, _linear, batch=along))
WINDOWS_ADD = register(
    Operation(
        "windows_add",
        Kind.JOIN,
        _add_infer,
        _windows_add,
        _windows_add_reverse,
        _linear,
        batch=_added,
        count=lambda node: node.inputs[0].size,
    )
)
