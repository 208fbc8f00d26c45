"""Convolution: its parameters, its formula, and its derivatives."""

from types import SimpleNamespace

import numpy as np
import pytest
from sigma_nn import AveragePooling, Convolution, Glorot, Input, MaxPooling, Relu, Tanh, Zeros

from sigma_core import Network, testing
from sigma_core.extend import NetworkError, Parameter, SettingError, ShapeError, convolve
from sigma_core.testing import ComponentRegistry, Composer

random = np.random.default_rng(5)
INPUTS, WEIGHTS, BIASES = random.normal(size=(2, 7, 6, 4)), random.normal(size=(3, 2, 4, 3)), random.normal(size=3)


def test_parameters():
    """A filter for each unit, over all channels or those of its group, with the tags by which patterns find them."""
    build = Composer(ComponentRegistry()).build
    assert build("layers", Convolution(3)).parameters((8, 9, 4)) == {
        "weights": Parameter((5, 5, 4, 3), Glorot(), tags={"weights", "convolution"}),
        "biases": Parameter((3,), Zeros(), tags={"biases", "convolution"}),
    }
    layer = build("layers", Convolution(6, (3,), groups=2, bias=False))
    assert {name: each.shape for name, each in layer.parameters((8, 4)).items()} == {"weights": (3, 2, 6)}


def test_settings_in_a_recipe():
    """Sizes for all axes, or lists; padding in words, numbers and pairs."""
    table = {
        "use": "convolution",
        "size": 3,
        "window": [3, 5],
        "strides": 2,
        "padding": [[0, 1], 2],
        "activation": "relu",
    }
    layer = Composer(ComponentRegistry()).build("layers", table)
    assert (layer.window, layer.strides, layer.padding, layer.activation) == ((3, 5), 2, ((0, 1), 2), Relu())
    assert layer == Composer(ComponentRegistry()).build(
        "layers", Convolution(3, [3, 5], Relu(), strides=2, padding=[(0, 1), 2])
    )


def test_outputs(apply):
    """activation(convolve(inputs, weights) + biases), with all its settings handed on."""
    settings = {"strides": (2, 1), "padding": (1, 0), "dilation": (1, 2)}
    expected = convolve(INPUTS, WEIGHTS, **settings)
    layer = Convolution(3, (3, 2), Tanh(), **settings)
    result = apply(layer, INPUTS, weights=WEIGHTS, biases=BIASES)
    np.testing.assert_allclose(result, np.tanh(expected + BIASES), rtol=1e-12)
    np.testing.assert_allclose(
        apply(Convolution(3, (3, 2), Relu(), bias=False, **settings), INPUTS, weights=WEIGHTS), np.maximum(expected, 0)
    )
    grouped = WEIGHTS[:, :, :2, :2]
    np.testing.assert_array_equal(
        apply(Convolution(2, (3, 2), Relu(), bias=False, groups=2), INPUTS, weights=grouped),
        np.maximum(convolve(INPUTS, grouped, groups=2), 0),
    )


SETTINGS = [
    ((7, 4), (3,), {}, {"padding": 1}),
    ((7, 4), (4,), {"padding": "valid", "strides": 2, "dilation": 2}, {"stride": 2, "dilation": 2}),
    ((7, 6, 4), (3, 3), {"strides": (2, 1), "padding": 1, "groups": 2}, {"stride": (2, 1), "padding": 1, "groups": 2}),
    ((7, 6, 4), (3, 2), {"padding": (2, 1), "dilation": (2, 3)}, {"padding": (2, 1), "dilation": (2, 3)}),
    ((7, 6, 4), (1, 1), {"padding": "valid", "strides": 3, "groups": 4}, {"stride": 3, "groups": 4}),
]


