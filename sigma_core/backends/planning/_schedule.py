"""The order of work: instructions of one node, or of a cluster of element-wise nodes that run block by block."""

from typing import Any

from attrs import define, field, frozen

from sigma_core.backends.planning._arrangement import Arrangement, Storage
from sigma_core.graph import Value


@frozen(eq=False)
class Instruction:
    """Nodes that are computed together, in the order in which an element passes through them."""

    nodes: tuple[Value, ...]
    is_cluster: bool = field()
    """Whether the backend writes it as one; what only its own nodes read needs no block of memory then."""
    plan: Any = None
    """What the scheduler tells the writer of the cluster."""

    @is_cluster.default
    def _several(self) -> bool:
        return len(self.nodes) > 1


@define
class _Cluster:
    nodes: list[Value] = field(factory=list)
    indices: set[int] = field(factory=set)

    def takes(self, node: Value) -> bool:
        return not self.nodes or node.shape == self.nodes[0].shape

    def feeds(self, node: Value) -> bool:
        return any(value.index in self.indices for value in node.inputs)

    def add(self, node: Value) -> None:
        self.nodes.append(node)
        self.indices.add(node.index)


def schedule(arrangement: Arrangement, smallest: int) -> tuple[Instruction, ...]:
    """Instructions in the order of the graph; views and sources need none.

    Consecutive element-wise nodes of one shape with at least `smallest` elements form a cluster.
    """
    instructions: list[Instruction] = []
    cluster = _Cluster()

    def close() -> None:
        if cluster.nodes:
            instructions.append(Instruction(tuple(cluster.nodes)))
            cluster.nodes.clear()
            cluster.indices.clear()

    for node in arrangement.graph.nodes:
        storage = arrangement.storage[node.index]
        if storage is Storage.VIEW:
            # A view of a cluster's result can be read only behind the cluster.
            if cluster.feeds(node):
                cluster.indices.add(node.index)
        elif storage is Storage.NUMBER and not cluster.feeds(node):
            # Numbers go ahead of an open cluster, so that they do not cut it in two.
            instructions.append(Instruction((node,)))
        elif storage in (Storage.COMPUTED, Storage.NUMBER):
            if _clusters(arrangement, node, smallest):
                behind_view = any(value.index in cluster.indices and value.operation.is_view for value in node.inputs)
                if behind_view or not cluster.takes(node):
                    close()
                cluster.add(node)
            else:
                close()
                instructions.append(Instruction((node,)))
    close()
    return tuple(instructions)


def _clusters(arrangement: Arrangement, node: Value, smallest: int) -> bool:
    """Whether a node can run block by block: its operands are single numbers or contiguous arrays of its shape."""
    if not node.operation.is_elementwise or node.size < smallest:
        return False
    return all(
        arrangement.is_static(value)
        and (value.size == 1 or (value.shape == node.shape and arrangement.layout[value.index].flags.c_contiguous))
        for value in node.inputs
    )
