"""NumPy's functions on values give what NumPy gives, and have right derivatives."""

import numpy as np
import pytest

from sigma_core.graph import Graph, as_value, check_grads, evaluate, flatten, optimise, placeholder

X = np.random.default_rng(1).uniform(0.1, 2.0, (2, 3, 4))
SQUARE = X[0, :, :3] + np.eye(3)
STACK = np.stack([SQUARE, SQUARE.T @ SQUARE])
POSITIVE = STACK @ np.swapaxes(STACK, -1, -2)
MASK = X > 0.7
INDICES = np.array([[2, 0], [1, 1]])

# Of X, which has shape (2, 3, 4), or of what stands in ARGUMENTS under the same name.
CASES = {
    "einsum": lambda x: np.einsum("ijk,ijl->ikl", x, x),
    "einsum_implicit": lambda x: np.einsum("ijk,kl", x, np.ones((4, 2))),
    "einsum_one": lambda x: np.einsum("ijk->ki", x),
    "einsum_total": lambda x: np.einsum("ijk->", x),
    "einsum_diagonal": lambda x: np.einsum("iji->ij", x[:, :, :2]),
    "einsum_trace": lambda x: np.einsum("iji", x[:, :, :2]),
    "einsum_ellipsis": lambda x: np.einsum("...k,k...", x, x[0, 0]),
    "einsum_ellipses": lambda x: np.einsum("...jk,...lk->...jl", x, x[:1]),
    "einsum_outer": lambda x: np.einsum("i,j,k->kij", x[0, 0], x[0, 1], x[0, 2]),
    "einsum_chain": lambda x: np.einsum("ij,jk,kl,lm->im", x[0], x[0].T, x[1], x[1].T),
    "einsum_stacks": lambda x: np.einsum("bij,bjk,bk->bi", x, np.swapaxes(x, 1, 2), x[:, :, 0]),
    "einsum_unshared": lambda x: np.einsum("ij,kl->il", x[0], x[1]),
    "einsum_ones": lambda x: np.einsum("ij,ij->ij", x[0], x[0, :1]),
    "einsum_lists": lambda x: np.einsum(x, [0, 1, 2], x, [0, 1, 3], [0, 2, 3]),
    "einsum_lists_dots": lambda x: np.einsum(x, [..., 1], x[0], [..., 1], [...]),
    "vecdot": lambda x: np.vecdot(x, x[0]),
    "vecdot_axis": lambda x: np.vecdot(x, x, axis=1),
    "matvec": lambda x: np.matvec(x, x[0, 0]),
    "vecmat": lambda x: np.vecmat(x[:, :, 0], x),
    "multi_dot": lambda x: np.linalg.multi_dot([x[0, 0], x[0].T, x[0], x[1].T]),
    "kron": lambda x: np.kron(x[0], x[1, :2]),
    "kron_axes": lambda x: np.kron(x, x[0, 0]),
    "trace": lambda x: np.trace(x, 1),
    "trace_axes": lambda x: x.trace(-1, 2, 0),
    "tril": np.tril,
    "triu": lambda x: np.triu(x, 1),
    "tril_vector": lambda x: np.tril(x[0, 0]),
    "diag": lambda x: np.diag(x[0, 0], -1),
    "diag_of_matrix": lambda x: np.diag(x[0], 2),
    "diagflat": lambda x: np.diagflat(x[0, :2]),
    "diagonal": lambda x: np.diagonal(x, -1, 1, 2),
    "diagonal_outside": lambda x: np.diagonal(x[0], 7),
    "linalg_diagonal": lambda x: np.linalg.diagonal(x, offset=1),
    "linalg_trace": np.linalg.trace,
    "cross": lambda x: np.cross(x[..., :3], x[0, 0, 1:]),
    "cross_axis": lambda x: np.cross(x, x[::-1], axis=1),
    "sort": np.sort,
    "sort_axis": lambda x: np.sort(x, 1),
    "sort_flat": lambda x: np.sort(x, axis=None, kind="stable"),
    "argsort": lambda x: np.argsort(np.round(x * 2), axis=1, stable=True),
    "partition": lambda x: np.sort(np.partition(x, 2)[..., :2]),
    "argpartition": lambda x: np.take_along_axis(x, np.argpartition(x, 1), -1)[..., 1],
    "median": np.median,
    "median_axis": lambda x: np.median(x, axis=1),
    "median_axes": lambda x: np.median(x, axis=(0, 2), keepdims=True),
    "median_missing": lambda x: np.median(np.where(x > 1.9, np.nan, x), axis=-1),
    "quantile": lambda x: np.quantile(x, 0.3),
    "quantile_many": lambda x: np.quantile(x, np.array([0.1, 0.5, 1.0]), axis=1, keepdims=True),
    "quantile_midpoint": lambda x: np.quantile(x, 0.3, axis=2, method="midpoint"),
    "quantile_lower": lambda x: np.quantile(x, 0.3, axis=(0, 2), method="lower"),
    "quantile_higher": lambda x: np.quantile(x, [0.3, 1], method="higher"),
    "percentile": lambda x: np.percentile(x, 25, axis=0),
    "searchsorted": lambda x: np.searchsorted(np.arange(0, 2, 0.25), x, side="right"),
    "searchsorted_value": lambda x: np.searchsorted(np.sort(x[0, 0]), 1),
    "interp": lambda x: np.interp(x, np.array([0.2, 0.5, 1.5]), np.array([1.0, -1.0, 3.0])),
    "interp_heights": lambda x: np.interp(np.array([-1.0, 0.5, 1.0, 3.0, 9.0]), np.arange(4.0), x[0, 0], right=7.0),
    "sum_where": lambda x: np.sum(x, axis=1, where=MASK, initial=2),
    "sum_where_broadcast": lambda x: np.sum(x, axis=(0, 2), where=MASK[0]),
    "prod_where": lambda x: np.prod(x, axis=1, where=MASK, initial=3.0),
    "prod_dtype": lambda x: np.prod(x, dtype=np.float32, keepdims=True),
    "max_where": lambda x: np.max(x, axis=1, where=MASK, initial=0.5),
    "min_initial": lambda x: np.min(x, initial=0.5),
    "max_of_nothing": lambda x: np.max(x[:, :0], axis=1, initial=0.5),
    "reduce_where": lambda x: np.maximum.reduce(x, axis=0, initial=-1.0, where=MASK),
    "mean_where": lambda x: np.mean(x, axis=(0, 1), where=MASK),
    "var_where": lambda x: np.var(x, axis=2, where=MASK | (X > 0.3), ddof=1, keepdims=True),
    "var_correction": lambda x: np.var(x, axis=2, correction=0.5),
    "var_mean": lambda x: np.var(x, axis=2, mean=np.mean(x, axis=2, keepdims=True)),
    "std_where": lambda x: np.std(x, where=MASK),
    "any_where": lambda x: np.any(x > 1.5, axis=1, where=MASK),
    "all_where": lambda x: np.all(x, where=MASK),
    "count_nonzero": lambda x: np.count_nonzero(x > 1, axis=1),
    "count_nonzero_all": lambda x: np.count_nonzero(np.round(x), keepdims=True),
    "ptp": lambda x: np.ptp(x, axis=1),
    "average": np.average,
    "average_weights": lambda x: np.average(x, axis=1, weights=x[0, :, 0]),
    "average_returned": lambda x: np.average(x, axis=(0, 1), weights=x, returned=True, keepdims=True),
    "logaddexp_reduce": lambda x: np.logaddexp.reduce(x, axis=1),
    "nansum": lambda x: np.nansum(np.where(MASK, x, np.nan), axis=1),
    "nanprod": lambda x: np.nanprod(np.where(MASK, x, np.nan), axis=1),
    "nanmean": lambda x: np.nanmean(np.where(MASK, x, np.nan)),
    "nanvar": lambda x: np.nanvar(np.where(MASK, x, np.nan), axis=(0, 1), ddof=1),
    "nanstd": lambda x: np.nanstd(np.where(MASK, x, np.nan), axis=(0, 1), keepdims=True),
    "nanmax": lambda x: np.nanmax(np.where(MASK, x, np.nan), axis=(0, 1)),
    "nanmin": lambda x: np.nanmin(np.where(MASK, x, np.nan)),
    "cumprod": lambda x: np.cumprod(x, axis=1),
    "cumprod_flat": lambda x: x.cumprod(),
    "cumsum_dtype": lambda x: np.cumsum(x, 0, dtype=np.float32),
    "nancumsum": lambda x: np.nancumsum(np.where(MASK, x, np.nan), axis=0),
    "nancumprod": lambda x: np.nancumprod(np.where(MASK, x, np.nan), axis=2),
    "cumulative_sum": lambda x: np.cumulative_sum(x, axis=1, include_initial=True),
    "cumulative_prod": lambda x: np.cumulative_prod(x[0, 0], include_initial=True),
    "accumulate": lambda x: np.maximum.accumulate(x, axis=2),
    "multiply_accumulate": lambda x: np.multiply.accumulate(x, axis=2),
    "diff": np.diff,
    "diff_twice": lambda x: np.diff(x, 2, axis=1),
    "diff_ends": lambda x: np.diff(x, axis=1, prepend=0.0, append=x[:, :1]),
    "diff_truths": lambda x: np.diff(x > 1),
    "subtract_outer": lambda x: np.subtract.outer(x[0, 0], x[0]),
    "norm": np.linalg.norm,
    "norm_one": lambda x: np.linalg.norm(x, 1, axis=1),
    "norm_three": lambda x: np.linalg.norm(x[0, 0], 3),
    "norm_half": lambda x: np.linalg.norm(x, 0.5, axis=-1, keepdims=True),
    "norm_zero": lambda x: np.linalg.norm(x, 0, axis=1),
    "norm_largest": lambda x: np.linalg.norm(x, np.inf, axis=1),
    "norm_smallest": lambda x: np.linalg.norm(x, -np.inf, axis=1),
    "norm_matrix": lambda x: np.linalg.norm(x, axis=(0, 2)),
    "norm_fro": lambda x: np.linalg.norm(x, "fro", axis=(2, 0), keepdims=True),
    "norm_columns": lambda x: np.linalg.norm(x[0], 1),
    "norm_columns_least": lambda x: np.linalg.norm(x, -1, axis=(0, 1)),
    "norm_rows": lambda x: np.linalg.norm(x, np.inf, axis=(2, 0)),
    "norm_rows_least": lambda x: np.linalg.norm(x, -np.inf, axis=(1, 2), keepdims=True),
    "vector_norm": lambda x: np.linalg.vector_norm(x, axis=(0, 1), ord=4),
    "matrix_norm": np.linalg.matrix_norm,
    "solve": lambda x: np.linalg.solve(STACK, x[:, :, :2]),
    "solve_vector": lambda x: np.linalg.solve(x[0, :, :3] + np.eye(3), x[1, :, 0]),
    "solve_stacks": lambda x: np.linalg.solve(x[0, :, :3] + np.eye(3), x),
    "inv": lambda x: np.linalg.inv(x[:, :, :3] + np.eye(3)),
    "det": lambda x: np.linalg.det(x[:, :, :3] + np.eye(3)),
    "slogdet": lambda x: np.linalg.slogdet(x[:, :, :3] - 2 * np.eye(3)),
    "cholesky": lambda x: np.linalg.cholesky(x @ np.swapaxes(x, 1, 2) + np.eye(3)),
    "cholesky_upper": lambda x: np.linalg.cholesky(x[0] @ x[0].T + np.eye(3), upper=True),
    "matrix_power": lambda x: np.linalg.matrix_power(x[:, :, :3], 5),
    "matrix_power_zero": lambda x: np.linalg.matrix_power(x[:, :, :3], 0),
    "matrix_power_inverse": lambda x: np.linalg.matrix_power(x[:, :, :3] + np.eye(3), -2),
    "linalg_outer": lambda x: np.linalg.outer(x[0, 0], x[0, 1]),
    "pad_edge": lambda x: np.pad(x, ((2, 1), (0, 0), (3, 3)), mode="edge"),
    "pad_reflect": lambda x: np.pad(x, ((0, 0), (5, 3), (2, 1)), mode="reflect"),
    "pad_symmetric": lambda x: np.pad(x, ((0, 0), (4, 3), (2, 1)), mode="symmetric"),
    "pad_wrap": lambda x: np.pad(x, ((0, 3), (4, 0), (2, 1)), mode="wrap"),
    "pad_numbers": lambda x: np.pad(x, 1, constant_values=((1, 2), (3, 4), (5, 6))),
    "pad_axes": lambda x: np.pad(x, {-1: (1, 2), 0: 1}),
    "roll_many": lambda x: np.roll(x, (1, -2), axis=(0, 2)),
    "roll_flat": lambda x: np.roll(x, 5),
    "rot90": np.rot90,
    "rot90_back": lambda x: np.rot90(x, -1, (1, 2)),
    "rot90_twice": lambda x: np.rot90(x, 2, (2, 0)),
    "fliplr": np.fliplr,
    "flipud": np.flipud,
    "delete": lambda x: np.delete(x, [1, 2], axis=2),
    "repeat_each": lambda x: np.repeat(x, [1, 0, 3], axis=1),
    "repeat_array": lambda x: np.repeat(x[0, 0], np.array([2, 1, 0, 1])),
    "tile_array": lambda x: np.tile(x, np.array([2, 1])),
    "split_number": lambda x: np.split(x, np.int64(2)),
    "moveaxis_arrays": lambda x: np.moveaxis(x, np.array([0, 1]), np.array([-1, 0])),
    "reshape_array": lambda x: x.reshape(np.array([6, 4])),
    "reshape_order": lambda x: x.reshape(6, 4, order="C").ravel(order="C"),
    "transpose_array": lambda x: x.transpose(np.array([2, 0, 1])),
    "tensordot_number": lambda x: np.tensordot(x[0], x[1].T, np.int64(1)),
    "tensordot_arrays": lambda x: np.linalg.tensordot(x, x, axes=np.array([[1, 2], [1, 2]])),
    "mT": lambda x: np.linalg.matmul(x, x.mT),
    "real": lambda x: np.real(x) + x.real * np.conjugate(x) + np.imag(x) + x.itemsize,
    "round_decimals": lambda x: np.round(x, 2) * x,
    "round_tens": lambda x: np.around(x * 100, -1),
    "round_integers": lambda x: np.round(np.argmax(x, axis=1), 2),
    "like": lambda x: np.zeros_like(x, shape=(2, 5)) + np.ones_like(x, shape=5) + np.full_like(x, x[0, 0, 0], shape=()),
    "empty_like": lambda x: np.empty_like(x) * 0.0,
    "nan_to_num_positional": lambda x: np.nan_to_num(np.where(MASK, x, np.nan), False, 2.0),
    "take_along_axis_flat": lambda x: np.take_along_axis(x, np.array([3, -1, 0]), None),
    "take_along_axis_last": lambda x: np.take_along_axis(x, np.argsort(x)),
    "unravel_index": lambda x: np.stack(np.unravel_index(np.argmax(x, axis=0), x.shape)),
    "digitize": lambda x: np.digitize(x, np.array([0.2, 0.5, 1.5])),
    "digitize_right": lambda x: np.digitize(np.round(x), [0.0, 1.0, 2.0], right=True),
    "delete_flat": lambda x: np.delete(x, slice(3, 9)),
    "select": lambda x: np.select([x < 0.5, x < 1], [x, x * x], -1.0),
    "meshgrid": lambda x: tuple(np.meshgrid(x[0, 0], x[0, 1, :2], x[1, 1, :3])),
    "meshgrid_sparse": lambda x: tuple(np.meshgrid(x[0, 0], x[0, 1, :2], sparse=True, indexing="ij")),
    "broadcast_arrays": lambda x: tuple(np.broadcast_arrays(x, x[0, 0])),
    "linspace": lambda x: np.linspace(x[0, 0], x[0, 1], 5),
    "linspace_open": lambda x: np.linspace(0.0, x[0, 1], 5, endpoint=False, axis=-1),
    "vander": lambda x: np.vander(x[0, 0], 3),
    "vander_increasing": lambda x: np.vander(x[0, 0], increasing=True),
    "unstack": lambda x: np.unstack(x, axis=1),
    "dstack": lambda x: np.dstack([x[0], x[1]]),
    "dstack_vectors": lambda x: np.dstack([x[0, 0], x[0, 1]]),
    "column_stack": lambda x: np.column_stack([x[0, :, 0], x[1]]),
    "append": lambda x: np.append(x, 1.0),
    "append_axis": lambda x: np.append(x, x[:, :1], axis=1),
    "block": lambda x: np.block([[x[0], x[1]], [np.zeros((1, 4)), x[0, :1]]]),
    "block_vectors": lambda x: np.block([x[0, 0], 1.0, x[0, 1]]),
    "atleast_1d": lambda x: np.atleast_1d(x[0, 0, 0]),
    "atleast_2d": lambda x: np.atleast_2d(x[0, 0], x),
    "atleast_3d": lambda x: np.atleast_3d(x[0, 0, 0], x[0, 0], x[0], x),
    "hsplit": lambda x: np.hsplit(x, 3),
    "hsplit_vector": lambda x: np.hsplit(x[0, 0], 2),
    "vsplit": lambda x: np.vsplit(x, 2),
    "dsplit": lambda x: np.dsplit(x, [1, 3]),
    "divmod": lambda x: divmod(x, 0.3),
    "modf": lambda x: np.modf(-2 * x),
    "sinc": lambda x: np.sinc(x - X[0, 0, 0]),
    "isclose": lambda x: np.isclose(x, np.where(X > 1, X, 0.0)),
    "allclose": lambda x: np.allclose(x, X),
    "array_equal": lambda x: np.array_equal(x, X[:1]),
    "fmax": lambda x: np.fmax(x, np.where(X > 1, np.nan, 0.8)),
    "fmin": lambda x: np.fmin(np.where(X > 1, np.nan, 0.8), x),
}


