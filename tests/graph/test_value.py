"""What a value cannot do says where, what and what else to do."""

import copy

import numpy as np
import pytest

from sigma_core import testing
from sigma_core.errors import AbsentError, ShapeError, TraceError
from sigma_core.graph import as_value, constant, placeholder, scope, trace

X = placeholder((2, 3), np.float32, "x")


def assign(value):
    value[0] = 1.0


AS_ARRAY = "np.stack for values in a list; sigma_core.extend.as_value(array) where a value indexes or changes an array"
REFUSED = {
    "branch": (
        lambda: bool(X > 0),
        "a value has no truth before it runs, so code cannot branch on it\n  to do:    np.where(condition, a, b)",
    ),
    "float": (
        lambda: float(np.sum(X)),
        "a value has no number before it runs, so float() cannot read it\n  to do:    keep it a value",
    ),
    "int": (
        lambda: int(np.argmax(X)),
        "a value has no number before it runs, so int() cannot read it\n  to do:    keep it a value",
    ),
    "format": (
        lambda: f"{np.sum(X):.3f}",
        "a value has no number before it runs, so it cannot be written as one\n  to do:    keep it a value",
    ),
    "size": (
        lambda: np.zeros(np.argmax(X)),
        (
            "a value has no number before it runs, so it cannot be a size, a number of steps or an index of a list\n"
            "  to do:    value.shape for sizes, while_loop for steps, np.stack(list)[value] for an element"
        ),
    ),
    "array": (
        lambda: np.asarray(X),
        f"a value has no numbers before it runs, so it cannot become an array\n  to do:    {AS_ARRAY}",
    ),
    "lookup": (
        lambda: np.arange(3)[np.argmax(X, axis=1)],
        f"a value has no numbers before it runs, so it cannot become an array\n  to do:    {AS_ARRAY}",
    ),
    "take": (
        lambda: np.take(np.arange(3), np.argmax(X, axis=1)),
        f"a value has no numbers before it runs, so it cannot become an array\n  to do:    {AS_ARRAY}",
    ),
    "assignment": (
        lambda: assign(X),
        "a value is immutable, so nothing can be assigned to its items\n  to do:    value.at[index].set(item)",
    ),
    "iteration": (
        lambda: list(X),
        "a value cannot be iterated over\n  to do:    whole-array functions, or np.unstack for its parts",
    ),
    "membership": (lambda: 1.0 in X, "`in` would branch on a value\n  to do:    np.any(value == item)"),
    "length": (lambda: len(np.sum(X)), "len() of a value without axes\n  to do:    value.size"),
    "function": (
        lambda: np.fft.fft(X),
        "np.fft.fft cannot be traced\n  to do:    compose it of others",
    ),
    "near_function": (
        lambda: np.array_equiv(X, X),
        "np.array_equiv cannot be traced\n  to do:    the nearest that can: np.array_equal",
    ),
    "ufunc": (
        lambda: np.nextafter(X, 1),
        "np.nextafter cannot be traced\n  to do:    the nearest that can: np.greater",
    ),
    "scipy": (
        lambda: pytest.importorskip("scipy.special").erf(X),
        "erf, which is not NumPy's, cannot be traced\n  to do:    sigma_core.extend.erf",
    ),
    "others": (
        lambda: np.frompyfunc(abs, 1, 1)(X),
        "abs (vectorized), which is not NumPy's, cannot be traced\n  to do:    compose it of NumPy's functions",
    ),
    "convolve": (lambda: np.convolve(X, X), "np.convolve cannot be traced\n  to do:    sigma_core.convolve"),
    "method": (
        lambda: np.add.at(X, 0, 1),
        "np.add.at cannot be traced\n  to do:    value.at[index].add(updates), or set, multiply, minimum, maximum",
    ),
    "out": (
        lambda: np.add(X, X, out=X),
        (
            "np.add cannot write into `out`\n"
            "  to do:    use the function's result: y = y + x for y += x, as_value(y).at[i].add(x) for y[i] += x"
        ),
    ),
    "ufunc_where": (
        lambda: np.exp(X, where=X > 0),
        "np.exp with `where` cannot be traced\n  to do:    np.where(where, result, otherwise)",
    ),
    "ufunc_dtype": (
        lambda: np.add(X, X, dtype=float),
        "np.add with `dtype` cannot be traced\n  to do:    astype, of the operands or of the result",
    ),
    "ufunc_casting": (
        lambda: np.add(X, X, casting="safe"),
        "np.add with `casting` cannot be traced\n  to do:    np.add without it",
    ),
    "where": (
        lambda: np.where(X > 0),
        (
            "np.where without two things to choose from picks an unknown number of elements\n"
            "  expected: np.where(condition, x, y)\n  to do:    np.where(mask, value, 0), or sigma_core.extend.top_k"
        ),
    ),
    "argument": (
        lambda: np.ptp(X, out=3),
        (
            "np.ptp cannot be traced with these arguments: got an unexpected keyword argument 'out'\n"
            "  expected: np.ptp(a, axis=None, *, keepdims=False)"
        ),
    ),
    "order": (
        lambda: np.reshape(X, 6, order="F"),
        "order 'F' cannot be traced\n  expected: order 'C'\n  to do:    transpose before and after",
    ),
    "mask": (
        lambda: X[X > 0],
        (
            "a mask that is a value picks an unknown number of elements\n"
            "  expected: a mask that is an array\n  to do:    np.where(mask, value, 0)"
        ),
    ),
    "dtype": (lambda: X.astype(complex), "a value cannot be of dtype complex128\n  expected: bool, int, float"),
    "dtype_of_sum": (
        lambda: np.sum(X, dtype=complex),
        "a value cannot be of dtype complex128\n  expected: bool, int, float",
    ),
    "object": (lambda: X + "text", "a value cannot hold str of dtype <U4\n  expected: bool, int, float"),
    "pad": (
        lambda: np.pad(X, 1, mode="mean"),
        (
            "np.pad with mode 'mean' cannot be traced\n"
            "  expected: constant, edge, empty, reflect, symmetric, wrap\n  to do:    np.concatenate"
        ),
    ),
    "round": (
        lambda: np.round(np.argmax(X, axis=0), -1),
        ("np.round of int64 to -1 decimals cannot be traced\n  expected: 0 or more\n  to do:    astype(float)"),
    ),
    "value": (
        lambda: np.linspace(X, X, 0),
        (
            "np.linspace cannot be traced with these arguments: at least one array or dtype is required\n"
            "  expected: np.linspace(start, stop, num=50, endpoint=True, *, axis=0)"
        ),
    ),
    "method_argument": (
        lambda: X.astype(int, casting="safe"),
        (
            "np.astype cannot be traced with these arguments: got an unexpected keyword argument 'casting'\n"
            "  expected: np.astype(x, dtype, /, *, copy=True)"
        ),
    ),
    "norm": (
        lambda: np.linalg.norm(X, "nuc"),
        "np.linalg.norm of matrices with ord='nuc' cannot be traced\n  expected: None, 'fro', 1, -1, inf, -inf",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_value_refuses_what_cannot_be_traced(name):
    """The layer, what was tried, and the alternative."""
    attempt, message = REFUSED[name]
    with scope("layers"), scope("dense_1"), pytest.raises(TraceError) as caught:
        attempt()
    assert testing.message(caught.value) == f"layers.dense_1: {message}"


MISFITS = {
    "broadcast": (
        lambda: X + np.ones(2),
        (
            "shapes (2, 3) and (2,) do not broadcast\n"
            "  expected: equal sizes, or 1, in each axis counted from the last\n  to do:    reshape one of them"
        ),
    ),
    "product": (
        lambda: X @ X,
        (
            "a matrix product of shapes (2, 3) and (2, 3): 3 columns meet 2 rows\n"
            "  expected: as many columns on the left as rows on the right"
        ),
    ),
    "scalar_product": (
        lambda: X @ np.float32(2),
        "a matrix product of shapes (2, 3) and ()\n  expected: at least one axis each\n  to do:    multiply",
    ),
    "tensordot": (
        lambda: np.tensordot(X, X, 1),
        "axes [1] of shape (2, 3) do not match axes [0] of (2, 3)",
    ),
    "axis": (lambda: np.sum(X, axis=2), "axis 2 is not among the 2 axes\n  expected: -2 to 1"),
    "no_axis": (lambda: np.argmax(np.sum(X), axis=0), "axis 0 is not among the 0 axes\n  expected: none"),
    "axis_twice": (lambda: np.sum(X, axis=(1, -1)), "axes (1, -1) name an axis twice"),
    "reshape": (
        lambda: X.reshape(4),
        "6 elements do not fill shape (4,)\n  expected: the same number of elements",
    ),
    "transpose": (
        lambda: np.transpose(X, (0, 0)),
        "axes (0, 0) are no order of the 2 axes\n  expected: each axis once",
    ),
    "squeeze": (
        lambda: X.squeeze(0),
        "axes (0,) of shape (2, 3) cannot be removed\n  expected: axes of size 1",
    ),
    "broadcast_to": (lambda: np.broadcast_to(X, (3, 2)), "shape (2, 3) does not broadcast to (3, 2)"),
    "concatenate": (
        lambda: np.concatenate([X, X.T]),
        "shapes (2, 3), (3, 2) cannot be joined along axis 0\n  expected: equal sizes in all other axes",
    ),
    "concatenate_numbers": (
        lambda: np.concatenate([np.sum(X), np.sum(X)]),
        "values without axes cannot be concatenated\n  expected: at least one axis\n  to do:    np.stack",
    ),
    "split": (lambda: np.split(X, 2, axis=1), "an axis of size 3 does not split into 2 equal parts"),
    "index": (lambda: X[2], "index 2 in axis 0 of shape (2, 3)\n  expected: -2 to 1"),
    "indices": (lambda: X[0, 0, 0], "3 indices for shape (2, 3)\n  expected: at most 2"),
    "index_dtype": (lambda: X[X], "an index of dtype float32\n  expected: integers\n  to do:    astype(int)"),
    "index_array": (lambda: X[[0.5]], "an index of dtype float64\n  expected: integers\n  to do:    astype(int)"),
    "index_known": (
        lambda: X[:, [0, 3]],
        "index 3 in axis 1 of shape (2, 3)\n  expected: -3 to 2",
    ),
    "index_of_nothing": (lambda: X[:0][[0]], "index 0 in axis 0 of shape (0, 3)\n  expected: none"),
    "take": (lambda: np.take(X, -3, axis=0), "index -3 in axis 0 of shape (2, 3)\n  expected: -2 to 1"),
    "update": (lambda: X.at[[2]].set(0.0), "index 2 in axis 0 of shape (2, 3)\n  expected: -2 to 1"),
    "diagonal": (lambda: np.diagonal(X[0]), "the diagonal of shape (3,)\n  expected: two axes"),
    "empty_max": (
        lambda: np.max(X[:0], axis=0),
        "np.max over an axis of size 0 of shape (0, 3) has no result",
    ),
    "empty_argmax": (
        lambda: np.argmax(X[:0], axis=0),
        "np.argmax over an axis of size 0 of shape (0, 3) has no result",
    ),
}


@pytest.mark.parametrize("name", MISFITS)
def test_shapes_that_do_not_fit_name_the_layer(name):
    """With what was given and what fits."""
    attempt, message = MISFITS[name]
    with scope("layers.dense_1"), pytest.raises(ShapeError) as caught:
        attempt()
    assert testing.message(caught.value) == f"layers.dense_1: {message}"


def test_an_unknown_attribute_names_the_nearest():
    """With its place, and as an AttributeError, so that hasattr works; protocols are asked for without a place."""
    with scope("layers.dense_1"), pytest.raises(AbsentError) as caught:
        X.summ()
    assert testing.message(caught.value) == ("layers.dense_1: a value has no attribute 'summ'\n  to do:    value.sum")
    assert caught.value.line.endswith(": X.summ()")
    with pytest.raises(AbsentError) as caught:
        X.zzz  # noqa: B018  # it raises
    assert testing.message(caught.value) == (
        "traced function: a value has no attribute 'zzz'\n  to do:    one of NumPy's functions"
    )
    assert not hasattr(X, "zzz")
    with pytest.raises(AttributeError, match="a value has no attribute '__cuda_array_interface__'"):
        X.__cuda_array_interface__  # noqa: B018  # it raises


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("item", "keep it a value, for it has no number before it runs"),
        ("fill", "np.full_like(value, number), for a value is immutable"),
        ("put", "value.at[index].set(item), for a value is immutable"),
        ("sort", "np.sort(value), for a value is immutable"),
        ("view", "value.astype(dtype)"),
    ],
)
def test_methods_that_read_or_write_numbers_name_what_to_do(name, remedy):
    """An array has them, so people try."""
    with pytest.raises(AbsentError) as caught:
        getattr(X, name)
    assert caught.value.found == f"a value has no attribute {name!r}"
    assert caught.value.remedy == remedy


