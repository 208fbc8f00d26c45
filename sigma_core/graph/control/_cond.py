"""Cond: one of two branches, of which only the chosen one runs."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from attrs import frozen

from sigma_core.errors import ShapeError, TraceError
from sigma_core.graph._batching import batched
from sigma_core.graph._evaluate import evaluate
from sigma_core.graph._gradients import cotangents, dependent
from sigma_core.graph._graph import Graph
from sigma_core.graph._record import cast, common_dtype, named_value, placeholder, record
from sigma_core.graph._replay import substituted
from sigma_core.graph._scope import place
from sigma_core.graph._structure import flatten, leaves_as, paths, unflatten
from sigma_core.graph._tangents import tangents
from sigma_core.graph._trace import is_static
from sigma_core.graph._value import Value
from sigma_core.graph.control._bodies import (
    born,
    closed,
    closures,
    named,
    parameter,
    picks,
    typed,
    values_of,
)
from sigma_core.graph.control._custom_derivative import MappedRules, Rules
from sigma_core.graph.operations import Kind, Operation, register
from sigma_core.graph.operations._control import NO_ARRAY, Parts, signatures
from sigma_core.graph.operations._operation import Signature
from sigma_core.graph.transforms._arguments import check_function, on_arrays_too

BRANCHES = ("when_true", "when_false")


def cond(predicate: Any, when_true: Callable[..., Any], when_false: Callable[..., Any], *operands: Any) -> Any:
    """`when_true(*operands)` where the predicate, a 0-d truth value, holds, and `when_false(*operands)` where not.

    Only the chosen branch runs, but both are traced, so they return the same containers, shapes and dtypes. They may
    close over values, and derivatives reach them; in reverse mode the chosen branch runs again on the way back. A
    Python truth value chooses at once. Raises ShapeError and TraceError for branches that differ.
    """
    for branch in (when_true, when_false):
        check_function("a branch of cond", branch)
    if isinstance(predicate, bool):
        return (when_true if predicate else when_false)(*operands)

    def recorded(predicate: Any, *operands: Any) -> Any:
        chosen = named_value(predicate, "the predicate of cond")
        if chosen.shape or chosen.dtype != np.bool_:
            raise ShapeError(
                place(), f"the predicate of cond is {typed(chosen)}", "bool[]", "compare, np.all or np.any"
            )
        leaves, structure = flatten(operands)
        named_leaves = zip(leaves, paths(structure), strict=True)
        values = [named_value(leaf, named("operand", path)) for leaf, path in named_leaves if not is_static(leaf)]
        given = [parameter(value, f"operand.{number}") for number, value in enumerate(values)]
        rest = iter(given)
        filled = [leaf if is_static(leaf) else next(rest) for leaf in leaves]
        start = born(given)
        first, built = values_of(when_true(*unflatten(structure, filled)), "result")
        other = leaves_as(built, when_false(*unflatten(structure, filled)))
        if other is None:
            raise TraceError(
                place(), "the branches of cond return results that are built differently", "the same nested containers"
            )
        names = paths(built)
        second = [named_value(leaf, named("result", path)) for leaf, path in zip(other, names, strict=True)]
        first, second = _agreed(first, second, names)
        captured = closures((*first, *second), start)
        bundle = _branched(chosen, (*values, *captured), closed(given, captured, first, second))
        return unflatten(built, picks(bundle, [a.weak and b.weak for a, b in zip(first, second, strict=True)]))

    return on_arrays_too(recorded)(predicate, *operands)


def _agreed(first: Sequence[Value], second: Sequence[Value], names: Sequence[str]) -> tuple[list[Value], list[Value]]:
    """The results of both branches in equal dtypes; Python numbers take the other's. Raises ShapeError."""
    pairs = []
    for a, b, name in zip(first, second, names, strict=True):
        dtype = common_dtype(a, b) if a.weak or b.weak else a.dtype
        fits = a.shape == b.shape and all(each.weak or each.dtype == dtype for each in (a, b))
        if not fits:
            raise ShapeError(
                place(),
                f"{named('result', name)} of cond is {typed(a)} when true and {typed(b)} when false",
                "equal shapes and dtypes",
            )
        weak = a.weak and b.weak
        pairs.append((cast(a, dtype, weak=weak), cast(b, dtype, weak=weak)))
    return [a for a, _ in pairs], [b for _, b in pairs]


def _branched(predicate: Value, operands: Iterable[Value], bodies: Iterable[Graph]) -> Value:
    when_true, when_false = bodies
    return record("cond", predicate, *operands, when_true=when_true, when_false=when_false)


def _results(when_true: Graph, **_others: Any) -> tuple[Signature, ...]:
    return tuple((value.shape, value.dtype) for value in when_true.outputs)


def _run(predicate: Any, *operands: Any, when_true: Graph, when_false: Graph) -> tuple[Any, ...]:
    return evaluate(when_true if predicate else when_false, *operands)


def _branches(node: Value, given: Sequence[Value]) -> list[tuple[Value, ...]]:
    """What either branch makes of other operands."""
    found = []
    for name in BRANCHES:
        branch = node.attributes[name]
        found.append(
            substituted(branch.outputs, {old.index: new for old, new in zip(branch.inputs, given, strict=True)})
        )
    return found