@pytest.mark.parametrize(("shape", "window", "ours", "theirs"), SETTINGS)
def test_outputs_and_derivatives_are_those_of_pytorch(shape, window, ours, theirs, torch, apply, derive):
    """In float64, on sequences and pictures; PyTorch has channels first and filters before them."""
    inputs, biases = random.normal(size=(2, *shape)), random.normal(size=8)
    weights = random.normal(size=(*window, 4 // ours.get("groups", 1), 8))
    x = torch.tensor(np.moveaxis(inputs, -1, 1).copy(), requires_grad=True)
    w = torch.tensor(np.moveaxis(weights, [-1, -2], [0, 1]).copy(), requires_grad=True)
    b = torch.tensor(biases, requires_grad=True)
    expected = torch.tanh(getattr(torch.nn.functional, f"conv{len(window)}d")(x, w, b, **theirs))
    expected.sum().backward()
    layer = Convolution(8, window, Tanh(), **ours)

    def forward(inputs, weights, biases):
        return layer.forward(inputs, parameters=SimpleNamespace(weights=weights, biases=biases), context=None)

    result = apply(layer, inputs, weights=weights, biases=biases)
    np.testing.assert_allclose(np.moveaxis(result, -1, 1), expected.detach().numpy(), rtol=1e-9, atol=1e-12)
    by_inputs, by_weights, by_biases = derive(forward, inputs, weights, biases)
    np.testing.assert_allclose(np.moveaxis(by_inputs, -1, 1), x.grad.numpy(), rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(np.moveaxis(by_weights, [-1, -2], [0, 1]), w.grad.numpy(), rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(by_biases, b.grad.numpy(), rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("layer", [Convolution(3, 5, padding="valid"), MaxPooling(5), AveragePooling(5)])
def test_a_window_larger_than_its_input_is_refused(layer):
    """With the path of the layer and both sizes, when the network is built."""
    with pytest.raises(NetworkError) as caught:
        Network.build(Input((3, 6, 1)) + layer, composer=Composer(ComponentRegistry()))
    name = {Convolution: "convolution_1", MaxPooling: "max_pooling_1", AveragePooling: "average_pooling_1"}[type(layer)]
    assert testing.message(caught.value) == (
        f"network.layers.{name}: with inputs of shape (batch, 3, 6, 1): "
        "windows that reach over (5, 5) elements do not fit into (3, 6)\n"
        "  expected: windows that are no larger than what they slide over, padding included\n"
        "  to do:    a smaller window or dilation, or more padding"
    )


@pytest.mark.parametrize(("window", "shape"), [(5, (784,)), (5, (2, 3, 4, 5)), ((5, 5), (28, 3)), ((5,), (28, 28, 1))])
def test_records_of_other_axes_are_refused(window, shape):
    """With what both may be."""
    with pytest.raises(ShapeError) as caught:
        Convolution(3, window).parameters(shape)
    assert str(caught.value) == (
        f"Convolution: records of shape {shape} for a window of {window}\n"
        "  expected: records of shape (height, width, channels) or (width, channels), "
        "one size of a window for each axis\n"
        "  to do:    give the input its shape, or the window other sizes"
    )


@pytest.mark.parametrize(("size", "channels"), [(3, 4), (4, 3)])
def test_groups_divide_channels_and_filters(size, channels):
    """Both."""
    with pytest.raises(ShapeError) as caught:
        Convolution(size, groups=2).parameters((8, 8, channels))
    assert str(caught.value) == (
        f"Convolution: 2 groups of {channels} channels and {size} filters\n"
        "  expected: a number of groups that divides both"
    )


@pytest.mark.parametrize("given", [0, 1.5, True, (), (3, 0), "3"])
def test_sizes_are_integers_from_1(given):
    """One, or one for each axis."""
    with pytest.raises(SettingError) as caught:
        Convolution(3, given)
    assert str(caught.value) == (
        f"Convolution.window: {given!r}\n  expected: an integer of at least 1, or one for each axis"
    )


@pytest.mark.parametrize("given", ["full", -1, 0.5, (), ((0, -1), 1), ((1, 2, 3), 1), None])
def test_padding_is_a_word_or_numbers_from_0(given):
    """For all sides, each axis or each side."""
    with pytest.raises(SettingError) as caught:
        Convolution(3, padding=given)
    assert str(caught.value) == (
        f"Convolution.padding: {given!r}\n"
        "  expected: 'same', 'valid', an integer of at least 0, or for each axis one or a pair of them"
    )
