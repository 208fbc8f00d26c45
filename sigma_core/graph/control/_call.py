"""Calls: parts of a program that stay together, and `checkpoint`, which computes a part again on the way back."""

from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

from sigma_core.graph._evaluate import evaluate
from sigma_core.graph._gradients import cotangents, dependent
from sigma_core.graph._graph import Graph
from sigma_core.graph._record import named_value, placeholder, record
from sigma_core.graph._structure import flatten, paths, unflatten
from sigma_core.graph._tangents import tangents
from sigma_core.graph._trace import is_static
from sigma_core.graph._value import Value
from sigma_core.graph.control._bodies import born, closed, closures, parameter, picks, values_of
from sigma_core.graph.control._scan_batching import batched_body
from sigma_core.graph.operations import Kind, Operation, register
from sigma_core.graph.operations._control import NO_ARRAY, Parts
from sigma_core.graph.operations._operation import Signature
from sigma_core.graph.transforms._arguments import check_function, on_arrays_too


class Derivative(Protocol):
    """What differentiates a call in place of its body."""

    def reverse(self, positions: tuple[int, ...], given: Parts, node: Value) -> list[Any]:
        """What the inputs at these positions are due, from cotangents of the results."""

    def forward(self, given: tuple[Any, ...], node: Value) -> Parts:
        """Tangents of the results, from tangents of the inputs."""

    def mapped(self, node: Value, flags: tuple[bool, ...]) -> "Derivative":
        """That of the call mapped over axis 0 of those inputs."""


def checkpoint(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, of which reverse mode keeps nothing but the arguments: it runs again on the way back.

    That takes the time of one more run and saves the memory of all that is computed inside. The second run stands in
    the program as a call of its own, so no pass can join it with the first.
    """
    check_function("what checkpoint is to run", function)
    return on_arrays_too(lambda *arguments, **keywords: call(partial(function, **keywords), arguments))


def call(function: Callable[..., Any], arguments: tuple[Any, ...], derivative: Any = None) -> Any:
    """Record a function as one node; truth values, text and functions among the arguments stay as they are.

    `derivative`, from the structure of its results, its arguments, its results and what it closes over, gives what
    differentiates it, and may hold more values, behind those.
    """
    leaves, structure = flatten(arguments)
    names = [name for leaf, name in zip(leaves, paths(structure), strict=True) if not is_static(leaf)]
    values = [
        named_value(leaf, f"argument {name}")
        for leaf, name in zip((leaf for leaf in leaves if not is_static(leaf)), names, strict=True)
    ]
    given = [parameter(value, name) for value, name in zip(values, names, strict=True)]
    rest = iter(given)
    filled = unflatten(structure, [leaf if is_static(leaf) else next(rest) for leaf in leaves])
    outputs, built = values_of(function(*filled), "result")
    captured = closures(outputs, born(given))
    rule = derivative(built, given, outputs, captured) if derivative else None
    if rule is not None:
        captured += rule.held[len(captured) :]
    (body,) = closed(given, captured, outputs)
    bundle = record("call", *values, *captured, body=body, derivative=rule, apart=False)
    return unflatten(built, picks(bundle, [value.weak for value in outputs]))


def _results(body: Graph, **_others: Any) -> tuple[Signature, ...]:
    return tuple((value.shape, value.dtype) for value in body.outputs)


def _run(*arrays: Any, body: Graph, derivative: Any, apart: bool) -> tuple[Any, ...]:  # noqa: ARG001  # all attributes
    return evaluate(body, *arrays)


def _reverse(positions: tuple[int, ...], given: Parts, node: Value) -> list[Any]:
    """The body runs again, within a call that is kept apart: else sharing what is common would undo it."""
    body, derivative = node.attributes["body"], node.attributes["derivative"]
    if derivative is not None:
        parts: list[Any] = derivative.reverse(positions, given, node)
        return parts
    wanted = [body.inputs[position] for position in positions]
    path = dependent(body.nodes, {value.index for value in wanted})
    asked = [number for number, value in enumerate(body.outputs) if given[number] is not None and value.index in path]
    outputs = [body.outputs[number] for number in asked]
    due = [placeholder(value.shape, value.dtype, f"cotangent.{number}") for number, value in enumerate(outputs)]
    back = Graph((*body.inputs, *due), cotangents(outputs, wanted, due))
    inputs = (*node.inputs, *(given[number] for number in asked))
    return picks(record("call", *inputs, body=back, derivative=None, apart=True))


def _forward(given: tuple[Any, ...], node: Value) -> Parts:
    body, derivative = node.attributes["body"], node.attributes["derivative"]
    if derivative is not None:
        pushed: Parts = derivative.forward(given, node)
        return pushed
    along = [(value, tangent) for value, tangent in zip(body.inputs, given, strict=True) if tangent is not None]
    path = dependent(body.nodes, {value.index for value, _ in along})
    moving = [number for number, value in enumerate(body.outputs) if value.index in path]
    directions = [placeholder(value.shape, value.dtype, f"tangent.{number}") for number, (value, _) in enumerate(along)]
    moved = tangents([body.outputs[number] for number in moving], [value for value, _ in along], directions)
    inputs = (*node.inputs, *(tangent for _, tangent in along))
    bundle = record("call", *inputs, **{**node.attributes, "body": Graph((*body.inputs, *directions), moved)})
    found = dict(zip(moving, picks(bundle), strict=True))
    return Parts(found.get(number) for number in range(len(body.outputs)))


def _batch(inputs: tuple[Any, ...], flags: tuple[bool, ...], node: Value) -> Value:
    size = next(value.shape[0] for value, flag in zip(inputs, flags, strict=True) if flag)
    mapped = {position for position, flag in enumerate(flags) if flag}
    body, _ = batched_body(node.attributes["body"], 0, mapped, size)
    derivative = node.attributes["derivative"]
    rule = None if derivative is None else derivative.mapped(node, flags)
    return record("call", *inputs, **{**node.attributes, "body": body, "derivative": rule})


CALL = register(
    Operation(
        "call",
        Kind.CONTROL,
        lambda *_inputs, **_attributes: NO_ARRAY,
        _run,
        _reverse,
        _forward,
        batch=_batch,
        results=_results,
    )
)
