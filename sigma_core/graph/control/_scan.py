"""Scan: a body that goes along sequences and carries something from step to step."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from sigma_core.errors import ShapeError, TraceError
from sigma_core.graph._evaluate import evaluate
from sigma_core.graph._graph import Graph
from sigma_core.graph._record import placeholder, record
from sigma_core.graph._scope import place
from sigma_core.graph._structure import paths, unflatten
from sigma_core.graph._value import Value
from sigma_core.graph.control._bodies import (
    born,
    closed,
    closures,
    named,
    parameter,
    picks,
    steady,
    steps_of,
    values_of,
)
from sigma_core.graph.control._scan_batching import batch
from sigma_core.graph.control._scan_derivatives import forward, reverse
from sigma_core.graph.operations import Kind, Operation, register
from sigma_core.graph.operations._control import NO_ARRAY
from sigma_core.graph.operations._operation import Signature
from sigma_core.graph.transforms._arguments import check_function, described, on_arrays_too


def scan(
    body: Callable[[Any, Any], tuple[Any, Any]],
    initial: Any,
    sequences: Any = None,
    *,
    length: int | None = None,
    reverse: bool = False,
) -> tuple[Any, Any]:
    """Go along the first axis of sequences: `body(carry, element)` returns the next carry, and a result of the step.

    Returns the last carry, and the results of all steps stacked along a new first axis. Carry, sequences and results
    are nested containers of arrays, or None where there are none; without sequences `length` says how many steps there
    are. With `reverse` the steps go from the last element to the first, and results stay at their element's place. The
    body is traced once, so the carry keeps its shapes and dtypes. It may close over values, and derivatives reach them.

    Derivatives in reverse mode keep what they need of every step: memory grows with the length. Raises ShapeError for
    a carry that changes and sequences that do not fit each other, TraceError for a body that returns something else.
    """
    check_function("the body of scan", body)

    def recorded(initial: Any, sequences: Any) -> tuple[Any, Any]:
        carries, carried = values_of(initial, "carry")
        along, taken = values_of(sequences, "sequence")
        steps = _length(along, paths(taken), length)
        elements = [
            placeholder(value.shape[1:], value.dtype, f"element.{path}")
            for value, path in zip(along, paths(taken), strict=True)
        ]
        while True:
            given = [parameter(value, f"carry.{path}") for value, path in zip(carries, paths(carried), strict=True)]
            after, result = _pair(body(unflatten(carried, given), unflatten(taken, elements)))
            started, made = steady("scan", carried, carries, after)
            if all(new is old for new, old in zip(started, carries, strict=True)):
                break
            carries = started
        outcome, results = values_of(result, "result")
        captured = closures((*made, *outcome), born(given, elements))
        (step,) = closed((*given, *elements), captured, (*made, *outcome))
        bundle = record(
            "scan",
            *(*carries, *along, *captured),
            body=step,
            carries=len(carries),
            sequences=len(along),
            length=steps,
            reverse=reverse,
        )
        values = picks(bundle, [value.weak for value in made])
        return unflatten(carried, values[: len(carries)]), unflatten(results, values[len(carries) :])

    final: tuple[Any, Any] = on_arrays_too(recorded)(initial, sequences)
    return final


def _length(along: Sequence[Value], names: Sequence[str], length: int | None) -> int:
    """The number of steps; raises ShapeError."""
    for value, name in zip(along, names, strict=True):
        if not value.ndim:
            raise ShapeError(place(), f"{named('sequence', name)} of scan has no axis to go along", "one axis or more")
    length = None if length is None else steps_of("scan", length)
    sizes = {value.shape[0] for value in along}
    if len(sizes) > 1:
        each = ", ".join(f"{name} {value.shape[0]}" for value, name in zip(along, names, strict=True))
        raise ShapeError(place(), f"the sequences of scan are of different lengths: {each}", "equal first axes")
    if length is None and not sizes:
        raise ShapeError(place(), "scan was given neither sequences nor a length", "one of them")
    steps = min(sizes, default=length)
    if length not in (None, steps):
        raise ShapeError(place(), f"scan over {length} steps of sequences with {steps} elements", "equal numbers")
    return int(steps or 0)


def _pair(returned: Any) -> tuple[Any, Any]:
    if not isinstance(returned, tuple) or len(returned) != 2:
        raise TraceError(
            place(),
            f"the body of scan returned {described(returned)}",
            "a pair: the next carry, and the step's result or None",
        )
    return returned


def _results(body: Graph, carries: int, length: int, **_others: Any) -> tuple[Signature, ...]:
    last = [(value.shape, value.dtype) for value in body.outputs[:carries]]
    return (*last, *(((length, *value.shape), value.dtype) for value in body.outputs[carries:]))


def _run(*arrays: Any, body: Graph, carries: int, sequences: int, length: int, reverse: bool) -> tuple[Any, ...]:
    carry, along = arrays[:carries], arrays[carries : carries + sequences]
    constants = arrays[carries + sequences :]
    stacked = [np.empty((length, *value.shape), value.dtype) for value in body.outputs[carries:]]
    for step in reversed(range(length)) if reverse else range(length):
        outputs = evaluate(body, *carry, *(array[step] for array in along), *constants)
        carry = outputs[:carries]
        for stack, result in zip(stacked, outputs[carries:], strict=True):
            stack[step] = result
    return (*carry, *stacked)


SCAN = register(
    Operation(
        "scan",
        Kind.CONTROL,
        lambda *_inputs, **_attributes: NO_ARRAY,
        _run,
        reverse,
        forward,
        batch=batch,
        results=_results,
    )
)