def compare(function, *arrays, tolerance=1e-12):
    """The function on values, evaluated, optimised or not, against the function on arrays."""
    with np.errstate(all="ignore"):
        expected, _ = flatten(function(*arrays))
        values = [placeholder(array.shape, array.dtype, str(number)) for number, array in enumerate(arrays)]
        results, _ = flatten(function(*values))
        assert len(results) == len(expected)
        traced = [as_value(result) for result in results]
        for program in (Graph(values, traced), optimise(Graph(values, traced))):
            for value, right, found in zip(traced, expected, evaluate(program, *arrays), strict=True):
                assert (value.shape, value.dtype) == (np.shape(right), np.asarray(right).dtype)
                assert (found.shape, found.dtype) == (value.shape, value.dtype)
                np.testing.assert_allclose(found, right, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("name", CASES)
def test_a_function_is_numpys(name):
    """One expression each, of an array of shape (2, 3, 4)."""
    compare(CASES[name], X, tolerance=1e-9)


# Finite differences of NaN are none.
@pytest.mark.parametrize("name", [name for name in CASES if name != "median_missing"])
def test_a_function_has_right_derivatives(name):
    """In both modes, of second order."""
    function = CASES[name]
    results = function(X)
    if isinstance(results, tuple | list):
        check_grads(lambda x: tuple(function(x)), (X,))
    elif np.asarray(results).dtype == np.float64:
        check_grads(function, (X,))
