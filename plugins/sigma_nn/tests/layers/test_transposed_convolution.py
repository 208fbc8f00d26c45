"""Transposed convolution: PyTorch's, with its settings in our words."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sigma_nn import Glorot, Tanh, TransposedConvolution, Zeros

from sigma_core.extend import Parameter, ShapeError
from sigma_core.testing import ComponentRegistry, Composer, evaluate, trace


def channels_first(array):
    return np.moveaxis(array, -1, 1).copy()


def weights_of_pytorch(weights, groups):
    """(*window, channels / groups, size) as (channels, size / groups, *window)."""
    *window, channels, size = weights.shape
    parts = weights.reshape((*window, channels, groups, size // groups))
    return np.moveaxis(parts, [-2, -3, -1], [0, 1, 2]).reshape((groups * channels, size // groups, *window)).copy()


def test_parameters():
    """Those of a convolution, with a tag of their own."""
    layer = Composer(ComponentRegistry()).build("layers", TransposedConvolution(6, (3, 2), groups=2))
    assert layer.parameters((8, 9, 4)) == {
        "weights": Parameter((3, 2, 2, 6), Glorot(), tags={"weights", "transposed_convolution"}),
        "biases": Parameter((6,), Zeros(), tags={"biases", "transposed_convolution"}),
    }


@pytest.mark.parametrize(
    ("shape", "window", "ours", "theirs"),
    [
        ((7, 4), (3,), {"padding": "valid"}, {}),
        ((7, 4), (4,), {"strides": 2, "padding": 1}, {"stride": 2, "padding": 1}),
        ((7, 4), (3,), {"strides": 3, "dilation": 2, "padding": 2, "groups": 2},
         {"stride": 3, "dilation": 2, "padding": 2, "groups": 2}),
        ((5, 6, 4), (3, 2), {"padding": "valid", "strides": (2, 1)}, {"stride": (2, 1)}),
        ((5, 6, 4), (4, 4), {"strides": 2}, {"stride": 2, "padding": 1}),
        ((5, 6, 4), (3, 3), {"strides": 2, "padding": ((1, 0), (1, 0))},
         {"stride": 2, "padding": 1, "output_padding": 1}),
        ((5, 6, 4), (3, 2), {"strides": (1, 2), "dilation": (2, 1), "padding": (1, 0), "groups": 4},
         {"stride": (1, 2), "dilation": (2, 1), "padding": (1, 0), "groups": 4}),
    ],
)  # fmt: skip
@pytest.mark.parametrize("bias", [True, False])
def test_outputs_and_derivatives_are_those_of_pytorch(shape, window, ours, theirs, bias, torch, apply, derive):
    """On sequences and pictures, by inputs, weights and biases."""
    random, groups = np.random.default_rng(9), ours.get("groups", 1)
    inputs = random.normal(size=(2, *shape))
    arrays = {"weights": random.normal(size=(*window, 4 // groups, 8))}
    arrays |= {"biases": random.normal(size=8)} if bias else {}
    layer = TransposedConvolution(8, window, Tanh(), bias=bias, **ours)
    module = getattr(torch.nn.functional, f"conv_transpose{len(window)}d")
    x = torch.tensor(channels_first(inputs), requires_grad=True)
    w = torch.tensor(weights_of_pytorch(arrays["weights"], groups), requires_grad=True)
    b = torch.tensor(arrays["biases"], requires_grad=True) if bias else None
    expected = torch.tanh(module(x, w, b, **theirs))
    expected.sum().backward()

    def forward(inputs, parameters):
        return layer.forward(inputs, parameters=SimpleNamespace(**parameters), context=None)

    result = apply(layer, inputs, **arrays)
    np.testing.assert_allclose(channels_first(result), expected.detach().numpy(), rtol=1e-9, atol=1e-12)
    by_inputs, by_parameters = derive(forward, inputs, arrays)
    np.testing.assert_allclose(channels_first(by_inputs), x.grad.numpy(), rtol=1e-8, atol=1e-10)
    found = weights_of_pytorch(by_parameters["weights"], groups)
    np.testing.assert_allclose(found, w.grad.numpy(), rtol=1e-8, atol=1e-10)
    if bias:
        np.testing.assert_allclose(by_parameters["biases"], b.grad.numpy(), rtol=1e-8, atol=1e-10)


@given(st.integers(1, 6), st.integers(1, 5), st.integers(1, 4), st.integers(1, 3))
@settings(max_examples=25, deadline=None)
def test_the_size_of_what_comes_out(width, window, stride, dilation):
    """As the docstring has it."""
    inputs, weights = np.ones((1, width, 2)), np.ones((window, 2, 3))
    sizes = {"same": width * stride, "valid": (width - 1) * stride + (window - 1) * dilation + 1}
    for padding, expected in sizes.items():
        layer = TransposedConvolution(3, window, Tanh(), stride, padding, dilation, bias=False)

        def forward(inputs, weights, layer=layer):
            return layer.forward(inputs, parameters=SimpleNamespace(weights=weights), context=None)

        assert evaluate(trace(forward, inputs, weights), inputs, weights)[0].shape == (1, expected, 3)


def test_records_of_other_axes_are_refused():
    """By the name of this layer."""
    with pytest.raises(ShapeError) as caught:
        TransposedConvolution(3).parameters((784,))
    assert str(caught.value).startswith("TransposedConvolution: records of shape (784,) for a window of 5\n")
    with pytest.raises(ShapeError) as caught:
        TransposedConvolution(3, groups=2).parameters((4, 4, 2))
    assert str(caught.value).startswith("TransposedConvolution: 2 groups of 2 channels and 3 filters\n")
