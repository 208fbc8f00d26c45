"""Convolutions, pooling and rows by number, compiled: the numbers of the reference, over shapes that need each way."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sigma_numba import NumbaBackend
from sigma_numba._direct import CORRELATE, CORRELATE_BACK, direct
from sigma_numba._registers import registers

from sigma_core.extend import average_pool, convolve, grad, max_pool, optimise, transposed_convolve
from sigma_core.testing import evaluate, trace, vjp

LANES = {dtype: registers(np.dtype(dtype))[0] for dtype in (np.float32, np.float64)}


def agrees(function, *arrays, tolerance=1e-12):
    """Compiled, twice, against the evaluator; the program's source."""
    graph = trace(function, *arrays)
    program = NumbaBackend().compile(graph, bound=["0"])
    executable = program.instantiate({"0": arrays[0]})
    for _ in range(2):
        results = executable(*arrays[1:])
        for result, expected in zip(results, evaluate(graph, *arrays), strict=True):
            assert (result.shape, result.dtype) == (expected.shape, expected.dtype)
            np.testing.assert_allclose(
                result, expected, rtol=tolerance, atol=tolerance * max(1, np.abs(expected).max())
            )
    return program.source


def with_derivatives(function):
    """A function's result and its derivatives by all arguments."""

    def all_of_it(*arrays):
        result, pull = vjp(function, *arrays)
        return result, pull(np.cos(result))

    return all_of_it


@st.composite
def convolutions(draw):
    """Settings, and sizes of which some have kernels and some have none."""
    count = draw(st.integers(1, 2))
    several = lambda low, high: tuple(draw(st.integers(low, high)) for _ in range(count))  # noqa: E731
    dtype = np.float64
    window, strides, dilation = several(1, 3), several(1, 2), several(1, 2)
    reach = [(size - 1) * apart + 1 for size, apart in zip(window, dilation, strict=True)]
    sizes = [extent + draw(st.integers(0, 4)) for extent in reach]
    channels = draw(st.sampled_from([1, 3, LANES[dtype], 2 * LANES[dtype]]))
    filters = draw(st.sampled_from([1, LANES[dtype], 3 * LANES[dtype]]))
    random = np.random.default_rng(draw(st.integers(0, 9)))
    inputs = random.normal(size=(draw(st.integers(1, 3)), *sizes, channels))
    padding = draw(st.sampled_from(["same", "valid"]))
    return (
        inputs,
        random.normal(size=(*window, channels, filters)),
        {
            "strides": strides,
            "dilation": dilation,
            "padding": padding,
        },
    )


@pytest.mark.usefixtures("interpreted")
@given(case=convolutions())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_convolution_and_its_derivatives_are_right(case):
    """By inputs and filters."""
    inputs, filters, how = case
    agrees(with_derivatives(lambda x, f: convolve(x, f, **how)), inputs, filters)


@pytest.mark.parametrize(
    ("dtype", "padding"), [(np.float32, "same"), (np.float64, "valid"), (np.float64, [(2, 0), (1, 3)])]
)
def test_products_with_windows_have_kernels(dtype, padding):
    """Forward and back by both; nothing copies windows, and nothing adds them up."""
    random = np.random.default_rng(1)
    inputs = random.normal(size=(2, 7, 9, LANES[dtype])).astype(dtype)
    filters = random.normal(size=(3, 5, LANES[dtype], 2 * LANES[dtype])).astype(dtype)
    function = with_derivatives(lambda x, f: convolve(x, f, padding=padding))
    tolerance = 1e-4 if dtype == np.float32 else 1e-12
    agrees(function, inputs, filters, tolerance=tolerance)
    names = [node.operation.name for node in direct(optimise(trace(function, inputs, filters))).nodes]
    assert (names.count("correlate"), names.count("correlate_back")) == (2, 1)
    assert not {"windows", "windows_add", "matmul"} & set(names)


def test_long_kernels_run_in_parts():
    """Of equal numbers of records; derivatives by filters are added up."""
    random = np.random.default_rng(1)
    inputs = random.normal(size=(6, 13, 14, LANES[np.float32])).astype(np.float32)
    filters = random.normal(size=(5, 5, LANES[np.float32], 64)).astype(np.float32)
    source = agrees(with_derivatives(convolve), inputs, filters, tolerance=1e-4)
    assert source.count("= parted(") == 3


def test_places_that_no_block_divides_have_a_rest():
    """A prime number of them."""
    random = np.random.default_rng(1)
    inputs, filters = random.normal(size=(1, 1, 37, 2)), random.normal(size=(1, 2, 2, LANES[np.float64]))
    agrees(lambda x, f: convolve(x, f, padding="valid", dilation=1), inputs, filters[:, :1])
    agrees(convolve, inputs, filters)


