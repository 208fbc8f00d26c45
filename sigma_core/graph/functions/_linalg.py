"""np.linalg on values: matrices, or stacks of them along the first axes."""

from functools import reduce
from typing import Any, NamedTuple

import numpy as np

from sigma_core.errors import ShapeError, TraceError
from sigma_core.graph._protocol import meaning_of
from sigma_core.graph._record import as_value, cast, common_dtype, record
from sigma_core.graph._scope import place
from sigma_core.graph._value import Value
from sigma_core.graph.functions._contractions import matmul
from sigma_core.graph.functions._elementwise import root
from sigma_core.graph.functions._views import expand_dims, matrix_transpose, moveaxis, ravel, reshape
from sigma_core.graph.operations._shapes import many_axes, one_axis, several


def _floating(a: Any) -> Value:
    value = as_value(a)
    return cast(value, np.float64) if value.dtype.kind in "biu" else value


@meaning_of(np.linalg.solve)
def solve(a: Any, b: Any) -> Value:
    """As np.linalg.solve: `b` is a vector where it has one axis, matrices otherwise."""
    left, right = _floating(a), _floating(b)
    dtype = common_dtype(left, right)
    columns = reshape(right, (*right.shape, 1)) if right.ndim == 1 else right
    solved = record("solve", cast(left, dtype), cast(columns, dtype))
    return reshape(solved, solved.shape[:-1]) if right.ndim == 1 else solved


@meaning_of(np.linalg.inv)
def inv(a: Any) -> Value:
    """As np.linalg.inv; where a product with the inverse is wanted, `np.linalg.solve` is faster and nearer."""
    return record("inv", _floating(a))


@meaning_of(np.linalg.det)
def det(a: Any) -> Value:
    """As np.linalg.det; a second derivative needs a matrix that has an inverse."""
    return record("det", _floating(a))


class SlogdetResult(NamedTuple):
    """As NumPy's."""

    sign: Any
    logabsdet: Any


@meaning_of(np.linalg.slogdet)
def slogdet(a: Any) -> SlogdetResult:
    """As np.linalg.slogdet."""
    value = _floating(a)
    return SlogdetResult(record("sign_det", value), record("log_det", value))


@meaning_of(np.linalg.cholesky)
def cholesky(a: Any, /, *, upper: bool = False) -> Value:
    """As np.linalg.cholesky, of the symmetric part of the matrices: so the derivative is symmetric as well."""
    value = _floating(a)
    if value.ndim < 2:
        raise ShapeError(place(), f"np.linalg.cholesky of shape {value.shape}", "square matrices")
    factor = record(
        "cholesky", (value + matrix_transpose(value)) * 0.5 if value.shape[-1] == value.shape[-2] else value
    )
    return matrix_transpose(factor) if upper else factor


@meaning_of(np.linalg.matrix_power)
def matrix_power(a: Any, n: int) -> Value:
    """As np.linalg.matrix_power: by squaring."""
    value = as_value(a)
    if value.ndim < 2 or value.shape[-1] != value.shape[-2]:
        raise ShapeError(place(), f"np.linalg.matrix_power of shape {value.shape}", "square matrices")
    if n < 0:
        value, n = inv(value), -n
    if n == 0:
        return record("broadcast_to", as_value(np.eye(value.shape[-1], dtype=value.dtype)), shape=value.shape)
    powers = [value]
    while 2 ** len(powers) <= n:
        powers.append(matmul(powers[-1], powers[-1]))
    chosen = [power for number, power in enumerate(powers) if n >> number & 1]
    return reduce(matmul, chosen)


# Norms


def _vector_norm(value: Value, order: Any, axes: tuple[int, ...], *, keepdims: bool) -> Any:
    if order is None or order == 2:
        return root(np.sum(np.square(value), axis=axes, keepdims=keepdims))
    magnitude = np.abs(value)
    if order == np.inf:
        return np.max(magnitude, axis=axes, keepdims=keepdims)
    if order == -np.inf:
        return np.min(magnitude, axis=axes, keepdims=keepdims)
    if order == 0:
        return np.sum((value != 0).astype(value.dtype), axis=axes, keepdims=keepdims)
    if order == 1:
        return np.sum(magnitude, axis=axes, keepdims=keepdims)
    power = float(order)
    # Below 1 the slope of a power is infinite at 0, too.
    powers = root(magnitude, lambda each: each**power) if 0 < power < 1 else magnitude**power
    return root(np.sum(powers, axis=axes, keepdims=keepdims), lambda total: total ** (1.0 / power))


