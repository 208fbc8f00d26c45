"""While loop: a body that runs as long as a condition on what it carries holds."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from sigma_core.errors import ShapeError
from sigma_core.graph._batching import batched
from sigma_core.graph._evaluate import evaluate
from sigma_core.graph._gradients import cotangents
from sigma_core.graph._graph import Graph
from sigma_core.graph._record import as_value, constant, full, placeholder, record
from sigma_core.graph._replay import substituted
from sigma_core.graph._scope import place
from sigma_core.graph._structure import paths, unflatten
from sigma_core.graph._tangents import tangents
from sigma_core.graph._value import Value
from sigma_core.graph.control._bodies import (
    born,
    closed,
    closures,
    parameter,
    picks,
    steady,
    steps_of,
    typed,
    values_of,
)
from sigma_core.graph.control._cond import cond
from sigma_core.graph.control._loops import Loop
from sigma_core.graph.control._scan import scan
from sigma_core.graph.control._scan_batching import batched_body
from sigma_core.graph.operations import Kind, Operation, register
from sigma_core.graph.operations._control import NO_ARRAY, Parts
from sigma_core.graph.operations._operation import Signature
from sigma_core.graph.transforms._arguments import check_function, on_arrays_too


def while_loop(
    condition: Callable[[Any], Any], body: Callable[[Any], Any], initial: Any, *, most: int | None = None
) -> Any:
    """Run `carry = body(carry)` as long as `condition(carry)`, a 0-d truth value, holds; returns the last carry.

    The carry is a nested container of arrays that keeps its shapes and dtypes. Both functions may close over values,
    and derivatives reach those of the body. With `most` the loop ends after so many steps even if the condition still
    holds.

    In reverse mode a loop with `most` records that many steps, in memory that grows with `most`. One without keeps
    nothing, for nobody knows how long it will be: the way back makes the carry of each step anew from the first, which
    takes as many runs of the body as half the square of the number of steps.

    Raises ShapeError for a carry that changes and a condition that is something else, TraceError for a carry that is
    built differently.
    """
    check_function("the condition of while_loop", condition)
    check_function("the body of while_loop", body)
    most = None if most is None else steps_of("while_loop", most)

    def recorded(initial: Any) -> Any:
        carries, structure = values_of(initial, "carry")
        while True:
            names = [f"carry.{path}" for path in paths(structure)]
            given = [parameter(value, name) for value, name in zip(carries, names, strict=True)]
            carry = unflatten(structure, given)
            holds = _truth(condition(carry))
            started, made = steady("while_loop", structure, carries, body(carry))
            if all(new is old for new, old in zip(started, carries, strict=True)):
                break
            carries = started
        if most is not None:
            return _bounded(condition, body, unflatten(structure, carries), most)
        captured = closures((holds, *made), born(given))
        goes_on, step = closed(given, captured, [holds], made)
        bundle = record("while_loop", *carries, *captured, condition=goes_on, body=step, carries=len(carries))
        return unflatten(structure, picks(bundle, [value.weak for value in made]))

    return on_arrays_too(recorded)(initial)


def _truth(result: Any) -> Value:
    value = as_value(result)
    if value.shape or value.dtype != np.bool_:
        raise ShapeError(
            place(), f"the condition of while_loop is {typed(value)}", "bool[]", "compare, np.all or np.any"
        )
    return value


def _bounded(condition: Callable[[Any], Any], body: Callable[[Any], Any], initial: Any, most: int) -> Any:
    """A scan whose steps do nothing once the condition fails."""

    def step(state: tuple[Any, Any], _element: None) -> tuple[Any, None]:
        carry, goes_on = state
        after = cond(goes_on, body, lambda carry: carry, carry)
        return (after, goes_on & condition(after)), None

    (final, _), _ = scan(step, (initial, condition(initial)), length=most)
    return final


def _results(body: Graph, **_others: Any) -> tuple[Signature, ...]:
    return tuple((value.shape, value.dtype) for value in body.outputs)


def _run(*arrays: Any, condition: Graph, body: Graph, carries: int) -> tuple[Any, ...]:
    carry, constants = arrays[:carries], arrays[carries:]
    while evaluate(condition, *carry, *constants)[0]:
        carry = evaluate(body, *carry, *constants)
    return carry


def _forward(given: tuple[Any, ...], node: Value) -> Parts:
    """Each carry that moves has its tangent beside it; the condition looks at the carries alone."""
    loop, body = Loop.of(node), node.attributes["body"]
    moving, following = loop.varied([position for position, tangent in enumerate(given) if tangent is not None])
    carried = [number for number in range(loop.carries) if number in moving]
    constants = [position for position in loop.constants if position in moving]
    directions = {position: _like(body.inputs[position], "tangent") for position in (*carried, *constants)}
    ends = [number for number in carried if number in following]
    along = [body.inputs[position] for position in directions]
    moved = dict(
        zip(ends, tangents([body.outputs[number] for number in ends], along, directions.values()), strict=True)
    )
    after = [moved[number] if number in moved else np.zeros_like(body.inputs[number]) for number in carried]

    def arranged(values: Sequence[Value], extra: Mapping[int, Any]) -> list[Value]:
        first, last = values[: loop.carries], values[loop.carries :]
        return [*first, *(extra[number] for number in carried), *last, *(extra[position] for position in constants)]

    starts = {
        position: np.zeros_like(node.inputs[position]) if given[position] is None else given[position]
        for position in directions
    }
    condition = node.attributes["condition"]
    unread = {position: _like(value, "tangent") for position, value in directions.items()}
    bundle = record(
        "while_loop",
        *arranged(node.inputs, starts),
        condition=Graph(arranged(condition.inputs, unread), condition.outputs),
        body=Graph(arranged(body.inputs, directions), (*body.outputs, *after)),
        carries=loop.carries + len(carried),
    )
    places = {number: loop.carries + place for place, number in enumerate(carried)}
    return Parts(
        record("pick", bundle, position=places[number]) if number in places else None for number in range(loop.carries)
    )


def _reverse(positions: tuple[int, ...], given: Parts, node: Value) -> list[Any]:
    """From the last step to the first; the carry that a step began with is made anew from the very first."""
    loop, body = Loop.of(node), node.attributes["body"]
    varied, _ = loop.varied(positions)
    needed = loop.needed([number for number, cotangent in enumerate(given) if cotangent is not None])
    carried = [number for number in range(loop.carries) if number in needed & varied]
    constants = [position for position in positions if position in loop.constants]
    zero = constant(0, np.int64)

    counter = placeholder((), np.int64, "steps")
    counted = _with_counter(loop, node.attributes["condition"], counter)
    steps = record("pick", record("while_loop", zero, *node.inputs, **counted), position=0)

    left = placeholder((), np.int64, "left")
    inputs = [parameter(value, value.attributes["name"]) for value in body.inputs]
    due = [_like(body.outputs[number], "cotangent") for number in carried]
    sums = [_like(body.inputs[position], "sum") for position in constants]
    before = left - 1
    until = placeholder((), np.int64, "until")
    step = [counter, *body.inputs[: loop.carries], until, *body.inputs[loop.carries :]]
    again = record(
        "while_loop",
        *(zero, *inputs[: loop.carries], before, *inputs[loop.carries :]),
        condition=Graph(step, [counter < until]),
        body=Graph(step, [counter + 1, *body.outputs]),
        carries=loop.carries + 1,
    )
    begun = [*picks(again, [False, *(value.weak for value in body.outputs)])[1:], *inputs[loop.carries :]]
    outputs = substituted(
        [body.outputs[number] for number in carried],
        {old.index: new for old, new in zip(body.inputs, begun, strict=True)},
    )
    parts = cotangents(outputs, [begun[position] for position in (*carried, *constants)], due)
    totals = [total + part for total, part in zip(sums, parts[len(carried) :], strict=True)]
    everything = (left, *due, *sums, *inputs)
    bundle = record(
        "while_loop",
        steps,
        *(np.zeros_like(body.outputs[number]) if given[number] is None else given[number] for number in carried),
        *(full(value.shape, 0, value.dtype) for value in sums),
        *node.inputs,
        condition=Graph(everything, [left > 0]),
        body=Graph(everything, [before, *parts[: len(carried)], *totals]),
        carries=1 + len(carried) + len(sums),
    )
    places = {position: 1 + place for place, position in enumerate((*carried, *constants))}
    return [record("pick", bundle, position=places[each]) if each in places else None for each in positions]


def _with_counter(loop: Loop, condition: Graph, counter: Value) -> dict[str, Any]:
    """The attributes of the loop with the number of its steps as the first carry."""
    return {
        "condition": Graph((counter, *condition.inputs), condition.outputs),
        "body": Graph((counter, *loop.body.inputs), [counter + 1, *loop.body.outputs]),
        "carries": loop.carries + 1,
    }


def _batch(inputs: tuple[Any, ...], flags: tuple[bool, ...], node: Value) -> Value:
    """One condition ends all at once; with one for each element, the loop goes on until all are done."""
    loop, condition = Loop.of(node), node.attributes["condition"]
    size = next(value.shape[0] for value, flag in zip(inputs, flags, strict=True) if flag)
    body, mapped = batched_body(
        loop.body, loop.carries, {position for position, flag in enumerate(flags) if flag}, size
    )
    if (holds := _holds(condition, body.inputs, mapped, size)) is None:
        pairs = {old.index: new for old, new in zip(condition.inputs, body.inputs, strict=True)}
        holds = Graph(body.inputs, substituted(condition.outputs, pairs))
        given = _widened(inputs, flags, mapped, size)
        return record("while_loop", *given, condition=holds, body=body, carries=loop.carries)
    body, mapped = batched_body(loop.body, loop.carries, mapped | set(range(loop.carries)), size)
    given = _widened(inputs, flags, mapped, size)
    goes_on = placeholder((size,), np.bool_, "goes_on")
    # An element that is done keeps its carry: a branch, whose derivatives see nothing of what the body makes then.
    alone, single = placeholder((), np.bool_, "goes_on"), loop.body.inputs
    kept = Graph(single, single[: loop.carries])
    step = picks(record("cond", alone, *single, when_true=loop.body, when_false=kept))
    pairs = {
        old.index: new for place, (old, new) in enumerate(zip(single, body.inputs, strict=True)) if place in mapped
    }
    after: list[Any] = [*batched(step, {**pairs, alone.index: goes_on}, size)]
    first, constants = body.inputs[: loop.carries], body.inputs[loop.carries :]
    everything = (*first, goes_on, *constants)
    return record(
        "while_loop",
        *(*given[: loop.carries], _holds(condition, given, mapped, size), *given[loop.carries :]),
        condition=Graph(everything, [np.any(goes_on)]),
        body=Graph(everything, [*after, _holds(condition, (*after, *constants), mapped, size)]),
        carries=loop.carries + 1,
    )


def _holds(condition: Graph, given: Sequence[Value], mapped: set[int], size: int) -> Any:
    """The condition for each element; None if it is the same for all."""
    pairs = [
        (old.index, new, place in mapped) for place, (old, new) in enumerate(zip(condition.inputs, given, strict=True))
    ]
    same = substituted(condition.outputs, {old: new for old, new, is_mapped in pairs if not is_mapped})
    (holds,) = batched(same, {old: new for old, new, is_mapped in pairs if is_mapped}, size)
    return holds


def _like(value: Value, name: str) -> Value:
    return placeholder(value.shape, value.dtype, name)


def _widened(inputs: Sequence[Value], flags: Sequence[bool], mapped: set[int], size: int) -> list[Any]:
    return [
        np.broadcast_to(value, (size, *value.shape)) if position in mapped and not flag else value
        for position, (value, flag) in enumerate(zip(inputs, flags, strict=True))
    ]


WHILE_LOOP = register(
    Operation(
        "while_loop",
        Kind.CONTROL,
        lambda *_inputs, **_attributes: NO_ARRAY,
        _run,
        _reverse,
        _forward,
        batch=_batch,
        results=_results,
    )
)
