"""Broadcasts that element-wise operations make by themselves."""

from sigma_core.graph._graph import Graph
from sigma_core.graph._value import Value
from sigma_core.graph.operations._shapes import broadcast
from sigma_core.graph.passes._rewrite import rewrite


def drop_broadcasts(graph: Graph) -> Graph:
    """Element-wise nodes read the narrow operand in place of its broadcast, where the result keeps its shape."""
    return rewrite(graph, _narrowed)


def _narrowed(node: Value) -> Value | None:
    if not node.operation.is_elementwise:
        return None
    inputs = list(node.inputs)
    narrowed = False
    for position, value in enumerate(inputs):
        if value.operation.name == "broadcast_to":
            inputs[position] = value.inputs[0]
            if broadcast(*(each.shape for each in inputs)) == node.shape:
                narrowed = True
            else:
                inputs[position] = value
    return node.with_inputs(tuple(inputs)) if narrowed else None
