"""What convolutions and pooling have in common: settings for each axis, padding, and windows.

Arrays are (batch, ..., channels), with an axis of the windows for each of the axes between.
"""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import numpy as np

from sigma_core.errors import ShapeError
from sigma_core.graph._evaluate import evaluate
from sigma_core.graph._graph import Graph
from sigma_core.graph._protocol import meaning_of
from sigma_core.graph._record import as_value, record
from sigma_core.graph._scope import place
from sigma_core.graph._value import Value
from sigma_core.graph.functions._arrangements import pad
from sigma_core.graph.functions._views import moveaxis
from sigma_core.graph.operations import Shape
from sigma_core.graph.operations._shapes import one_axis
from sigma_core.graph.operations._sliding import Sliding

Sizes = int | Sequence[int]
"""One number for all axes, or one for each."""
Padding = str | int | Sequence[int | tuple[int, int]]
"""What is put around: "same" (positions = size / stride, rounded up), "valid" (nothing), or numbers of elements: one
for all sides, or for each axis one or a pair (before, after)."""
Pairs = tuple[tuple[int, int], ...]


def at_once(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of values that gives arrays for arrays."""

    @wraps(function)
    def either(*arguments: Any, **keywords: Any) -> Any:
        result = function(*arguments, **keywords)
        if any(isinstance(each, Value) for each in (*arguments, *keywords.values())):
            return result
        return evaluate(Graph([], [result]))[0]

    return either


def channels_last(value: Value, what: str) -> int:
    """The number of axes between batch and channels; raises ShapeError where there is none."""
    if value.ndim < 3:
        raise ShapeError(
            place(),
            f"{what} of shape {value.shape}",
            "(batch, width, channels) or (batch, height, width, channels)",
            "np.reshape, with an axis of size 1 for a single channel",
        )
    return value.ndim - 2


def sliding(window: Sizes, strides: Sizes, dilation: Sizes, count: int) -> Sliding:
    """Windows over `count` axes behind the batch; raises ShapeError for numbers that are none of windows."""
    return Sliding(
        1, _each("window", window, count), _each("strides", strides, count), _each("dilation", dilation, count)
    )


def _each(name: str, given: Sizes, count: int) -> Shape:
    sizes = (given,) * count if isinstance(given, int | np.integer) else tuple(given)
    if len(sizes) != count or any(size < 1 for size in sizes):
        raise ShapeError(place(), f"{name} = {given!r}", f"a whole number from 1, or {count} of them")
    return tuple(int(size) for size in sizes)


def pairs(padding: Padding, windows: Sliding, sizes: Shape) -> Pairs:
    """The padding before and after along each axis of such sizes; raises ShapeError."""
    if padding == "valid":
        return ((0, 0),) * len(sizes)
    if padding == "same":
        lacking = (
            max((-(-size // stride) - 1) * stride + extent - size, 0)
            for size, stride, extent in zip(sizes, windows.strides, windows.extents, strict=True)
        )
        return tuple((total // 2, total - total // 2) for total in lacking)
    given = (padding,) * len(sizes) if isinstance(padding, int | np.integer) else padding
    try:
        found = tuple(_pair(each) for each in given)
    except (TypeError, ValueError):
        found = ()
    if len(found) != len(sizes) or any(min(each) < 0 for each in found):
        raise ShapeError(
            place(),
            f"padding = {padding!r}",
            f"'same', 'valid', a number from 0, or for each of {len(sizes)} axes a number or a pair (before, after)",
        )
    return found


def _pair(given: Any) -> tuple[int, int]:
    before, after = (given, given) if isinstance(given, int | np.integer) else given
    return int(before), int(after)


def padded(value: Value, around: Pairs, number: Any = 0) -> Value:
    """The value with a number around it along the axes behind the batch."""
    if not any(map(any, around)):
        return value
    result: Value = pad(value, ((0, 0), *around, (0, 0)), constant_values=number)
    return result


def windows_of(value: Value, windows: Sliding) -> Value:
    """(batch, ..., channels) as (batch, *positions, *window, channels)."""
    return record("windows", value, **attributes(windows))


@meaning_of(np.lib.stride_tricks.sliding_window_view)
def sliding_window_view(x: Any, window_shape: Any, axis: Any = None) -> Value:
    """As NumPy's: the axes of the windows stand behind all others."""
    value = as_value(x)
    window = (window_shape,) if isinstance(window_shape, int | np.integer) else tuple(window_shape)
    axes = (axis,) if isinstance(axis, int) else range(value.ndim) if axis is None else axis
    if len(axes) != len(window):
        raise ShapeError(place(), f"{len(window)} sizes of a window for {len(axes)} axes", "one for each axis")
    places = [one_axis(each, value.ndim) for each in axes]
    for size, each in zip(window, places, strict=True):
        seen = record("windows", value, **attributes(Sliding(each, (int(size),), (1,), (1,))))
        value = moveaxis(seen, each + 1, seen.ndim - 1)
    return value


def attributes(windows: Sliding) -> dict[str, Any]:
    """What the operations on windows are told."""
    return {"axis": windows.axis, "window": windows.window, "strides": windows.strides, "dilation": windows.dilation}
