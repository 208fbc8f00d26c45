"""Mapping a graph over an axis: each node that depends on what is mapped becomes one for all elements at once."""

from collections.abc import Iterable, Mapping

from sigma_core.errors import ShapeError
from sigma_core.graph._graph import Graph
from sigma_core.graph._record import cast, placeholder, record
from sigma_core.graph._replay import dependents
from sigma_core.graph._scope import place, scope_at
from sigma_core.graph._value import Value
from sigma_core.graph.operations import Kind
from sigma_core.graph.operations._batching import Batch, elementwise

BY_KIND: Mapping[Kind, Batch] = {Kind.ELEMENTWISE: elementwise}
"""Rules that follow from what a kind is, for operations that have none of their own."""


def batched(outputs: Iterable[Value], mapped: Mapping[int, Value], size: int) -> tuple[Value | None, ...]:
    """The outputs for `size` elements at once, along axis 0; None for those that are the same for all of them.

    `mapped` gives the elements of values, by index, along their axis 0. All else is the same for each element. Raises
    ShapeError for a rule of an operation that does not keep to its contract.
    """
    outputs = tuple(outputs)
    new = dict(mapped)
    for node in dependents(outputs, mapped.keys()):
        inputs = tuple(new.get(value.index, value) for value in node.inputs)
        flags = tuple(value.index in new for value in node.inputs)
        with scope_at(node.scope, node.line):
            new[node.index] = _mapped(node, inputs, flags, size)
    return tuple(new.get(value.index) for value in outputs)


def _mapped(node: Value, inputs: tuple[Value, ...], flags: tuple[bool, ...], size: int) -> Value:
    rule = node.operation.batch or BY_KIND.get(node.operation.kind)
    if rule is None:
        return one_by_one(node, inputs, flags, size)
    result: Value = rule(inputs, flags, node)
    if node.operation.is_bundle:
        return result
    if result.shape != (size, *node.shape):
        raise ShapeError(
            place(),
            f"the batch rule of operation {node.operation.name!r} gave shape {result.shape}",
            f"shape {(size, *node.shape)}",
        )
    return cast(result, node.dtype)


def one_by_one(node: Value, inputs: tuple[Value, ...], flags: tuple[bool, ...], size: int) -> Value:
    """The operation once for each element, in a loop: for those without a rule."""
    operands = [placeholder(value.shape, value.dtype, str(number)) for number, value in enumerate(node.inputs)]
    pairs = list(zip(operands, inputs, flags, strict=True))
    ordered = [pair for pair in pairs if pair[2]] + [pair for pair in pairs if not pair[2]]
    loop = record(
        "scan",
        *(value for _, value, _ in ordered),
        body=Graph([operand for operand, _, _ in ordered], [node.with_inputs(tuple(operands))]),
        carries=0,
        sequences=sum(flags),
        length=size,
        reverse=False,
    )
    return record("pick", loop, position=0)
