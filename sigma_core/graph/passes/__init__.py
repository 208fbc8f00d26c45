"""Passes: pure functions from a graph to an equal, cheaper one."""

from sigma_core.graph._graph import Graph
from sigma_core.graph.passes._algebra import simplify
from sigma_core.graph.passes._bodies import rewrite_bodies
from sigma_core.graph.passes._bundles import inline_all_calls, inline_calls
from sigma_core.graph.passes._common import share_common
from sigma_core.graph.passes._fold import fold_constants
from sigma_core.graph.passes._hoisting import hoist_ahead, hoist_behind
from sigma_core.graph.passes._implicit import drop_broadcasts
from sigma_core.graph.passes._lookups import move_lookups
from sigma_core.graph.passes._merging import merge_loops
from sigma_core.graph.passes._products import swap_products
from sigma_core.graph.passes._rewrite import rewrite
from sigma_core.graph.passes._trimming import trim_bundles

__all__ = [
    "PASSES",
    "drop_broadcasts",
    "fold_constants",
    "hoist_ahead",
    "hoist_behind",
    "inline_all_calls",
    "inline_calls",
    "merge_loops",
    "move_lookups",
    "optimise",
    "optimise_bodies",
    "rewrite",
    "share_common",
    "simplify",
    "swap_products",
    "trim_bundles",
]


def optimise_bodies(graph: Graph) -> Graph:
    """All passes over the bodies of control operations."""
    return rewrite_bodies(graph, optimise)


PASSES = (
    *(inline_calls, fold_constants, simplify, swap_products, move_lookups, drop_broadcasts, share_common),
    *(merge_loops, trim_bundles, optimise_bodies, hoist_behind, hoist_ahead),
)
"""In this order. What no output needs falls away with each, for a graph is what its outputs are made of."""
ROUNDS = 4


def optimise(graph: Graph) -> Graph:
    """All passes, again as long as the program changes in size, four times at most."""
    for _ in range(ROUNDS):
        before = _size(graph)
        for simplification in PASSES:
            graph = simplification(graph)
        if _size(graph) == before:
            break
    return graph


def _size(graph: Graph) -> int:
    """Nodes, those of bodies included."""
    bodies = (each for node in graph.nodes for each in node.attributes.values() if isinstance(each, Graph))
    return len(graph.nodes) + sum(map(_size, bodies))
