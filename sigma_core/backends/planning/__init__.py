"""From a graph to where and when everything is computed: shared by backends that generate code.

`arrange` decides what is a view of what, `schedule` groups nodes to instructions, `place` gives each a place in memory.
"""

from sigma_core.backends.planning._arrangement import Arrangement, Storage, arrange
from sigma_core.backends.planning._bundles import Bundle, bundle_of
from sigma_core.backends.planning._description import description
from sigma_core.backends.planning._placement import (
    IN_PLACE_OPERANDS,
    Overwrites,
    Piece,
    Placement,
    Read,
    Store,
    overwrites,
)
from sigma_core.backends.planning._plan import place
from sigma_core.backends.planning._schedule import Instruction, schedule

__all__ = [
    "IN_PLACE_OPERANDS",
    "Arrangement",
    "Bundle",
    "Instruction",
    "Overwrites",
    "Piece",
    "Placement",
    "Read",
    "Storage",
    "Store",
    "arrange",
    "bundle_of",
    "description",
    "overwrites",
    "place",
    "schedule",
]
