"""Where in memory everything goes: donated arrays, places inside joins, and blocks that are used again and again."""

from collections.abc import Mapping, Sequence

from attrs import define, field, frozen

from sigma_core.backends.planning._arrangement import Arrangement, Storage
from sigma_core.backends.planning._schedule import Instruction
from sigma_core.graph import Value

IN_PLACE_OPERAND = {"where": (2,), "cast": ()}
"""Operands over which an element-wise operation that is no ufunc may write its result."""


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


@define(eq=False)
class Placement:
    """Where each computed node is written: `donated`, `pieces` or `blocks` has it, by index."""

    donated: dict[int, str] = field(factory=dict)
    pieces: dict[int, Piece] = field(factory=dict)
    blocks: dict[int, int] = field(factory=dict)
    """Number of the block of memory."""
    sizes: list[int] = field(factory=list)
    """Bytes of each block."""
    stores: dict[int, Store] = field(factory=dict)
    """By position of the output."""
    outside: set[int] = field(factory=set)
    """Nodes that are read outside of their instruction; inside a cluster the others need memory for one part only."""
    as_arrays: set[int] = field(factory=set)
    """Numbers that are read as arrays."""

    def is_in_place(self, root: Value, join: Value, start: int) -> bool:
        """Whether a part of a join is computed where the join wants it."""
        piece = self.pieces.get(root.index)
        return piece is not None and piece.join is join and piece.start == start

    def needs_array(self, number: Value) -> bool:
        """Whether a number must be written to an array."""
        return number.index in self.as_arrays


def place(arrangement: Arrangement, instructions: Sequence[Instruction], donations: Mapping[int, str]) -> Placement:
    """Plan the memory of a program."""
    placement = Placement()
    readers = _readers(arrangement, instructions)
    placement.outside |= _read_outside(arrangement, instructions)
    placement.as_arrays |= _read_as_arrays(arrangement)
    _elide_joins(arrangement, placement)
    _donate(arrangement, instructions, donations, readers, placement)
    _assign_blocks(arrangement, instructions, placement)
    return placement


def _readers(
    arrangement: Arrangement, instructions: Sequence[Instruction]
) -> dict[int, list[tuple[int, Value, Value]]]:
    """For each root, by index: (number of the instruction, the node that reads, the value through which it reads)."""
    readers: dict[int, list[tuple[int, Value, Value]]] = {}
    for number, instruction in enumerate(instructions):
        for node in instruction.nodes:
            for value in node.inputs:
                readers.setdefault(arrangement.root[value.index].index, []).append((number, node, value))
    return readers


def _read_outside(arrangement: Arrangement, instructions: Sequence[Instruction]) -> set[int]:
    home = {node.index: instruction for instruction in instructions for node in instruction.nodes}
    outside = {arrangement.root[value.index].index for value in arrangement.graph.outputs}
    for instruction in instructions:
        for node in instruction.nodes:
            for value in node.inputs:
                root = arrangement.root[value.index]
                if home.get(root.index) is not instruction or root is not value:
                    outside.add(root.index)
    return outside


def _read_as_arrays(arrangement: Arrangement) -> set[int]:
    numbers = {value.index for value in arrangement.graph.outputs}
    for node in arrangement.graph.nodes:
        if arrangement.storage[node.index] is not Storage.NUMBER:
            numbers |= {value.index for value in node.inputs}
    return numbers


def _elide_joins(arrangement: Arrangement, placement: Placement) -> None:
    """Let parts of a join along its first axis be computed in their places."""
    for join in arrangement.graph.nodes:
        if join.operation.name != "concatenate" or any(size != 1 for size in join.shape[: join.attributes["axis"]]):
            continue
        start = 0
        for value in join.inputs:
            root = arrangement.root[value.index]
            computed = arrangement.storage[root.index] is Storage.COMPUTED and root.operation.name != "concatenate"
            if computed and arrangement.covers(value) and root.index not in placement.pieces:
                placement.pieces[root.index] = Piece(join, start)
            start += value.size


def _donate(
    arrangement: Arrangement,
    instructions: Sequence[Instruction],
    donations: Mapping[int, str],
    readers: Mapping[int, list[tuple[int, Value, Value]]],
    placement: Placement,
) -> None:
    """Decide for each output whether it can be computed in the array that is to receive it."""
    outputs = arrangement.graph.outputs
    targets = {value.attributes["name"]: value for value in arrangement.graph.inputs}
    number = {node.index: position for position, instruction in enumerate(instructions) for node in instruction.nodes}
    # What is copied at the end reads its root then, so nothing may have been written over it before.
    late = set()
    for position, value in enumerate(outputs):
        root = arrangement.root[value.index]
        if arrangement.storage[root.index] is Storage.BOUND and not _stays(value, donations.get(position)):
            late.add(root.index)
    for position, value in enumerate(outputs):
        name = donations.get(position)
        if name is None:
            if not _owned(arrangement, value):
                placement.stores[position] = Store(value, None, staged=False)
            continue
        if _stays(value, name):
            continue
        direct = (
            arrangement.storage[value.index] in (Storage.COMPUTED, Storage.NUMBER)
            and value.index not in placement.pieces
            and value.index not in placement.donated
            and not any(piece.join is value for piece in placement.pieces.values())
            and targets[name].index not in late
            and all(
                _before(arrangement, instructions, reader, value, number[value.index])
                for reader in readers.get(targets[name].index, [])
            )
        )
        if direct:
            placement.donated[value.index] = name
        else:
            staged = arrangement.storage[arrangement.root[value.index].index] is Storage.BOUND
            placement.stores[position] = Store(value, name, staged)


