"""MultiHeadAttention: its parameters, PyTorch's outputs and derivatives, masks, and what is refused."""

from types import SimpleNamespace

import numpy as np
import pytest
from sigma_nn import (
    Adam,
    Dense,
    Embedding,
    Glorot,
    Input,
    MultiHeadAttention,
    PositionalEncoding,
    SoftmaxCrossEntropy,
    Zeros,
)

from sigma_core import Trainer
from sigma_core.extend import DataError, Parameter, SettingError, ShapeError
from sigma_core.testing import ComponentRegistry, Composer

BATCH, TIME, STEPS, FEATURES, OTHERS, HEADS = 3, 5, 4, 6, 7, 2
random = np.random.default_rng(7)
INPUTS = random.normal(size=(BATCH, TIME, FEATURES))
ATTENDED = random.normal(size=(BATCH, STEPS, OTHERS))
MASK = np.arange(TIME) < np.array([5, 1, 3])[:, None]
MASK_OF_ATTENDED = np.array([[1, 0, 1, 1], [0, 0, 1, 0], [1, 1, 0, 0]], bool)
SCORING = SimpleNamespace(training=False)
NAMES = ("query", "key", "value", "output")


def parameters_of(layer, *shapes):
    random = np.random.default_rng(8)
    return {name: random.normal(0, 0.5, spec.shape) for name, spec in layer.parameters(*shapes).items()}


def built(*arguments, **settings):
    return Composer(ComponentRegistry()).build("layers", MultiHeadAttention(*arguments, **settings))


def test_parameters():
    """For queries, keys, values and outputs, as wide as the inputs or as the size says."""
    weights, biases = {"weights", "multi_head_attention"}, {"biases", "multi_head_attention"}
    inputs = {"query": FEATURES, "key": OTHERS, "value": OTHERS, "output": 8}
    expected = {f"{name}_weights": Parameter((inputs[name], 8), Glorot(), tags=weights) for name in NAMES}
    layer = built(HEADS, 8, bias=False)
    assert layer.parameters((TIME, FEATURES), (STEPS, OTHERS)) == expected
    assert layer.parameters((TIME, FEATURES), (STEPS, OTHERS), (STEPS,)) == expected
    expected = {f"{name}_weights": Parameter((FEATURES, FEATURES), Glorot(), tags=weights) for name in NAMES}
    expected |= {f"{name}_biases": Parameter((FEATURES,), Zeros(), tags=biases) for name in NAMES}
    assert built(HEADS).parameters((TIME, FEATURES)) == expected
    assert built(HEADS).parameters((TIME, FEATURES), (TIME,)) == expected


def oracle(torch, parameters, *, others):
    """PyTorch's module with the same parameters."""
    options = {} if others == FEATURES else {"kdim": others, "vdim": others}
    module = torch.nn.MultiheadAttention(FEATURES, HEADS, batch_first=True, dtype=torch.float64, **options)
    weights = [torch.tensor(parameters[f"{name}_weights"].T) for name in NAMES]
    with torch.no_grad():
        if others == FEATURES:
            module.in_proj_weight.copy_(torch.cat(weights[:3]))
        else:
            for name, array in zip("qkv", weights, strict=False):
                getattr(module, f"{name}_proj_weight").copy_(array)
        module.in_proj_bias.copy_(torch.cat([torch.tensor(parameters[f"{name}_biases"]) for name in NAMES[:3]]))
        module.out_proj.weight.copy_(weights[3])
        module.out_proj.bias.copy_(torch.tensor(parameters["output_biases"]))
    return module


