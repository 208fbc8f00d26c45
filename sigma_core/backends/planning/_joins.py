"""Joins without copies: what is joined is computed in its place."""

from sigma_core.backends.planning._arrangement import Storage
from sigma_core.backends.planning._placement import Piece, Placement


def elide_joins(placement: Placement) -> None:
    """Let the parts of joins along a first axis be computed inside of the join's memory.

    So the gradients of all parameters end up in one vector without being copied there.
    """
    arrangement = placement.arrangement
    for join in arrangement.graph.nodes:
        # Parts are contiguous in the result only when no axis with several places stands before.
        if join.operation.name != "concatenate" or any(size != 1 for size in join.shape[: join.attributes["axis"]]):
            continue
        start = 0
        for value in join.inputs:
            root = arrangement.root[value.index]
            computed = arrangement.storage[root.index] is Storage.COMPUTED and root.operation.name != "concatenate"
            if computed and arrangement.covers(value) and root.index not in placement.pieces:
                placement.pieces[root.index] = Piece(join, start)
            start += value.size
