"""How operations are mapped: over axis 0 of the inputs that are batched, which becomes axis 0 of the result.

A rule takes the inputs, whether each is batched, and the node that is mapped; one rule serves a kind of operations.
Inputs that are not batched are the same for all elements.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

Batch = Callable[[tuple[Any, ...], tuple[bool, ...], Any], Any]
"""(inputs, batched, node) -> the mapped node"""


def again(node: Any, *inputs: Any, **attributes: Any) -> Any:
    """The operation of a node on other inputs, with attributes that take the place of its own."""
    from sigma_core.graph._record import record  # rules record when they run, the table is below values

    return record(node.operation.name, *inputs, **(dict(node.attributes) | attributes))


def size_of(inputs: tuple[Any, ...], batched: tuple[bool, ...]) -> int:
    """Number of elements over which is mapped."""
    sizes: tuple[int, ...] = tuple(value.shape[0] for value, each in zip(inputs, batched, strict=True) if each)
    return sizes[0]


def lifted(value: Any, ndim: int) -> Any:
    """A batched value whose elements have `ndim` axes, the new ones in front of theirs: they broadcast as before."""
    shape = value.shape
    return value if len(shape) > ndim else value.reshape((shape[0], *(1,) * (ndim + 1 - len(shape)), *shape[1:]))


def every(value: Any, batched: bool, size: int) -> Any:
    """A value batched, if it is not: the same for each element."""
    return value if batched else np.broadcast_to(value, (size, *value.shape))


def elementwise(inputs: tuple[Any, ...], batched: tuple[bool, ...], node: Any) -> Any:
    """Elements have as many axes as the result, so that what is not batched broadcasts against them."""
    given = (lifted(value, node.ndim) if each else value for value, each in zip(inputs, batched, strict=True))
    return again(node, *given)


def along(inputs: tuple[Any, ...], _batched: tuple[bool, ...], node: Any) -> Any:
    """An operation on one input along `axis` or `axes`: each is one further."""
    attributes = node.attributes
    moved: dict[str, Any] = {}
    if "axis" in attributes:
        moved["axis"] = attributes["axis"] + 1
    if "axes" in attributes:
        moved["axes"] = tuple(axis + 1 for axis in attributes["axes"])
    return again(node, *inputs, **moved)


def same(inputs: tuple[Any, ...], _batched: tuple[bool, ...], node: Any) -> Any:
    """An operation whose attributes say nothing of shapes."""
    return again(node, *inputs)


def shaped(inputs: tuple[Any, ...], _batched: tuple[bool, ...], node: Any) -> Any:
    """An operation to a `shape`, into which the new axis goes."""
    return again(node, *inputs, shape=(inputs[0].shape[0], *node.shape))


def broadcast(inputs: tuple[Any, ...], batched: tuple[bool, ...], node: Any) -> Any:
    """Elements get the axes that broadcasting would put in front."""
    return shaped((lifted(inputs[0], node.ndim),), batched, node)


def permuted(inputs: tuple[Any, ...], _batched: tuple[bool, ...], node: Any) -> Any:
    """The new axis stays in front."""
    return again(node, *inputs, axes=(0, *(axis + 1 for axis in node.attributes["axes"])))


def cut(inputs: tuple[Any, ...], _batched: tuple[bool, ...], node: Any) -> Any:
    """The new axis is not cut."""
    return again(node, *inputs, cuts=((0, inputs[0].shape[0], 1), *node.attributes["cuts"]))


def embedded(inputs: tuple[Any, ...], _batched: tuple[bool, ...], node: Any) -> Any:
    """As a cut, in a shape with the new axis."""
    size = inputs[0].shape[0]
    return again(node, *inputs, shape=(size, *node.shape), cuts=((0, size, 1), *node.attributes["cuts"]))


def joined(inputs: tuple[Any, ...], batched: tuple[bool, ...], node: Any) -> Any:
    """Parts that are not batched are repeated, for a join does not broadcast."""
    size = size_of(inputs, batched)
    parts = (every(value, each, size) for value, each in zip(inputs, batched, strict=True))
    return again(node, *parts, axis=node.attributes["axis"] + 1)


def product(inputs: tuple[Any, ...], batched: tuple[bool, ...], _node: Any) -> Any:
    """Stacks of matrices; what is multiplied by one matrix is one product of a taller matrix."""
    (a, b), (left, right) = inputs, batched
    if right and not left and a.ndim == 2 and b.ndim == 3 and b.shape[-1] == 1:
        # One matrix times many vectors, as rows.
        return np.matmul(b.reshape(b.shape[:-1]), a.T).reshape((b.shape[0], a.shape[0], 1))
    ndim = max(a.ndim - left, b.ndim - right)
    return np.matmul(lifted(a, ndim) if left else a, lifted(b, ndim) if right else b)


def gathered(inputs: tuple[Any, ...], batched: tuple[bool, ...], node: Any) -> Any:
    """Elements of a batched value are picked by one more index: their own number."""
    value, *indices = inputs
    axes = node.attributes["axes"]
    picked, front = _picking(node.inputs[1:], axes)
    if not any(batched[1:]):
        result = again(node, value, *indices, axes=tuple(axis + 1 for axis in axes))
        # Where the axes of the indices stand in front, the new one is behind them.
        return result if front is not None else np.moveaxis(result, picked, 0)
    indices = [lifted(index, picked) if each else index for index, each in zip(indices, batched[1:], strict=True)]
    if not batched[0]:
        return np.moveaxis(again(node, value, *indices), front or 0, 0)
    result = again(node, value, _numbers(value.shape[0], picked), *indices, axes=(0, *(axis + 1 for axis in axes)))
    return _moved(result, 1, (front or 0) + 1, picked)


def scattered(inputs: tuple[Any, ...], batched: tuple[bool, ...], node: Any) -> Any:
    """The transpose of `gathered`: updates are added to a result of their own element."""
    updates, *indices = inputs
    size = size_of(inputs, batched)
    shape = (size, *node.shape)
    axes = node.attributes["axes"]
    picked, front = _picking(node.inputs[1:], axes)
    moved = tuple(axis + 1 for axis in axes)
    if not any(batched[1:]):
        given = updates if front is not None else np.moveaxis(updates, 0, picked)
        return again(node, given, *indices, axes=moved, shape=shape)
    indices = [lifted(index, picked) if each else index for index, each in zip(indices, batched[1:], strict=True)]
    given = _moved(every(updates, batched[0], size), (front or 0) + 1, 1, picked)
    return again(node, given, _numbers(size, picked), *indices, axes=(0, *moved), shape=shape)


def _picking(indices: tuple[Any, ...], axes: tuple[int, ...]) -> tuple[int, int | None]:
    """The number of axes that indices put in place of those they read, and where; None is in front of all."""
    picked = max(index.ndim for index in indices)
    neighbours = axes == tuple(range(axes[0], axes[0] + len(axes)))
    return picked, axes[0] if neighbours else None


def _numbers(size: int, ndim: int) -> Any:
    from sigma_core.graph._record import constant

    return constant(np.arange(size).reshape((size,) + (1,) * ndim))


def _moved(value: Any, source: int, destination: int, count: int) -> Any:
    """Some axes that are neighbours, moved together."""
    if source == destination or not count:
        return value
    return np.moveaxis(value, range(source, source + count), range(destination, destination + count))
