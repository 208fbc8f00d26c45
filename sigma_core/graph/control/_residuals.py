"""Residuals: which values of a step are kept for the way back, and which are made again from those.

What a step's derivative reads is kept, except where it follows from other kept values, or from fewer bytes, by cheap
arithmetic: of a sigmoid that is written out only the exponential is kept.
"""

from bisect import insort
from collections.abc import Collection, Iterable

from attrs import frozen

from sigma_core.graph._graph import Graph
from sigma_core.graph._record import record
from sigma_core.graph._replay import dependents, substituted
from sigma_core.graph._value import Value
from sigma_core.graph.control._bodies import parameter
from sigma_core.graph.control._loops import Loop

CHEAP = frozenset(
    {
        *("positive", "negative", "add", "subtract", "multiply", "divide", "reciprocal", "square", "absolute", "sign"),
        *(
            "maximum",
            "minimum",
            "where",
            "cast",
            "equal",
            "not_equal",
            "less",
            "less_equal",
            "greater",
            "greater_equal",
        ),
        *("logical_and", "logical_or", "logical_xor", "logical_not"),
    }
)
"""Element-wise operations that cost no more than reading their result from memory."""
DEPTH = 4
"""Operations, one on the other, by which a value may be made again; views do not count."""


@frozen(eq=False)
class Residue:
    """What the way back of a scan gets from the way there."""

    elements: tuple[Value, ...]
    """Placeholders for what differs from step to step."""
    stacks: tuple[Value, ...]
    """The values of all steps, for each of those."""
    constants: tuple[Value, ...]
    """Placeholders for what is the same in all steps."""
    held: tuple[Value, ...]
    """What is that."""
    replaced: dict[int, Value]
    """The placeholders that stand for values of the step, by index of these."""


def residue(node: Value, outputs: Iterable[Value], late: Collection[int]) -> Residue:
    """What outputs of the way back need besides the `late` values, by index, which are known only then.

    What depends on constants only is computed outside of the loop; the rest becomes further results of the scan.
    """
    loop = Loop.of(node)
    body, attributes = loop.body, node.attributes
    sources = {value.index for value in body.inputs[: loop.carries + loop.sequences]}
    varying = sources | {each.index for each in dependents((*body.outputs, *outputs), sources)}
    stacked = list(body.outputs)
    elements: list[Value] = []
    constants: list[Value] = []
    for value in _kept(outputs, late, _free(loop, varying)):
        (elements if value.index in varying else constants).append(value)
    taken = {body.inputs[position].index: loop.inputs[position] for position in loop.elements}
    places: dict[int, int] = {value.index: place for place, value in enumerate(stacked) if place >= loop.carries}
    for value in elements:
        if value.index not in taken and value.index not in places:
            places[value.index] = len(stacked)
            stacked.append(value)
    if len(stacked) > len(body.outputs):
        node = record("scan", *node.inputs, **{**attributes, "body": Graph(body.inputs, stacked)})
    stacks = [
        taken[value.index] if value.index in taken else record("pick", node, position=places[value.index])
        for value in elements
    ]
    outside = {value.index: each for value, each in zip(body.inputs, node.inputs, strict=True)}
    standing = {
        value.index: parameter(value, f"residual.{number}") for number, value in enumerate((*elements, *constants))
    }
    return Residue(
        tuple(standing[value.index] for value in elements),
        tuple(stacks),
        tuple(standing[value.index] for value in constants),
        substituted(constants, outside),
        standing,
    )


def _free(loop: Loop, varying: Collection[int]) -> set[int]:
    """What costs no memory: sequences, constants, results, and carries of which each new one is a result as well."""
    body = loop.body
    results = {value.index for value in body.outputs[loop.carries :]}
    shared = {body.inputs[number].index for number in range(loop.carries) if body.outputs[number].index in results}
    same = {node.index for node in body.nodes if node.index not in varying}
    return same | results | shared | {body.inputs[position].index for position in loop.elements}


def _kept(outputs: Iterable[Value], late: Collection[int], free: Collection[int]) -> list[Value]:
    """What to keep, where `free` values, by index, cost no memory. Numbers need not be kept."""
    outputs = tuple(outputs)
    computed = dependents(outputs, late)
    inside = {*late, *(node.index for node in computed)}
    read = [*outputs, *(value for node in computed for value in node.inputs)]
    kept = {value.index: value for value in read if value.index not in inside and not _is_number(value)}
    depth = dict.fromkeys(kept, 0)
    waiting = sorted(kept)
    while waiting:
        node = kept[waiting.pop()]
        if not _is_cheap(node):
            continue
        parts = {value.index: value for value in node.inputs if not _is_number(value)}
        cost = sum(value.nbytes for index, value in parts.items() if index not in kept and index not in free)
        deep = depth[node.index] + (not node.operation.is_view)
        if deep > DEPTH or cost > (0 if node.index in free else node.nbytes):
            continue
        del kept[node.index]
        for index, value in parts.items():
            if index not in kept:
                kept[index] = value
                insort(waiting, index)
            depth[index] = max(depth.get(index, 0), deep)
    return [kept[index] for index in sorted(kept)]


def _is_number(value: Value) -> bool:
    while value.operation.is_view and value.inputs:
        value = value.inputs[0]
    return value.operation.name == "constant"


def _is_cheap(node: Value) -> bool:
    return node.operation.is_view or node.operation.name in CHEAP
