"""Functions without libm, against NumPy's in higher precision, over the whole range of their arguments."""

import numpy as np
import pytest
import scipy.special
from sigma_numba import NumbaBackend

from sigma_core.extend import Graph, erf
from sigma_core.testing import evaluate, placeholder

SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, np.inf, -np.inf, np.nan, 0.625, 0.6249, 20.0, 88.8, -88.8, 104.0, -104.0, 710.0]

# Function, and for float32 and float64 the largest error in units of the last place.
FUNCTIONS = {
    "exp": (np.exp, 1.0, 1.5),
    "exp2": (np.exp2, 1.5, 1.5),
    "expm1": (np.expm1, 3.0, 3.0),
    "log": (np.log, 1.0, 1.5),
    "log1p": (np.log1p, 2.5, 2.5),
    "log2": (np.log2, 2.0, 2.5),
    "tanh": (np.tanh, 5.0, 2.0),
    "sqrt": (np.sqrt, 0.5, 0.5),
    "reciprocal": (np.reciprocal, 0.5, 0.5),
}


def arguments(dtype):
    """Special ones, small and large ones of either sign, and all magnitudes."""
    random = np.random.default_rng(0)
    limits = np.finfo(dtype)
    magnitudes = 2.0 ** random.uniform(limits.minexp - limits.nmant, limits.maxexp - 1, 3000)
    numbers = [random.uniform(-1, 1, 3000), random.uniform(-110, 110, 3000), random.uniform(-760, 760, 3000)]
    edges = [limits.tiny, limits.smallest_subnormal, limits.max, limits.eps]
    return np.concatenate([SPECIAL, edges, np.negative(edges), *numbers, magnitudes, -magnitudes]).astype(dtype)


def run(outputs, inputs, arrays):
    return NumbaBackend().compile(Graph(inputs, outputs)).instantiate({})(*arrays)


@pytest.fixture(scope="module", params=[np.float32, np.float64], ids=["float32", "float64"])
def results(request):
    """All functions of the arguments, from one program."""
    x = arguments(request.param)
    value = placeholder(x.shape, x.dtype, "x")
    found = run([function(value) for function, *_ in FUNCTIONS.values()], [value], [x])
    return x, {name: result.copy() for name, result in zip(FUNCTIONS, found, strict=True)}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_are_right_to_the_last_places(results, name):
    """NaN, infinities and the sign of zero are those of NumPy."""
    x, found = results
    function, *errors = FUNCTIONS[name]
    result = found[name]
    with np.errstate(all="ignore"):
        exact = function(x.astype(np.longdouble))
        expected = exact.astype(x.dtype)
    np.testing.assert_array_equal(np.isnan(result), np.isnan(expected))
    np.testing.assert_array_equal(np.signbit(result[expected == 0]), np.signbit(expected[expected == 0]))
    finite = np.isfinite(expected) & np.isfinite(result)
    # A number at the end of the range may be rounded over it.
    edge = np.abs(exact) > np.finfo(x.dtype).max * np.longdouble(1 - 1e-6)
    np.testing.assert_array_equal(result[~finite & ~edge], expected[~finite & ~edge])
    units = np.abs((result[finite] - exact[finite]) / np.spacing(np.abs(expected[finite])))
    assert units.max() <= errors[x.dtype == np.float64]


@pytest.mark.parametrize(("dtype", "places"), [(np.float32, 6.0), (np.float64, 2.0)])
def test_the_error_function_is_right_to_the_last_places(dtype, places):
    """As SciPy has it in float64; within a cluster or not."""
    x = arguments(dtype)
    value = placeholder(x.shape, x.dtype, "x")
    (found,) = run([erf(value + 0.0) * 1.0], [value], [x])
    exact = scipy.special.erf(x.astype(np.float64))
    assert found.dtype == dtype
    np.testing.assert_array_equal(np.isnan(found), np.isnan(exact))
    known = np.isfinite(exact)
    units = np.abs((found[known] - exact[known]) / np.spacing(np.abs(exact[known]).astype(dtype)))
    assert units.max() <= places


