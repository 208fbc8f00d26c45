"""Pooling: one number for each window of each channel."""

from typing import Any

import numpy as np

from sigma_core.errors import ShapeError
from sigma_core.graph._record import as_value, constant, record
from sigma_core.graph._scope import place, scope_at
from sigma_core.graph._value import Value
from sigma_core.graph.functions._sliding import (
    Padding,
    Pairs,
    Sizes,
    at_once,
    attributes,
    channels_last,
    padded,
    pairs,
    sliding,
    windows_of,
)
from sigma_core.graph.operations._sliding import Sliding


@at_once
def max_pool(inputs: Any, window: Sizes, strides: Sizes | None = None, *, padding: Padding = "valid") -> Any:
    """The maximum of each window: (batch, ..., channels) to (batch, ..., channels).

    `window` is a number, or one for each axis between batch and channels; `strides` are the window's sizes if none are
    given; `padding` is as for `convolve`, and what is put around is below everything. Of equal maxima the first takes
    the whole derivative. Raises ShapeError where sizes do not fit.
    """
    value = as_value(inputs)
    windows, around = _windows(value, window, strides, padding)
    lowest = -np.inf if value.dtype.kind == "f" else np.iinfo(value.dtype).min
    if any(map(any, around)):
        return record("max_pool", padded(value, around, lowest), **attributes(windows))
    return _pooled(value, windows)


@at_once
def average_pool(inputs: Any, window: Sizes, strides: Sizes | None = None, *, padding: Padding = "valid") -> Any:
    """The mean of each window: (batch, ..., channels) to (batch, ..., channels).

    Settings are those of `max_pool`. What is put around does not count: at the rim it is the mean of fewer elements.
    Raises ShapeError where sizes do not fit.
    """
    value = as_value(inputs)
    windows, around = _windows(value, window, strides, padding)
    inner = tuple(range(value.ndim - 1, 2 * value.ndim - 3))
    seen = windows_of(padded(value, around), windows)
    if not any(map(any, around)):
        return np.mean(seen, axis=inner)
    counted = np.pad(np.ones((1, *value.shape[1:-1], 1), np.int64), ((0, 0), *around, (0, 0)))
    counts = sum(windows.elements(counted))
    total = np.sum(seen, axis=inner)
    return total / constant(counts, total.dtype if total.dtype.kind == "f" else None)


def _windows(value: Value, window: Sizes, strides: Sizes | None, padding: Padding) -> tuple[Sliding, Pairs]:
    count = channels_last(value, "inputs of a pooling")
    windows = sliding(window, window if strides is None else strides, 1, count)
    around = pairs(padding, windows, value.shape[1:-1])
    if any(max(each) >= size for each, size in zip(around, windows.window, strict=True)):
        raise ShapeError(
            place(),
            f"padding = {padding!r} around windows of {windows.window}",
            "less than a window, or some windows would hold nothing else",
        )
    return windows, around


def _pooled(value: Value, windows: Sliding) -> Value:
    """The maxima, taken before whatever never falls is applied.

    max(f(a), f(b)) is f(max(a, b)) for such an f, the rectifier and the addition of a bias among them. So activations
    and their derivatives are computed for one element of a window instead of all.
    """
    position = _rising(value)
    if position is None:
        return record("max_pool", value, **attributes(windows))
    inputs = list(value.inputs)
    inputs[position] = _pooled(inputs[position], windows)
    with scope_at(value.scope):
        return record(value.operation.name, *inputs, weak=value.weak, **value.attributes)


def _rising(value: Value) -> int | None:
    """The input with which a value rises or stays, the others being alike within a window; None for other values."""
    name = value.operation.name
    if name in ("tanh", "exp"):
        return 0
    if name in ("add", "maximum", "minimum") or (name == "multiply" and any(map(_is_positive, value.inputs))):
        for position, whole in enumerate(value.inputs):
            other = value.inputs[1 - position]
            is_alike = other.ndim in (0, 1, value.ndim) and all(size == 1 for size in other.shape[1:-1])
            if is_alike and whole.shape == value.shape and (name != "multiply" or _is_positive(other)):
                return position
    return None


def _is_positive(value: Value) -> bool:
    return value.operation.name == "constant" and bool((value.attributes["literal"].array > 0).all())
