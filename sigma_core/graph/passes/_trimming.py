"""What nobody needs of operations with bodies: results, carries, inputs."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sigma_core.graph._graph import Graph, reachable
from sigma_core.graph._record import record
from sigma_core.graph._replay import substituted
from sigma_core.graph._value import Value
from sigma_core.graph.control._bodies import is_plain
from sigma_core.graph.control._loops import Loop
from sigma_core.graph.passes._bundles import Results, rewrite_bundles

GIVING: Mapping[str, tuple[str, ...]] = {
    "scan": ("body",),
    "while_loop": ("body",),
    "cond": ("when_true", "when_false"),
    "call": ("body",),
}
"""Attributes that are graphs which give the results."""
ASKING: Mapping[str, tuple[str, ...]] = {"while_loop": ("condition",)}
"""Those that only look at the carries."""


def trim_bundles(graph: Graph) -> Graph:
    """Results that nobody reads fall away, and so do carries and inputs that nothing needs any more.

    A carry that no step changes is a constant; numbers, and what is given twice, are no inputs.
    """
    return rewrite_bundles(graph, _trimmed)


def _trimmed(node: Value, picked: Collection[int]) -> Results | None:
    name, attributes = node.operation.name, node.attributes
    if name not in GIVING:
        return None
    giving = {word: attributes[word] for word in GIVING[name]}
    asking = {word: attributes[word] for word in ASKING.get(name, ())}
    main, *_ = giving.values()
    # The predicate of a branch is no input of its bodies.
    ahead = len(node.inputs) - len(main.inputs)
    loop = Loop(main, attributes.get("carries", 0), attributes.get("sequences", 0), node.inputs[ahead:])
    needed = loop.needed({*picked, *_watched(loop, asking.values())})
    unchanged = {number for number in range(loop.carries) if main.outputs[number] is main.inputs[number]}
    carried = [number for number in range(loop.carries) if number in needed - unchanged]
    first = _first(needed, loop.carries, list(giving.values()))
    ends = [*carried, *dict.fromkeys(first.values())]
    bodies = {**giving, **asking}
    outputs = [[body.outputs[number] for number in ends] for body in giving.values()]
    outputs += [list(body.outputs) for body in asking.values()]
    roles = (carried, loop.elements, sorted({*loop.constants, *unchanged}))
    replaced, kept = _inputs(loop.inputs, list(bodies.values()), outputs, roles)
    if len(ends) == len(main.outputs) and sum(map(len, kept)) == len(loop.inputs):
        return None
    order = [position for role in kept for position in role]
    better: dict[str, Any] = {
        word: Graph([body.inputs[position] for position in order], substituted(each, known))
        for (word, body), each, known in zip(bodies.items(), outputs, replaced, strict=True)
    }
    counts = {"carries": len(kept[0]), "sequences": len(kept[1])}
    better |= {word: count for word, count in counts.items() if word in attributes}
    given = (*node.inputs[:ahead], *(loop.inputs[position] for position in order))
    bundle = record(name, *given, **{**attributes, **better})
    places = {number: place for place, number in enumerate(ends)}
    places |= {number: places[other] for number, other in first.items()}
    found = {number: loop.inputs[number] for number in unchanged}
    for number, place in places.items():
        # What a scan has stacked is no single number any more.
        is_whole = name != "scan" or number < loop.carries
        weak = is_whole and all(body.outputs[number].weak for body in giving.values())
        found[number] = record("pick", bundle, weak=weak, position=place)
    return found


def _watched(loop: Loop, asking: Iterable[Graph]) -> set[int]:
    """The carries that a condition looks at."""
    read = [(body, {node.index for node in body.nodes}) for body in asking]
    return {number for number in range(loop.carries) if any(body.inputs[number].index in seen for body, seen in read)}


def _first(needed: Collection[int], carries: int, giving: Sequence[Graph]) -> dict[int, int]:
    """For each result that is needed the first one that is the same."""
    known: dict[tuple[int, ...], int] = {}
    numbers = (number for number in sorted(needed) if number >= carries)
    return {
        number: known.setdefault(tuple(body.outputs[number].index for body in giving), number) for number in numbers
    }


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
