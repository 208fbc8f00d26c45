"""Bundles, the operations of several results, and `pick`, which takes one of them.

The operations themselves, loops and branches and calls, stand with their functions in the room `control`.
"""

from typing import Any

import numpy as np

from sigma_core.graph.operations._operation import Kind, Operation, Signature, register

NO_ARRAY: Signature = ((), np.dtype(np.bool_))
"""What a bundle is said to be where an array is expected; nobody reads it."""


class Parts(tuple[Any, ...]):
    """One cotangent per result of a bundle, None for zero: they add up result by result."""

    __slots__ = ()

    def __add__(self, other: Any) -> "Parts":
        pairs = zip(self, other, strict=True)
        return Parts(b if a is None else a if b is None else a + b for a, b in pairs)


def signatures(bundle: Any) -> tuple[Signature, ...]:
    """Shapes and dtypes of a bundle's results."""
    types: tuple[Signature, ...] = bundle.operation.results(**bundle.attributes)
    return types


def _reverse(_position: int, cotangent: Any, node: Any) -> Parts:
    (bundle,) = node.inputs
    chosen = node.attributes["position"]
    return Parts(cotangent if number == chosen else None for number in range(len(signatures(bundle))))


def _batch(inputs: tuple[Any, ...], _batched: tuple[bool, ...], node: Any) -> Any:
    from sigma_core.graph._record import record  # rules record when they run, the table is below values

    (old,), (bundle,) = node.inputs, inputs
    picked = record("pick", bundle, **node.attributes)
    if picked.ndim == node.ndim:
        # This result is the same for all that are mapped; how many they are is seen at the inputs of the body.
        pairs = zip(old.attributes["body"].inputs, bundle.attributes["body"].inputs, strict=True)
        size = next(each.shape[0] for was, each in pairs if each.ndim > was.ndim)
        return np.broadcast_to(picked, (size, *picked.shape))
    in_time = bundle.operation.name == "scan" and node.attributes["position"] >= bundle.attributes["carries"]
    return np.swapaxes(picked, 0, 1) if in_time else picked


PICK = register(
    Operation(
        "pick",
        Kind.CONTROL,
        lambda bundle, position: signatures(bundle)[position],
        lambda results, position: results[position],
        _reverse,
        lambda tangents, node: tangents[0][node.attributes["position"]],
        batch=_batch,
    )
)
