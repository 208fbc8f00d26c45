"""Which nodes become one kernel."""

from attrs import define, field

from sigma_core.extend import Arrangement, Instruction, Storage, Value
from sigma_cuda.kernels._elements import is_elements

LONGEST = 100
"""Nodes of a kernel at most: each may need an address or two, and a kernel takes 512."""


@define
class _Cluster:
    nodes: list[Value] = field(factory=list)
    views: set[int] = field(factory=set)
    """Views of what the cluster computes: they can be read only behind it."""

    def takes(self, node: Value) -> bool:
        if not self.nodes:
            return True
        fits = node.shape == self.nodes[0].shape and len(self.nodes) < LONGEST
        return fits and not any(value.index in self.views for value in node.inputs)

    def feeds(self, node: Value) -> bool:
        computed = {each.index for each in self.nodes} | self.views
        return any(value.index in computed for value in node.inputs)


def schedule(arrangement: Arrangement) -> tuple[Instruction, ...]:
    """Instructions in the order of the graph; neighbouring element-wise nodes of one shape are one kernel.

    Views and sources need none. A node that does not read what an open cluster computes goes ahead of it, so that it
    does not cut the cluster in two.
    """
    instructions: list[Instruction] = []
    cluster = _Cluster()

    def close() -> None:
        if cluster.nodes:
            instructions.append(Instruction(tuple(cluster.nodes)))
            cluster.nodes.clear()
            cluster.views.clear()

    for node in arrangement.graph.nodes:
        storage = arrangement.storage[node.index]
        if storage is Storage.VIEW:
            if cluster.feeds(node):
                cluster.views.add(node.index)
        elif storage is Storage.COMPUTED and is_elements(node):
            if not cluster.takes(node):
                close()
            cluster.nodes.append(node)
        elif storage is Storage.COMPUTED:
            if cluster.feeds(node):
                close()
            instructions.append(Instruction((node,)))
    close()
    return tuple(instructions)
