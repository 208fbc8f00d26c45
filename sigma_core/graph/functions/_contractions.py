"""Products of matrices, vectors and tensors on values, all brought to `matmul`."""

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from sigma_core.errors import ShapeError
from sigma_core.graph._protocol import meaning_of
from sigma_core.graph._record import as_value, cast, common_dtype, record
from sigma_core.graph._scope import place
from sigma_core.graph._value import Value
from sigma_core.graph.functions._views import transpose
from sigma_core.graph.operations._shapes import one_axis, several, whole


def _reshape(value: Value, shape: tuple[int, ...]) -> Value:
    return value if value.shape == shape else record("reshape", value, shape=shape)


@meaning_of(np.matmul, np.linalg.matmul)
def matmul(x1: Any, x2: Any, /) -> Value:
    """As np.matmul; a stack of matrices times one matrix is one product of a taller matrix."""
    a, b = as_value(x1), as_value(x2)
    if not a.ndim or not b.ndim:
        raise ShapeError(
            place(), f"a matrix product of shapes {a.shape} and {b.shape}", "at least one axis each", "multiply"
        )
    dtype = common_dtype(a, b)
    a, b = cast(a, dtype), cast(b, dtype)
    rows = _reshape(a, (1, *a.shape)) if a.ndim == 1 else a
    columns = _reshape(b, (*b.shape, 1)) if b.ndim == 1 else b
    if rows.ndim > 2 and columns.ndim == 2 and rows.shape[-1] == columns.shape[0]:
        tall = _reshape(rows, (prod(rows.shape[:-1]), rows.shape[-1]))
        product = _reshape(record("matmul", tall, columns), (*rows.shape[:-1], columns.shape[1]))
    else:
        product = record("matmul", rows, columns)
    shape = product.shape
    if a.ndim == 1:
        shape = (*shape[:-2], shape[-1])
    if b.ndim == 1:
        shape = shape[:-1]
    return _reshape(product, shape)


@meaning_of(np.dot)
def dot(a: Any, b: Any) -> Any:
    """As np.dot."""
    left, right = as_value(a), as_value(b)
    if not left.ndim or not right.ndim:
        return left * right
    if right.ndim <= 2:
        return matmul(left, right)
    return tensordot(left, right, ((left.ndim - 1,), (right.ndim - 2,)))


@meaning_of(np.tensordot, np.linalg.tensordot)
def tensordot(a: Any, b: Any, axes: Any = 2) -> Value:
    """As np.tensordot."""
    left, right = as_value(a), as_value(b)
    if isinstance(axes, Sequence | np.ndarray):
        first, second = (several(each, "an axis") for each in axes)
    else:
        count = whole(axes, "a number of axes")
        first, second = list(range(left.ndim - count, left.ndim)), list(range(count))
    summed = [one_axis(axis, left.ndim) for axis in first]
    against = [one_axis(axis, right.ndim) for axis in second]
    if [left.shape[axis] for axis in summed] != [right.shape[axis] for axis in against]:
        raise ShapeError(place(), f"axes {summed} of shape {left.shape} do not match axes {against} of {right.shape}")
    kept = [axis for axis in range(left.ndim) if axis not in summed]
    held = [axis for axis in range(right.ndim) if axis not in against]
    inner = prod(left.shape[axis] for axis in summed)
    rows, columns = tuple(left.shape[axis] for axis in kept), tuple(right.shape[axis] for axis in held)
    matrix = _reshape(transpose(left, (*kept, *summed)), (prod(rows), inner))
    other = _reshape(transpose(right, (*against, *held)), (inner, prod(columns)))
    return _reshape(matmul(matrix, other), (*rows, *columns))


@meaning_of(np.outer)
def outer(a: Any, b: Any) -> Any:
    """As np.outer."""
    left, right = as_value(a), as_value(b)
    return _reshape(left, (left.size, 1)) * _reshape(right, (1, right.size))


@meaning_of(np.inner)
def inner(a: Any, b: Any) -> Any:
    """As np.inner."""
    left, right = as_value(a), as_value(b)
    if not left.ndim or not right.ndim:
        return left * right
    return tensordot(left, right, ((left.ndim - 1,), (right.ndim - 1,)))


@meaning_of(np.vdot)
def vdot(a: Any, b: Any, /) -> Any:
    """As np.vdot."""
    left, right = as_value(a), as_value(b)
    return matmul(_reshape(left, (left.size,)), _reshape(right, (right.size,)))
