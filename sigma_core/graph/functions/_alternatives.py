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
        np.convolve: "sigma_core.convolve",
        np.copyto: _WRITES + "np.where(where, source, target)",
        np.extract: _MASK,
        np.fill_diagonal: _WRITES + "np.where(np.eye(size, dtype=bool), number, value)",
        np.flatnonzero: _MASK,
        np.histogram: "np.searchsorted, and sigma_core.extend.one_hot of its result",
        np.insert: "np.concatenate of the parts",
        np.isin: "np.any(value[..., None] == elements, axis=-1)",
        np.linalg.eig: _SOLVE,
        np.linalg.eigh: _SOLVE,
        np.linalg.eigvals: _SOLVE,
        np.linalg.eigvalsh: _SOLVE,
        np.linalg.lstsq: "np.linalg.solve(a.T @ a, a.T @ b)",
        np.linalg.pinv: "np.linalg.solve(a.T @ a, a.T)",
        np.linalg.qr: _SOLVE,
        np.linalg.svd: _SOLVE,
        np.linalg.svdvals: _SOLVE,
        np.nonzero: _MASK,
        np.piecewise: "np.select, or np.where",
        np.place: _WRITES + "np.where(mask, updates, value)",
        np.put: _WRITES + "value.at[indices].set(updates)",
        np.put_along_axis: _WRITES + "value.at[indices].set(updates)",
        np.putmask: _WRITES + "np.where(mask, updates, value)",
        np.resize: "np.tile, np.reshape",
        np.trim_zeros: _UNKNOWN_SIZE + "np.where",
        np.unique: _UNKNOWN_SIZE + "np.sort, and np.diff of its result",
        np.unique_values: _UNKNOWN_SIZE + "np.sort, and np.diff of its result",
    }
)