def _matrix_norm(value: Value, order: Any, axes: tuple[int, ...], *, keepdims: bool) -> Any:
    if order in (None, "fro"):
        return _vector_norm(value, None, axes, keepdims=keepdims)
    if order not in (1, -1, np.inf, -np.inf):
        raise TraceError(
            place(), f"np.linalg.norm of matrices with ord={order!r} cannot be traced", "None, 'fro', 1, -1, inf, -inf"
        )
    summed, chosen = axes if abs(order) == 1 else reversed(axes)
    sums = np.sum(np.abs(value), axis=summed, keepdims=True)
    norms = (np.max if order > 0 else np.min)(sums, axis=chosen, keepdims=True)
    return norms if keepdims else np.squeeze(norms, axis=axes)


@meaning_of(np.linalg.norm)
def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:  # noqa: A002  # NumPy's names
    """As np.linalg.norm; of matrices without the norms by singular values (2, -2, "nuc").

    The derivative at zeros is zero, as one of the subgradients is.
    """
    value = _floating(x)
    if axis is None and ord is None:
        return _vector_norm(value, None, tuple(range(value.ndim)), keepdims=keepdims)
    axes = tuple(range(value.ndim)) if axis is None else tuple(several(axis, "an axis"))
    axes = tuple(one_axis(each, value.ndim) for each in axes)
    if len(axes) == 1:
        if isinstance(ord, str):
            raise TraceError(place(), f"np.linalg.norm of vectors with ord={ord!r} cannot be traced", "numbers")
        return _vector_norm(value, ord, axes, keepdims=keepdims)
    if len(axes) == 2:
        return _matrix_norm(value, ord, axes, keepdims=keepdims)
    raise ShapeError(place(), f"np.linalg.norm over {len(axes)} axes", "one axis of vectors, or two of matrices")


@meaning_of(np.linalg.vector_norm)
def vector_norm(x: Any, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Any:  # noqa: A002  # NumPy's names
    """As np.linalg.vector_norm."""
    value = _floating(x)
    return _vector_norm(value, ord, many_axes(axis, value.ndim), keepdims=keepdims)


@meaning_of(np.linalg.matrix_norm)
def matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Any:  # noqa: A002  # NumPy's names
    """As np.linalg.matrix_norm; without the norms by singular values."""
    value = _floating(x)
    return _matrix_norm(value, ord, (value.ndim - 2, value.ndim - 1), keepdims=keepdims)


# Products


@meaning_of(np.vecdot, np.linalg.vecdot)
def vecdot(x1: Any, x2: Any, /, *, axis: int = -1) -> Value:
    """As np.vecdot."""
    a, b = (moveaxis(each, axis, -1) for each in (x1, x2))
    product = matmul(expand_dims(a, -2), expand_dims(b, -1))
    return reshape(product, product.shape[:-2])


def _matrices(name: str, a: Any) -> Value:
    value = as_value(a)
    if value.ndim < 2:
        raise ShapeError(place(), f"np.{name} with a matrix of shape {value.shape}", "two axes or more", "np.vecdot")
    return value


@meaning_of(np.matvec)
def matvec(x1: Any, x2: Any, /) -> Value:
    """As np.matvec."""
    product = matmul(_matrices("matvec", x1), expand_dims(x2, -1))
    return reshape(product, product.shape[:-1])


@meaning_of(np.vecmat)
def vecmat(x1: Any, x2: Any, /) -> Value:
    """As np.vecmat."""
    product = matmul(expand_dims(x1, -2), _matrices("vecmat", x2))
    return reshape(product, (*product.shape[:-2], product.shape[-1]))


@meaning_of(np.kron)
def kron(a: Any, b: Any) -> Value:
    """As np.kron."""
    left, right = as_value(a), as_value(b)
    ndim = max(left.ndim, right.ndim)
    first, second = ((1,) * (ndim - each.ndim) + each.shape for each in (left, right))
    spread = reshape(left, tuple(part for size in first for part in (size, 1)))
    product = spread * reshape(right, tuple(part for size in second for part in (1, size)))
    return reshape(product, tuple(one * other for one, other in zip(first, second, strict=True)))


@meaning_of(np.cross, np.linalg.cross)
def cross(  # noqa: PLR0913, PLR0917  # NumPy's signature
    a: Any, b: Any, /, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None
) -> Value:
    """As np.cross, of vectors with three elements."""
    axisa, axisb, axisc = (axisa, axisb, axisc) if axis is None else (axis, axis, axis)
    left, right = moveaxis(a, axisa, -1), moveaxis(b, axisb, -1)
    if left.shape[-1:] != (3,) or right.shape[-1:] != (3,):
        raise ShapeError(place(), f"np.cross of shapes {left.shape} and {right.shape}", "vectors with three elements")
    after, before = [1, 2, 0], [2, 0, 1]
    product = left[..., after] * right[..., before] - left[..., before] * right[..., after]
    return moveaxis(product, -1, axisc)


@meaning_of(np.linalg.outer)
def outer(x1: Any, x2: Any, /) -> Any:
    """As np.linalg.outer."""
    return expand_dims(ravel(x1), 1) * ravel(x2)
