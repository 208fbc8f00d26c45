"""LSTM: its parameters, its formula step by step, and PyTorch's."""

from types import SimpleNamespace

import numpy as np
import pytest
from sigma_nn import Adam, Dense, Embedding, Glorot, Input, Lstm, SoftmaxCrossEntropy, Zeros

from sigma_core import Trainer
from sigma_core.extend import Parameter, ShapeError
from sigma_core.testing import ComponentRegistry, Composer

BATCH, TIME, FEATURES, SIZE = 3, 6, 4, 5
random = np.random.default_rng(7)
INPUTS = random.normal(size=(BATCH, TIME, FEATURES))
PARAMETERS = {
    "input_weights": random.normal(size=(FEATURES, 4 * SIZE)),
    "hidden_weights": random.normal(size=(SIZE, 4 * SIZE)),
    "biases": random.normal(size=4 * SIZE),
}


def test_parameters():
    """Four gates for each unit."""
    layer = Composer(ComponentRegistry()).build("layers", Lstm(SIZE))
    assert layer.parameters((TIME, FEATURES)) == {
        "input_weights": Parameter((FEATURES, 4 * SIZE), Glorot(), tags={"weights", "lstm"}),
        "hidden_weights": Parameter((SIZE, 4 * SIZE), Glorot(), tags={"weights", "lstm"}),
        "biases": Parameter((4 * SIZE,), Zeros(), tags={"biases", "lstm"}),
    }


def logistic(x):
    return 1 / (1 + np.exp(-x))


def test_outputs_are_those_of_the_formula(apply):
    """Element by element, each after the one before."""
    hidden, memory, expected = np.zeros((BATCH, SIZE)), np.zeros((BATCH, SIZE)), []
    for step in range(TIME):
        gates = INPUTS[:, step] @ PARAMETERS["input_weights"] + hidden @ PARAMETERS["hidden_weights"]
        i, f, g, o = np.split(gates + PARAMETERS["biases"], 4, axis=1)
        memory = logistic(f) * memory + logistic(i) * np.tanh(g)
        hidden = logistic(o) * np.tanh(memory)
        expected.append(hidden)
    np.testing.assert_allclose(apply(Lstm(SIZE), INPUTS, **PARAMETERS), np.stack(expected, 1), rtol=1e-12)
    np.testing.assert_allclose(apply(Lstm(SIZE, outputs="last"), INPUTS, **PARAMETERS), hidden, rtol=1e-12)


@pytest.mark.parametrize("outputs", ["all", "last"])
def test_outputs_and_derivatives_are_those_of_pytorch(outputs, torch, apply, derive):
    """In float64, with the same layout of the gates."""
    module = torch.nn.LSTM(FEATURES, SIZE, batch_first=True, dtype=torch.float64)
    x = torch.tensor(INPUTS, requires_grad=True)
    with torch.no_grad():
        module.weight_ih_l0.copy_(torch.tensor(PARAMETERS["input_weights"].T))
        module.weight_hh_l0.copy_(torch.tensor(PARAMETERS["hidden_weights"].T))
        module.bias_ih_l0.copy_(torch.tensor(PARAMETERS["biases"]))
        module.bias_hh_l0.zero_()
    every, (last, _) = module(x)
    expected = every if outputs == "all" else last[0]
    (expected**2).sum().backward()
    layer = Lstm(SIZE, outputs=outputs)
    np.testing.assert_allclose(apply(layer, INPUTS, **PARAMETERS), expected.detach().numpy(), rtol=1e-10)

    def forward(inputs, *arrays):
        parameters = SimpleNamespace(**dict(zip(PARAMETERS, arrays, strict=True)))
        return layer.forward(inputs, parameters=parameters, context=None) ** 2

    oracles = (x.grad, module.weight_ih_l0.grad.T, module.weight_hh_l0.grad.T, module.bias_ih_l0.grad)
    for found, oracle in zip(derive(forward, INPUTS, *PARAMETERS.values()), oracles, strict=True):
        np.testing.assert_allclose(found, oracle.numpy(), rtol=1e-9, atol=1e-12)


def test_records_that_are_no_sequences_are_refused():
    """With what to change."""
    with pytest.raises(ShapeError) as caught:
        Lstm(SIZE).parameters((FEATURES,))
    assert str(caught.value) == (
        f"Lstm: records of shape ({FEATURES},)\n"
        "  expected: records of shape (time, features)\n"
        "  to do:    give the input two axes, or put an Embedding layer before it"
    )


def test_a_network_with_it_learns():
    """To say what it saw three steps ago, which only the memory can tell."""
    symbols = np.random.default_rng(8).integers(0, 4, (64, 8))
    data = (symbols, np.concatenate([np.zeros((64, 3), int), symbols[:, :-3]], axis=1))
    network = Input(8, dtype="integer") + Embedding(4, 8) + Lstm(16) + Dense(4) + SoftmaxCrossEntropy()
    trainer = Trainer(network, data, Adam(0.02), "30 epochs", batch_size=16)
    trainer.run()
    assert trainer.scores["training.loss"] < 0.5
