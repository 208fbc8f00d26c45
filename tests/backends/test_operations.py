"""Every operation compiled: the same numbers as from the evaluator, twice."""

from functools import partial

import numpy as np
import pytest

from sigma_core.backends.numpy import NumpyBackend
from sigma_core.graph import (
    OPERATIONS,
    Graph,
    Kind,
    Operation,
    average_pool,
    convolve,
    erf,
    evaluate,
    grad,
    gradients,
    max_pool,
    one_hot,
    placeholder,
    random_normal,
    random_uniform,
    record,
    register,
)
from sigma_core.graph.operations import UFUNC_OPERATIONS

X = placeholder((4, 3), np.float32, "x")
N = placeholder((4,), np.int64, "n")
KEY = placeholder((2,), np.uint64, "key")
INPUTS = (X, N, KEY)
ARRAYS = (
    np.random.default_rng(0).uniform(0.1, 0.9, (4, 3)).astype(np.float32),
    np.array([2, 0, 1, 1]),
    np.array([1, 2], np.uint64),
)

EXPRESSIONS = {
    "where": lambda: np.where(X > 0.5, X, 1 - X),
    "where_number": lambda: np.where(X > 0.5, 2.0, X),
    "where_zero": lambda: (
        np.where(X > 0.5, np.float32([np.nan, -np.inf, -0.0]), 0.0) + np.where(X.astype(np.float64) > 0.5, X, 0.0)
    ),
    "where_zero_broadcast": lambda: np.where(X > 0.5, X[:1], 0.0) * np.where(X[:1] > 0.5, X, -0.0),
    "cast": lambda: X.astype(np.float64) + N[:, None],
    "sum": lambda: np.sum(X, axis=0) + np.sum(X),
    "prod": lambda: np.prod(X, axis=1, keepdims=True),
    "extremes": lambda: np.max(X, axis=1) - np.min(X),
    "truths": lambda: np.all(X > 0.2, axis=0) | np.any(X > 0.8, axis=0),
    "argmax": lambda: np.argmax(X, axis=1) == N,
    "argmax_keepdims": lambda: np.argmax(X, axis=1, keepdims=True) * X,
    "cumprod": lambda: np.cumprod(X, axis=1),
    "sort": lambda: np.sort(X, axis=0) + np.argsort(X, axis=0),
    "searchsorted": lambda: np.searchsorted(np.sort(X[0]), X),
    "erf": lambda: erf(X) * 2,
    "replaced": lambda: (X * 2).at[1:, ::2].set(X[:3, :2]),
    "scattered": lambda: X.at[N, 1].set(0.5).at[:, N[:2] % 3].add(X[:, :2]),
    "linear_algebra": lambda: (
        np.linalg.solve(X.T @ X + np.eye(3, dtype=np.float32), X.T) * np.linalg.det(X.T @ X + np.float32(1))
    ),
    "inverses": lambda: np.linalg.inv(X[:3] + np.eye(3, dtype=np.float32)) + sum(np.linalg.slogdet(X[:3])),
    "cholesky": lambda: np.linalg.cholesky(X @ X.T + np.eye(4, dtype=np.float32)),
    "argmin_flat": lambda: np.argmin(X) + N,
    "cumsum": lambda: np.cumsum(X, axis=0),
    "matmul": lambda: X @ X.T,
    "matmul_stack": lambda: np.stack([X, X]) @ np.stack([X.T, X.T]),
    "views": lambda: np.broadcast_to(X.T[::-1, 1::2].reshape(1, 6), (2, 6)) + 0.5,
    "unbroadcast_view": lambda: np.broadcast_to(X, (2, 4, 3)),
    "backwards": lambda: X[2::-1, :],
    "embed": lambda: np.pad(X, 1, constant_values=2.0),
    "concatenate": lambda: np.concatenate([X, np.exp(X), X[:1]], axis=0),
    "concatenate_columns": lambda: np.concatenate([X, np.exp(X)], axis=1),
    "concatenate_given": lambda: np.concatenate([X, X * 0 + 1, np.ones((4, 2), np.float32)], axis=1),
    "gather_rows": lambda: np.take(X, N, axis=0),
    "gather_columns": lambda: X[:, N - 1],
    "gather_pairs": lambda: np.take_along_axis(X, N[:, None], 1),
    "scatter": lambda: gradients(np.sum(X[N] ** 2), [X])[0],
    "one_hot": lambda: one_hot(N, 3),
    "convolution": lambda: convolve(X[None], X.T[:, None] * X[:3, :, None], strides=2),
    "convolution_derivatives": lambda: grad(lambda x: np.sum(convolve(x[None], x[:3, None] + 1, groups=3) ** 2))(X),
    "pooling": lambda: max_pool(np.exp(X)[None], 2, 1, padding="same") + average_pool(X[None], 3, 1, padding="same"),
    "pooling_derivatives": lambda: grad(lambda x: np.sum(max_pool(x[None], 2, 1) ** 2))(X),
    "random": lambda: random_uniform(KEY, (2, 3), np.float32, 4) + random_normal(KEY, (3,), np.float32, 5),
    "numbers": lambda: np.sqrt(np.mean(X)) / np.exp(np.sum(X) * 0.1),
    "constant": lambda: np.ones(3) * 2,
    "constant_view": lambda: np.zeros_like(X),
    "itself": lambda: X,
}


def applied(ufunc):
    """To floats, or to integers where it knows no floats."""
    floats = any(types.startswith("f" * ufunc.nin + "->") for types in ufunc.types)
    operands = (X, X[:1]) if floats else (N, N[:1])
    return ufunc(X + 1) if ufunc is np.arccosh else ufunc(*operands[: ufunc.nin])


EXPRESSIONS |= {ufunc.__name__: partial(applied, ufunc) for ufunc in UFUNC_OPERATIONS}


@pytest.mark.parametrize("bound", [(), ("x",)], ids=["called", "bound"])
@pytest.mark.parametrize("name", EXPRESSIONS)
def test_an_operation_is_compiled_right(backend, name, bound):
    """Over arguments of the call and over bound arrays."""
    graph = Graph(INPUTS, [EXPRESSIONS[name]()])
    (expected,) = evaluate(graph, *ARRAYS)
    if backend.name == "debug" and not np.isfinite(expected).all():
        pytest.skip("the debug backend refuses what is not finite")
    executable = backend.compile(graph, bound=bound).instantiate({"x": ARRAYS[0]})
    for _ in range(2):
        (result,) = executable(*ARRAYS[len(bound) :])
        assert (result.shape, result.dtype) == (expected.shape, expected.dtype)
        np.testing.assert_allclose(result, expected, rtol=1e-6)


def test_operations_of_plugins_run_by_their_implementation():
    """A view and a computation that the backend knows nothing of."""

    def doubled(array, out=None):
        return np.multiply(array, 2, out=out)

    register(Operation("every_second", Kind.VIEW, lambda x: ((x.shape[0] // 2,), x.dtype), lambda array: array[::2]))
    register(Operation("doubled", Kind.JOIN, lambda x: (x.shape, x.dtype), doubled))
    try:
        executable = (
            NumpyBackend().compile(Graph(INPUTS, [record("doubled", record("every_second", N))])).instantiate({})
        )
        np.testing.assert_array_equal(executable(*ARRAYS)[0], [4, 2])
    finally:
        del OPERATIONS["every_second"], OPERATIONS["doubled"]
