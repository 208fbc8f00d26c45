"""Derivatives of scan: forward with doubled carries, backward as a scan from the last step to the first."""

from collections.abc import Mapping, Sequence
from typing import Any

from sigma_core.graph._gradients import cotangents
from sigma_core.graph._graph import Graph
from sigma_core.graph._record import full, placeholder, record
from sigma_core.graph._replay import substituted
from sigma_core.graph._tangents import tangents
from sigma_core.graph._value import Value
from sigma_core.graph.control._loops import Loop
from sigma_core.graph.control._residuals import residue
from sigma_core.graph.operations._control import Parts
from sigma_core.graph.operations._operation import Shape


def forward(given: tuple[Any, ...], node: Value) -> Parts:
    """Each carry that moves has its tangent beside it as a carry of its own."""
    loop = Loop.of(node)
    moving, following = loop.varied([position for position, tangent in enumerate(given) if tangent is not None])
    directions = {position: _like(loop.body.inputs[position], "tangent") for position in sorted(moving)}
    moved = tangents(
        [loop.body.outputs[number] for number in sorted(following)],
        [loop.body.inputs[position] for position in directions],
        directions.values(),
    )
    along = dict(zip(sorted(following), moved, strict=True))
    carried = [number for number in range(loop.carries) if number in moving]
    stacked = [number for number in sorted(following) if number >= loop.carries]

    def both(values: Sequence[Value], extra: Mapping[int, Any], positions: range) -> list[Value]:
        return [
            *(values[position] for position in positions),
            *(extra[position] for position in positions if position in directions),
        ]

    starts = {
        position: _given(given[position], node.inputs[position].shape, node.inputs[position].dtype)
        for position in directions
    }
    roles = (range(loop.carries), loop.elements, loop.constants)
    # A carry that starts to move may be replaced by something that does not.
    after = [
        _given(along.get(number), loop.body.inputs[number].shape, loop.body.inputs[number].dtype) for number in carried
    ]
    body = Graph(
        [value for role in roles for value in both(loop.body.inputs, directions, role)],
        [*loop.body.outputs[: loop.carries], *after, *(along[number] for number in stacked)],
    )
    bundle = record(
        "scan",
        *(value for role in roles for value in both(node.inputs, starts, role)),
        **{
            **node.attributes,
            "body": body,
            "carries": loop.carries + len(carried),
            "sequences": loop.sequences + sum(position in directions for position in loop.elements),
        },
    )
    places = {number: loop.carries + place for place, number in enumerate([*carried, *stacked])}
    return Parts(
        record("pick", bundle, position=places[number]) if number in places else None
        for number in range(len(loop.body.outputs))
    )


def reverse(positions: tuple[int, ...], given: Parts, node: Value) -> list[Any]:
    """The steps in the other direction, each with what it left for that.

    What the way back carries are the cotangents of the carries, and the sums of what the constants are due.
    """
    loop, body = Loop.of(node), node.attributes["body"]
    varied, following = loop.varied(positions)
    needed = loop.needed([number for number, cotangent in enumerate(given) if cotangent is not None])
    carried = [number for number in range(loop.carries) if number in needed & varied]
    stacked = [number for number in sorted(needed & following) if number >= loop.carries]
    elements = [position for position in positions if position in loop.elements]
    constants = [position for position in positions if position in loop.constants]

    outputs = [body.outputs[number] for number in (*carried, *stacked)]
    due = [_like(value, "cotangent") for value in outputs]
    sums = [_like(body.inputs[position], "sum") for position in constants]
    wanted = [body.inputs[position] for position in (*carried, *constants, *elements)]
    parts = cotangents(outputs, wanted, due)
    first, last = len(carried), len(carried) + len(constants)
    totals = [total + part for total, part in zip(sums, parts[first:last], strict=True)]
    results = (*parts[:first], *totals, *parts[last:])

    left = residue(node, results, {value.index for value in (*due, *sums)})
    starts = [_given(given[number], body.outputs[number].shape, body.outputs[number].dtype) for number in carried]
    steps = node.attributes["length"]
    sequences = [
        _given(given[number], (steps, *body.outputs[number].shape), body.outputs[number].dtype) for number in stacked
    ]
    bundle = record(
        "scan",
        *(*starts, *(_given(None, value.shape, value.dtype) for value in sums)),
        *(*sequences, *left.stacks),
        *left.held,
        body=Graph(
            (*due[:first], *sums, *due[first:], *left.elements, *left.constants), substituted(results, left.replaced)
        ),
        carries=last,
        sequences=len(sequences) + len(left.stacks),
        length=steps,
        reverse=not node.attributes["reverse"],
    )
    places = {position: place for place, position in enumerate((*carried, *constants, *elements))}
    return [record("pick", bundle, position=places[each]) if each in places else None for each in positions]


def _like(value: Value, name: str) -> Value:
    return placeholder(value.shape, value.dtype, name)


def _given(value: Any, shape: Shape, dtype: Any) -> Value:
    """A tangent or cotangent, zeros where there is none."""
    return full(shape, 0, dtype) if value is None else value
