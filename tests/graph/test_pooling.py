"""Pooling against NumPy and PyTorch, its derivatives, and what is moved behind it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigma_core import testing
from sigma_core.errors import ShapeError
from sigma_core.graph import (
    average_pool,
    check_grads,
    evaluate,
    grad,
    gradients,
    max_pool,
    placeholder,
    scope,
    trace,
    vjp,
)
from sigma_core.graph._cost import cost

random = np.random.default_rng(8)
INPUTS = random.normal(size=(2, 5, 6, 3))


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip("torch", reason="PyTorch, the oracle, is not installed: uv run --group oracle pytest")


@st.composite
def cases(draw):
    """Inputs of one or two axes, a window and strides."""
    count = draw(st.integers(1, 2))
    several = lambda low, high: tuple(draw(st.integers(low, high)) for _ in range(count))  # noqa: E731
    window, strides = several(1, 3), several(1, 3)
    sizes = [size + draw(st.integers(0, 4)) for size in window]
    shape = (2, *sizes, draw(st.integers(1, 2)))
    # No two are so close that a finite difference could change which is the larger.
    inputs = np.random.default_rng(draw(st.integers(0, 99))).permutation(np.prod(shape)).reshape(shape) / 16 - 2
    return inputs, window, strides


def by_numpy(reduce, inputs, window, strides):
    axes = tuple(range(1, inputs.ndim - 1))
    seen = np.lib.stride_tricks.sliding_window_view(inputs, window, axes)
    seen = seen[(slice(None), *(slice(None, None, stride) for stride in strides))]
    return reduce(seen, axis=tuple(range(inputs.ndim, seen.ndim)))


@given(case=cases())
@settings(max_examples=60)
def test_pooling_reduces_each_window(case):
    """To its maximum, or its mean."""
    inputs, window, strides = case
    np.testing.assert_array_equal(max_pool(inputs, window, strides), by_numpy(np.max, *case))
    np.testing.assert_allclose(average_pool(inputs, window, strides), by_numpy(np.mean, *case), rtol=1e-12, atol=1e-15)


@given(case=cases(), padding=st.sampled_from(["valid", "same"]))
@settings(max_examples=15, deadline=None)
def test_derivatives_are_right(case, padding):
    """Both modes, second order."""
    inputs, window, strides = case
    for pool in (max_pool, average_pool):
        check_grads(lambda inputs, pool=pool: pool(inputs, window, strides, padding=padding) ** 2, (inputs,))


@pytest.mark.parametrize(("strides", "padding"), [(None, 0), (2, 0), (1, 1), ((2, 1), (1, 0))])
def test_pooling_and_its_derivatives_are_those_of_pytorch(torch, strides, padding):
    """Which puts channels first, and is told not to count padding in a mean."""
    for ours, theirs in (
        (max_pool, torch.nn.functional.max_pool2d),
        (average_pool, lambda *given: torch.nn.functional.avg_pool2d(*given, count_include_pad=False)),
    ):
        x = torch.tensor(np.moveaxis(INPUTS, -1, 1).copy(), requires_grad=True)
        expected = theirs(x, 3, strides, padding)
        cotangent = np.random.default_rng(2).normal(size=expected.shape)
        expected.backward(torch.tensor(cotangent))
        result, pull = vjp(lambda x, ours=ours: ours(x, 3, strides, padding=padding), INPUTS)
        np.testing.assert_allclose(np.moveaxis(result, -1, 1), expected.detach().numpy(), rtol=1e-12)
        (due,) = pull(np.moveaxis(cotangent, 1, -1))
        np.testing.assert_allclose(np.moveaxis(due, -1, 1), x.grad.numpy(), rtol=1e-12)


def test_the_first_of_equal_maxima_takes_the_derivative():
    """All of it, as in PyTorch; where windows overlap it is added up."""
    due = grad(lambda x: np.sum(max_pool(x, 2)))(np.ones((1, 4, 2, 1)))
    np.testing.assert_array_equal(due[0, :, :, 0], [[1, 0], [0, 0], [1, 0], [0, 0]])
    due = grad(lambda x: np.sum(max_pool(x, 2, 1)))(np.array([0.0, 2.0, 2.0, 1.0]).reshape(1, 4, 1))
    np.testing.assert_array_equal(due[0, :, 0], [0, 2, 1, 0])


def test_nan_is_the_maximum_of_its_window():
    """It must not be lost; the first element of the window takes the derivative."""
    inputs = np.array([1.0, np.nan, 3.0, 2.0]).reshape(1, 4, 1)
    np.testing.assert_array_equal(max_pool(inputs, 2)[0, :, 0], [np.nan, 3.0])
    np.testing.assert_array_equal(grad(lambda x: np.sum(max_pool(x, 2)))(inputs)[0, :, 0], [1, 0, 1, 0])


def test_padding_never_is_the_maximum_nor_part_of_a_mean():
    """Not even of negative numbers, nor of integers."""
    inputs = np.full((1, 3, 1), -2.0)
    for pool in (max_pool, average_pool):
        np.testing.assert_array_equal(pool(inputs, 3, 1, padding="same"), inputs)
    lowest = np.full((1, 3, 1), -(2**31), np.int32)
    np.testing.assert_array_equal(max_pool(lowest, 2, 1, padding="same"), lowest)
    assert max_pool(lowest, 2).dtype == np.int32
    assert average_pool(np.zeros((1, 4, 1), np.float32), 3, 2, padding=1).dtype == np.float32


BIAS = random.normal(size=3)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: np.maximum(x + BIAS, 0.0),
        lambda x: 0.5 * np.tanh(0.5 * x) + 0.5,
        lambda x: np.minimum(np.exp(BIAS.reshape(1, 1, 1, 3) + x), 2.0),
    ],
    ids=["rectifier", "sigmoid", "exponential"],
)
def test_what_never_falls_is_applied_to_the_maxima(function):
    """The same numbers and derivatives, for a fraction of the elements."""
    graph = trace(lambda x: max_pool(function(x), 2), INPUTS)
    assert {node.shape for node in graph.nodes if node.operation.is_elementwise and node.ndim == 4} == {(2, 2, 3, 3)}
    np.testing.assert_allclose(
        evaluate(graph, INPUTS)[0],
        by_numpy(np.max, evaluate(trace(function, INPUTS), INPUTS)[0], (2, 2), (2, 2)),
        rtol=1e-15,
    )
    check_grads(lambda x: max_pool(function(x), 2), (INPUTS,))


def test_what_is_moved_belongs_to_its_own_layer():
    """In listings and messages."""
    x = placeholder((1, 4, 4, 2), np.float64, "x")
    with scope("convolution"):
        activated = np.maximum(x, 0)
    with scope("pooling"):
        pooled = max_pool(activated, 2)
    assert (pooled.operation.name, pooled.scope) == ("maximum", "convolution")
    assert (pooled.inputs[0].operation.name, pooled.inputs[0].scope) == ("max_pool", "pooling")


@pytest.mark.parametrize(
    "function",
    [
        lambda x: -x,
        lambda x: -2.0 * x,
        lambda x: x * BIAS,
        lambda x: x + INPUTS,
        lambda x: x + INPUTS[:, :1],
        np.square,
    ],
    ids=["negative", "negative number", "numbers", "other elements", "other columns", "square"],
)
def test_what_may_fall_or_differs_within_a_window_is_not(function):
    """It comes first."""
    graph = trace(lambda x: max_pool(function(x), 2), INPUTS)
    assert graph.outputs[0].operation.name == "max_pool"
    expected = by_numpy(np.max, evaluate(trace(function, INPUTS), INPUTS)[0], (2, 2), (2, 2))
    np.testing.assert_array_equal(evaluate(graph, INPUTS)[0], expected)


def message(function, *arguments, **how):
    with pytest.raises(ShapeError) as caught:
        function(*arguments, **how)
    return testing.message(caught.value)


@pytest.mark.parametrize("pool", [max_pool, average_pool])
def test_what_does_not_fit_is_refused(pool):
    """Axes, windows and padding."""
    assert message(pool, placeholder((2, 3), np.float64, "x"), 2) == (
        "traced function: inputs of a pooling of shape (2, 3)\n"
        "  expected: (batch, width, channels) or (batch, height, width, channels)\n"
        "  to do:    np.reshape, with an axis of size 1 for a single channel"
    )
    assert message(pool, INPUTS, (2, 0)) == (
        "traced function: window = (2, 0)\n  expected: a whole number from 1, or 2 of them"
    )
    assert message(pool, INPUTS, (6, 2)) == (
        "traced function: windows that reach over (6, 2) elements do not fit into (5, 6)\n"
        "  expected: windows that are no larger than what they slide over, padding included\n"
        "  to do:    a smaller window or dilation, or more padding"
    )
    assert message(pool, INPUTS, 2, padding=2) == (
        "traced function: padding = 2 around windows of (2, 2)\n"
        "  expected: less than a window, or some windows would hold nothing else"
    )


def test_operations_are_counted_by_the_elements_of_windows():
    """So many comparisons, and what follows of them at a place of a maximum."""
    x = placeholder((2, 4, 6, 3), np.float64, "x")
    (due,) = gradients(np.sum(max_pool(x, 2)), [x])
    assert [cost(node).operations for node in (max_pool(x, 2), due)] == [2 * 4 * 6 * 3, 4 * 2 * 4 * 6 * 3]
    (due,) = gradients(np.sum(average_pool(x, 2, 1)), [x])
    assert due.operation.name == "windows_add"
    assert cost(due).operations == 2 * 3 * 5 * 2 * 2 * 3
