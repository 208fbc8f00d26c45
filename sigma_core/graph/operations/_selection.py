"""Element-wise operations that are no ufuncs: where and cast."""

from typing import Any

import numpy as np

from sigma_core.graph.operations._elementwise import unbroadcast
from sigma_core.graph.operations._operation import Kind, Operation, Signature, register
from sigma_core.graph.operations._shapes import broadcast


def _where_infer(condition: Any, a: Any, b: Any) -> Signature:
    return broadcast(condition.shape, a.shape, b.shape), a.dtype


def _where(condition: Any, a: Any, b: Any, out: Any = None) -> Any:
    if out is None:
        return np.where(condition, a, b)
    # `out` may be the memory of `b`, and of no other operand.
    np.copyto(out, b)
    np.copyto(out, a, where=condition)
    return out


def _where_reverse(position: int, cotangent: Any, node: Any) -> Any:
    condition = node.inputs[0]
    if position == 0:
        return None
    due = np.where(condition, cotangent, 0) if position == 1 else np.where(condition, 0, cotangent)
    return unbroadcast(due, node.inputs[position].shape)


def _where_forward(tangents: tuple[Any, ...], node: Any) -> Any:
    _, a, b = tangents
    if a is None and b is None:
        return None
    return np.where(node.inputs[0], 0 if a is None else a, 0 if b is None else b)


def _cast(array: Any, dtype: Any, out: Any = None) -> Any:
    if out is None:
        return np.asarray(array).astype(dtype)
    np.copyto(out, array, casting="unsafe")
    return out


def _cast_reverse(_position: int, cotangent: Any, node: Any) -> Any:
    return cotangent.astype(node.inputs[0].dtype)


WHERE = register(Operation("where", Kind.ELEMENTWISE, _where_infer, _where, _where_reverse, _where_forward))
CAST = register(
    Operation(
        "cast",
        Kind.ELEMENTWISE,
        lambda value, dtype: (value.shape, dtype),
        _cast,
        _cast_reverse,
        lambda tangents, node: tangents[0].astype(node.dtype),
    )
)
