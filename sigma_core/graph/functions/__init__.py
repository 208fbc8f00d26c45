"""NumPy's functions on values, by subject. Importing this fills the table that `Value` dispatches with."""

from sigma_core.graph.functions import (
    _alternatives,
    _arrangements,
    _contractions,
    _cumulative,
    _diagonals,
    _einsum,
    _elementwise,
    _indexing,
    _joins,
    _linalg,
    _methods,
    _reductions,
    _sliding,
    _sorting,
    _updates,
    _views,
)

__all__: list[str] = []

_MEANINGS = (
    _alternatives,
    _arrangements,
    _contractions,
    _cumulative,
    _diagonals,
    _einsum,
    _elementwise,
    _indexing,
    _joins,
    _linalg,
    _methods,
    _reductions,
    _sliding,
    _sorting,
    _updates,
    _views,
)
