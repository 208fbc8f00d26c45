"""Programs as straight lines of Python over planned memory: what NumPy's backend and those of plugins share.

A backend of this family derives from `PlannedBackend` and exchanges parts of it.
"""

from sigma_core.backends.planned._backend import PlannedBackend
from sigma_core.backends.planned._host import HostBackend
from sigma_core.backends.planned._kernels import KERNELS, Kernel, register_kernel, registered_kernel
from sigma_core.backends.planned._program import PlannedExecutable, PlannedProgram
from sigma_core.backends.planned._statements import STATEMENTS, Statement, by_statement, statement
from sigma_core.backends.planned._writer import Writer

__all__ = [
    "KERNELS",
    "STATEMENTS",
    "HostBackend",
    "Kernel",
    "PlannedBackend",
    "PlannedExecutable",
    "PlannedProgram",
    "Statement",
    "Writer",
    "by_statement",
    "register_kernel",
    "registered_kernel",
    "statement",
]
