"""Chains of element-wise operations, part by part, so that what they compute stays in the cache."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from attrs import define, field

from sigma_core.backends.planned import Writer, statement
from sigma_core.backends.planning import IN_PLACE_OPERANDS
from sigma_core.graph import Value

Array = np.ndarray[Any, Any]


def write_chain(writer: Writer, nodes: Sequence[Value], length: int) -> list[str]:
    """A loop over parts of `length` elements; what is not read outside has scratch memory of one part."""
    donated, outside = writer.placement.donated, writer.placement.outside
    columns: dict[str, str] = {}

    def column(value: Value) -> str:
        return columns.setdefault(writer.array(value), f"x{len(columns)}")

    scratch = _Scratch(writer, nodes, {column(node): node for node in nodes if node.index in donated})
    lines = []
    for node in nodes:
        operands = [
            scratch.names[value.index]
            if value.index in scratch.names
            else writer.array(value)
            if value.size == 1 and node.size != 1
            else column(value)
            for value in node.inputs
        ]
        out = column(node) if node.index in outside else scratch.take(node)
        lines += statement(node, operands, out)
    name = f"parts_{writer.order[nodes[0].index]}"
    arrays = [*columns]
    end = 0
    for dtype in scratch.dtypes.values():
        array, end = writer.scratch((length,), dtype, end)
        arrays.append(array)
    writer.setup.append(f"{name} = parts({nodes[0].size}, {length}, {', '.join(arrays)})")
    return [
        f"for {', '.join([*columns.values(), *scratch.dtypes])}, in {name}:",
        *(f"    {line}" for line in lines),
    ]


def parts(size: int, length: int, *arrays: Array) -> tuple[tuple[Array, ...], ...]:
    """For each part of `length` elements, the views of it in every array; scratch arrays hold one part only."""
    flat = [array.reshape(-1) for array in arrays]
    return tuple(
        tuple(
            each[start : min(start + length, size)] if each.size == size else each[: min(length, size - start)]
            for each in flat
        )
        for start in range(0, size, length)
    )


@define(eq=False)
class _Scratch:
    """Memory for the inner results of a cluster, used again after the last read.

    That is memory of one part, and until it holds what it is donated for, that of each donated array once what it held
    is read: each array fewer that a part touches leaves more of the cache to the others.
    """

    writer: Writer
    nodes: Sequence[Value]
    lent: dict[str, Value]
    """Donated memory by name: the node that it will hold."""
    names: dict[int, str] = field(factory=dict)
    dtypes: dict[str, str] = field(factory=dict)
    reads: dict[int, list[tuple[Value, Value]]] = field(init=False)
    """By value: the nodes that read it, with the value."""
    held: dict[str, list[tuple[Value, Value]]] = field(init=False)
    """By name: the reads of what is in that memory at present."""

    @reads.default
    def _reads(self) -> dict[int, list[tuple[Value, Value]]]:
        reads: dict[int, list[tuple[Value, Value]]] = {}
        for node in self.nodes:
            for value in node.inputs:
                reads.setdefault(value.index, []).append((node, value))
        return reads

    @held.default
    def _held(self) -> dict[str, list[tuple[Value, Value]]]:
        donated = self.writer.placement.donated
        names = {donated[owner.index]: name for name, owner in self.lent.items()}
        held: dict[str, list[tuple[Value, Value]]] = {name: [] for name in self.lent}
        for index, reads in self.reads.items():
            # Views of a donated array are read from it as well.
            root = self.writer.arrangement.root[index]
            if root.operation.name == "placeholder" and root.attributes["name"] in names:
                held[names[root.attributes["name"]]] += reads
        return held

    def take(self, node: Value) -> str:
        """A name for the memory of a node's result: that of an operand, if it may be, other free memory, or new."""
        free = [name for name, dtype in self.dtypes.items() if dtype == str(node.dtype) and self._is_over(name, node)]
        free += [name for name in self.lent if self._is_lent(name, node) and self._is_over(name, node)]
        chosen = min(free, key=lambda name: (not self._is_read_by(node, name), name), default=None)
        if chosen is None:
            # Not as the scratch memory of other nodes: a loop's names belong to the call alone.
            chosen = f"w{len(self.dtypes)}"
            self.dtypes[chosen] = str(node.dtype)
        self.names[node.index] = chosen
        self.held[chosen] = self.reads.get(node.index, [])
        return chosen

    def _is_read_by(self, node: Value, name: str) -> bool:
        return any(reader is node for reader, _ in self.held[name])

    def _is_lent(self, name: str, writer: Value) -> bool:
        """Whether a node of its dtype is read no later than what the memory is donated for is written there."""
        owner = self.lent[name]
        in_time = all(
            node.index < owner.index or (node is owner and _overwrites(owner, writer))
            for node, _ in self.reads.get(writer.index, ())
        )
        return writer.dtype == owner.dtype and writer.index < owner.index and in_time

    def _is_over(self, name: str, writer: Value) -> bool:
        """Whether nothing reads what is in that memory once `writer` has written over it."""
        return all(
            node.index < writer.index or (node is writer and _overwrites(node, value))
            for node, value in self.held[name]
        )


def _overwrites(node: Value, value: Value) -> bool:
    """Whether a node may be written over one of its operands."""
    allowed = IN_PLACE_OPERANDS.get(node.operation.name)
    return allowed is None or all(position in allowed for position, each in enumerate(node.inputs) if each is value)
