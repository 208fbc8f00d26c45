"""Scan mapped over an axis: its body mapped, time still in front of the mapped axis."""

from typing import Any

import numpy as np

from sigma_core.graph._batching import batched
from sigma_core.graph._graph import Graph
from sigma_core.graph._record import placeholder, record
from sigma_core.graph._value import Value
from sigma_core.graph.control._loops import Loop


def batch(inputs: tuple[Any, ...], flags: tuple[bool, ...], node: Value) -> Value:
    """A carry is mapped if it starts so, or if a step makes it so."""
    loop = Loop.of(node)
    size = next(value.shape[0] for value, flag in zip(inputs, flags, strict=True) if flag)
    body, mapped = batched_body(
        loop.body, loop.carries, {position for position, flag in enumerate(flags) if flag}, size
    )
    given: list[Any] = [
        np.broadcast_to(value, (size, *value.shape))
        if position in mapped and not flag
        else np.swapaxes(value, 0, 1)
        if flag and position in loop.elements
        else value
        for position, (value, flag) in enumerate(zip(inputs, flags, strict=True))
    ]
    return record("scan", *given, **{**node.attributes, "body": body})


def batched_body(whole: Graph, carries: int, mapped: set[int], size: int) -> tuple[Graph, set[int]]:
    """A body for mapped inputs, and which these are in the end: carries that a step maps are among them.

    All outputs that are no carries are mapped.
    """
    while True:
        given = {
            position: placeholder((size, *value.shape), value.dtype, value.attributes["name"])
            for position, value in enumerate(whole.inputs)
            if position in mapped
        }
        known = {whole.inputs[position].index: value for position, value in given.items()}
        made = batched(whole.outputs, known, size)
        more = {number for number in range(carries) if made[number] is not None} - mapped
        if not more:
            break
        mapped = mapped | more
    outputs: list[Any] = [
        value
        if part is None and number < carries and number not in mapped
        else np.broadcast_to(value, (size, *value.shape))
        if part is None
        else part
        for number, (part, value) in enumerate(zip(made, whole.outputs, strict=True))
    ]
    inputs = [given.get(position, value) for position, value in enumerate(whole.inputs)]
    return Graph(inputs, outputs), mapped
