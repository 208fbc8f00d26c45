"""What NumPy's functions refuse on values: the place, what was found, what else to do."""

import operator

import numpy as np
import pytest

from sigma_core import testing
from sigma_core.errors import ShapeError, TraceError
from sigma_core.graph import evaluate, placeholder, record, trace
from sigma_core.graph._protocol import ALTERNATIVES, FUNCTIONS

X = placeholder((2, 3), np.float64, "x")
V = placeholder((3,), np.float64, "v")

REFUSED = {
    "unique": (
        lambda: np.unique(X),
        (
            "np.unique cannot be traced\n"
            "  to do:    the size of its result hangs on numbers: np.sort, and np.diff of its result"
        ),
    ),
    "put_along_axis": (
        lambda: np.put_along_axis(X, np.zeros((2, 1), int), 1.0, 1),
        "np.put_along_axis cannot be traced\n  to do:    it writes into an array: value.at[indices].set(updates)",
    ),
    "reduceat": (
        lambda: np.add.reduceat(V, [0, 1]),
        "np.add.reduceat cannot be traced\n  to do:    a reduction of each part of np.split(value, indices)",
    ),
    "quantile": (
        lambda: np.quantile(X, V[0]),
        "np.quantile at a value cannot be traced\n  expected: a number, or an array\n  to do:    np.interp",
    ),
    "quantile_method": (
        lambda: np.quantile(X, 0.5, method="hazen"),
        "np.quantile with method 'hazen' cannot be traced\n  expected: linear, lower, higher, midpoint",
    ),
    "vector_norm": (
        lambda: np.linalg.norm(V, "fro"),
        "np.linalg.norm of vectors with ord='fro' cannot be traced\n  expected: numbers",
    ),
    "quantile_share": (lambda: np.quantile(X, 2.0), "np.quantile at a share outside of 0 to 1"),
    "median": (lambda: np.median(X[:0]), "a median or quantile of no numbers, of shape (0, 3)"),
    "searchsorted": (
        lambda: np.searchsorted(X, 1.0),
        "np.searchsorted in shape (2, 3), side 'left'\n  expected: one axis; left or right",
    ),
    "interp": (
        lambda: np.interp(X, V, V[:2]),
        "np.interp over shapes (3,) and (2,)\n  expected: one axis, equal sizes",
    ),
    "max_where": (
        lambda: np.max(X, where=X > 1),
        "np.max with `where` and no `initial` has no result where nothing is picked\n  expected: initial=",
    ),
    "average": (
        lambda: np.average(X, weights=V),
        (
            "weights of shape (3,) for an average over all axes of shape (2, 3)\n"
            "  expected: the shape of the array, or of the axes"
        ),
    ),
    "average_axis": (
        lambda: np.average(X, axis=0, weights=V),
        (
            "weights of shape (3,) for an average over axis 0 of shape (2, 3)\n"
            "  expected: the shape of the array, or of the axes"
        ),
    ),
    "cumulative": (
        lambda: np.cumulative_sum(X),
        "a cumulative sum of shape (2, 3)\n  expected: one axis, or `axis`",
    ),
    "diagonal": (lambda: np.diagonal(X, 0, 1, 1), "a diagonal over axis 1 twice\n  expected: two axes"),
    "axis_many": (
        lambda: np.argmax(X, axis=(0, 1)),
        "(0, 1) as an axis\n  expected: an integer",
    ),
    "axis_fraction": (lambda: np.sum(X, axis=1.0), "1.0 as an axis\n  expected: an integer"),
    "size_fraction": (lambda: X.reshape(1.5, -1), "1.5 as a size\n  expected: an integer"),
    "repeats": (
        lambda: np.repeat(V, [1, 2]),
        "[1, 2] as numbers of times for 3 elements\n  expected: one, or one for each",
    ),
    "parts": (lambda: np.array_split(V, 0), "0 parts of an axis\n  expected: at least one"),
    "digitize": (
        lambda: np.digitize(V, [2.0, 1.0]),
        "np.digitize into bins that fall\n  expected: bins that rise\n  to do:    np.flip of the bins",
    ),
    "diag": (
        lambda: np.diag(X[None]),
        "np.diag of shape (1, 2, 3)\n  expected: one axis or two\n  to do:    np.diagonal",
    ),
    "triangle": (lambda: np.tril(V[0]), "a triangle of a value without axes\n  expected: a matrix"),
    "einsum_nothing": (
        lambda: np.einsum(V, [0], [5]),
        "einsum output 'f'\n  expected: each letter once, and of an operand",
    ),
    "einsum_terms": (
        lambda: np.einsum("i,j", V),
        "einsum subscripts 'i,j' for 1 operands\n  expected: one term for each operand",
    ),
    "einsum_axes": (
        lambda: np.einsum("ijk", X),
        "einsum subscripts 'ijk' for shape (2, 3)\n  expected: a letter for each axis",
    ),
    "einsum_sizes": (
        lambda: np.einsum("ij,i", X, V),
        "einsum index 'i' has sizes 2 and 3\n  expected: one size for each index",
    ),
    "einsum_diagonal": (
        lambda: np.einsum("ii", X),
        "einsum index 'i' has sizes 2 and 3\n  expected: one size for each index",
    ),
    "einsum_empty": (FUNCTIONS[np.einsum], "np.einsum of nothing\n  expected: subscripts and operands"),
    "inv": (lambda: np.linalg.inv(X), "np.linalg.inv of shape (2, 3)\n  expected: square matrices"),
    "inv_half": (
        lambda: np.linalg.inv(X[:, :2].astype(np.float16)),
        "np.linalg.inv of dtype float16\n  expected: float32, float64\n  to do:    convert with astype",
    ),
    "cholesky": (lambda: np.linalg.cholesky(V), "np.linalg.cholesky of shape (3,)\n  expected: square matrices"),
    "matrix_power": (
        lambda: np.linalg.matrix_power(X, 2),
        "np.linalg.matrix_power of shape (2, 3)\n  expected: square matrices",
    ),
    "solve": (
        lambda: np.linalg.solve(X[:, :2], X[:1]),
        "np.linalg.solve of shapes (2, 2) and (1, 3)\n  expected: as many equations as right sides have rows",
    ),
    "norm_axes": (
        lambda: np.linalg.norm(X[None], 1, axis=(0, 1, 2)),
        "np.linalg.norm over 3 axes\n  expected: one axis of vectors, or two of matrices",
    ),
    "matvec": (
        lambda: np.matvec(V, X),
        "np.matvec with a matrix of shape (3,)\n  expected: two axes or more\n  to do:    np.vecdot",
    ),
    "meshgrid": (
        lambda: np.meshgrid(V, V, indexing="yx"),
        "np.meshgrid with indexing 'yx'\n  expected: 'xy' or 'ij'",
    ),
    "vander": (lambda: np.vander(X), "np.vander of shape (2, 3)\n  expected: one axis"),
    "rotation": (lambda: np.rot90(X, 1, (0, -2)), "a rotation from axis 0 to itself\n  expected: two axes"),
    "take_mode": (
        lambda: np.take(V, [0], mode="warp"),
        "np.take with mode 'warp'\n  expected: 'raise', 'clip' or 'wrap'",
    ),
    "var": (
        lambda: np.std(X, ddof=1, correction=1),
        "np.var with `ddof` and `correction`, which mean the same\n  expected: one of them",
    ),
    "diff": (lambda: np.diff(V, -1), "differences taken -1 times\n  expected: 0 or more"),
    "cross": (
        lambda: np.cross(V[:2], V),
        "np.cross of shapes (2,) and (3,)\n  expected: vectors with three elements",
    ),
    "pad_nothing": (
        lambda: np.pad(X[:0], 1, mode="edge"),
        "np.pad with mode 'edge' of shape (0, 3)\n  expected: elements to repeat",
    ),
    "mask": (
        lambda: X[[True, False, True]],
        "a mask of shape (3,) for axes of shape (2,)\n  expected: the shape of the axes",
    ),
    "mask_behind": (
        lambda: X[..., [True, False]],
        "a mask of shape (2,) for axes of shape (3,)\n  expected: the shape of the axes",
    ),
    "truth": (
        lambda: X[True],
        (
            "an index that is one truth value cannot be traced\n"
            "  expected: an array of truth values\n  to do:    np.where, or None"
        ),
    ),
    "slice": (
        lambda: V[np.argmax(V) :],
        (
            "a slice from or to a value has an unknown size\n"
            "  expected: numbers\n  to do:    value[start + np.arange(size)]"
        ),
    ),
    "ellipses": (lambda: X[..., 0, ...], "an index with several ellipses\n  expected: one"),
    "update_around_no_axes": (
        lambda: X[None].at[:, [0, 1], ..., 2].set(1.0),
        "an ellipsis of no axes between indices cannot be updated at\n  to do:    leave the ellipsis out",
    ),
    "select": (lambda: np.select([X > 1], [X, X]), "1 conditions for 2 choices\n  expected: one for each"),
    "replace": (
        lambda: record("replace", X, V, cuts=((0, 1, 1), (0, 3, 1))),
        "updates of float64[3]\n  expected: float64[1, 3]",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_call_is_refused(name):
    """With the whole message."""
    attempt, message = REFUSED[name]
    with pytest.raises((ShapeError, TraceError)) as caught:
        attempt()
    assert testing.message(caught.value) == f"traced function: {message}"


@pytest.mark.parametrize("function", ALTERNATIVES, ids=lambda function: function.__name__)
def test_what_has_an_alternative_has_no_meaning(function):
    """The remedy is told, and names only what can be done."""
    assert function not in FUNCTIONS
    with pytest.raises(TraceError) as caught:
        X._call(function, (), {})  # the dispatch of NEP 18, whatever the arguments
    assert caught.value.remedy == ALTERNATIVES[function]


@pytest.mark.parametrize(
    ("function", "matrix", "message"),
    [
        (np.linalg.inv, np.zeros((2, 2)), "np.linalg.inv of shape (2, 2): Singular matrix"),
        (
            lambda a: np.linalg.solve(a, a[0]),
            np.zeros((2, 2)),
            "np.linalg.solve of shape (2, 2) and (2, 1): Singular matrix",
        ),
        (np.linalg.cholesky, -np.eye(2), "np.linalg.cholesky of shape (2, 2): Matrix is not positive definite"),
    ],
)
def test_matrices_that_have_no_result_are_named_when_run(function, matrix, message):
    """By NumPy's own error, with the function and the shape."""
    with pytest.raises(np.linalg.LinAlgError) as caught:
        evaluate(trace(function, matrix), matrix)
    assert str(caught.value) == message


OPERATORS = (
    *(operator.add, operator.sub, operator.mul, operator.truediv, operator.floordiv, operator.mod, operator.pow),
    *(operator.and_, operator.or_, operator.xor, operator.lshift, operator.rshift, operator.matmul),
    *(operator.lt, operator.le, operator.eq, operator.ne, operator.gt, operator.ge),
)
OPERANDS = (
    *(np.array([1, 2], code) for code in "?bBhilefd"),
    *(np.array(1, code) for code in "bBlfd"),
    *(1, 1.5, True, np.float32(1.5), np.float64(1.5), np.int8(1)),
)


@pytest.mark.parametrize("function", OPERATORS, ids=lambda function: function.__name__)
def test_operators_promote_as_numpys(function):
    """NEP 50: arrays of all dtypes with and without axes beside each other, Python's numbers and NumPy's scalars."""
    for first in OPERANDS:
        for second in OPERANDS:
            if not isinstance(first, np.ndarray) or isinstance(first, np.generic):
                continue
            value = placeholder(first.shape, first.dtype, "x")
            other = placeholder(second.shape, second.dtype, "y") if isinstance(second, np.ndarray) else second
            for left, right, one, two in ((first, second, value, other), (second, first, other, value)):
                try:
                    with np.errstate(all="ignore"):
                        expected = np.asarray(function(left, right))
                except (TypeError, ValueError):
                    with pytest.raises((ShapeError, TraceError)):
                        function(one, two)
                else:
                    result = function(one, two)
                    assert (result.shape, result.dtype) == (expected.shape, expected.dtype), (left, right)
