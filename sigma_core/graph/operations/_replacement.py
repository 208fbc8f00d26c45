"""Values with some elements exchanged: what item assignment is to arrays."""

from typing import Any

import numpy as np

from sigma_core.errors import ShapeError
from sigma_core.graph._scope import place
from sigma_core.graph.operations._batching import every, size_of
from sigma_core.graph.operations._gather import gathered_shape, key_of
from sigma_core.graph.operations._operation import Kind, Operation, Signature, register
from sigma_core.graph.operations._views import Cut, cut_sizes, slices


def _record(name: str, *inputs: Any, **attributes: Any) -> Any:
    from sigma_core.graph._record import record  # rules record when they run, the table is below values

    return record(name, *inputs, **attributes)


def _checked(value: Any, updates: Any, expected: tuple[int, ...]) -> Signature:
    if updates.shape != expected or updates.dtype != value.dtype:
        raise ShapeError(place(), f"updates of {updates.dtype}{list(updates.shape)}", f"{value.dtype}{list(expected)}")
    return value.shape, value.dtype


def _copied(value: Any, out: Any) -> Any:
    if out is None:
        return np.array(value)
    np.copyto(out, value)
    return out


# A slice


def _replace(value: Any, updates: Any, cuts: tuple[Cut, ...], out: Any = None) -> Any:
    result = _copied(value, out)
    result[slices(cuts)] = updates
    return result


def _replace_reverse(position: int, cotangent: Any, node: Any) -> Any:
    cuts = node.attributes["cuts"]
    if position == 1:
        return _record("slice", cotangent, cuts=cuts)
    return _record("replace", cotangent, np.zeros_like(node.inputs[1]), cuts=cuts)


def _moved(tangents: tuple[Any, ...], node: Any) -> list[Any]:
    pairs = zip(tangents, node.inputs[:2], strict=False)
    return [np.zeros_like(value) if tangent is None else tangent for tangent, value in pairs]


def _replace_forward(tangents: tuple[Any, ...], node: Any) -> Any:
    return _record("replace", *_moved(tangents, node), **node.attributes)


def _replace_batch(inputs: tuple[Any, ...], batched: tuple[bool, ...], node: Any) -> Any:
    size = size_of(inputs, batched)
    value, updates = (every(each, given, size) for each, given in zip(inputs, batched, strict=True))
    return _record("replace", value, updates, cuts=((0, size, 1), *node.attributes["cuts"]))


REPLACE = register(
    Operation(
        "replace",
        Kind.JOIN,
        lambda value, updates, cuts: _checked(value, updates, cut_sizes(value.shape, cuts)),
        _replace,
        _replace_reverse,
        _replace_forward,
        batch=_replace_batch,
    )
)

# Integer indices


def _scatter(value: Any, updates: Any, *indices: Any, axes: tuple[int, ...], out: Any = None) -> Any:
    """Of updates of one element the last one counts."""
    result = _copied(value, out)
    result[key_of(result.ndim, axes, indices)] = updates
    return result


def _scatter_infer(value: Any, updates: Any, *indices: Any, axes: tuple[int, ...]) -> Signature:
    return _checked(value, updates, gathered_shape(value.shape, axes, indices))


def _scatter_reverse(position: int, cotangent: Any, node: Any) -> Any:
    value, updates, *indices = node.inputs
    axes = node.attributes["axes"]
    if position == 0:
        return _record("scatter", cotangent, np.zeros_like(updates), *indices, axes=axes)
    if position > 1:
        return None
    # Only the update that stayed is due anything: the one whose number is found where it went.
    numbers = _record("constant", literal=_numbers(updates.shape))
    stayed = _record(
        "gather", _record("scatter", np.zeros_like(value, np.int64), numbers, *indices, axes=axes), *indices, axes=axes
    )
    return np.where(stayed == numbers, _record("gather", cotangent, *indices, axes=axes), 0)


def _numbers(shape: tuple[int, ...]) -> Any:
    from sigma_core.graph.operations._operation import Literal

    return Literal(np.arange(int(np.prod(shape, dtype=np.int64))).reshape(shape))


def _scatter_forward(tangents: tuple[Any, ...], node: Any) -> Any:
    return _record("scatter", *_moved(tangents, node), *node.inputs[2:], **node.attributes)


SCATTER = register(
    # Mapped by repetition: `gather` and `scatter_add` are the ones that layers map.
    Operation("scatter", Kind.GATHER, _scatter_infer, _scatter, _scatter_reverse, _scatter_forward)
)
