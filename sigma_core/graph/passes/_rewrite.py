"""Writing a program anew, node by node."""

from collections.abc import Callable

from sigma_core.graph._graph import Graph
from sigma_core.graph._scope import scope_at
from sigma_core.graph._value import Value

Rule = Callable[[Value], Value | None]
"""What stands for a node, whose inputs are rewritten already; None keeps it."""


def rewrite(graph: Graph, rule: Rule) -> Graph:
    """The graph with each node replaced by what the rule says. Inputs stay the same values.

    Every node is recorded afresh, so that the order of the program survives: values are ordered by when they were made.
    """
    new: dict[int, Value] = {}
    for node in graph.nodes:
        if node.operation.name == "placeholder":
            new[node.index] = node
            continue
        moved = node.with_inputs(tuple(new[value.index] for value in node.inputs))
        with scope_at(node.scope):
            replacement = rule(moved)
        new[node.index] = moved if replacement is None else replacement
    return Graph(graph.inputs, [new[value.index] for value in graph.outputs], graph.output_names)
