"""TransformerBlock: PyTorch's encoder layer, masks, and what is refused."""

from types import SimpleNamespace

import numpy as np
import pytest
from sigma_nn import Adam, Dense, Embedding, Input, PositionalEncoding, SoftmaxCrossEntropy, TransformerBlock

from sigma_core import Trainer
from sigma_core.extend import NetworkError, SettingError

BATCH, TIME, SIZE, HEADS, HIDDEN = 3, 5, 6, 2, 7
INPUTS = np.random.default_rng(7).normal(size=(BATCH, TIME, SIZE))
MASK = np.arange(TIME) < np.array([5, 1, 3])[:, None]
PATH = "network.layers.transformer_block_1"


def filled(network):
    random = np.random.default_rng(8)
    return {name: random.normal(0, 0.5, spec.shape) for name, spec in network.parameters.items()}


def by_name(parameters):
    """Parameters of the block by their layers."""
    found = {}
    for identifier, array in parameters.items():
        layer, name = identifier.removeprefix(f"{PATH}.").split(".")
        found.setdefault(layer, SimpleNamespace())
        setattr(found[layer], name, array)
    return SimpleNamespace(**found)


@pytest.mark.parametrize("norm_first", [True, False])
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("masked", [False, True])
def test_outputs_and_derivatives_are_those_of_pytorch(norm_first, causal, masked, torch, run, derive, expand):
    """In float64, with the norm before or behind, a mask or none."""
    given = [INPUTS, *([MASK] if masked else [])]
    block = TransformerBlock(SIZE, HEADS, HIDDEN, causal=causal, norm_first=norm_first)
    network, forward = expand(block, *given)
    parameters = filled(network)

    module = torch.nn.TransformerEncoderLayer(
        SIZE,
        HEADS,
        HIDDEN,
        dropout=0.0,
        activation="gelu",
        batch_first=True,
        norm_first=norm_first,
        dtype=torch.float64,
    )
    ours, attention = by_name(parameters), module.self_attn
    parts = ("query", "key", "value")
    pairs = {
        attention.in_proj_weight: np.concatenate(
            [getattr(ours.multi_head_attention_1, f"{part}_weights").T for part in parts]
        ),
        attention.in_proj_bias: np.concatenate(
            [getattr(ours.multi_head_attention_1, f"{part}_biases") for part in parts]
        ),
        attention.out_proj.weight: ours.multi_head_attention_1.output_weights.T,
        attention.out_proj.bias: ours.multi_head_attention_1.output_biases,
        module.linear1.weight: ours.dense_1.weights.T,
        module.linear1.bias: ours.dense_1.biases,
        module.linear2.weight: ours.dense_2.weights.T,
        module.linear2.bias: ours.dense_2.biases,
        module.norm1.weight: ours.layer_norm_1.scales,
        module.norm1.bias: ours.layer_norm_1.shifts,
        module.norm2.weight: ours.layer_norm_2.scales,
        module.norm2.bias: ours.layer_norm_2.shifts,
    }
    with torch.no_grad():
        for tensor, array in pairs.items():
            tensor.copy_(torch.tensor(array))
    x = torch.tensor(INPUTS, requires_grad=True)
    later = ~torch.ones(TIME, TIME, dtype=bool).tril() if causal else None
    expected = module(x, src_mask=later, src_key_padding_mask=torch.tensor(~MASK) if masked else None)
    (expected**2).sum().backward()
    np.testing.assert_allclose(run(forward, given, parameters), expected.detach().numpy(), rtol=1e-10, atol=1e-13)

    def squared(inputs, *arrays):
        return forward([inputs, *given[1:]], dict(zip(parameters, arrays, strict=True))) ** 2

    of_inputs, *of_parameters = derive(squared, INPUTS, *parameters.values())
    np.testing.assert_allclose(of_inputs, x.grad.numpy(), rtol=1e-8, atol=1e-11)
    found = by_name(dict(zip(parameters, of_parameters, strict=True)))
    for layer, name, oracle in (
        ("multi_head_attention_1", "output_weights", attention.out_proj.weight.grad.T),
        ("multi_head_attention_1", "query_weights", attention.in_proj_weight.grad[:SIZE].T),
        ("multi_head_attention_1", "value_biases", attention.in_proj_bias.grad[2 * SIZE :]),
        ("dense_1", "weights", module.linear1.weight.grad.T),
        ("dense_2", "biases", module.linear2.bias.grad),
        ("layer_norm_1", "scales", module.norm1.weight.grad),
        ("layer_norm_2", "shifts", module.norm2.bias.grad),
    ):
        derivative = getattr(getattr(found, layer), name)
        np.testing.assert_allclose(derivative, oracle.numpy(), rtol=1e-8, atol=1e-11)


def test_the_dense_layer_between_is_four_times_as_wide(expand):
    """Where nothing is said."""
    network, _ = expand(TransformerBlock(SIZE, HEADS), INPUTS)
    assert network.parameters[f"{PATH}.dense_1.weights"].shape == (SIZE, 4 * SIZE)


def test_dropout_is_that_of_training(run, expand):
    """At each of its places; in validation there is none."""
    network, forward = expand(TransformerBlock(SIZE, HEADS, rate=0.5), INPUTS)
    parameters, key = filled(network), np.array([1, 1], np.uint64)
    _, without = expand(TransformerBlock(SIZE, HEADS, rate=0.0), INPUTS)
    expected = run(without, [INPUTS], parameters)
    assert np.array_equal(run(forward, [INPUTS], parameters), expected)
    trained = run(lambda *given: forward(*given, training=True, key=key), [INPUTS], parameters)
    assert not np.isclose(trained, expected).all()


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_a_network_with_it_learns(backend):
    """To reverse sequences of unequal lengths, by a mask that is a section of the data."""
    random = np.random.default_rng(8)
    symbols, lengths = random.integers(1, 4, (512, 4)), random.integers(3, 5, 512)
    mask = np.arange(4) < lengths[:, None]
    symbols = symbols * mask
    targets = np.array([[*row[:length][::-1], *row[length:]] for row, length in zip(symbols, lengths, strict=True)])
    data = {"inputs": symbols, "mask": mask, "targets": targets}
    sequence = Input(4, dtype="integer") + Embedding(4, 16) + PositionalEncoding("learned")
    network = sequence + 2 * TransformerBlock(16, 2, rate=0.0, mask="mask") + Dense(4) + SoftmaxCrossEntropy()
    trainer = Trainer(network, data, Adam(0.005), "10 epochs", batch_size=32, backend=backend)
    trainer.run()
    assert trainer.scores["training.loss"] < 0.5


def test_what_makes_no_sense_is_refused(expand):
    """Sizes of zero where they enter; heads that do not divide the size, with the place of the layer."""
    for settings, field in (((0, 1), "size"), ((4, 0), "heads"), ((4, 1, 0), "hidden")):
        with pytest.raises(SettingError) as caught:
            TransformerBlock(*settings)
        assert str(caught.value) == f"TransformerBlock.{field}: 0\n  expected: an integer of at least 1"
    with pytest.raises(NetworkError) as caught:
        expand(TransformerBlock(SIZE, 4), INPUTS)
    assert str(caught.value) == (
        f"{PATH}.multi_head_attention_1: with inputs of shape (batch, 5, 6): 4 heads do not divide 6 features\n"
        "  expected: a multiple of 4 features\n"
        "  to do:    choose another number of heads, or give the layer a size"
    )
