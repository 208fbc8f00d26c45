"""Hoisting: what a loop need not do step by step is done for all steps at once, before it or behind it.

The input's part of a recurrent layer's gates becomes one matrix product over the whole sequence, and so does the
gradient of its weights, which is a sum over the steps. What a step reads of that, or leaves for it, is stacked.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import numpy as np
from attrs import frozen

from sigma_core.graph._batching import batched
from sigma_core.graph._graph import Graph, reachable
from sigma_core.graph._record import placeholder, record
from sigma_core.graph._replay import dependents, substituted
from sigma_core.graph._value import Value
from sigma_core.graph.control._bodies import is_plain, picks
from sigma_core.graph.control._loops import Loop
from sigma_core.graph.functions._contractions import tensordot
from sigma_core.graph.operations import Kind
from sigma_core.graph.passes._bundles import Results, rewrite_bundles

ROOM = 1 << 26
"""Bytes by which the stacks of a loop may grow, or four times what they are, if that is more."""


def hoist_ahead(graph: Graph) -> Graph:
    """What depends on no carry leaves scans: what is the same in all steps, and products with their sequences."""
    return rewrite_bundles(graph, _ahead)


def hoist_behind(graph: Graph) -> Graph:
    """What no later step needs leaves scans: products that only results are made of, and sums over all steps."""
    return rewrite_bundles(graph, _behind)


@frozen(eq=False)
class _Steps:
    """A scan, with the nodes of its body by what they depend on."""

    node: Value
    loop: Loop
    length: int
    carried: frozenset[int]
    """Those that depend on carries."""
    along: frozenset[int]
    """Those that depend on sequences, but not on carries."""

    @classmethod
    def of(cls, node: Value) -> "_Steps":
        loop = Loop.of(node)
        body = loop.body
        first = {value.index for value in body.inputs[: loop.carries]}
        elements = {body.inputs[position].index for position in loop.elements}
        carried = first | {each.index for each in dependents(body.outputs, first)}
        along = elements | {each.index for each in dependents(body.outputs, elements)}
        return cls(node, loop, node.attributes["length"], frozenset(carried), frozenset(along - carried))

    def varies(self, value: Value) -> bool:
        """Whether it is another in each step."""
        return value.index in self.carried or value.index in self.along

    @property
    def room(self) -> int:
        """Bytes by which stacks may grow."""
        loop = self.loop
        results = self.length * sum(value.nbytes for value in loop.body.outputs[loop.carries :])
        return max(ROOM, 4 * (results + sum(loop.inputs[position].nbytes for position in loop.elements)))

    def outside(self, values: Iterable[Value]) -> tuple[Value, ...]:
        """Values with the constants of the loop in the places of their placeholders."""
        body = self.loop.body
        known = {body.inputs[position].index: self.loop.inputs[position] for position in self.loop.constants}
        return substituted(values, known)

    def stacked(self, values: Sequence[Value], stacks: dict[int, Value]) -> tuple[Value, ...]:
        """Values for all steps, from those of others by index, and from the sequences."""
        body = self.loop.body
        sequences = {body.inputs[position].index: self.loop.inputs[position] for position in self.loop.elements}
        found = batched(values, {**sequences, **stacks}, self.length)
        # Only now, for what stands in `stacks` may be made of constants too.
        return self.outside(
            record("broadcast_to", value, shape=(self.length, *value.shape)) if part is None else part
            for value, part in zip(values, found, strict=True)
        )


def _ahead(node: Value, _picked: Collection[int]) -> Results | None:
    if node.operation.name != "scan":
        return None
    steps = _Steps.of(node)
    loop, body = steps.loop, steps.loop.body
    leaving = _leaving(steps)
    remaining = [each for each in body.nodes if each.index not in leaving and steps.varies(each)]
    read = {value.index: value for each in remaining for value in each.inputs}
    read |= {value.index: value for value in body.outputs}
    front = [read[index] for index in sorted(read) if index in leaving]
    same = {}
    for value in read.values():
        base = value if steps.varies(value) else _base(value)
        if not steps.varies(base) and base.operation.name != "placeholder" and not is_plain(base):
            same[base.index] = base
    if steps.length * sum(value.nbytes for value in front) > steps.room:
        front = []
    ready = [
        number for number in range(loop.carries, len(body.outputs)) if _is_ready(steps, body.outputs[number], front)
    ]
    if not front and not same and not ready:
        return None
    elements = [placeholder(value.shape, value.dtype, "hoisted") for value in front]
    constants = [placeholder(value.shape, value.dtype, "hoisted", weak=value.weak) for value in same.values()]
    replaced = {old.index: new for old, new in zip((*front, *same.values()), (*elements, *constants), strict=True)}
    stacks = steps.stacked(front, {})
    results = [number for number in range(loop.carries, len(body.outputs)) if number not in ready]
    ends = [*range(loop.carries), *results]
    last = loop.carries + loop.sequences
    bundle = record(
        "scan",
        *(*loop.inputs[:last], *stacks, *loop.inputs[last:], *steps.outside(same.values())),
        **{
            **node.attributes,
            "body": Graph(
                (*body.inputs[:last], *elements, *body.inputs[last:], *constants),
                substituted([body.outputs[number] for number in ends], replaced),
            ),
            "sequences": loop.sequences + len(front),
        },
    )
    made = picks(bundle, [value.weak for value in body.outputs[: loop.carries]])
    found = dict(zip(ends, made, strict=True))
    complete = steps.stacked([body.outputs[number] for number in ready], {})
    return found | dict(zip(ready, complete, strict=True))


def _is_ready(steps: _Steps, value: Value, front: Sequence[Value]) -> bool:
    """Whether a result is there without the loop: a constant, an element, or computed ahead of it."""
    if not steps.varies(value):
        return True
    is_element = value.operation.name == "placeholder" and value.index in steps.along
    return is_element or any(value is each for each in front)


def _leaving(steps: _Steps) -> set[int]:
    """Products of sequences and constants, and what makes less of them."""
    leaving: set[int] = set()
    for each in steps.loop.body.nodes:
        if each.index not in steps.along or each.operation.kind in (Kind.SOURCE, Kind.CONTROL, Kind.RANDOM):
            continue
        size = sum(value.nbytes for value in each.inputs if value.index in leaving)
        shrinks = size > 0 and (each.nbytes < size or (each.operation.is_view and each.nbytes <= size))
        if _is_heavy(each) or shrinks:
            leaving.add(each.index)
    return leaving


def _is_heavy(node: Value) -> bool:
    return node.operation.kind is Kind.CONTRACTION or node.operation.name == "gather"


def _base(value: Value) -> Value:
    """What is looked at."""
    while value.operation.is_view:
        value = value.inputs[0]
    return value


def _behind(node: Value, _picked: Collection[int]) -> Results | None:
    if node.operation.name != "scan":
        return None
    steps = _Steps.of(node)
    loop, body = steps.loop, steps.loop.body
    sums = _sums(steps)
    core = [number for number in range(loop.carries) if number not in sums]
    early = {each.index for each in reachable([body.outputs[number] for number in core])}
    sums = {number: part for number, part in sums.items() if part.index not in early}
    core = [number for number in range(loop.carries) if number not in sums]
    moved = _moved(steps, early)
    results = range(loop.carries, len(body.outputs))
    late = [number for number in results if body.outputs[number].index in moved]
    needed = _operands([body.outputs[number] for number in late], moved)
    for part in sums.values():
        needed += _summed_operands(part)
    bases = {_base(value).index: _base(value) for value in needed if steps.varies(value)}
    places = {body.outputs[number].index: number for number in results if number not in late}
    elements = {body.inputs[position].index for position in loop.elements}
    added = [value for index, value in bases.items() if index not in places and index not in elements]
    made = [each for each in reachable(body.outputs[number] for number in late) if each.index in moved]
    if (not late and not sums) or steps.length * sum(value.nbytes for value in (*added, *made)) > steps.room:
        return None
    kept = [number for number in results if number not in late]
    bundle = record(
        "scan",
        *(*(loop.inputs[number] for number in core), *loop.inputs[loop.carries :]),
        **{
            **node.attributes,
            "body": Graph(
                (*(body.inputs[number] for number in core), *body.inputs[loop.carries :]),
                (*(body.outputs[number] for number in (*core, *kept)), *added),
            ),
            "carries": len(core),
        },
    )
    taken = picks(bundle, [body.outputs[number].weak for number in core])
    found = dict(zip((*core, *kept), taken, strict=False))
    stacks = {body.outputs[number].index: found[number] for number in kept}
    stacks |= {value.index: stack for value, stack in zip(added, taken[len(core) + len(kept) :], strict=True)}
    found |= dict(zip(late, steps.stacked([body.outputs[number] for number in late], stacks), strict=True))
    for number, part in sums.items():
        found[number] = loop.inputs[number] + _summed(part, lambda value: steps.stacked([value], stacks)[0])
    return found


def _moved(steps: _Steps, early: Collection[int]) -> set[int]:
    """Products that no carry needs, and what is made of them."""
    moved: set[int] = set()
    for each in steps.loop.body.nodes:
        if each.index in early or not steps.varies(each) or each.operation.kind is Kind.SOURCE:
            continue
        if each.operation.kind is Kind.CONTRACTION or any(value.index in moved for value in each.inputs):
            moved.add(each.index)
    return moved


def _operands(outputs: Iterable[Value], moved: Collection[int]) -> list[Value]:
    """What moved nodes behind the outputs read of the loop."""
    inside = [each for each in reachable(outputs) if each.index in moved]
    return [value for each in inside for value in each.inputs if value.index not in moved]


# Sums over all steps


def _sums(steps: _Steps) -> dict[int, Value]:
    """Carries to which each step only adds something that can be summed at once, and what that is."""
    body = steps.loop.body
    reads = Counter(value.index for each in body.nodes for value in each.inputs)
    reads.update(value.index for value in body.outputs)
    sums = {}
    for number in range(steps.loop.carries):
        carry, total = body.inputs[number], body.outputs[number]
        if total.operation.name == "add" and reads[carry.index] == reads[total.index] == 1:
            parts = [value for value in total.inputs if value is not carry]
            if len(parts) == 1 and parts[0].shape == carry.shape and _is_summable(parts[0]):
                sums[number] = parts[0]
    return sums


def _is_linear(value: Value) -> bool:
    return value.operation.is_view or value.operation.name in ("add", "negative", "embed", "concatenate")


def _is_summable(value: Value) -> bool:
    """Whether the sum over all steps is one operation on stacked operands, and linear ones behind it."""
    name = value.operation.name
    if name == "matmul":
        return all(each.ndim == 2 for each in value.inputs)
    if name == "scatter_add":
        return bool(value.attributes["axes"] == (0,))
    if name == "add" and any(each.shape != value.shape for each in value.inputs):
        return False
    linear = _is_linear(value) and bool(value.inputs)
    return name == "sum" or (linear and all(_is_summable(each) for each in value.inputs))


def _summed_operands(value: Value) -> list[Value]:
    if _is_linear(value):
        return [operand for each in value.inputs for operand in _summed_operands(each)]
    return list(value.inputs)


def _summed(value: Value, stacked: Any) -> Value:
    """The sum of a value over all steps; `stacked` gives an operand for all steps."""
    if _is_linear(value):
        return value.with_inputs(tuple(_summed(each, stacked) for each in value.inputs))
    operands = [stacked(each) for each in value.inputs]
    if value.operation.name == "matmul":
        return tensordot(operands[0], operands[1], ((0, 2), (0, 1)))
    if value.operation.name == "scatter_add":
        return record("scatter_add", *operands, **value.attributes)
    axes = (0, *(axis + 1 for axis in value.attributes["axes"]))
    total: Value = np.sum(operands[0], axis=axes).reshape(value.shape)
    return total
