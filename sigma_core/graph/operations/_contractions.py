"""Matrix products; vectors and other contractions are brought into this form by `np.matmul` and its kin on values."""

from typing import Any

import numpy as np

from sigma_core.errors import ShapeError
from sigma_core.graph._scope import place
from sigma_core.graph.operations._batching import product
from sigma_core.graph.operations._elementwise import unbroadcast
from sigma_core.graph.operations._operation import Kind, Operation, Signature, register
from sigma_core.graph.operations._shapes import broadcast


def _matmul_infer(a: Any, b: Any) -> Signature:
    if a.shape[-1] != b.shape[-2]:
        raise ShapeError(
            place(),
            f"a matrix product of shapes {a.shape} and {b.shape}: {a.shape[-1]} columns meet {b.shape[-2]} rows",
            "as many columns on the left as rows on the right",
        )
    return (*broadcast(a.shape[:-2], b.shape[:-2]), a.shape[-2], b.shape[-1]), a.dtype


def _matmul_reverse(position: int, cotangent: Any, node: Any) -> Any:
    a, b = node.inputs
    due = cotangent @ np.swapaxes(b, -1, -2) if position == 0 else np.swapaxes(a, -1, -2) @ cotangent
    return unbroadcast(due, node.inputs[position].shape)


def _matmul_forward(tangents: tuple[Any, ...], node: Any) -> Any:
    (a, b), (da, db) = node.inputs, tangents
    left = None if da is None else da @ b
    right = None if db is None else a @ db
    return right if left is None else left if right is None else left + right


MATMUL = register(
    Operation(
        "matmul", Kind.CONTRACTION, _matmul_infer, np.matmul, _matmul_reverse, _matmul_forward, np.matmul, product
    )
)
