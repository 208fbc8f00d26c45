"""Bidirectional: PyTorch's, for sequences of equal and unequal lengths; merges; what is refused."""

import numpy as np
import pytest
from sigma_nn import Adam, Bidirectional, Dense, Embedding, Gru, Input, Lstm, Mask, SimpleRecurrent, SoftmaxCrossEntropy

from sigma_core import Trainer
from sigma_core.extend import SettingError

BATCH, TIME, FEATURES, SIZE = 4, 6, 3, 5
LENGTHS = np.array([6, 1, 4, 3])
MASK = np.arange(TIME) < LENGTHS[:, None]
INPUTS = np.random.default_rng(7).normal(size=(BATCH, TIME, FEATURES))
PATH = "network.layers.bidirectional_1"


def filled(network):
    random = np.random.default_rng(8)
    return {name: random.normal(0, 0.7, spec.shape) for name, spec in network.parameters.items()}


@pytest.mark.parametrize("outputs", ["all", "last"])
@pytest.mark.parametrize("masked", [False, True])
def test_outputs_and_derivatives_are_those_of_pytorch(outputs, masked, torch, run, derive, expand):
    """Both directions with their own parameters, in float64; unequal lengths are packed there and masked here."""
    given = [INPUTS, *([MASK] if masked else [])]
    network, forward = expand(Bidirectional(Lstm(SIZE, outputs)), *given)
    parameters = filled(network)
    module = torch.nn.LSTM(FEATURES, SIZE, batch_first=True, bidirectional=True, dtype=torch.float64)
    names = {
        f"{PATH}.{way}.{name}": f"{theirs}_l0{suffix}"
        for way, suffix in (("forward", ""), ("backward", "_reverse"))
        for name, theirs in (("input_weights", "weight_ih"), ("hidden_weights", "weight_hh"), ("biases", "bias_ih"))
    }
    assert list(parameters) == list(names)
    with torch.no_grad():
        for name, theirs in names.items():
            getattr(module, theirs).copy_(torch.tensor(parameters[name].T))
        module.bias_hh_l0.zero_()
        module.bias_hh_l0_reverse.zero_()
    x = torch.tensor(INPUTS, requires_grad=True)
    pack = torch.nn.utils.rnn.pack_padded_sequence
    lengths = LENGTHS if masked else np.full(BATCH, TIME)
    packed, (last, _) = module(pack(x, lengths, batch_first=True, enforce_sorted=False))
    every, _ = torch.nn.utils.rnn.pad_packed_sequence(packed, batch_first=True)
    expected = every if outputs == "all" else torch.cat([last[0], last[1]], dim=1)
    (expected**2).sum().backward()
    np.testing.assert_allclose(run(forward, given, parameters), expected.detach().numpy(), rtol=1e-10, atol=1e-14)

    def squared(inputs, *arrays):
        return forward([inputs, *given[1:]], dict(zip(parameters, arrays, strict=True))) ** 2

    oracles = (x.grad.numpy(), *(getattr(module, theirs).grad.numpy().T for theirs in names.values()))
    for found, oracle in zip(derive(squared, INPUTS, *parameters.values()), oracles, strict=True):
        np.testing.assert_allclose(found, oracle, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("layer", [SimpleRecurrent(SIZE), Gru(SIZE, "last", reverse=True)], ids=["simple", "gru"])
def test_directions_are_merged(layer, run, expand):
    """Side by side, added up or averaged; which way the layer itself would go does not matter."""
    found = {}
    for merge in ("concatenate", "add", "average"):
        network, forward = expand(Bidirectional(layer, merge), INPUTS)
        found[merge] = run(forward, [INPUTS], filled(network))
    there, back = np.split(found["concatenate"], 2, axis=-1)
    np.testing.assert_allclose(found["add"], there + back, rtol=1e-12)
    np.testing.assert_allclose(found["average"], (there + back) / 2, rtol=1e-12)


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_a_network_with_it_learns(backend):
    """To say at each step what the first and the last step are, of sequences of unequal lengths."""
    random = np.random.default_rng(8)
    lengths = random.integers(3, 7, 128)
    symbols = random.integers(1, 3, (128, 6)) * (np.arange(6) < lengths[:, None])
    targets = 2 * (symbols[:, 0] - 1) + symbols[np.arange(128), lengths - 1] - 1
    inputs = Input(6, dtype="integer")
    h = Bidirectional(Gru(16, "last"))(Embedding(3, 6)(inputs), Mask()(inputs))
    network = SoftmaxCrossEntropy()(Dense(4)(h))
    trainer = Trainer(network, (symbols, targets), Adam(0.02), "20 epochs", batch_size=16, backend=backend)
    trainer.run()
    assert trainer.scores["training.loss"] < 0.3


def test_a_layer_that_has_no_other_direction_is_refused():
    """Where it enters, and an unknown merge with what there is."""
    with pytest.raises(SettingError) as caught:
        Bidirectional(Embedding(3, 6, "zeros"))
    assert str(caught.value) == (
        "Bidirectional.layer: Embedding(name=None, vocabulary=3, size=6, weights_initialiser='zeros')\n"
        "  expected: a recurrent layer, such as Lstm(128)"
    )
    with pytest.raises(SettingError) as caught:
        Bidirectional(Lstm(3), "multiply")
    assert str(caught.value) == "Bidirectional.merge: 'multiply'\n  expected: one of 'concatenate', 'add', 'average'"
