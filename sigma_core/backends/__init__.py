"""Backends: what runs graphs. `numpy` is embedded, others come as plugins."""

from sigma_core.backends._checks import check_arguments
from sigma_core.backends._codes import Codes, Reader
from sigma_core.backends._contract import NO_DONATIONS, Backend, Executable, Program
from sigma_core.backends._plan import Plan, PlannedNode
from sigma_core.backends.planned import (
    KERNELS,
    HostBackend,
    Kernel,
    PlannedBackend,
    PlannedProgram,
    Statement,
    Writer,
    by_statement,
    register_kernel,
    registered_kernel,
)
from sigma_core.backends.planning import Arrangement, Instruction, Placement, Read, Storage

__all__ = [
    "KERNELS",
    "NO_DONATIONS",
    "Arrangement",
    "Backend",
    "Codes",
    "Executable",
    "HostBackend",
    "Instruction",
    "Kernel",
    "Placement",
    "Plan",
    "PlannedBackend",
    "PlannedNode",
    "PlannedProgram",
    "Program",
    "Read",
    "Reader",
    "Statement",
    "Storage",
    "Writer",
    "by_statement",
    "check_arguments",
    "register_kernel",
    "registered_kernel",
]
