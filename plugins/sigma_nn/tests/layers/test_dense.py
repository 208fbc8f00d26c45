"""Dense: its parameters, its formula, and its derivatives."""

import numpy as np
import pytest
from sigma_nn import Constant, Dense, Glorot, He, Relu, Tanh, Zeros

from sigma_core.extend import Parameter, ShapeError
from sigma_core.testing import ComponentRegistry, Composer

random = np.random.default_rng(5)
INPUTS, WEIGHTS, BIASES = random.normal(size=(6, 4)), random.normal(size=(4, 3)), random.normal(size=3)


def test_parameters():
    """Weights from each input to each unit, a bias for each unit, with the tags by which patterns find them."""
    layer = Composer(ComponentRegistry()).build("layers", Dense(3))
    assert layer.parameters((4,)) == {
        "weights": Parameter((4, 3), Glorot(), tags={"weights", "dense"}),
        "biases": Parameter((3,), Zeros(), tags={"biases", "dense"}),
    }
    assert list(Dense(3, bias=False).parameters((4,))) == ["weights"]


def test_settings_in_a_recipe():
    """Components inside are named, or tables with settings."""
    table = {
        "use": "dense",
        "size": 3,
        "activation": "relu",
        "weights_initialiser": "he",
        "biases_initialiser": {"use": "constant", "value": 0.1},
    }
    assert Composer(ComponentRegistry()).build("layers", table) == Dense(
        3, Relu(), weights_initialiser=He(), biases_initialiser=Constant(0.1)
    )


def test_outputs(apply):
    """activation(inputs @ weights + biases)."""
    expected = INPUTS @ WEIGHTS
    np.testing.assert_allclose(apply(Dense(3, Relu(), bias=False), INPUTS, weights=WEIGHTS), np.maximum(expected, 0))
    np.testing.assert_allclose(
        apply(Dense(3, Tanh()), INPUTS, weights=WEIGHTS, biases=BIASES), np.tanh(expected + BIASES)
    )


def test_outputs_and_derivatives_are_those_of_pytorch(torch, apply, derive):
    """In float64."""
    x, w, b = (torch.tensor(array, requires_grad=True) for array in (INPUTS, WEIGHTS, BIASES))
    expected = torch.tanh(torch.nn.functional.linear(x, w.T, b))
    expected.sum().backward()

    class Given:
        def __init__(self, weights, biases):
            self.weights, self.biases = weights, biases

    def forward(inputs, weights, biases):
        return Dense(3, Tanh()).forward(inputs, parameters=Given(weights, biases), context=None)

    np.testing.assert_allclose(
        apply(Dense(3, Tanh()), INPUTS, weights=WEIGHTS, biases=BIASES), expected.detach().numpy(), rtol=1e-12
    )
    for derivative, oracle in zip(derive(forward, INPUTS, WEIGHTS, BIASES), (x, w, b), strict=True):
        np.testing.assert_allclose(derivative, oracle.grad.numpy(), rtol=1e-9, atol=1e-12)


def test_the_last_axis_is_connected_at_each_place_of_the_others(apply):
    """As of the steps of a sequence."""
    sequences = random.normal(size=(6, 5, 2, 4))
    result = apply(Dense(3, Tanh()), sequences, weights=WEIGHTS, biases=BIASES)
    np.testing.assert_allclose(result, np.tanh(sequences @ WEIGHTS + BIASES))
    assert Composer(ComponentRegistry()).build("layers", Dense(3)).parameters((5, 4))["weights"].shape == (4, 3)
    assert apply(Dense(3, Tanh()), sequences[:0], weights=WEIGHTS, biases=BIASES).shape == (0, 5, 2, 3)


def test_records_without_an_axis_are_refused():
    """With what to change."""
    with pytest.raises(ShapeError) as caught:
        Dense(3).parameters(())
    assert str(caught.value) == (
        "Dense: records of shape ()\n"
        "  expected: records of shape (..., features)\n"
        "  to do:    give the input before it at least one feature"
    )
