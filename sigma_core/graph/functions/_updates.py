"""Values with some elements exchanged, in the form `value.at[index].set(...)`."""

from collections.abc import Callable
from typing import Any

import numpy as np
from attrs import frozen

from sigma_core.errors import ShapeError, TraceError
from sigma_core.graph._protocol import UPDATES
from sigma_core.graph._record import as_value, cast, constant, record
from sigma_core.graph._scope import place
from sigma_core.graph._value import Value
from sigma_core.graph.functions._indexing import check_known, complete_key, cuts_of, getitem
from sigma_core.graph.functions._views import broadcast_to, reshape


@frozen
class At:
    """The places of a value: `value.at[index]`."""

    value: Value

    def __getitem__(self, key: Any) -> "Update":
        return Update(self.value, key)


@frozen
class Update:
    """Some places of a value; each method gives a new value, in which they hold something else.

    Where an index names a place twice, `add` adds both updates, and of the others the last one counts.
    """

    value: Value
    key: Any

    def set(self, updates: Any) -> Value:
        """As `array[index] = updates`."""
        return _set(self.value, self.key, updates)

    def add(self, updates: Any) -> Value:
        """As `np.add.at(array, index, updates)`."""
        picked = getitem(self.value, self.key)
        if picked.operation.name != "gather":
            return self._with(np.add, updates)
        given = broadcast_to(cast(as_value(updates), self.value.dtype), picked.shape)
        view, *indices = picked.inputs
        total = view + record("scatter_add", given, *indices, shape=view.shape, axes=picked.attributes["axes"])
        return _set(self.value, _without_arrays(self.key, self.value), total)

    def multiply(self, updates: Any) -> Value:
        """As `array[index] *= updates`."""
        return self._with(np.multiply, updates)

    def minimum(self, updates: Any) -> Value:
        """As `array[index] = np.minimum(array[index], updates)`."""
        return self._with(np.minimum, updates)

    def maximum(self, updates: Any) -> Value:
        """As `array[index] = np.maximum(array[index], updates)`."""
        return self._with(np.maximum, updates)

    def _with(self, combine: Callable[[Any, Any], Any], updates: Any) -> Value:
        picked = getitem(self.value, self.key)
        return _set(self.value, self.key, combine(picked, cast(as_value(updates), self.value.dtype)))


UPDATES["at"] = At


def _entries(key: Any, value: Value) -> list[Any]:
    entries, gap = complete_key(list(key) if isinstance(key, tuple) else [key], value)
    picks = [position for position, each in enumerate(entries) if isinstance(each, Value | int)]
    if gap is not None and any(isinstance(each, Value) for each in entries) and 0 < picks[0] < gap <= picks[-1]:
        raise TraceError(
            place(), "an ellipsis of no axes between indices cannot be updated at", remedy="leave the ellipsis out"
        )
    return entries


def _without_arrays(key: Any, value: Value) -> tuple[Any, ...]:
    """What of an index is cut out before anything is picked."""
    entries = _entries(key, value)
    if any(entry is None for entry in entries):
        raise TraceError(place(), "a new axis beside indices cannot be updated at", remedy="reshape the updates")
    # Beside an array NumPy treats a number as an array too.
    return tuple(entry if isinstance(entry, slice) else slice(None) for entry in entries)


def _set(value: Value, key: Any, updates: Any) -> Value:
    entries = _entries(key, value)
    given = cast(as_value(updates), value.dtype)
    if not any(isinstance(entry, Value) for entry in entries):
        cuts, shape = cuts_of(value, entries)
        sizes = tuple(len(range(*slice(*cut).indices(size))) for cut, size in zip(cuts, value.shape, strict=True))
        return record("replace", value, reshape(_fitted(given, shape), sizes), cuts=cuts)
    basic = _without_arrays(key, value)
    view = getitem(value, basic)
    picks = [constant(entry) if isinstance(entry, int) else entry for entry in entries]
    axes = tuple(axis for axis, entry in enumerate(picks) if isinstance(entry, Value))
    indices = tuple(picks[axis] for axis in axes)
    check_known(indices, axes, view)
    shape = record("gather", view, *indices, axes=axes).shape
    changed = record("scatter", view, _fitted(given, shape), *indices, axes=axes)
    return changed if changed.shape == value.shape and view is value else _set(value, basic, changed)


def _fitted(updates: Value, shape: tuple[int, ...]) -> Value:
    """As NumPy assigns: broadcast, and axes of size 1 in front may be too many."""
    while updates.ndim > len(shape) and updates.shape[0] == 1:
        updates = reshape(updates, updates.shape[1:])
    try:
        return broadcast_to(updates, shape)
    except ShapeError:
        raise ShapeError(place(), f"updates of shape {updates.shape} for places of shape {shape}") from None
