"""Blocks of memory, each used by one value after the other."""

from collections.abc import Mapping

from sigma_core.backends.planning._arrangement import Storage
from sigma_core.backends.planning._placement import Placement
from sigma_core.graph import Value


def assign_blocks(placement: Placement) -> None:
    """Give a block to every computed value that has no place yet, and to others after its last read."""
    last = _last_uses(placement)
    free: list[int] = []
    for number, instruction in enumerate(placement.instructions):
        for node in instruction.nodes:
            if _needs_block(placement, node, scratch=instruction.is_cluster):
                home = placement.home(node)
                over = _dying_operand(placement, node, number, last) if home is node else None
                if over is None:
                    size = max(placement.arrangement.layout[home.index].nbytes, 1)
                    placement.blocks[home.index] = _take(free, placement.sizes, size)
                else:
                    placement.blocks[node.index] = placement.blocks[over.index]
                    # The block is this node's now, so the operand's death must not free it.
                    last[over.index] = -1
        touched = {placement.home(value).index for node in instruction.nodes for value in (*node.inputs, node)}
        dead = (index for index in sorted(touched) if last[index] == number)
        free.extend(placement.blocks[index] for index in dead if index in placement.blocks)


def _last_uses(placement: Placement) -> dict[int, int]:
    """Number of the last instruction that touches each home; one past all for what is handed out."""
    last: dict[int, int] = {}
    for number, instruction in enumerate(placement.instructions):
        for node in instruction.nodes:
            for value in (*node.inputs, node):
                last[placement.home(value).index] = number
    for value in placement.arrangement.graph.outputs:
        last[placement.home(value).index] = len(placement.instructions)
    return last


def _needs_block(placement: Placement, node: Value, *, scratch: bool) -> bool:
    home = placement.home(node)
    if home.index in placement.donated or home.index in placement.blocks:
        return False
    if placement.arrangement.storage[node.index] is Storage.NUMBER:
        return False
    return not scratch or home.index in placement.outside


def _dying_operand(placement: Placement, writer: Value, number: int, last: Mapping[int, int]) -> Value | None:
    """The root of an operand that nobody reads later and that the result may overwrite."""
    for value in writer.inputs:
        root = placement.arrangement.root[value.index]
        if root.index in placement.blocks and last[root.index] == number:
            reads = (read for read in placement.reads[root.index] if read.number == number)
            if all(placement.ends_before(read, writer, number) for read in reads):
                return root
    return None


def _take(free: list[int], sizes: list[int], size: int) -> int:
    """The smallest free block that is large enough; else the largest, made larger; else a new one."""
    if not free:
        sizes.append(size)
        return len(sizes) - 1
    fitting = [block for block in free if sizes[block] >= size]
    chosen = min(fitting, key=sizes.__getitem__) if fitting else max(free, key=sizes.__getitem__)
    sizes[chosen] = max(sizes[chosen], size)
    free.remove(chosen)
    return chosen
