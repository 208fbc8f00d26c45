"""What stands for NumPy's functions that cannot be traced: numbers decide their shapes, or they write into arrays."""

import numpy as np

from sigma_core.graph._protocol import ALTERNATIVES

_UNKNOWN_SIZE = "the size of its result hangs on numbers: "
_WRITES = "it writes into an array: "
_MASK = _UNKNOWN_SIZE + "np.where(mask, value, 0), or sigma_core.extend.top_k"
_SOLVE = "np.linalg.solve, np.linalg.cholesky, np.linalg.inv"

ALTERNATIVES.update(
    {
        np.apply_along_axis: "sigma.vmap, with np.moveaxis",
        np.apply_over_axes: "a reduction with several axes",
        np.argwhere: _MASK,
        np.bincount: "sigma_core.extend.one_hot and np.sum, or np.zeros_like(...).at[indices].add(weights)",
        np.compress: _MASK,
        np.choose: "np.select, or np.where",
        np.convolve: "sigma_core.convolve",
        np.copyto: _WRITES + "np.where(where, source, target)",
        np.corrcoef: "x @ x.T / size, of x less its np.mean and divided by its np.std",
        np.correlate: "sigma_core.convolve",
        np.cov: "x @ x.T / (size - 1), of x less its np.mean",
        np.ediff1d: "np.diff",
        np.extract: _MASK,
        np.fill_diagonal: _WRITES + "np.where(np.eye(size, dtype=bool), number, value)",
        np.fix: "np.trunc",
        np.flatnonzero: _MASK,
        np.geomspace: "np.exp of np.linspace",
        np.gradient: "np.diff, and half the sum of its neighbours",
        np.histogram: "np.searchsorted, and sigma_core.extend.one_hot of its result",
        np.insert: "np.concatenate of the parts",
        np.isin: "np.any(value[..., None] == elements, axis=-1)",
        np.lexsort: "np.argsort, which is stable, of one key after the other",
        np.linalg.cond: _SOLVE,
        np.linalg.eig: _SOLVE,
        np.linalg.eigh: _SOLVE,
        np.linalg.eigvals: _SOLVE,
        np.linalg.eigvalsh: _SOLVE,
        np.linalg.lstsq: "np.linalg.solve(a.T @ a, a.T @ b)",
        np.linalg.matrix_rank: _SOLVE,
        np.linalg.pinv: "np.linalg.solve(a.T @ a, a.T)",
        np.linalg.qr: _SOLVE,
        np.linalg.svd: _SOLVE,
        np.linalg.svdvals: _SOLVE,
        np.logspace: "a power of np.linspace",
        np.nanargmax: "np.argmax(np.where(np.isnan(value), -np.inf, value))",
        np.nanargmin: "np.argmin(np.where(np.isnan(value), np.inf, value))",
        np.nanmedian: "np.median, where nothing is NaN",
        np.nanpercentile: "np.percentile, where nothing is NaN",
        np.nanquantile: "np.quantile, where nothing is NaN",
        np.nonzero: _MASK,
        np.piecewise: "np.select, or np.where",
        np.place: _WRITES + "np.where(mask, updates, value)",
        np.polyval: "products and sums, the highest power first: (a * x + b) * x + c",
        np.put: _WRITES + "value.at[indices].set(updates)",
        np.put_along_axis: _WRITES + "value.at[indices].set(updates)",
        np.putmask: _WRITES + "np.where(mask, updates, value)",
        np.ravel_multi_index: "row * width + column",
        np.resize: "np.tile, np.reshape",
        np.rollaxis: "np.moveaxis",
        np.trapezoid: "np.sum((y[1:] + y[:-1]) / 2 * np.diff(x))",
        np.trim_zeros: _UNKNOWN_SIZE + "np.where",
        np.unique: _UNKNOWN_SIZE + "np.sort, and np.diff of its result",
        np.unique_values: _UNKNOWN_SIZE + "np.sort, and np.diff of its result",
    }
)
