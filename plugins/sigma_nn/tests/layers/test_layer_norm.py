"""LayerNorm: its parameters, PyTorch's outputs and derivatives, and learning with it."""

from types import SimpleNamespace

import numpy as np
import pytest
from sigma_nn import Adam, Dense, Input, LayerNorm, Ones, SquaredDifference, Zeros

from sigma_core import Trainer
from sigma_core.extend import Parameter, SettingError, ShapeError
from sigma_core.testing import ComponentRegistry, Composer

random = np.random.default_rng(5)
SCALES, SHIFTS = random.normal(size=(2, 6))


def test_parameters():
    """A scale and a shift for each feature, which change nothing at first."""
    layer = Composer(ComponentRegistry()).build("layers", LayerNorm())
    assert layer.parameters((3, 6)) == {
        "scales": Parameter((6,), Ones(), tags={"scales", "layer_norm"}),
        "shifts": Parameter((6,), Zeros(), tags={"shifts", "layer_norm"}),
    }


@pytest.mark.parametrize("places", [(), (3,), (3, 2)])
@pytest.mark.parametrize("epsilon", [1e-5, 0.1])
def test_outputs_and_derivatives_are_those_of_pytorch(places, epsilon, torch, apply, derive):
    """In float64, with any axes between, in training as in validation."""
    inputs = np.random.default_rng(4).normal(3.0, 2.0, size=(4, *places, 6))
    x, scales, shifts = (torch.tensor(array, requires_grad=True) for array in (inputs, SCALES, SHIFTS))
    expected = torch.nn.functional.layer_norm(x, (6,), scales, shifts, epsilon)
    (expected**2).sum().backward()
    for training in (False, True):
        found = apply(LayerNorm(epsilon), inputs, training=training, scales=SCALES, shifts=SHIFTS)
        np.testing.assert_allclose(found, expected.detach().numpy(), rtol=1e-11, atol=1e-13)

    def forward(inputs, scales, shifts):
        parameters = SimpleNamespace(scales=scales, shifts=shifts)
        return LayerNorm(epsilon).forward(inputs, parameters=parameters, context=None) ** 2

    for found, oracle in zip(derive(forward, inputs, SCALES, SHIFTS), (x, scales, shifts), strict=True):
        np.testing.assert_allclose(found, oracle.grad.numpy(), rtol=1e-9, atol=1e-11)


def test_equal_features_are_brought_to_zero(apply, derive):
    """Without a division by zero."""
    inputs = np.full((2, 6), 7.0)
    assert not apply(LayerNorm(), inputs, scales=np.ones(6), shifts=np.zeros(6)).any()
    parameters = SimpleNamespace(scales=np.ones(6), shifts=np.zeros(6))
    (found,) = derive(lambda inputs: LayerNorm().forward(inputs, parameters=parameters, context=None), inputs)
    assert np.isfinite(found).all()


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_a_network_with_it_learns(backend):
    """On every backend."""
    inputs = np.random.default_rng(6).normal(size=(64, 5))
    data = (inputs, np.sin(inputs[:, :2]))
    network = Input(5) + Dense(32) + LayerNorm() + Dense(16, "tanh") + Dense(2) + SquaredDifference()
    trainer = Trainer(network, data, Adam(0.01), "40 epochs", batch_size=16, backend=backend)
    trainer.run()
    assert trainer.scores["training.loss"] < 0.1


def test_what_makes_no_sense_is_refused():
    """Records without an axis, and an epsilon of zero."""
    with pytest.raises(ShapeError) as caught:
        LayerNorm().parameters(())
    assert str(caught.value) == (
        "LayerNorm: records of shape ()\n"
        "  expected: records of shape (..., features)\n"
        "  to do:    give the input before it at least one feature"
    )
    with pytest.raises(SettingError) as caught:
        LayerNorm(0.0)
    assert str(caught.value) == "LayerNorm.epsilon: 0.0\n  expected: a finite number above 0"
