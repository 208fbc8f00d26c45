"""Linear algebra of matrices, or stacks of them.

The derivatives are those of Giles, "Collected matrix derivative results for forward and reverse mode algorithmic
differentiation" (2008), sections 2.2 and 3; that of the Cholesky factor is of Murray, "Differentiation of the Cholesky
decomposition" (2016), section 3.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from sigma_core.errors import ShapeError
from sigma_core.graph._scope import place
from sigma_core.graph.operations._batching import elementwise, same
from sigma_core.graph.operations._elementwise import unbroadcast
from sigma_core.graph.operations._operation import Kind, Operation, Signature, register
from sigma_core.graph.operations._shapes import broadcast

Reverse = Callable[[int, Any, Any], Any]
Forward = Callable[[tuple[Any, ...], Any], Any]


def _transposed(matrices: Any) -> Any:
    return np.swapaxes(matrices, -1, -2)


def _square(name: str, value: Any) -> None:
    if len(value.shape) < 2 or value.shape[-1] != value.shape[-2]:
        raise ShapeError(place(), f"np.linalg.{name} of shape {value.shape}", "square matrices")
    if value.dtype not in (np.float32, np.float64):
        raise ShapeError(place(), f"np.linalg.{name} of dtype {value.dtype}", "float32, float64", "convert with astype")


def _told(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """NumPy's function with `out`, and with a fault that names it."""

    def implementation(*arrays: Any, out: Any = None) -> Any:
        try:
            result = function(*arrays)
        except np.linalg.LinAlgError as error:
            shapes = " and ".join(str(np.shape(array)) for array in arrays)
            raise np.linalg.LinAlgError(f"np.linalg.{name} of shape {shapes}: {error}") from error
        if out is None:
            return result
        out[...] = result
        return out

    return implementation


def _of_matrices(  # noqa: PLR0913  # a row of the table
    name: str, numpy_name: str, function: Callable[..., Any], reverse: Reverse, forward: Forward, *, to_number: bool
) -> Operation:
    def infer(value: Any) -> Signature:
        _square(numpy_name, value)
        return value.shape[:-2] if to_number else value.shape, value.dtype

    operation = Operation(name, Kind.CONTRACTION, infer, _told(numpy_name, function), reverse, forward, batch=same)
    return register(operation)


# solve


def _solve_infer(a: Any, b: Any) -> Signature:
    _square("solve", a)
    if len(b.shape) < 2 or a.shape[-1] != b.shape[-2]:
        raise ShapeError(
            place(), f"np.linalg.solve of shapes {a.shape} and {b.shape}", "as many equations as right sides have rows"
        )
    return (*broadcast(a.shape[:-2], b.shape[:-2]), *b.shape[-2:]), a.dtype


def _solve_reverse(position: int, cotangent: Any, node: Any) -> Any:
    a, b = node.inputs
    due = np.linalg.solve(_transposed(a), cotangent)
    return unbroadcast(due, b.shape) if position == 1 else unbroadcast(-(due @ _transposed(node)), a.shape)


def _solve_forward(tangents: tuple[Any, ...], node: Any) -> Any:
    da, db = tangents
    moved = db if da is None else -(da @ node) if db is None else db - da @ node
    return np.linalg.solve(node.inputs[0], moved)


SOLVE = register(
    Operation(
        "solve",
        Kind.CONTRACTION,
        _solve_infer,
        _told("solve", np.linalg.solve),
        _solve_reverse,
        _solve_forward,
        batch=elementwise,
    )
)

# inv

INV = _of_matrices(
    "inv",
    "inv",
    np.linalg.inv,
    lambda _position, g, node: -(_transposed(node) @ g @ _transposed(node)),
    lambda tangents, node: -(node @ tangents[0] @ node),
    to_number=False,
)

# Determinants


def _wide(number: Any) -> Any:
    return number.reshape((*number.shape, 1, 1))


def _trace_of_product(a: Any, b: Any) -> Any:
    """The trace of a b."""
    return np.sum(a * _transposed(b), axis=(-2, -1))


def _adjugate(array: Any) -> Any:
    """det(a) a^-1 by singular values: polynomials in the elements, which singular matrices have as well.

    Of a = u s v, it is det(u v) v^T t u^T, where each of t is the product of all other s.
    """
    # NumPy gives no singular values of what is not finite.
    is_finite = np.isfinite(array).all((-2, -1), keepdims=True)
    left, values, right = np.linalg.svd(np.where(is_finite, array, 0))
    others = np.where(np.eye(values.shape[-1], dtype=bool), 1, values[..., None, :]).prod(-1)
    sign = _wide(np.linalg.det(left) * np.linalg.det(right))
    return np.where(is_finite, sign * ((_transposed(right) * others[..., None, :]) @ _transposed(left)), np.nan)


def _adjugate_of(node: Any) -> Any:
    from sigma_core.graph._record import record  # rules record when they run, the table is below values

    return record("adjugate", node.inputs[0])


def _adjugate_reverse(_position: int, cotangent: Any, node: Any) -> Any:
    """Of matrices that have an inverse."""
    turned = _transposed(node)
    share = _wide(_trace_of_product(turned, cotangent))
    return (share * turned - turned @ cotangent @ turned) / _wide(np.linalg.det(node.inputs[0]))


def _adjugate_forward(tangents: tuple[Any, ...], node: Any) -> Any:
    share = _wide(_trace_of_product(node, tangents[0]))
    return (share * node - node @ tangents[0] @ node) / _wide(np.linalg.det(node.inputs[0]))


DET = _of_matrices(
    "det",
    "det",
    np.linalg.det,
    lambda _position, g, node: _wide(g) * _transposed(_adjugate_of(node)),
    lambda tangents, node: _trace_of_product(_adjugate_of(node), tangents[0]),
    to_number=True,
)
ADJUGATE = _of_matrices("adjugate", "det", _adjugate, _adjugate_reverse, _adjugate_forward, to_number=False)
LOG_DET = _of_matrices(
    "log_det",
    "slogdet",
    lambda array: np.linalg.slogdet(array)[1],
    lambda _position, g, node: _wide(g) * _transposed(np.linalg.inv(node.inputs[0])),
    lambda tangents, node: _trace_of_product(np.linalg.inv(node.inputs[0]), tangents[0]),
    to_number=True,
)
SIGN_DET = _of_matrices(
    "sign_det",
    "slogdet",
    lambda array: np.linalg.slogdet(array)[0],
    lambda _position, _g, _node: None,
    lambda _tangents, _node: None,
    to_number=True,
)

# cholesky


def _half(matrices: Any) -> Any:
    """The lower triangle, half of the diagonal."""
    return np.tril(matrices) - 0.5 * np.tril(np.triu(matrices))


def _cholesky_reverse(_position: int, cotangent: Any, node: Any) -> Any:
    inverse = np.linalg.inv(node)
    due = _transposed(inverse) @ _half(_transposed(node) @ cotangent) @ inverse
    return 0.5 * (due + _transposed(due))


def _cholesky_forward(tangents: tuple[Any, ...], node: Any) -> Any:
    inverse = np.linalg.inv(node)
    moved = 0.5 * (tangents[0] + _transposed(tangents[0]))
    return node @ _half(inverse @ moved @ _transposed(inverse))


CHOLESKY = _of_matrices(
    "cholesky", "cholesky", np.linalg.cholesky, _cholesky_reverse, _cholesky_forward, to_number=False
)
