"""A program run node by node in plain NumPy, and the node with which numbers begin to be no numbers.

What counts is what the outputs see: an infinity that `np.where` drops is no fault. From an output that is not finite
the way leads back, from node to operand, to the node that made it of finite numbers.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from attrs import evolve, frozen

from sigma_core.backends.debug._faults import Spot, not_as_typed, raised
from sigma_core.graph import Graph, signatures


@frozen
class _Marks:
    """What a result holds beside finite numbers."""

    nan: bool = False
    infinite: bool = False

    @property
    def is_finite(self) -> bool:
        return not (self.nan or self.infinite)


def walk(
    graph: Graph, arrays: Sequence[Any], body: str = "", loop: tuple[int, ...] = ()
) -> tuple[tuple[Any, ...], Spot | None]:
    """The outputs for one array per input, and what made one of them not finite, if any is.

    A graph that is the `body` of a control operation runs in steps of a `loop`. Raises OperationError where an
    implementation fails or gives something else than its rule says.
    """
    given = {value.index: np.asarray(array) for value, array in zip(graph.inputs, arrays, strict=True)}
    results: dict[int, Any] = {}
    marks: dict[int, _Marks] = {}
    causes: dict[int, Spot] = {}
    for number, node in enumerate(graph.nodes):
        operands = tuple(results[value.index] for value in node.inputs)
        spot = Spot(node, number, operands, body, loop)
        result = given[node.index] if node.index in given else _computed(spot)
        results[node.index], marks[node.index] = result, _marks(result)
        if not marks[node.index].is_finite:
            causes[node.index] = _cause(evolve(spot, result=result), marks, causes)
    outputs = tuple(results[value.index] for value in graph.outputs)
    found = [causes[value.index] for value in graph.outputs if value.index in causes]
    # An infinity that the program itself holds is what its author wanted.
    faults = [each for each in found if each.node.operation.name != "constant" or marks[each.node.index].nan]
    first = min(faults, key=lambda each: each.number, default=None)
    return outputs, None if first is None else _inside(first)


def _computed(spot: Spot) -> Any:
    node = spot.node
    try:
        with np.errstate(all="ignore"):
            result = node.operation.implementation(*spot.operands, **node.attributes)
    except Exception as error:
        raise raised(spot, error) from error
    results = tuple(np.asarray(each) for each in (result if node.operation.is_bundle else (result,)))
    types = signatures(node) if node.operation.is_bundle else ((node.shape, node.dtype),)
    if [(each.shape, each.dtype) for each in results] != list(types):
        raise not_as_typed(spot, results, " and ".join(f"{dtype}{list(shape)}" for shape, dtype in types))
    return results if node.operation.is_bundle else results[0]


def _marks(result: Any) -> _Marks:
    if isinstance(result, tuple):
        each = [_marks(part) for part in result]
        return _Marks(any(one.nan for one in each), any(one.infinite for one in each))
    if result.dtype.kind != "f" or np.isfinite(result).all():
        return _Marks()
    return _Marks(bool(np.isnan(result).any()), bool(np.isinf(result).any()))


def _cause(own: Spot, marks: dict[int, _Marks], causes: dict[int, Spot]) -> Spot:
    """Where a result that is not finite comes from: NaN from NaN if there is any, else from an infinity, else anew."""
    inputs = [value.index for value in own.node.inputs]
    if marks[own.node.index].nan:
        carried = [causes[index] for index in inputs if marks[index].nan]
        if carried:
            return min(carried, key=lambda each: each.number)
    infinite = [causes[index] for index in inputs if marks[index].infinite]
    made = [each for each in infinite if not each.is_given]
    if made:
        return min(made, key=lambda each: each.number)
    # NaN made of infinities that were given is made here; an infinity is just handed on.
    return own if marks[own.node.index].nan or not infinite else infinite[0]


def _inside(cause: Spot) -> Spot:
    """The node in the body of a control operation, where the cause is one."""
    for name, operands, loop in _runs(cause):
        body = f"{cause.body}%{cause.number}.{name}"
        _, found = walk(cause.node.attributes[name], operands, body, (*cause.loop, *loop))
        if found is not None and not found.is_given:
            return found
    return cause


def _runs(cause: Spot) -> Iterator[tuple[str, Sequence[Any], tuple[int, ...]]]:
    """The bodies that a control operation runs, one after the other: attribute, inputs, step of the loop."""
    attributes, operands = cause.node.attributes, cause.operands
    name = cause.node.operation.name
    if name == "call":
        yield "body", operands, ()
    elif name == "cond":
        yield "when_true" if operands[0] else "when_false", operands[1:], ()
    elif name == "scan":
        carries, rest = operands[: attributes["carries"]], operands[attributes["carries"] :]
        sequences, constants = rest[: attributes["sequences"]], rest[attributes["sequences"] :]
        steps = range(attributes["length"])
        for step in reversed(steps) if attributes["reverse"] else steps:
            inputs = (*carries, *(each[step] for each in sequences), *constants)
            yield "body", inputs, (step,)
            carries = walk(attributes["body"], inputs)[0][: len(carries)]
    elif name == "while_loop":
        carries, constants = operands[: attributes["carries"]], operands[attributes["carries"] :]
        step = 0
        while walk(attributes["condition"], (*carries, *constants))[0][0]:
            yield "body", (*carries, *constants), (step,)
            carries = walk(attributes["body"], (*carries, *constants))[0]
            step += 1
