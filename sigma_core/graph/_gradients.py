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
    if cotangent is None:
        check_differentiable([output])
        if output.shape:
            raise DerivativeError(
                place(output.scope),
                f"a gradient of shape {output.shape} was asked for",
                "a scalar, or a cotangent of that shape",
                "sum it, or take a jacobian",
            )
        cotangent = constant(1.0, output.dtype)
    return cotangents((output,), inputs, (cotangent,))


def cotangents(outputs: Iterable[Value], inputs: Iterable[Value], given: Iterable[Any]) -> tuple[Value, ...]:
    """What each input is due where each output is due its given cotangent: vector-Jacobian products of many outputs.

    All outputs are gone back from together, so that what they share is differentiated once.
    """
    outputs, inputs = tuple(outputs), tuple(inputs)
    check_differentiable((*outputs, *inputs))
    due: dict[int, Any] = {}
    for output, each in zip(outputs, given, strict=True):
        seed = cast(as_value(each), output.dtype)
        if seed.shape != output.shape:
            raise DerivativeError(
                place(output.scope), f"the cotangent's shape is {seed.shape}", f"shape {output.shape}"
            )
        _add(due, output, seed)
    wanted = {value.index for value in inputs}
    path = dependent(reachable(outputs), wanted)
    for node in reversed(path.values()):
        total = due.get(node.index)
        # Not beyond the inputs: what they are made of is a constant of this question.
        if total is not None and node.index not in wanted:
            with scope_at(node.scope, node.line):
                _give_back(node, total, due, path)
    return tuple(due[value.index] if value.index in due else full(value.shape, 0, value.dtype) for value in inputs)


def dependent(nodes: Sequence[Value], wanted: set[int]) -> dict[int, Value]:
    """The floating-point nodes, and bundles, through which `wanted` reaches on, by index, in order."""
    path: dict[int, Value] = {}
    for node in nodes:
        carries = node.dtype.kind == "f" or node.operation.is_bundle
        if carries and (node.index in wanted or any(each.index in path for each in node.inputs)):
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


def _give_back(node: Value, cotangent: Any, due: dict[int, Any], path: dict[int, Value]) -> None:
    """Add to `due` what each input on the path is due."""
    reverse = node.operation.reverse
    if reverse is None:
        raise DerivativeError(
            place(node.scope),
            f"operation {node.operation.name!r} has no reverse rule",
            remedy="stop_gradient on its inputs",
        )
    positions = tuple(position for position, value in enumerate(node.inputs) if value.index in path)
    # A bundle is asked once, with the cotangents of all its results: it may have to run a loop to answer.
    parts = (
        reverse(positions, cotangent, node)
        if node.operation.is_bundle
        else [reverse(position, cotangent, node) for position in positions]
    )
    for position, part in zip(positions, parts, strict=True):
        if part is not None:
            _add(due, node.inputs[position], part)


def _add(due: dict[int, Any], value: Value, part: Any) -> None:
    # The cotangents of a bundle, which stand together for those of its results, add up by themselves.
    part = part if value.operation.is_bundle else cast(part, value.dtype, weak=value.weak)
    known = due.get(value.index)
    due[value.index] = part if known is None else known + part