def _stays(value: Value, name: str | None) -> bool:
    """Whether an output is the very array that it is donated to."""
    return value.operation.name == "placeholder" and value.attributes["name"] == name


def _owned(arrangement: Arrangement, value: Value) -> bool:
    """Whether an output lies in memory that the executable may give away until the next call."""
    return arrangement.storage[arrangement.root[value.index].index] in (Storage.COMPUTED, Storage.NUMBER)


def _before(
    arrangement: Arrangement,
    instructions: Sequence[Instruction],
    reader: tuple[int, Value, Value],
    writer: Value,
    position: int,
) -> bool:
    """Whether a read of an array is over when `writer` writes over it, element by element at the latest."""
    number, node, value = reader
    if number != position:
        return number < position
    return node.index <= writer.index and _overwrites(arrangement, instructions[number], writer, node, value)


def _overwrites(arrangement: Arrangement, instruction: Instruction, writer: Value, node: Value, value: Value) -> bool:
    """Whether an element-wise instruction may write `writer` over what `node` reads through `value`."""
    if not writer.operation.is_elementwise or value.size != writer.size or not arrangement.covers(value):
        return False
    if value.dtype.itemsize != writer.dtype.itemsize:
        return False
    if instruction.is_cluster and node is not writer:
        return True
    allowed = IN_PLACE_OPERAND.get(writer.operation.name)
    return allowed is None or all(position in allowed for position, each in enumerate(writer.inputs) if each is value)


def _assign_blocks(arrangement: Arrangement, instructions: Sequence[Instruction], placement: Placement) -> None:
    """Give every computed root that is neither donated nor a piece a block, and blocks to others after the last read."""
    last: dict[int, int] = {}

    def home(value: Value) -> Value:
        root = arrangement.root[value.index]
        piece = placement.pieces.get(root.index)
        return root if piece is None else piece.join

    for number, instruction in enumerate(instructions):
        for node in instruction.nodes:
            for value in (*node.inputs, node):
                last[home(value).index] = number
    for value in arrangement.graph.outputs:
        last[home(value).index] = len(instructions)
    free: list[int] = []
    for number, instruction in enumerate(instructions):
        for node in instruction.nodes:
            target = home(node)
            if target.index in placement.donated or target.index in placement.blocks:
                continue
            if arrangement.storage[node.index] is Storage.NUMBER:
                continue
            if instruction.is_cluster and target.index not in placement.outside:
                continue
            over = _dying_operand(arrangement, instruction, node, number, last, placement)
            if over is not None and target is node:
                placement.blocks[node.index] = placement.blocks[over.index]
                # The block is this node's now, so the operand's death must not free it.
                last[over.index] = -1
            else:
                placement.blocks[target.index] = _take(free, placement.sizes, max(target.nbytes, 1))
        released = {home(value).index for node in instruction.nodes for value in (*node.inputs, node)}
        for index in sorted(released):
            if last.get(index) == number and index in placement.blocks:
                free.append(placement.blocks[index])


def _dying_operand(
    arrangement: Arrangement,
    instruction: Instruction,
    writer: Value,
    number: int,
    last: Mapping[int, int],
    placement: Placement,
) -> Value | None:
    """The root of an operand that nobody reads later and that the result may overwrite."""
    for value in writer.inputs:
        root = arrangement.root[value.index]
        if root.index not in placement.blocks or last.get(root.index) != number:
            continue
        reads = [
            (node, each) for node in instruction.nodes for each in node.inputs if arrangement.root[each.index] is root
        ]
        if all(
            node.index <= writer.index and _overwrites(arrangement, instruction, writer, node, each)
            for node, each in reads
        ):
            return root
    return None


def _take(free: list[int], sizes: list[int], size: int) -> int:
    """The smallest free block that is large enough; else the largest, made larger; else a new one."""
    fitting = [block for block in free if sizes[block] >= size]
    if fitting:
        chosen = min(fitting, key=sizes.__getitem__)
    elif free:
        chosen = max(free, key=sizes.__getitem__)
        sizes[chosen] = size
    else:
        sizes.append(size)
        return len(sizes) - 1
    free.remove(chosen)
    return chosen
