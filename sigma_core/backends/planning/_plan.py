"""The whole plan of a graph's memory."""

from collections.abc import Mapping, Sequence

from sigma_core.backends.planning._arrangement import Arrangement
from sigma_core.backends.planning._blocks import assign_blocks
from sigma_core.backends.planning._donations import donate
from sigma_core.backends.planning._joins import elide_joins
from sigma_core.backends.planning._placement import Overwrites, Placement, overwrites
from sigma_core.backends.planning._schedule import Instruction


def place(
    arrangement: Arrangement,
    instructions: Sequence[Instruction],
    donations: Mapping[int, str],
    may_overwrite: Overwrites = overwrites,
) -> Placement:
    """A place for everything that the instructions compute."""
    placement = Placement(arrangement, instructions, may_overwrite)
    elide_joins(placement)
    donate(placement, donations)
    assign_blocks(placement)
    return placement