def derivatives_of(module):
    """By the names of this layer's parameters."""
    if module.in_proj_weight is not None:
        weights = [part.T for part in module.in_proj_weight.grad.chunk(3)]
    else:
        weights = [getattr(module, f"{name}_proj_weight").grad.T for name in "qkv"]
    found = dict(zip((f"{name}_weights" for name in NAMES), [*weights, module.out_proj.weight.grad.T], strict=True))
    biases = [*module.in_proj_bias.grad.chunk(3), module.out_proj.bias.grad]
    return found | dict(zip((f"{name}_biases" for name in NAMES), biases, strict=True))


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("attended", [None, ATTENDED], ids=["itself", "another"])
def test_outputs_and_derivatives_are_those_of_pytorch(causal, masked, attended, torch, apply, derive):
    """In float64, of a sequence that attends to itself or to another, with a mask and without."""
    mask = None if not masked else MASK if attended is None else MASK_OF_ATTENDED | (np.arange(STEPS) == 0)
    given = [INPUTS, *([] if attended is None else [attended])]
    masks = [] if mask is None else [mask]
    layer = MultiHeadAttention(HEADS, causal=causal)
    parameters = parameters_of(layer, *(array.shape[1:] for array in (*given, *masks)))
    module = oracle(torch, parameters, others=given[-1].shape[-1])
    tensors = [torch.tensor(array, requires_grad=True) for array in given]
    later = ~torch.ones(TIME, given[-1].shape[1], dtype=bool).tril() if causal else None
    padding = None if mask is None else torch.tensor(~mask)
    query, key = tensors[0], tensors[-1]
    expected, _ = module(query, key, key, key_padding_mask=padding, attn_mask=later, need_weights=False)
    (expected**2).sum().backward()
    found = apply(layer, *given, *masks, **parameters)
    np.testing.assert_allclose(found, expected.detach().numpy(), rtol=1e-10, atol=1e-13)

    def forward(*arrays):
        named = SimpleNamespace(**dict(zip(parameters, arrays[len(given) :], strict=True)))
        return layer.forward(*arrays[: len(given)], *masks, parameters=named, context=SCORING) ** 2

    by_name = derivatives_of(module)
    oracles = [*(tensor.grad for tensor in tensors), *(by_name[name] for name in parameters)]
    for found, expected in zip(derive(forward, *given, *parameters.values()), oracles, strict=True):
        np.testing.assert_allclose(found, expected.numpy(), rtol=1e-8, atol=1e-11)


def test_a_size_of_its_own_is_that_of_all_heads(torch, apply):
    """Against PyTorch's scaled dot product."""
    layer = MultiHeadAttention(4, 8, bias=False)
    parameters = parameters_of(layer, (TIME, FEATURES))
    queries, keys, values = (
        torch.tensor(INPUTS @ parameters[f"{name}_weights"]).reshape(BATCH, TIME, 4, 2).transpose(1, 2)
        for name in NAMES[:3]
    )
    gathered = torch.nn.functional.scaled_dot_product_attention(queries, keys, values)
    expected = gathered.transpose(1, 2).reshape(BATCH, TIME, 8).numpy() @ parameters["output_weights"]
    np.testing.assert_allclose(apply(layer, INPUTS, **parameters), expected, rtol=1e-10)


@pytest.mark.parametrize("causal", [False, True])
def test_what_may_attend_to_nothing_gathers_zeros(causal, apply, derive):
    """Not NaN, neither in what comes out nor in derivatives, and nothing of a future that no mask hides."""
    layer = MultiHeadAttention(HEADS, causal=causal)
    parameters = parameters_of(layer, (TIME, FEATURES))
    mask = np.array([[0] * 5, [0, 0, 1, 1, 1], [1] * 5], bool)
    found = apply(layer, INPUTS, mask, **parameters)
    lonely = np.broadcast_to(parameters["output_biases"], (TIME, FEATURES))
    np.testing.assert_array_equal(found[0], lonely)
    assert np.array_equal(found[1, :2], lonely[:2]) == causal

    def forward(inputs, *arrays):
        named = SimpleNamespace(**dict(zip(parameters, arrays, strict=True)))
        return layer.forward(inputs, mask, parameters=named, context=SCORING)

    assert all(np.isfinite(array).all() for array in derive(forward, INPUTS, *parameters.values()))


def test_a_step_sees_none_that_comes_later(apply):
    """Where attention is causal."""
    layer = MultiHeadAttention(HEADS, causal=True)
    parameters = parameters_of(layer, (TIME, FEATURES))
    changed = INPUTS + np.where(np.arange(TIME) >= 3, 1.0, 0.0)[:, None]
    before, after = (apply(layer, inputs, **parameters) for inputs in (INPUTS, changed))
    np.testing.assert_allclose(before[:, :3], after[:, :3], rtol=1e-12)
    assert not np.isclose(before[:, 3:], after[:, 3:]).any()


def test_weights_are_dropped_while_training(apply):
    """At the rate, the others scaled; in validation nothing happens."""
    layer = MultiHeadAttention(1, 1, rate=0.5)
    inputs = np.ones((200, 4, 1))
    ones = {f"{name}_weights": np.ones((1, 1)) for name in NAMES}
    zeros = {f"{name}_biases": np.zeros(1) for name in NAMES}
    assert np.array_equal(apply(layer, inputs, **ones, **zeros), inputs)
    found = apply(layer, inputs, training=True, **ones, **zeros)
    # Four weights of a quarter, each dropped or doubled.
    assert set(np.unique(found)) == {0.0, 0.5, 1.0, 1.5, 2.0}
    assert found.mean() == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("backend", ["numpy", "numba"])
