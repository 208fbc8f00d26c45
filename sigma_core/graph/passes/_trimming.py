"""What nobody needs of operations with bodies: results, carries, inputs."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sigma_core.graph._graph import Graph, reachable
from sigma_core.graph._record import record
from sigma_core.graph._replay import substituted
from sigma_core.graph._value import Value
from sigma_core.graph.control._bodies import is_plain
from sigma_core.graph.control._loops import Loop
from sigma_core.graph.passes._bundles import Results, rewrite_bundles

BODIES: Mapping[str, tuple[str, ...]] = {
    "scan": ("body",),
    "while_loop": ("body", "condition"),
    "cond": ("when_true", "when_false"),
    "call": ("body",),
}
"""Attributes that are graphs, the first of them being the one that gives the results."""


def trim_bundles(graph: Graph) -> Graph:
    """Results that nobody reads fall away, and so do carries and inputs that nothing needs any more.

    A carry that no step changes is a constant; numbers, and what is given twice, are no inputs.
    """
    return rewrite_bundles(graph, _trimmed)


def _trimmed(node: Value, picked: Collection[int]) -> Results | None:
    names = BODIES.get(node.operation.name)
    if names is None:
        return None
    bodies = [node.attributes[name] for name in names]
    main = bodies[0]
    # The predicate of a branch is no input of its bodies.
    ahead = len(node.inputs) - len(main.inputs)
    inputs = node.inputs[ahead:]
    carries, sequences = node.attributes.get("carries", 0), node.attributes.get("sequences", 0)
    loop = Loop(main, carries, sequences, inputs)
    asked = {node.index for body in bodies[1:] for node in body.nodes} if carries else set()
    watched = {number for number in range(carries) if any(body.inputs[number].index in asked for body in bodies[1:])}
    needed = loop.needed({*picked, *watched})
    unchanged = {number for number in range(carries) if main.outputs[number] is main.inputs[number]}
    carried = [number for number in range(carries) if number in needed and number not in unchanged]
    results: dict[int, int] = {}
    for number in sorted(needed):
        if number >= carries:
            results.setdefault(main.outputs[number].index, number)
    ends = [*carried, *results.values()]
    places = {number: place for place, number in enumerate(ends)}
    alike = {number: places[results[main.outputs[number].index]] for number in needed if number >= carries}

    outputs = [
        [main.outputs[number] for number in ends],
        *([body.outputs[number] for number in ends] if not carries else list(body.outputs) for body in bodies[1:]),
    ]
    replaced, kept = _inputs(inputs, bodies, outputs, (carried, loop.elements, sorted({*loop.constants, *unchanged})))
    if len(ends) == len(main.outputs) and sum(map(len, kept)) == len(inputs):
        return None
    order = [position for role in kept for position in role]
    counts = {"carries": len(kept[0]), "sequences": len(kept[1])}
    new: dict[str, Any] = {
        name: Graph([body.inputs[position] for position in order], substituted(each, known))
        for name, body, each, known in zip(names, bodies, outputs, replaced, strict=True)
    }
    new |= {name: count for name, count in counts.items() if name in node.attributes}
    bundle = record(
        node.operation.name,
        *node.inputs[:ahead],
        *(inputs[position] for position in order),
        **{**node.attributes, **new},
    )
    found = {number: inputs[number] for number in unchanged}
    for number in needed:
        place = places.get(number, alike.get(number))
        if place is not None:
            weak = number < carries and main.outputs[number].weak
            found[number] = record("pick", bundle, weak=weak, position=place)
    return found


def _inputs(
    inputs: Sequence[Value],
    bodies: Sequence[Graph],
    outputs: Sequence[Sequence[Value]],
    roles: Sequence[Sequence[int]],
) -> tuple[list[dict[int, Value]], list[list[int]]]:
    """What stands for inputs that are numbers or given twice, for each body; and which stay, for each role."""
    replaced: list[dict[int, Value]] = [{} for _ in bodies]
    carried, elements, constants = roles
    for role in (elements, constants):
        first: dict[int, int] = {}
        for position in role:
            value = inputs[position]
            same = first.setdefault(value.index, position)
            number = _number(value, bodies[0].inputs[position].shape)
            for known, body in zip(replaced, bodies, strict=True):
                if number is not None:
                    known[body.inputs[position].index] = number
                elif same != position:
                    known[body.inputs[position].index] = body.inputs[same]
    read: set[int] = set()
    for body, each, known in zip(bodies, outputs, replaced, strict=True):
        reached = {node.index for node in reachable(substituted(each, known))}
        read |= {position for position, value in enumerate(body.inputs) if value.index in reached}
    return replaced, [
        list(carried),
        [position for position in elements if position in read],
        [position for position in constants if position in read],
    ]


def _number(value: Value, shape: tuple[int, ...]) -> Value | None:
    """A constant of the program as one of the body, of a step's shape."""
    if not is_plain(value):
        return None
    if value.shape == shape:
        return value
    while value.operation.name == "broadcast_to":
        (value,) = value.inputs
    return record("broadcast_to", value, shape=shape) if not value.shape else None
