"""Convolutions against PyTorch and by definition, and the windows that they are made of."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sigma_core as sigma
from sigma_core import testing
from sigma_core.errors import ShapeError
from sigma_core.extend import record
from sigma_core.graph import (
    Graph,
    as_value,
    check_grads,
    convolve,
    evaluate,
    placeholder,
    trace,
    transposed_convolve,
    vjp,
)

random = np.random.default_rng(7)
INPUTS, FILTERS = random.normal(size=(2, 5, 6, 3)), random.normal(size=(3, 2, 3, 4))


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip("torch", reason="PyTorch, the oracle, is not installed: uv run --group oracle pytest")


@st.composite
def cases(draw):
    """Inputs, filters and settings, of one or two axes, with sizes of 1 among them."""
    count = draw(st.integers(1, 2))
    several = lambda low, high: tuple(draw(st.integers(low, high)) for _ in range(count))  # noqa: E731
    window, strides, dilation, padding = several(1, 3), several(1, 3), several(1, 2), several(0, 2)
    reach = [(size - 1) * apart + 1 for size, apart in zip(window, dilation, strict=True)]
    sizes = [
        max(extent - 2 * around, 1) + draw(st.integers(0, 4)) for extent, around in zip(reach, padding, strict=True)
    ]
    groups, channels, filters = draw(st.integers(1, 2)), draw(st.integers(1, 2)), draw(st.integers(1, 2))
    numbers = np.random.default_rng(draw(st.integers(0, 99)))
    inputs = numbers.normal(size=(draw(st.integers(1, 2)), *sizes, channels * groups))
    kernels = numbers.normal(size=(*window, channels, filters * groups))
    return inputs, kernels, {"strides": strides, "dilation": dilation, "padding": padding, "groups": groups}


def by_definition(inputs, filters, strides, dilation, padding, groups):
    """One window after the other, one filter after the other."""
    around = [(0, 0), *((each, each) for each in padding), (0, 0)]
    padded = np.pad(inputs, around)
    *window, inner, count = filters.shape
    reach = [(size - 1) * apart + 1 for size, apart in zip(window, dilation, strict=True)]
    positions = [
        (size - extent) // stride + 1 for size, extent, stride in zip(padded.shape[1:-1], reach, strides, strict=True)
    ]
    result = np.zeros((len(inputs), *positions, count))
    for place in np.ndindex(*positions):
        cut = tuple(
            slice(number * stride, number * stride + extent, apart)
            for number, stride, extent, apart in zip(place, strides, reach, dilation, strict=True)
        )
        for each in range(count):
            group = each // (count // groups)
            seen = padded[(slice(None), *cut, slice(group * inner, (group + 1) * inner))]
            result[(slice(None), *place, each)] = np.sum(seen * filters[..., each], axis=tuple(range(1, seen.ndim)))
    return result


@given(case=cases())
@settings(max_examples=60)
def test_a_convolution_is_the_sum_of_products_with_each_window(case):
    """Of one and two axes, with strides, padding, dilation and groups."""
    inputs, filters, how = case
    np.testing.assert_allclose(convolve(inputs, filters, **how), by_definition(inputs, filters, **how), rtol=1e-10)


@given(case=cases())
@settings(max_examples=30)
def test_a_transposed_convolution_is_the_transpose_of_a_convolution(case):
    """The products with anything are equal: sum(y * convolve(x, f)) is sum(x * transposed_convolve(y, f'))."""
    inputs, filters, how = case
    # Without padding: at the end the transpose would cut off what a stride has left out.
    around = [(0, 0), *((each, each) for each in how["padding"]), (0, 0)]
    inputs, how = np.pad(inputs, around), how | {"padding": 0}
    results = np.random.default_rng(1).normal(size=convolve(inputs, filters, **how).shape)
    # The filters of each group change places with its channels.
    turned = [np.swapaxes(part, -1, -2) for part in np.split(filters, how["groups"], axis=-1)]
    back = transposed_convolve(results, np.concatenate(turned, axis=-1), **how)
    # What no window reaches at the end has no part in the result.
    reached = inputs[tuple(slice(0, size) for size in back.shape)]
    np.testing.assert_allclose(np.sum(back * reached), np.sum(results * convolve(inputs, filters, **how)), rtol=1e-9)


@given(case=cases(), name=st.sampled_from(["convolve", "transposed_convolve"]))
@settings(max_examples=15, deadline=None)
def test_derivatives_are_right(case, name):
    """By inputs and filters, both modes, second order."""
    inputs, filters, how = case
    function = {"convolve": convolve, "transposed_convolve": transposed_convolve}[name]
    how = how if name == "convolve" else how | {"padding": 0}
    check_grads(lambda inputs, filters: function(inputs, filters, **how), (inputs, filters))


HOW = [
    {},
    {"stride": 2},
    {"padding": (2, 1)},
    {"dilation": (2, 3)},
    {"stride": (1, 3), "padding": 1, "groups": 3},
]


def named_as_ours(how):
    return {"padding": 0} | {{"stride": "strides"}.get(name, name): value for name, value in how.items()}


@pytest.mark.parametrize("how", HOW)
def test_a_convolution_and_its_derivatives_are_those_of_pytorch(torch, how):
    """Which puts channels first."""
    filters = FILTERS if "groups" not in how else random.normal(size=(3, 2, 1, 6))
    x = torch.tensor(np.moveaxis(INPUTS, -1, 1).copy(), requires_grad=True)
    f = torch.tensor(filters.transpose(3, 2, 0, 1).copy(), requires_grad=True)
    expected = torch.nn.functional.conv2d(x, f, **how)
    cotangent = np.random.default_rng(2).normal(size=expected.shape)
    expected.backward(torch.tensor(cotangent))
    result, pull = vjp(lambda x, f: convolve(x, f, **named_as_ours(how)), INPUTS, filters)
    np.testing.assert_allclose(np.moveaxis(result, -1, 1), expected.detach().numpy(), rtol=1e-10)
    by_inputs, by_filters = pull(np.moveaxis(cotangent, 1, -1))
    np.testing.assert_allclose(np.moveaxis(by_inputs, -1, 1), x.grad.numpy(), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(by_filters.transpose(3, 2, 0, 1), f.grad.numpy(), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("how", HOW)
def test_a_transposed_convolution_is_that_of_pytorch(torch, how):
    """Whose filters are (channels, filters / groups, height, width)."""
    groups = how.get("groups", 1)
    filters = random.normal(size=(3, 2, 3 // groups, 6))
    parts = np.split(filters, groups, axis=-1)
    f = torch.tensor(np.concatenate([part.transpose(2, 3, 0, 1) for part in parts]))
    expected = torch.nn.functional.conv_transpose2d(torch.tensor(np.moveaxis(INPUTS, -1, 1).copy()), f, **how)
    result = transposed_convolve(INPUTS, filters, **named_as_ours(how))
    np.testing.assert_allclose(np.moveaxis(result, -1, 1), expected.numpy(), rtol=1e-10)


def test_sizes_with_same_and_valid_padding():
    """Size / stride, rounded up; only whole windows; the transposed way round size * stride and all that is reached."""
    shape = lambda function, **how: function(INPUTS, FILTERS, **how).shape[1:3]  # noqa: E731
    assert shape(convolve) == (5, 6)
    assert shape(convolve, strides=2) == (3, 3)
    assert shape(convolve, strides=(4, 5), dilation=2) == (2, 2)
    assert shape(convolve, padding="valid") == (3, 5)
    assert shape(convolve, padding=[(1, 0), 2]) == (4, 9)
    assert shape(transposed_convolve, strides=2) == (10, 12)
    assert shape(transposed_convolve, strides=4) == (20, 24)
    assert shape(transposed_convolve, padding="valid") == (7, 7)
    assert shape(transposed_convolve, padding=[(1, 0), 2]) == (6, 3)


def test_same_padding_puts_the_odd_one_behind():
    """As TensorFlow and JAX do."""
    np.testing.assert_array_equal(
        convolve(np.arange(1.0, 5.0).reshape(1, 4, 1), np.array([1.0, 10.0]).reshape(2, 1, 1))[0, :, 0], [21, 32, 43, 4]
    )


def test_windows_of_one_element_are_not_copied():
    """A 1 x 1 convolution is one product of matrices, over a view where there are no strides."""
    filters = FILTERS[:1, :1]
    names = {node.operation.name for node in trace(convolve, INPUTS, filters).nodes}
    assert names == {"placeholder", "reshape", "matmul"}
    np.testing.assert_allclose(convolve(INPUTS, filters), INPUTS @ filters[0, 0])
    np.testing.assert_allclose(convolve(INPUTS, filters, strides=(2, 3)), (INPUTS @ filters[0, 0])[:, ::2, ::3])


def test_values_give_values_and_arrays_give_arrays():
    """In the dtype that NumPy would give."""
    x = placeholder(INPUTS.shape, np.float32, "x")
    assert sigma.convolve(x, FILTERS.astype(np.float32)).dtype == np.float32
    assert sigma.convolve(x, FILTERS).dtype == np.float64
    assert isinstance(sigma.convolve(INPUTS, filters=FILTERS), np.ndarray)
    assert convolve(INPUTS[:0], FILTERS).shape == (0, 5, 6, 4)


def message(function, *arguments, **how):
    with pytest.raises(ShapeError) as caught:
        function(*arguments, **how)
    return testing.message(caught.value)


@pytest.mark.parametrize("function", [convolve, transposed_convolve])
def test_inputs_and_filters_must_fit(function):
    """Axes, channels and groups."""
    assert message(function, INPUTS[0, 0], FILTERS) == (
        "traced function: inputs of a convolution of shape (6, 3)\n"
        "  expected: (batch, width, channels) or (batch, height, width, channels)\n"
        "  to do:    np.reshape, with an axis of size 1 for a single channel"
    )
    assert message(function, INPUTS, FILTERS[0]) == (
        "traced function: filters of shape (2, 3, 4) for inputs of shape (2, 5, 6, 3)\n"
        "  expected: 4 axes: (height, width, channels, filters)"
    )
    assert message(function, INPUTS[0], FILTERS) == (
        "traced function: filters of shape (3, 2, 3, 4) for inputs of shape (5, 6, 3)\n"
        "  expected: 3 axes: (width, channels, filters)"
    )
    assert message(function, INPUTS[..., :2], FILTERS) == (
        "traced function: filters of shape (3, 2, 3, 4) for 2 channels\n  expected: filters of 2 channels"
    )
    assert message(function, INPUTS[..., :2], FILTERS, groups=2) == (
        "traced function: filters of shape (3, 2, 3, 4) for 2 channels in 2 groups\n  expected: filters of 1 channels"
    )
    for groups in (0, 2):
        assert message(function, INPUTS, FILTERS, groups=groups) == (
            f"traced function: {groups} groups of 3 channels and 4 filters\n  expected: a number that divides both"
        )


@pytest.mark.parametrize("function", [convolve, transposed_convolve])
def test_settings_must_be_numbers_for_the_axes(function):
    """Strides, dilation and padding."""
    assert message(function, INPUTS, FILTERS, strides=0) == (
        "traced function: strides = 0\n  expected: a whole number from 1, or 2 of them"
    )
    assert message(function, INPUTS, FILTERS, dilation=(1, 1, 1)) == (
        "traced function: dilation = (1, 1, 1)\n  expected: a whole number from 1, or 2 of them"
    )
    for padding in ("full", -1, (1, 1, 1), [(1, 2, 3), 1], [(1, -1), 1], None):
        assert message(function, INPUTS, FILTERS, padding=padding) == (
            f"traced function: padding = {padding!r}\n"
            "  expected: 'same', 'valid', a number from 0, or for each of 2 axes a number or a pair (before, after)"
        )


def test_a_window_must_fit():
    """Into the inputs with their padding; and something must be left of a transposed convolution."""
    assert message(convolve, INPUTS, FILTERS, padding="valid", dilation=(3, 1)) == (
        "traced function: windows that reach over (7, 2) elements do not fit into (5, 6)\n"
        "  expected: windows that are no larger than what they slide over, padding included\n"
        "  to do:    a smaller window or dilation, or more padding"
    )
    assert message(transposed_convolve, INPUTS, FILTERS, padding=(0, 4)) == (
        "traced function: padding = (0, 4) leaves (7, -1) of (7, 7) elements\n  expected: at least one"
    )


@given(data=st.data())
@settings(max_examples=30)
def test_windows_are_those_of_numpy(data):
    """np.lib.stride_tricks.sliding_window_view, whose windows stand behind all axes."""
    axis = data.draw(st.sampled_from([None, 0, -1, (1, 2), (2, 0), (1, 1)]))
    count = 3 if axis is None else 1 if isinstance(axis, int) else len(axis)
    window = tuple(data.draw(st.integers(1, 2)) for _ in range(count))
    array = np.arange(60.0).reshape(3, 4, 5)

    def seen(x):
        return np.lib.stride_tricks.sliding_window_view(x, window if count > 1 else window[0], axis)

    (result,) = evaluate(trace(seen, array), array)
    np.testing.assert_array_equal(result, seen(array))


def test_each_axis_of_windows_has_a_size():
    """No more and no fewer."""
    x = placeholder((3, 4), np.float64, "x")
    assert message(np.lib.stride_tricks.sliding_window_view, x, (1, 2), 0) == (
        "traced function: 2 sizes of a window for 1 axes\n  expected: one for each axis"
    )


@given(strides=st.integers(1, 3), dilation=st.integers(1, 3), extra=st.integers(0, 3))
def test_adding_windows_is_the_transpose_of_seeing_them(strides, dilation, extra):
    """Each element gets the sum over all windows it is in."""
    how = {"axis": 1, "window": (2, 3), "strides": (strides, 1), "dilation": (1, dilation)}
    array = random.normal(size=(2, 2 + extra, 7, 2))
    x = placeholder(array.shape, array.dtype, "x")
    windows = record("windows", x, **how)
    numbers = random.normal(size=windows.shape)
    back = record("windows_add", as_value(numbers), shape=array.shape, **how)
    seen, added = evaluate(Graph([x], [windows, back]), array)
    np.testing.assert_allclose(np.sum(seen * numbers), np.sum(array * added), rtol=1e-10)


def test_updates_of_windows_must_have_their_shape():
    """For a plugin that records some."""
    how = {"axis": 0, "window": (2,), "strides": (1,), "dilation": (1,)}
    assert message(record, "windows_add", placeholder((3, 2), np.float64, "x"), shape=(5,), **how) == (
        "traced function: updates of shape (3, 2) do not fit the windows\n  expected: shape (4, 2)"
    )
