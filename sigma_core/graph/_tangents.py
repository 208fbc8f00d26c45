"""Forward mode: tangents pushed through a graph of values."""

from collections.abc import Iterable
from typing import Any

from sigma_core.errors import DerivativeError
from sigma_core.graph._gradients import check_differentiable, dependent
from sigma_core.graph._graph import reachable
from sigma_core.graph._record import as_value, cast, full
from sigma_core.graph._scope import place, scope_at
from sigma_core.graph._value import Value


def tangents(outputs: Iterable[Value], inputs: Iterable[Value], directions: Iterable[Any]) -> tuple[Value, ...]:
    """Jacobian-vector products of `outputs` along one direction per input, of the outputs' shapes and dtypes.

    Raises DerivativeError where there is no derivative.
    """
    outputs, inputs = tuple(outputs), tuple(inputs)
    check_differentiable((*outputs, *inputs))
    moves: dict[int, Any] = {}
    for value, direction in zip(inputs, directions, strict=True):
        move = cast(as_value(direction), value.dtype)
        if move.shape != value.shape:
            raise DerivativeError(place(value.scope), f"the tangent's shape is {move.shape}", f"shape {value.shape}")
        moves[value.index] = move
    for node in dependent(reachable(outputs), set(moves)).values():
        if node.index in moves:
            continue
        forward = node.operation.forward
        if forward is None:
            raise DerivativeError(place(node.scope), f"operation {node.operation.name!r} has no forward rule")
        given = tuple(moves.get(value.index) for value in node.inputs)
        if any(each is not None for each in given):
            with scope_at(node.scope, node.line):
                move = forward(given, node)
                if move is not None:
                    # That of a bundle stands for those of all its results.
                    moves[node.index] = move if node.operation.is_bundle else cast(move, node.dtype, weak=node.weak)
    return tuple(moves[value.index] if value.index in moves else full(value.shape, 0, value.dtype) for value in outputs)