def test_values_are_told_apart_by_identity():
    """So they can be keys, although == compares their elements; copies are the value itself."""
    assert {X: 1}[X] == 1
    assert copy.copy(X) is X
    assert copy.deepcopy(X) is X
    assert f"{X}" == repr(X)
    assert repr(X) == f"<value %{X.index} placeholder float32[2, 3]>"
    assert (as_value(X) == X).dtype == np.bool_


@pytest.mark.skipif(np.dtype(np.longdouble).itemsize <= 8, reason="a long double is a double here")
def test_long_floating_point_numbers_are_refused():
    """No backend computes in them: as dtypes, constants and arguments."""
    name = np.dtype(np.longdouble).name
    for attempt, found in (
        (lambda: X.astype(np.longdouble), f"a value cannot be of dtype {name}"),
        (lambda: X * np.longdouble(2), f"a value cannot hold longdouble of dtype {name}"),
        (lambda: trace(np.exp, np.ones(2, np.longdouble)), f"argument 0 is a ndarray, of dtype {name}"),
    ):
        with pytest.raises(TraceError) as caught:
            attempt()
        assert caught.value.found == found


def test_constants_are_copies():
    """Changing the array later changes nothing."""
    array = np.ones(3)
    value = constant(array)
    array[0] = 5
    assert value.attributes["literal"].array[0] == 1


@pytest.mark.parametrize(
    "array", [np.arange(6.0).reshape(2, 3).T, np.asfortranarray(np.ones((2, 3))), np.arange(3, dtype=">f4")]
)
def test_constants_have_one_layout(array):
    """Rows one behind the other in the machine's order of bytes, as raw memory is read by compiled loops."""
    kept = constant(array).attributes["literal"].array
    np.testing.assert_array_equal(kept, array)
    assert kept.flags.c_contiguous
    assert kept.dtype.isnative


def test_python_numbers_are_weak_and_numpys_are_not():
    """NEP 50."""
    assert as_value(2).weak
    assert as_value(2.0).weak
    assert not as_value(True).weak
    assert not as_value(np.float64(2)).weak


def test_integers_that_do_not_fit_overflow_as_in_numpy():
    """NumPy's own error."""
    small = placeholder((1,), np.uint8, "x")
    with pytest.raises(OverflowError, match="300 out of bounds for uint8"):
        small + 300
