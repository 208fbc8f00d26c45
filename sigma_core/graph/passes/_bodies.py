"""Passes within the bodies of control operations."""

from collections.abc import Callable
from weakref import WeakKeyDictionary

from sigma_core.graph._graph import Graph
from sigma_core.graph._record import record
from sigma_core.graph._value import Value
from sigma_core.graph.passes._rewrite import rewrite

_known: WeakKeyDictionary[Graph, Graph] = WeakKeyDictionary()


def rewrite_bodies(graph: Graph, optimise: Callable[[Graph], Graph]) -> Graph:
    """The graph with each body optimised; one that was optimised already stays as it is."""

    def rewritten(node: Value) -> Value | None:
        bodies = {name: each for name, each in node.attributes.items() if isinstance(each, Graph)}
        better = {name: _optimised(each, optimise) for name, each in bodies.items()}
        if all(better[name] is bodies[name] for name in bodies):
            return None
        return record(node.operation.name, *node.inputs, **{**node.attributes, **better})

    return rewrite(graph, rewritten)


def _optimised(body: Graph, optimise: Callable[[Graph], Graph]) -> Graph:
    if body not in _known:
        made = optimise(body)
        _known[body] = made
        _known[made] = made
    return _known[body]
