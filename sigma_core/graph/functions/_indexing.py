"""Indexing of values: slices are views, integer arrays gather."""

import operator
from collections.abc import Iterable
from typing import Any

import numpy as np

from sigma_core.errors import ShapeError, TraceError
from sigma_core.graph._protocol import meaning_of
from sigma_core.graph._record import as_value, cast, constant, record
from sigma_core.graph._scope import place
from sigma_core.graph._value import Value
from sigma_core.graph.functions._elementwise import clip
from sigma_core.graph.functions._views import moveaxis, ravel, reshape
from sigma_core.graph.operations._shapes import one_axis, several
from sigma_core.graph.operations._views import Cut


@meaning_of(operator.getitem)
def getitem(value: Value, key: Any) -> Value:
    """Basic indexing and integer arrays, mixed as NumPy allows; raises ShapeError, TraceError."""
    entries, gap = complete_key(list(key) if isinstance(key, tuple) else [key], value)
    arrays = any(isinstance(entry, Value) for entry in entries)
    if arrays:
        # Beside an array NumPy treats a number as an array too, which decides where the picked axes go.
        entries = [constant(entry) if isinstance(entry, int) else entry for entry in entries]
    viewed = _basic(value, [slice(None) if isinstance(entry, Value) else entry for entry in entries])
    if not arrays:
        return viewed
    axes = tuple(axis for axis, entry in enumerate(entries) if isinstance(entry, Value))
    indices = tuple(entries[axis] for axis in axes)
    check_known(indices, axes, viewed)
    picked = record("gather", viewed, *indices, axes=axes)
    if gap is None or not axes[0] < gap <= axes[-1] or len(axes) <= axes[-1] - axes[0]:
        return picked
    # NumPy takes indices with an ellipsis between them for no neighbours, even where it stands for no axes.
    count = max(index.ndim for index in indices)
    return moveaxis(picked, tuple(range(axes[0], axes[0] + count)), tuple(range(count)))


def check_known(indices: Iterable[Value], axes: Iterable[int], value: Value) -> None:
    """Raise ShapeError, with the line, for known indices that are out of bounds; others are only seen when run."""
    for index, axis in zip(indices, axes, strict=True):
        if index.operation.name == "constant" and index.size:
            array, size = index.attributes["literal"].array, value.shape[axis]
            wrong = next((int(each) for each in (array.min(), array.max()) if not -size <= each < size), None)
            if wrong is not None:
                raise ShapeError(
                    place(),
                    f"index {wrong} in axis {axis} of shape {value.shape}",
                    f"{-size} to {size - 1}" if size else "none",
                )


def complete_key(key: list[Any], value: Value) -> tuple[list[Any], int | None]:
    """One entry per axis of the result before gathering: int, slice, None or index value.

    And where among them an ellipsis stood for no axes at all, if one did.
    """
    masks: list[tuple[int, tuple[int, ...]]] = []
    entries: list[Any] = []
    for each in key:
        entry = _entry(each)
        if isinstance(entry, list):
            masks.append((len(entries), np.shape(each)))
        entries += entry if isinstance(entry, list) else [entry]
    used = sum(entry is not None and entry is not Ellipsis for entry in entries)
    if used > value.ndim:
        raise ShapeError(place(), f"{used} indices for shape {value.shape}", f"at most {value.ndim}")
    if sum(entry is Ellipsis for entry in entries) > 1:
        raise ShapeError(place(), "an index with several ellipses", "one")
    dots = next((position for position, entry in enumerate(entries) if entry is Ellipsis), None)
    rest = [slice(None)] * (value.ndim - used)
    for position, shape in masks:
        start = sum(entry is not None and entry is not Ellipsis for entry in entries[:position])
        start += len(rest) if dots is not None and dots < position else 0
        sizes = value.shape[start : start + len(shape)]
        if shape != sizes:
            raise ShapeError(place(), f"a mask of shape {shape} for axes of shape {sizes}", "the shape of the axes")
    if dots is None:
        return [*entries, *rest], None
    return [*entries[:dots], *rest, *entries[dots + 1 :]], None if rest else dots


