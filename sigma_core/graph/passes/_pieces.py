"""Rules for cutting and joining: what is cut out of a join, and pieces that are added up to a whole.

Code that cuts an array into parts, as the gates of an LSTM are, has a derivative that pads each part with zeros and
adds them up. The rules make one join of that.
"""

from itertools import pairwise
from typing import Any

from attrs import frozen

from sigma_core.graph._record import record
from sigma_core.graph._value import Value


@frozen
class _Piece:
    """What stands from `start` on, along the one axis along which it was cut."""

    value: Value
    axis: int
    start: int

    @property
    def stop(self) -> int:
        return self.start + int(self.value.shape[self.axis])


def cut(node: Value) -> Value | None:
    """A slice of everything is the whole, one of a slice a single slice, one within a part of a join a slice of it."""
    (value,) = node.inputs
    cuts = node.attributes["cuts"]
    if _is_everything(cuts, value.shape):
        return value
    place = _place(cuts, value.shape)
    if place is None:
        return None
    axis, start, stop = place
    if value.operation.name == "slice":
        outer = _place(value.attributes["cuts"], value.inputs[0].shape)
        if outer is not None and outer[0] == axis:
            return _cut(value.inputs[0], axis, outer[1] + start, outer[1] + stop)
    if value.operation.name == "concatenate" and value.attributes["axis"] == axis:
        begin = 0
        for part in value.inputs:
            end = begin + part.shape[axis]
            if begin <= start and stop <= end:
                return part if (start, stop) == (begin, end) else _cut(part, axis, start - begin, stop - begin)
            begin = end
    return None


def join(node: Value) -> Value | None:
    """A join of joins is one join, and a join of one thing that thing."""
    axis = node.attributes["axis"]
    if len(node.inputs) == 1:
        return node.inputs[0]
    parts: list[Value] = []
    for value in node.inputs:
        inner = value.operation.name == "concatenate" and value.attributes["axis"] == axis
        parts += value.inputs if inner else (value,)
    return record("concatenate", *parts, axis=axis) if len(parts) > len(node.inputs) else None


def pad(node: Value) -> Value | None:
    """Zeros around nothing: the thing itself."""
    return node.inputs[0] if _is_everything(node.attributes["cuts"], node.shape) else None


def add_up(node: Value) -> Value | None:
    """Padded pieces that lie side by side, added up, are a join of the pieces, padded where something is missing."""
    pieces = _pieces(node)
    if pieces is None or len({piece.axis for piece in pieces}) > 1:
        return None
    pieces.sort(key=lambda piece: piece.start)
    if any(piece.stop != following.start for piece, following in pairwise(pieces)):
        return None
    axis, start, stop = pieces[0].axis, pieces[0].start, pieces[-1].stop
    whole = record("concatenate", *(piece.value for piece in pieces), axis=axis)
    if whole.shape == node.shape:
        return whole
    cuts = tuple((start, stop, 1) if each == axis else (0, size, 1) for each, size in enumerate(node.shape))
    return record("embed", whole, shape=node.shape, cuts=cuts)


def _pieces(node: Value) -> list[_Piece] | None:
    """All that is added up, if each of it is a padded piece."""
    found: list[_Piece] = []
    waiting = [node]
    while waiting:
        value = waiting.pop()
        if value.shape != node.shape or value.dtype != node.dtype:
            return None
        if value.operation.name == "add":
            waiting.extend(value.inputs)
            continue
        place = _place(value.attributes["cuts"], value.shape) if value.operation.name == "embed" else None
        if place is None:
            return None
        found.append(_Piece(value.inputs[0], place[0], place[1]))
    return found


def _is_everything(cuts: Any, shape: tuple[int, ...]) -> bool:
    return all(each == (0, size, 1) for each, size in zip(cuts, shape, strict=True))


def _place(cuts: Any, shape: tuple[int, ...]) -> tuple[int, int, int] | None:
    """Axis, start and stop of cuts that leave out something along one axis only, and step over nothing."""
    partial = [(axis, *each) for axis, (each, size) in enumerate(zip(cuts, shape, strict=True)) if each != (0, size, 1)]
    if len(partial) != 1:
        return None
    axis, start, stop, step = partial[0]
    return (axis, start, stop) if step == 1 and stop is not None and 0 <= start <= stop <= shape[axis] else None


def _cut(value: Value, axis: int, start: int, stop: int) -> Value:
    cuts = tuple((start, stop, 1) if each == axis else (0, size, 1) for each, size in enumerate(value.shape))
    return record("slice", value, cuts=cuts)
