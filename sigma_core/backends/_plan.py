"""What a backend has planned for a graph, for whoever wants to look at it."""

from functools import cached_property

from attrs import frozen

from sigma_core.graph import SECONDS_PER_CALL, Cost, Graph, Kind, Value, cost


@frozen(eq=False)
class PlannedNode:
    """A node of a program: where its result lies, with what it is computed, and what that costs."""

    node: Value
    place: str
    """`block 2`, `in parameters` (a donation), `in %12` (a piece of a join), `view of %3`, `scratch`, `number`..."""
    cost: Cost
    """Zero for what is not computed. Seconds are the node's part of those of its instruction."""
    instruction: int | None = None
    """Number of the instruction that computes it."""
    cluster: int | None = None
    """Number of its cluster, counted from 0, where several nodes are computed together."""


@frozen(eq=False)
class Plan:
    """A graph after its passes, in the order of its nodes."""

    graph: Graph
    nodes: tuple[PlannedNode, ...]
    blocks: tuple[int, ...] = ()
    """Bytes of each block of memory, in which results live one after the other."""
    donations: tuple[str, ...] = ()
    """Bound arrays that are updated in place: outputs are computed in them."""
    copies: tuple[str, ...] = ()
    """Outputs that are copied at the end of a call: `%12 to parameters`, or `%12` to an array of its own."""

    @classmethod
    def of(cls, graph: Graph) -> "Plan":
        """Of a backend that plans nothing: each node is an instruction, and nobody knows where its result lies."""
        nodes = []
        for number, node in enumerate(graph.nodes):
            each = cost(node)
            is_computed = node.operation.kind is not Kind.SOURCE and not node.operation.is_view
            call = Cost(seconds=SECONDS_PER_CALL) if is_computed else Cost()
            nodes.append(PlannedNode(node, "", each + call, number if is_computed else None))
        return cls(graph, tuple(nodes))

    @cached_property
    def cost(self) -> Cost:
        """Of one call."""
        return sum((each.cost for each in self.nodes), Cost())

    @cached_property
    def clusters(self) -> tuple[tuple[int, ...], ...]:
        """Numbers of the nodes of each cluster."""
        found: dict[int, list[int]] = {}
        for number, each in enumerate(self.nodes):
            if each.cluster is not None:
                found.setdefault(each.cluster, []).append(number)
        return tuple(tuple(found[cluster]) for cluster in sorted(found))
