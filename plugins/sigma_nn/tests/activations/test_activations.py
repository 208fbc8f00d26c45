"""Activations against their textbook formulas, and against PyTorch."""

import numpy as np
import pytest
from scipy import special
from sigma_nn import Elu, Gelu, Identity, LeakyRelu, Relu, Sigmoid, Silu, Softmax, Softplus, Tanh

from sigma_core.testing import check_grads

X = np.array([[-4.0, -1.5, -0.1, 0.0], [0.1, 0.7, 2.0, 5.0]])
# Far out, where a careless formula overflows.
FAR = np.array([[-1e4, -800.0, -90.0], [90.0, 800.0, 1e4]])

FORMULAS = {
    Identity(): lambda x: x,
    Relu(): lambda x: np.maximum(x, 0),
    LeakyRelu(): lambda x: np.where(x > 0, x, 0.01 * x),
    LeakyRelu(0.3): lambda x: np.where(x > 0, x, 0.3 * x),
    Elu(): lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
    Elu(0.5): lambda x: np.where(x > 0, x, 0.5 * np.expm1(np.minimum(x, 0))),
    Sigmoid(): special.expit,
    Tanh(): np.tanh,
    Softplus(): lambda x: -special.log_expit(-x),
    Softmax(): lambda x: special.softmax(x, axis=-1),
    Silu(): lambda x: x * special.expit(x),
    Gelu(): lambda x: x * special.ndtr(x),
    Gelu(approximate=True): lambda x: 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))),
}
TORCH = {
    Identity(): "Identity()",
    Relu(): "ReLU()",
    LeakyRelu(): "LeakyReLU()",
    LeakyRelu(0.3): "LeakyReLU(0.3)",
    Elu(): "ELU()",
    Elu(0.5): "ELU(0.5)",
    Sigmoid(): "Sigmoid()",
    Tanh(): "Tanh()",
    Softplus(): "Softplus()",
    Softmax(): "Softmax(dim=-1)",
    Silu(): "SiLU()",
    Gelu(): "GELU()",
    Gelu(approximate=True): "GELU(approximate='tanh')",
}


@pytest.mark.parametrize("activation", FORMULAS, ids=str)
def test_values(activation, run):
    """The formula of the docstring."""
    np.testing.assert_allclose(run(activation, X), FORMULAS[activation](X), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("activation", FORMULAS, ids=str)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_values_far_out(activation, dtype, run, derive):
    """Nothing overflows, in either direction, and the dtype stays."""
    far = FAR.astype(dtype)
    values, derivatives = run(activation, far), derive(activation, far)[0]
    np.testing.assert_allclose(
        values, FORMULAS[activation](FAR), rtol=1e-6, atol=1e-30 if dtype == np.float64 else 1e-7
    )
    assert np.isfinite(derivatives).all()
    assert values.dtype == derivatives.dtype == dtype


@pytest.mark.parametrize("activation", FORMULAS, ids=str)
def test_derivatives(activation):
    """Against finite differences, both modes, second order; not at the corners."""
    check_grads(activation, [X[:, :3] + 0.01])


@pytest.mark.parametrize("activation", FORMULAS, ids=str)
def test_not_a_number_stays_visible(activation, run):
    """An activation does not hide that something went wrong before it."""
    with np.errstate(invalid="ignore"):  # NumPy's logaddexp warns, its other functions do not
        assert np.isnan(run(activation, np.array([[np.nan, 1.0]]))[0, 0])


@pytest.mark.parametrize("activation", TORCH, ids=str)
def test_values_and_derivatives_are_those_of_pytorch(activation, torch, run, derive):
    """At the corners as well, close to them and far out, where nothing may overflow."""
    points = np.array([0.0, 1e-3, -1e-3, 50.0, -50.0, 1000.0, -1000.0, 0.7])
    x = np.concatenate([X, points.reshape(2, 4), points[::-1].reshape(2, 4)])
    module = eval(f"torch.nn.{TORCH[activation]}", {"torch": torch})  # noqa: S307  # the table above
    given, weights = torch.tensor(x, requires_grad=True), np.arange(1.0, 1 + x.size).reshape(x.shape)
    expected = module(given)
    (expected * torch.tensor(weights)).sum().backward()
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        result, (derivative,) = run(activation, x), derive(lambda x: activation(x) * weights, x)
    np.testing.assert_allclose(result, expected.detach().numpy(), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(derivative, given.grad.numpy(), rtol=1e-12, atol=1e-12)
