"""Where in memory everything goes: what a plan decides, piece by piece."""

from collections.abc import Callable, Mapping, Sequence

from attrs import define, field, frozen

from sigma_core.backends.planning._arrangement import Arrangement, Storage
from sigma_core.backends.planning._schedule import Instruction
from sigma_core.graph import Value

IN_PLACE_OPERANDS: Mapping[str, tuple[int, ...]] = {"where": (2,), "cast": ()}
"""Operands over which an element-wise operation that is no ufunc may write its result; a ufunc may over each."""


@frozen(eq=False)
class Piece:
    """A place inside the memory of a join, which saves the copy."""

    join: Value
    start: int
    """In elements."""


@frozen(eq=False)
class Store:
    """A copy at the end of a call: of an output into a donated array, or into an array of its own."""

    source: Value
    target: str | None
    """Name of the bound placeholder, None for an array of the output's own."""
    staged: bool
    """Whether the source lies in a bound array that another store may overwrite."""


@frozen(eq=False)
class Read:
    """One look at the memory of a root."""

    number: int
    """Of the instruction."""
    node: Value
    """Which reads."""
    value: Value
    """Through which it reads: the root or a view of it."""


Overwrites = Callable[[Arrangement, Instruction, Read, Value], bool]
"""(arrangement, instruction, one of its reads, one of its nodes) -> whether the node may be written over the read."""


def overwrites(arrangement: Arrangement, _instruction: Instruction, read: Read, writer: Value) -> bool:
    """Whether each element is written right after it was read, as element-wise operations do."""
    aligned = (
        writer.operation.is_elementwise
        and read.node.index <= writer.index
        and read.value.size == writer.size
        and read.value.dtype.itemsize == writer.dtype.itemsize
        and arrangement.covers(read.value)
    )
    if not aligned or read.node is not writer:
        return aligned
    allowed = IN_PLACE_OPERANDS.get(writer.operation.name)
    return allowed is None or all(
        position in allowed for position, value in enumerate(writer.inputs) if value is read.value
    )


@define(eq=False)
class Placement:
    """Where each computed node is written: `donated`, `pieces` or `blocks` has it, by index."""

    arrangement: Arrangement
    instructions: Sequence[Instruction]
    overwrites: Overwrites = overwrites
    donated: dict[int, str] = field(factory=dict)
    """The bound placeholder whose array receives the node."""
    pieces: dict[int, Piece] = field(factory=dict)
    blocks: dict[int, int] = field(factory=dict)
    """Number of the block of memory."""
    sizes: list[int] = field(factory=list)
    """Bytes of each block."""
    stores: dict[int, Store] = field(factory=dict)
    """By position of the output."""
    reads: dict[int, list[Read]] = field(init=False)
    """By index of the root, in the order of the instructions."""
    outside: set[int] = field(init=False)
    """Nodes that are read outside of their instruction; inside a cluster the others need memory for one part only."""
    as_arrays: set[int] = field(init=False)
    """Numbers that are read as arrays."""

    @reads.default
    def _reads(self) -> dict[int, list[Read]]:
        reads: dict[int, list[Read]] = {}
        for number, instruction in enumerate(self.instructions):
            for node in instruction.nodes:
                for value in node.inputs:
                    reads.setdefault(self.arrangement.root[value.index].index, []).append(Read(number, node, value))
        return reads

    @outside.default
    def _outside(self) -> set[int]:
        home = {node.index: number for number, each in enumerate(self.instructions) for node in each.nodes}
        outside = {self.arrangement.root[value.index].index for value in self.arrangement.graph.outputs}
        for root, reads in self.reads.items():
            if any(read.number != home.get(root) or read.value.index != root for read in reads):
                outside.add(root)
        return outside

    @as_arrays.default
    def _as_arrays(self) -> set[int]:
        numbers = {value.index for value in self.arrangement.graph.outputs}
        for node in self.arrangement.graph.nodes:
            if self.arrangement.storage[node.index] is not Storage.NUMBER:
                numbers |= {value.index for value in node.inputs}
        return numbers

    def home(self, value: Value) -> Value:
        """The node whose memory holds the value: its root, or the join that the root is a piece of."""
        root = self.arrangement.root[value.index]
        piece = self.pieces.get(root.index)
        return root if piece is None else piece.join

    def is_in_place(self, value: Value, join: Value, start: int) -> bool:
        """Whether a part of a join is computed where the join wants it."""
        piece = self.pieces.get(self.arrangement.root[value.index].index)
        return piece is not None and piece.join is join and piece.start == start

    def ends_before(self, read: Read, writer: Value, number: int) -> bool:
        """Whether a read is over when `writer`, of instruction `number`, writes there."""
        if read.number != number:
            return read.number < number
        return self.overwrites(self.arrangement, self.instructions[number], read, writer)
