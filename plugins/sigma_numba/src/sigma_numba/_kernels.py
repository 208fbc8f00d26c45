"""Kernels of operations that are in no cluster; what is not here is NumPy's.

A kernel gets the writer and a node, and returns the lines of a call. `gather` in `_rows` is a model of one.
"""

from collections.abc import Mapping

from sigma_core.extend import Kernel
from sigma_numba import _correlations, _joins, _pooling, _products, _rows

KERNELS: Mapping[str, Kernel] = {
    **_correlations.KERNELS,
    **_joins.KERNELS,
    **_pooling.KERNELS,
    **_products.KERNELS,
    **_rows.KERNELS,
}