@pytest.mark.parametrize("mask", [None, "mask"])
def test_a_network_with_it_learns(backend, mask):
    """To say what stands at the place that the first step names, on every backend."""
    symbols = np.random.default_rng(8).integers(0, 4, (256, 5))
    symbols[:, 0] %= 2
    data = {"inputs": symbols, "mask": np.ones((256, 5), bool), "targets": symbols[np.arange(256), 1 + symbols[:, 0]]}
    data["targets"] = np.repeat(data["targets"][:, None], 5, axis=1)
    sequence = Input(5, dtype="integer") + Embedding(4, 16) + PositionalEncoding()
    attention = Dense(16, "relu") + MultiHeadAttention(2, mask=mask)
    network = sequence + attention + Dense(32, "relu") + Dense(4) + SoftmaxCrossEntropy()
    trainer = Trainer(network, data, Adam(0.01), "4 epochs", batch_size=32, backend=backend)
    trainer.run()
    assert trainer.scores["training.loss"] < 1.3


REFUSED = {
    "records that are no sequences": (
        lambda: built(HEADS).parameters((FEATURES,)),
        (
            "MultiHeadAttention: records of shape (6,)\n"
            "  expected: records of shape (time, features)\n"
            "  to do:    give the input two axes, or put an Embedding layer before it"
        ),
    ),
    "other records that are no sequences": (
        lambda: built(HEADS).parameters((TIME, FEATURES), (4, 4, 1)),
        (
            "MultiHeadAttention: records of shape (4, 4, 1)\n"
            "  expected: records of shape (time, features)\n"
            "  to do:    give the input two axes, or put an Embedding layer before it"
        ),
    ),
    "heads that do not divide the features": (
        lambda: built(4).parameters((TIME, FEATURES)),
        (
            "MultiHeadAttention: 4 heads do not divide 6 features\n"
            "  expected: a multiple of 4 features\n"
            "  to do:    choose another number of heads, or give the layer a size"
        ),
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_shapes_that_do_not_fit_are_refused(case):
    """With what to change."""
    make, message = REFUSED[case]
    with pytest.raises(ShapeError) as caught:
        make()
    assert str(caught.value) == message


@pytest.mark.parametrize("given", [(INPUTS, MASK[:, :4]), (INPUTS, ATTENDED, MASK[:, :3])])
def test_a_mask_of_another_length_is_refused(given, apply):
    """It has an element for each step that is attended to."""
    layer = MultiHeadAttention(HEADS)
    with pytest.raises(ShapeError) as caught:
        apply(layer, *given, **parameters_of(layer, *(array.shape[1:] for array in given)))
    shape, steps = given[-1].shape[1:], given[-2].shape[1]
    assert str(caught.value) == (
        f"MultiHeadAttention: the records of its mask have shape {shape}, those of the sequence {given[-2].shape[1:]}\n"
        f"  expected: a mask of shape ({steps},), one element for each step\n"
        "  to do:    give the mask as many steps as the sequence, and no further axis"
    )


def test_a_record_whose_mask_is_empty_is_refused():
    """Before a run, where the mask is a section of the data; another sequence is no mask."""
    MultiHeadAttention(HEADS).check_data(INPUTS, np.zeros_like(ATTENDED))
    with pytest.raises(DataError) as caught:
        MultiHeadAttention(HEADS, mask="mask").check_data(None, MASK & (np.arange(BATCH) != 1)[:, None])
    assert str(caught.value) == (
        "mask: 1 of 3 records count nowhere: all of their 5 elements are masked\n"
        "  expected: at least one element that counts in each record\n"
        "  to do:    leave out records that are empty"
    )


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"heads": 0}, "heads: 0\n  expected: an integer of at least 1"),
        ({"heads": 2, "size": 0}, "size: 0\n  expected: an integer of at least 1"),
        ({"heads": 2, "rate": 1.0}, "rate: 1.0\n  expected: a finite number of at least 0 and below 1"),
    ],
    ids=["heads", "size", "rate"],
)
def test_settings_that_make_no_sense_are_refused(settings, message):
    """Where they enter."""
    with pytest.raises(SettingError) as caught:
        MultiHeadAttention(**settings)
    assert str(caught.value) == f"MultiHeadAttention.{message}"
