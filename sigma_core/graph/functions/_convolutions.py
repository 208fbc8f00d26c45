"""Convolutions as products of matrices: rows are windows of the inputs, columns are filters."""

from math import prod
from typing import Any

import numpy as np

from sigma_core.errors import ShapeError
from sigma_core.graph._record import as_value, cast, common_dtype, record
from sigma_core.graph._scope import place
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
def convolve(  # noqa: PLR0913  # what a convolution has
    inputs: Any, filters: Any, *, strides: Sizes = 1, padding: Padding = "same", dilation: Sizes = 1, groups: int = 1
) -> Any:
    """Slide filters over inputs; a result is the sum of the products of a filter and a window (no filter is flipped).

    Inputs are (batch, width, channels) or (batch, height, width, channels), filters (width, channels / groups, filters)
    or (height, width, channels / groups, filters), the result is (batch, ..., filters). `strides` and `dilation` are a
    number, or one for each axis; `padding` is "same" (positions = size / stride, rounded up), "valid" (none), a number
    of zeros for all sides, or a number or pair for each axis. With `groups` the channels are cut into as many parts,
    and each part of the filters sees one of them. Raises ShapeError where sizes do not fit.
    """
    value, kernels = _operands(inputs, filters, groups)
    windows = sliding(kernels.shape[:-2], strides, dilation, value.ndim - 2)
    value = padded(value, pairs(padding, windows, value.shape[1:-1]))
    if prod(windows.window) == 1:
        # A window of one element is that element, so that nothing need be copied where no stride leaves something out.
        value = value[(slice(None), *(slice(None, None, stride) for stride in windows.strides))]
        seen, positions = value, value.shape[1:-1]
    else:
        positions = windows.positions(value.shape)
        seen = windows_of(value, windows)
    rows, inner, count = value.shape[0] * prod(positions), prod(kernels.shape[:-1]), kernels.shape[-1]
    if groups == 1:
        product = seen.reshape((rows, inner)) @ kernels.reshape((inner, count))
    else:
        parts = np.moveaxis(seen.reshape((*seen.shape[:-1], groups, kernels.shape[-2])), -2, 0)
        columns = np.swapaxes(kernels.reshape((inner, groups, count // groups)), 0, 1)
        product = np.swapaxes(parts.reshape((groups, rows, inner)) @ columns, 0, 1)
    return product.reshape((value.shape[0], *positions, count))


@at_once
def transposed_convolve(  # noqa: PLR0913  # as above
    inputs: Any, filters: Any, *, strides: Sizes = 1, padding: Padding = "same", dilation: Sizes = 1, groups: int = 1
) -> Any:
    """Put the product of each input and a filter into a window of the result; where windows overlap they are added up.

    Inputs and filters are as for `convolve`. With "same" the result is the inputs' size times the stride, with "valid"
    it is all that windows reach; numbers are taken off that at the sides. So `convolve`, of the same settings, hands
    derivatives back to its inputs, with the filters' channels exchanged. Raises ShapeError where sizes do not fit.
    """
    value, kernels = _operands(inputs, filters, groups)
    *window, inner, count = kernels.shape
    windows = sliding(window, strides, dilation, value.ndim - 2)
    positions = value.shape[1:-1]
    reach = tuple(
        (size - 1) * stride + extent
        for size, stride, extent in zip(positions, windows.strides, windows.extents, strict=True)
    )
    whole, cut = _cut(reach, positions, windows, padding)
    rows, elements = value.shape[0] * prod(positions), prod(window)
    if groups == 1:
        columns = np.swapaxes(kernels.reshape((elements, inner, count)), 0, 1)
        product = value.reshape((rows, inner)) @ columns.reshape((inner, elements * count))
    else:
        each = count // groups
        parts = np.swapaxes(value.reshape((rows, groups, inner)), 0, 1)
        columns = kernels.reshape((elements, inner, groups, each)).transpose((2, 1, 0, 3))
        product = parts @ columns.reshape((groups, inner, elements * each))
        product = np.moveaxis(product.reshape((groups, rows, elements, each)), 0, 2)
    updates = product.reshape((value.shape[0], *positions, *window, count))
    shape = (value.shape[0], *whole, count)
    return record("windows_add", updates, shape=shape, **attributes(windows))[(slice(None), *cut)]


def _cut(
    reach: tuple[int, ...], positions: tuple[int, ...], windows: Sliding, padding: Padding
) -> tuple[tuple[int, ...], tuple[slice, ...]]:
    """The sizes that windows are added up in, and what of them is the result."""
    if padding == "same":
        wanted = tuple(size * stride for size, stride in zip(positions, windows.strides, strict=True))
        around: Pairs = pairs("same", windows, wanted)
    else:
        around = pairs(padding, windows, reach)
        wanted = tuple(size - before - after for size, (before, after) in zip(reach, around, strict=True))
        if min(wanted) < 1:
            raise ShapeError(place(), f"padding = {padding!r} leaves {wanted} of {reach} elements", "at least one")
    cut = tuple(slice(before, before + size) for size, (before, _) in zip(wanted, around, strict=True))
    return tuple(max(size, each.stop) for size, each in zip(reach, cut, strict=True)), cut


def _operands(inputs: Any, filters: Any, groups: int) -> tuple[Value, Value]:
    """Both in one dtype; raises ShapeError unless axes, channels and groups fit."""
    value, kernels = as_value(inputs), as_value(filters)
    count = channels_last(value, "inputs of a convolution")
    if kernels.ndim != value.ndim:
        raise ShapeError(
            place(),
            f"filters of shape {kernels.shape} for inputs of shape {value.shape}",
            f"{count + 2} axes: {'(width, ' if count == 1 else '(height, width, '}channels, filters)",
        )
    channels, total = value.shape[-1], kernels.shape[-1]
    if groups < 1 or channels % groups or total % groups:
        raise ShapeError(
            place(), f"{groups} groups of {channels} channels and {total} filters", "a number that divides both"
        )
    if kernels.shape[-2] * groups != channels:
        raise ShapeError(
            place(),
            f"filters of shape {kernels.shape} for {channels} channels"
            + (f" in {groups} groups" if groups > 1 else ""),
            f"filters of {channels // groups} channels",
        )
    dtype = common_dtype(value, kernels)
    return cast(value, dtype), cast(kernels, dtype)
