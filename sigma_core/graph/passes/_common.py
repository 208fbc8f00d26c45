"""Common subexpressions: what is computed twice is computed once."""

from typing import Any

from sigma_core.graph._graph import Graph
from sigma_core.graph._value import Value
from sigma_core.graph.passes._rewrite import rewrite


def share_common(graph: Graph) -> Graph:
    """Nodes of the same operation, attributes and inputs become one: the first."""
    known: dict[Any, Value] = {}

    def shared(node: Value) -> Value:
        inputs = tuple(value.index for value in node.inputs)
        attributes = tuple(sorted(node.attributes.items(), key=lambda item: item[0]))
        return known.setdefault((node.operation.name, inputs, attributes, node.dtype, node.weak), node)

    return rewrite(graph, shared)
