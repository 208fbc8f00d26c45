"""Diagonals and triangles of values: a diagonal is a slice with the step of a row and one."""

from typing import Any

import numpy as np

from sigma_core.errors import ShapeError
from sigma_core.graph._protocol import meaning_of
from sigma_core.graph._record import as_value, cast, full, record
from sigma_core.graph._scope import place
from sigma_core.graph._value import Value
from sigma_core.graph.functions._elementwise import where
from sigma_core.graph.functions._views import moveaxis, ravel, reshape
from sigma_core.graph.operations._shapes import one_axis


def _cut(rows: int, columns: int, offset: int) -> tuple[int, int, int]:
    """Where a diagonal lies in the elements of a matrix, one after the other."""
    length = max(0, min(rows + min(offset, 0), columns - max(offset, 0)))
    start = offset if offset >= 0 else -offset * columns
    return (start, start + (length - 1) * (columns + 1) + 1, columns + 1) if length else (0, 0, 1)


def diagonal_of(value: Value, offset: int, axis1: int, axis2: int) -> Value:
    """The diagonal over two axes as the last axis."""
    moved = moveaxis(value, (axis1, axis2), (-2, -1))
    rows, columns = moved.shape[-2:]
    flat = reshape(moved, (*moved.shape[:-2], rows * columns))
    cuts = (*((0, size, 1) for size in flat.shape[:-1]), _cut(rows, columns, offset))
    return record("slice", flat, cuts=cuts)


@meaning_of(np.diagonal)
def diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Value:
    """As np.diagonal."""
    value = as_value(a)
    if value.ndim < 2:
        raise ShapeError(place(), f"the diagonal of shape {value.shape}", "two axes")
    first, second = one_axis(axis1, value.ndim), one_axis(axis2, value.ndim)
    if first == second:
        raise ShapeError(place(), f"a diagonal over axis {first} twice", "two axes")
    return diagonal_of(value, int(offset), first, second)


@meaning_of(np.linalg.diagonal)
def matrix_diagonal(x: Any, /, *, offset: int = 0) -> Value:
    """As np.linalg.diagonal: of stacks of matrices."""
    return diagonal(x, offset, -2, -1)


@meaning_of(np.trace)
def trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None) -> Value:
    """As np.trace."""
    value = diagonal(a, offset, axis1, axis2)
    value = value if dtype is None else cast(value, dtype)
    total = record("sum", value, axes=(value.ndim - 1,), keepdims=False)
    return total if dtype is None else cast(total, dtype)


@meaning_of(np.linalg.trace)
def matrix_trace(x: Any, /, *, offset: int = 0, dtype: Any = None) -> Value:
    """As np.linalg.trace: of stacks of matrices."""
    return trace(x, offset, -2, -1, dtype)


@meaning_of(np.diag)
def diag(v: Any, k: int = 0) -> Value:
    """As np.diag: the diagonal of a matrix, or the matrix of a diagonal."""
    value = as_value(v)
    if value.ndim not in (1, 2):
        raise ShapeError(place(), f"np.diag of shape {value.shape}", "one axis or two", "np.diagonal")
    if value.ndim == 2:
        return diagonal(value, k)
    size = value.size + abs(int(k))
    return reshape(record("embed", value, shape=(size * size,), cuts=(_cut(size, size, int(k)),)), (size, size))


@meaning_of(np.diagflat)
def diagflat(v: Any, k: int = 0) -> Value:
    """As np.diagflat."""
    return diag(ravel(v), k)


def _triangle(a: Any, k: int, *, lower: bool) -> Value:
    value = as_value(a)
    if value.ndim == 1:
        value = record("broadcast_to", value, shape=(value.size, value.size))
    if not value.ndim:
        raise ShapeError(place(), "a triangle of a value without axes", "a matrix")
    below = np.tri(value.shape[-2], value.shape[-1], k if lower else k - 1, dtype=np.bool_)
    zeros = full((), 0, value.dtype)
    return where(below, value, zeros) if lower else where(below, zeros, value)


@meaning_of(np.tril)
def tril(m: Any, k: int = 0) -> Value:
    """As np.tril."""
    return _triangle(m, k, lower=True)


@meaning_of(np.triu)
def triu(m: Any, k: int = 0) -> Value:
    """As np.triu."""
    return _triangle(m, k, lower=False)
