"""The table of operations, by kind: each row types, computes and differentiates one operation."""

from sigma_core.graph.operations import (
    _contractions,
    _control,
    _cumulative,
    _erf,
    _gather,
    _joins,
    _linalg,
    _pooling,
    _random,
    _reductions,
    _replacement,
    _selection,
    _sorting,
    _sources,
    _views,
    _windows,
)
from sigma_core.graph.operations._control import signatures
from sigma_core.graph.operations._elementwise import UFUNC_OPERATIONS
from sigma_core.graph.operations._gather import adds_rows
from sigma_core.graph.operations._operation import OPERATIONS, Kind, Literal, Operation, Shape, Signature, register
from sigma_core.graph.operations._windows import sums_of_windows

__all__ = [
    "OPERATIONS",
    "UFUNC_OPERATIONS",
    "Kind",
    "Literal",
    "Operation",
    "Shape",
    "Signature",
    "adds_rows",
    "register",
    "signatures",
    "sums_of_windows",
]

# Importing a module of rows fills the table.
_ROWS = (
    _contractions,
    _control,
    _cumulative,
    _erf,
    _gather,
    _joins,
    _linalg,
    _pooling,
    _random,
    _reductions,
    _replacement,
    _selection,
    _sorting,
    _sources,
    _views,
    _windows,
)
