"""Reverse mode: from a graph of values to the graph of its derivatives."""

from collections.abc import Iterable, Sequence
from typing import Any

from sigma_core.errors import DerivativeError
from sigma_core.graph._graph import reachable
from sigma_core.graph._record import as_value, cast, constant, full
from sigma_core.graph._scope import place, scope_at
from sigma_core.graph._value import Value


def gradients(output: Value, inputs: Iterable[Value], cotangent: Any = None) -> tuple[Value, ...]:
    """Derivatives of `output` with respect to values it was made of, each of its input's shape and dtype.

    With a `cotangent`, of the output's shape, they are the vector-Jacobian products; without one the output is to be a
    scalar. An input that the output does not depend on is due zeros. Raises DerivativeError where there is none.
    """
    inputs = tuple(inputs)
    check_differentiable((output, *inputs))
    if cotangent is None:
        if output.shape:
            raise DerivativeError(
                place(output.scope),
                f"a gradient of shape {output.shape} was asked for",
                "a scalar, or a cotangent of that shape",
                "sum it, or take a jacobian",
            )
        seed = constant(1.0, output.dtype)
    else:
        seed = cast(as_value(cotangent), output.dtype)
        if seed.shape != output.shape:
            raise DerivativeError(
                place(output.scope), f"the cotangent's shape is {seed.shape}", f"shape {output.shape}"
            )
    due: dict[int, Value] = {output.index: seed}
    wanted = {value.index for value in inputs}
    path = dependent(reachable([output]), wanted)
    for node in reversed(path.values()):
        total = due.get(node.index)
        # Not beyond the inputs: what they are made of is a constant of this question.
        if total is not None and node.index not in wanted:
            with scope_at(node.scope):
                _give_back(node, total, due, path)
    return tuple(due[value.index] if value.index in due else full(value.shape, 0, value.dtype) for value in inputs)


def dependent(nodes: Sequence[Value], wanted: set[int]) -> dict[int, Value]:
    """The floating-point nodes through which `wanted` reaches on, by index, in order."""
    path: dict[int, Value] = {}
    for node in nodes:
        if node.dtype.kind == "f" and (node.index in wanted or any(each.index in path for each in node.inputs)):
            path[node.index] = node
    return path


def check_differentiable(values: Iterable[Value]) -> None:
    """Raise DerivativeError unless all are floating-point numbers."""
    for value in values:
        if value.dtype.kind != "f":
            raise DerivativeError(
                place(value.scope),
                f"{value.operation.name} of dtype {value.dtype} has no derivative",
                "floating-point numbers",
            )


def _give_back(node: Value, cotangent: Value, due: dict[int, Value], path: dict[int, Value]) -> None:
    """Add to `due` what each input on the path is due."""
    reverse = node.operation.reverse
    if reverse is None:
        raise DerivativeError(
            place(node.scope),
            f"operation {node.operation.name!r} has no reverse rule",
            remedy="stop_gradient on its inputs",
        )
    for position, value in enumerate(node.inputs):
        if value.index not in path:
            continue
        part = reverse(position, cotangent, node)
        if part is None:
            continue
        part = cast(part, value.dtype, weak=value.weak)
        known = due.get(value.index)
        due[value.index] = part if known is None else known + part
