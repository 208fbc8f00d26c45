"""Passes: pure functions from a graph to an equal, cheaper one."""

from sigma_core.graph._graph import Graph
from sigma_core.graph.passes._algebra import simplify
from sigma_core.graph.passes._common import share_common
from sigma_core.graph.passes._fold import fold_constants
from sigma_core.graph.passes._implicit import drop_broadcasts
from sigma_core.graph.passes._products import swap_products
from sigma_core.graph.passes._rewrite import rewrite

__all__ = [
    "PASSES",
    "drop_broadcasts",
    "fold_constants",
    "optimise",
    "rewrite",
    "share_common",
    "simplify",
    "swap_products",
]

PASSES = (fold_constants, simplify, swap_products, drop_broadcasts, share_common)
"""In this order. What no output needs falls away with each, for a graph is what its outputs are made of."""
ROUNDS = 4


def optimise(graph: Graph) -> Graph:
    """All passes, again as long as the program gets shorter, four times at most."""
    for _ in range(ROUNDS):
        before = len(graph.nodes)
        for simplification in PASSES:
            graph = simplification(graph)
        if len(graph.nodes) == before:
            break
    return graph
