"""NumPy's functions on values, by subject. Importing this fills the table that `Value` dispatches with."""

from sigma_core.graph.functions import _contractions, _elementwise, _indexing, _joins, _reductions, _sliding, _views

__all__: list[str] = []

_MEANINGS = (_contractions, _elementwise, _indexing, _joins, _reductions, _sliding, _views)