def _entry(entry: Any) -> Any:
    if isinstance(entry, slice) and any(isinstance(end, Value) for end in (entry.start, entry.stop, entry.step)):
        raise TraceError(
            place(), "a slice from or to a value has an unknown size", "numbers", "value[start + np.arange(size)]"
        )
    if entry is None or entry is Ellipsis or isinstance(entry, slice):
        return entry
    if isinstance(entry, Value):
        if entry.dtype == np.bool_:
            raise TraceError(
                place(),
                "a mask that is a value picks an unknown number of elements",
                "a mask that is an array",
                "np.where(mask, value, 0)",
            )
        if entry.dtype.kind not in "iu":
            raise ShapeError(place(), f"an index of dtype {entry.dtype}", "integers", "astype(int)")
        return entry
    if isinstance(entry, int | np.integer) and not isinstance(entry, bool):
        return int(entry)
    array = np.asarray(entry)
    if array.dtype == np.bool_ and not array.ndim:
        raise TraceError(
            place(),
            "an index that is one truth value cannot be traced",
            "an array of truth values",
            "np.where, or None",
        )
    if array.dtype == np.bool_:
        return [constant(index) for index in array.nonzero()]
    if array.dtype.kind not in "iu" and array.size:
        raise ShapeError(place(), f"an index of dtype {array.dtype}", "integers", "astype(int)")
    return constant(array, np.int64)


def _basic(value: Value, entries: list[Any]) -> Value:
    cuts, shape = cuts_of(value, entries)
    whole = tuple((0, size, 1) for size in value.shape)
    return reshape(value if cuts == whole else record("slice", value, cuts=cuts), shape)


def cuts_of(value: Value, entries: list[Any]) -> tuple[tuple[Cut, ...], tuple[int, ...]]:
    """Numbers, slices and None as one cut for each axis, and the shape of what is cut out; raises ShapeError."""
    cuts: list[Cut] = []
    shape: list[int] = []
    for entry in entries:
        if entry is None:
            shape.append(1)
            continue
        size = value.shape[len(cuts)]
        if isinstance(entry, int):
            if not -size <= entry < size:
                raise ShapeError(
                    place(), f"index {entry} in axis {len(cuts)} of shape {value.shape}", f"{-size} to {size - 1}"
                )
            cuts.append((entry % size, entry % size + 1, 1))
        else:
            start, stop, step = entry.indices(size)
            length = len(range(start, stop, step))
            shape.append(length)
            # A stop before element 0 cannot be written as a number, for -1 is the last element.
            cuts.append((start, None if stop < 0 else stop, step) if length else (0, 0, 1))
    return tuple(cuts), tuple(shape)


@meaning_of(np.take)
def take(a: Any, indices: Any, axis: int | None = None, *, mode: str = "raise") -> Value:
    """As np.take; `mode` "clip" and "wrap" bring the indices into range first."""
    value, index = as_value(a), as_value(indices)
    if axis is None:
        value, axis = ravel(value), 0
    axis = one_axis(axis, value.ndim)
    size = value.shape[axis]
    if mode not in ("raise", "clip", "wrap"):
        raise ShapeError(place(), f"np.take with mode {mode!r}", "'raise', 'clip' or 'wrap'")
    if mode == "clip":
        index = clip(index, 0, size - 1)
    elif mode == "wrap":
        index = index % size
    picks = _entry(index)
    check_known((picks,), (axis,), value)
    return record("gather", value, picks, axes=(axis,))


@meaning_of(np.take_along_axis)
def take_along_axis(arr: Any, indices: Any, axis: int | None = -1) -> Value:
    """As np.take_along_axis, for indices that have the array's sizes, or 1, in the other axes."""
    value, index = as_value(arr), as_value(indices)
    value, axis = (ravel(value), 0) if axis is None else (value, axis)
    axis = one_axis(axis, value.ndim)
    picks: list[Any] = []
    for other, size in enumerate(value.shape):
        along = (1,) * other + (size,) + (1,) * (value.ndim - other - 1)
        picks.append(index if other == axis else np.arange(size).reshape(along))
    return getitem(value, tuple(picks))


@meaning_of(np.unravel_index)
def unravel_index(indices: Any, shape: Any) -> tuple[Any, ...]:
    """As np.unravel_index; numbers beyond the end are not looked for."""
    rest, found = cast(as_value(indices), np.intp), []
    for size in reversed(several(shape)):
        rest, place_of = rest // size, rest % size
        found.append(place_of)
    return tuple(reversed(found))


def one_hot(indices: Any, size: int, dtype: Any = np.float32) -> Any:
    """Rows of a unit matrix: integers (...) become (..., size), zero but for a one at the index."""
    index = as_value(indices)
    return (reshape(index, (*index.shape, 1)) == np.arange(size)).astype(dtype)
