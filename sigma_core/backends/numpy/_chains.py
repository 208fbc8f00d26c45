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
    outside = writer.placement.outside
    columns: dict[str, str] = {}
    scratch = _Scratch(nodes)
    lines = []
    for node in nodes:
        operands = [
            scratch.names[value.index]
            if value.index in scratch.names
            else writer.array(value)
            if value.size == 1 and node.size != 1
            else columns.setdefault(writer.array(value), f"x{len(columns)}")
            for value in node.inputs
        ]
        if node.index in outside:
            out = columns.setdefault(writer.array(node), f"x{len(columns)}")
        else:
            out = scratch.take(node)
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
    """Memory of one part for the inner results of a cluster, used again after the last read."""

    nodes: Sequence[Value]
    names: dict[int, str] = field(factory=dict)
    dtypes: dict[str, str] = field(factory=dict)

    def take(self, node: Value) -> str:
        """A name for the memory of a node's result: that of an operand read for the last time, or new."""
        free = [name for name, dtype in self.dtypes.items() if dtype == str(node.dtype) and self._is_free(name, node)]
        chosen = min(free, default=None)
        if chosen is None:
            chosen = f"t{len(self.dtypes)}"
            self.dtypes[chosen] = str(node.dtype)
        self.names[node.index] = chosen
        return chosen

    def _is_free(self, name: str, writer: Value) -> bool:
        """Whether nothing reads what is in that memory once `writer` has written over it."""
        holder = max(index for index, known in self.names.items() if known == name)
        allowed = IN_PLACE_OPERANDS.get(writer.operation.name)
        for node in self.nodes:
            for position, value in enumerate(node.inputs):
                over = node is writer and (allowed is None or position in allowed)
                if value.index == holder and node.index >= writer.index and not over:
                    return False
        return True