def test_what_has_no_kernel_is_left_to_products_of_matrices():
    """Filters that fill no vector, that would not stay in the cache, and windows of three axes."""
    for shape, filters in (
        ((1, 8, 8, 4), (3, 3, 4, 5)),
        ((1, 4, 4, 256), (3, 3, 256, 256)),
        ((1, 3, 3, 3, 1), (2, 2, 2, 1, 16)),
    ):
        graph = optimise(trace(convolve, np.zeros(shape, np.float32), np.zeros(filters, np.float32)))
        assert direct(graph) is graph


def test_a_transposed_convolution_is_windows_too():
    """Without strides; with them its windows are added up."""
    random = np.random.default_rng(1)
    inputs, filters = random.normal(size=(2, 6, 5, 3)), random.normal(size=(3, 3, 3, LANES[np.float64]))
    for strides in (1, 2):
        source = agrees(lambda x, f, strides=strides: transposed_convolve(x, f, strides=strides), inputs, filters)
        assert any(word in source for word in ("matmul", ".dot", "product_")) == (strides != 1)


def test_the_reference_of_the_kernels_is_numpys():
    """Programs with them can be evaluated and folded as any other."""
    random = np.random.default_rng(1)
    inputs, filters, due = random.normal(size=(2, 5, 6, 3)), random.normal(size=(12, 4)), random.normal(size=(8, 4))
    how = {"axis": 1, "window": (2, 2), "strides": (2, 3), "dilation": (1, 2)}
    expected = convolve(inputs, filters.reshape(2, 2, 3, 4), strides=(2, 3), dilation=(1, 2), padding="valid")
    out = np.empty((8, 4))
    assert CORRELATE.implementation(inputs, filters, out=out, **how) is out
    np.testing.assert_allclose(out, expected.reshape(-1, 4))
    by_filters = grad(
        lambda f: np.sum(convolve(inputs, f, strides=(2, 3), dilation=(1, 2), padding="valid").reshape(8, 4) * due)
    )
    np.testing.assert_allclose(
        CORRELATE_BACK.implementation(inputs, due, **how), by_filters(filters.reshape(2, 2, 3, 4)).reshape(12, 4)
    )


@st.composite
def poolings(draw):
    """Inputs with ties, a window, strides, padding."""
    count = draw(st.integers(1, 2))
    several = lambda low, high: tuple(draw(st.integers(low, high)) for _ in range(count))  # noqa: E731
    window, strides = several(1, 3), several(1, 3)
    sizes = [size + draw(st.integers(0, 4)) for size in window]
    random = np.random.default_rng(draw(st.integers(0, 9)))
    inputs = random.integers(0, 4, (2, *sizes, draw(st.sampled_from([1, 3, 16])))).astype(
        draw(st.sampled_from(["f4", "f8"]))
    )
    return inputs, window, strides, draw(st.sampled_from(["valid", "same"]))


@pytest.mark.usefixtures("interpreted")
@given(case=poolings(), pool=st.sampled_from([max_pool, average_pool]))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_pooling_and_its_derivative_are_right(case, pool):
    """Ties, overlapping windows, and elements in no window."""
    inputs, window, strides, padding = case
    agrees(with_derivatives(lambda x: pool(x, window, strides, padding=padding)), inputs, tolerance=1e-6)


def test_pooling_finds_what_is_no_number():
    """As the reference does."""
    inputs = np.array([1.0, np.nan, 3.0, 2.0, np.nan, np.nan]).reshape(1, 6, 1)
    agrees(with_derivatives(lambda x: max_pool(x, 2)), inputs)


def test_large_windows_and_other_axes_are_numpys():
    """Nothing is written out that often."""
    inputs = np.random.default_rng(1).normal(size=(1, 8, 8, 2))
    agrees(with_derivatives(lambda x: max_pool(x, 7, 1)), inputs)
    agrees(with_derivatives(lambda x: np.sum(np.lib.stride_tricks.sliding_window_view(x, 3, 2) ** 2)), inputs)


@pytest.mark.parametrize("dtype", [np.int64, np.int32, np.uint8])
def test_rows_by_number_and_their_derivative_are_right(dtype):
    """Again and again the same, counted from the end if the numbers have signs."""
    table = np.random.default_rng(1).normal(size=(7, 3, 2))
    numbers = np.array([[0, 6, 3], [3, 3, 1]]).astype(dtype)
    if np.dtype(dtype).kind == "i":
        numbers[0] -= 7

    def rows(table, numbers):
        return np.take(table, numbers, 0), grad(lambda table: np.sum(np.take(table, numbers, 0) ** 3))(table)

    agrees(rows, table, numbers)


@pytest.mark.parametrize("number", [7, -8])
def test_a_row_that_is_not_there_is_an_error(number):
    """The same as NumPy's, and nothing is read."""
    table, numbers = np.zeros((7, 2)), np.array([0, 1])
    executable = NumbaBackend().compile(trace(lambda t, n: np.take(t, n, 0), table, numbers)).instantiate({})
    with pytest.raises(IndexError) as caught:
        executable(table, np.array([0, number]))
    assert str(caught.value) == f"index {number} is out of bounds for axis with size 7"