def _following(node: Value, positions: Sequence[int]) -> list[int]:
    """Results of which either branch changes when the inputs at these positions do."""
    following: set[int] = set()
    for name in BRANCHES:
        branch = node.attributes[name]
        path = dependent(branch.nodes, {branch.inputs[position - 1].index for position in positions})
        following |= {number for number, value in enumerate(branch.outputs) if value.index in path}
    return sorted(following)


def _reverse(positions: tuple[int, ...], given: Parts, node: Value) -> list[Any]:
    predicate, *operands = node.inputs
    asked = [number for number in _following(node, positions) if given[number] is not None]
    if not asked:
        return [None] * len(positions)
    inputs = [parameter(value, f"operand.{number}") for number, value in enumerate(operands)]
    wanted = [inputs[position - 1] for position in positions]
    types = signatures(node)
    due = [placeholder(*types[number], f"cotangent.{number}") for number in asked]
    bodies = (
        Graph((*inputs, *due), cotangents([outputs[number] for number in asked], wanted, due))
        for outputs in _branches(node, inputs)
    )
    bundle = _branched(predicate, (*operands, *(given[number] for number in asked)), bodies)
    return picks(bundle)


def _forward(given: tuple[Any, ...], node: Value) -> Parts:
    predicate, *operands = node.inputs
    moving = [position for position, tangent in enumerate(given) if tangent is not None]
    following = _following(node, moving)
    inputs = [parameter(value, f"operand.{number}") for number, value in enumerate(operands)]
    directions = [placeholder(inputs[position - 1].shape, inputs[position - 1].dtype, "tangent") for position in moving]
    along = [inputs[position - 1] for position in moving]
    bodies = (
        Graph((*inputs, *directions), tangents([outputs[number] for number in following], along, directions))
        for outputs in _branches(node, inputs)
    )
    bundle = _branched(predicate, (*operands, *(given[position] for position in moving)), bodies)
    moved = dict(zip(following, picks(bundle), strict=True))
    return Parts(moved.get(number) for number in range(len(signatures(node))))


def _batch(inputs: tuple[Any, ...], flags: tuple[bool, ...], node: Value) -> Value:
    """One predicate still chooses a branch; with a predicate for each element both run, and it chooses results."""
    size = next(value.shape[0] for value, flag in zip(inputs, flags, strict=True) if flag)
    predicate, *operands = inputs
    given = [parameter(value, f"operand.{number}") for number, value in enumerate(operands)]
    bodies = []
    for name in BRANCHES:
        branch = node.attributes[name]
        triples = list(zip(branch.inputs, given, flags[1:], strict=True))
        same = substituted(branch.outputs, {old.index: new for old, new, flag in triples if not flag})
        parts = batched(same, {old.index: new for old, new, flag in triples if flag}, size)
        bodies.append(
            Graph(
                given,
                [
                    np.broadcast_to(value, (size, *value.shape)) if part is None else part
                    for value, part in zip(same, parts, strict=True)
                ],
            )
        )
    if not flags[0]:
        return _branched(predicate, operands, bodies)
    chosen = parameter(predicate, "predicate")
    outputs = [
        np.where(chosen.reshape((size,) + (1,) * (a.ndim - 1)), a, b)
        for a, b in zip(bodies[0].outputs, bodies[1].outputs, strict=True)
    ]
    rules = MappedRules(BranchRules(node), node, flags)
    return record("call", predicate, *operands, body=Graph((chosen, *given), outputs), derivative=rules, apart=False)


@frozen(eq=False)
class BranchRules(Rules):
    """The derivatives of a cond for one element, of which mapped ones are chosen as results are.

    Derivatives of the choice itself would multiply what is infinite in the other branch with zero, which is NaN.
    """

    node: Value

    def own(self, node: Value, positions: Iterable[int]) -> Sequence[Value]:  # noqa: ARG002  # all have derivatives
        """All inputs."""
        return node.inputs

    def cotangents(self, inputs: Sequence[Value], outputs: Sequence[Value], given: Sequence[Any]) -> list[Any]:  # noqa: ARG002
        """Of the chosen branch, in one branch again."""
        positions = [place for place, value in enumerate(inputs) if value.dtype.kind == "f"]
        due = _reverse(tuple(positions), Parts(given), self.node.with_inputs(tuple(inputs)))
        by_position = dict(zip(positions, due, strict=True))
        return [by_position.get(place) for place in range(len(inputs))]

    def tangents(self, inputs: Sequence[Value], outputs: Sequence[Value], given: Sequence[Any]) -> list[Any]:  # noqa: ARG002
        """Of the chosen branch, in one branch again."""
        return [*_forward(tuple(given), self.node.with_inputs(tuple(inputs)))]


COND = register(
    Operation(
        "cond",
        Kind.CONTROL,
        lambda *_inputs, **_attributes: NO_ARRAY,
        _run,
        _reverse,
        _forward,
        batch=_batch,
        results=_results,
    )
)
