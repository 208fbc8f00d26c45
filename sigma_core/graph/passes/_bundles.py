"""Writing operations of several results anew: what passes over them have in common; and calls, written out."""

from collections.abc import Callable, Collection, Mapping

from sigma_core.graph._graph import Graph
from sigma_core.graph._replay import substituted
from sigma_core.graph._scope import scope_at
from sigma_core.graph._value import Value

Results = Mapping[int, Value]
"""What stands for the results of a bundle, by position."""
BundleRule = Callable[[Value, Collection[int]], Results | None]
"""What stands for the results of a bundle, of which those at these positions are read; None keeps it."""


def rewrite_bundles(graph: Graph, rule: BundleRule) -> Graph:
    """The graph with bundles replaced, results and all, by what the rule says."""
    picked: dict[int, set[int]] = {}
    for node in graph.nodes:
        if node.operation.name == "pick":
            picked.setdefault(node.inputs[0].index, set()).add(node.attributes["position"])
    new: dict[int, Value] = {}
    results: dict[int, Results] = {}
    for node in graph.nodes:
        if node.operation.name == "placeholder":
            new[node.index] = node
        elif node.operation.name == "pick" and node.inputs[0].index in results:
            new[node.index] = results[node.inputs[0].index][node.attributes["position"]]
        else:
            moved = new[node.index] = node.with_inputs(tuple(new[value.index] for value in node.inputs))
            if node.operation.is_bundle:
                with scope_at(node.scope):
                    found = rule(moved, picked.get(node.index, ()))
                if found is not None:
                    results[node.index] = found
    return Graph(graph.inputs, [new[value.index] for value in graph.outputs], graph.output_names)


def inline_calls(graph: Graph) -> Graph:
    """Calls that nothing keeps apart become part of the program around them."""
    return rewrite_bundles(graph, _inlined)


def inline_all_calls(graph: Graph) -> Graph:
    """All calls become part of the program, for whoever shares no common subexpressions any more: backends."""
    return rewrite_bundles(graph, lambda node, picked: _inlined(node, picked, apart=True))


def _inlined(node: Value, _picked: Collection[int], *, apart: bool = False) -> Results | None:
    if node.operation.name != "call" or (node.attributes["apart"] and not apart):
        return None
    body = (inline_all_calls if apart else inline_calls)(node.attributes["body"])
    given = {old.index: new for old, new in zip(body.inputs, node.inputs, strict=True)}
    return dict(enumerate(substituted(body.outputs, given)))