# Some of two arguments, and some of whose results none is rounded.
EXACT = {
    "maximum": np.maximum,
    "minimum": np.minimum,
    "absolute": lambda a, b: np.absolute(a),
    "sign": lambda a, b: np.sign(a),
    "floor": lambda a, b: np.floor(a),
    "ceil": lambda a, b: np.ceil(a),
    "trunc": lambda a, b: np.trunc(a),
    "rint": lambda a, b: np.rint(a),
    "isnan": lambda a, b: np.isnan(a),
    "isinf": lambda a, b: np.isinf(a),
    "isfinite": lambda a, b: np.isfinite(a),
    "divide": lambda a, b: a / b,
    "comparisons": lambda a, b: (a < b) | (a >= b) & (a != b) | np.logical_not(a == b),
    "where": lambda a, b: np.where(a > b, a, 1.0),
    "to integer": lambda a, b: np.where(np.abs(a) < 1e6, a, 0.0).astype(np.int32).astype(np.int8).astype(np.uint16),
    "to truth": lambda a, b: a.astype(bool).astype(np.float32),
    "largest": lambda a, b: np.max(a[3:6]) + np.min(np.where(np.isnan(b), 0.0, b)),
    "largest of none that is a number": lambda a, b: np.max(a),
    "all": lambda a, b: np.all(a < b) | np.any(np.isnan(b)),
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_exact_operations_are_those_of_numpy(dtype):
    """NaN is propagated, zero has its sign."""
    special = np.array(SPECIAL, dtype)
    a, b = (each.reshape(-1).copy() for each in np.meshgrid(special, special))
    values = [placeholder(a.shape, dtype, name) for name in "ab"]
    graph = Graph(values, [each(*values) for each in EXACT.values()])
    with np.errstate(all="ignore"):
        expected = evaluate(graph, a, b)
    for name, result, reference in zip(EXACT, run(graph.outputs, values, [a, b]), expected, strict=True):
        assert result.dtype == reference.dtype, name
        np.testing.assert_array_equal(result, reference, err_msg=name)


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int32, np.uint64])
def test_integers_wrap_around_as_numpys_do(dtype):
    """Numba's own would be widened."""
    limits = np.iinfo(dtype)
    a = np.array([limits.min, limits.max, 0, 1, 3], dtype)
    value = placeholder(a.shape, dtype, "a")
    outputs = [value + value, value * value, value - dtype(2), value // dtype(1), value & dtype(5), value ^ dtype(1)]
    outputs += [np.maximum(value, dtype(2)), np.sum(value), np.max(value), value > dtype(2), np.square(value)]
    outputs += [-value, np.absolute(value)] if limits.min < 0 else []
    graph = Graph([value], outputs)
    with np.errstate(all="ignore"):
        expected = evaluate(graph, a)
    for result, reference in zip(run(outputs, [value], [a]), expected, strict=True):
        assert result.dtype == reference.dtype
        np.testing.assert_array_equal(result, reference)


def test_logaddexp_neither_overflows_nor_loses_infinities():
    """To a relative error of a few last places."""
    numbers = np.array([0.0, 1.0, -3.0, 800.0, -800.0, np.inf, -np.inf, np.nan])
    a, b = (each.reshape(-1).copy() for each in np.meshgrid(numbers, numbers))
    values = [placeholder(a.shape, np.float64, name) for name in "ab"]
    (result,) = run([np.logaddexp(*values)], values, [a, b])
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(result, np.logaddexp(a, b), rtol=1e-15)


def test_sums_of_many_numbers_are_accurate():
    """They are added up in vectors, that is by parts."""
    array = np.random.default_rng(0).normal(size=100_000).astype(np.float32)
    value = placeholder(array.shape, np.float32, "x")
    (result,) = run([np.sum(value)], [value], [array])
    assert abs(result - array.sum(dtype=np.float64)) < 1e-7 * np.abs(array).sum()
