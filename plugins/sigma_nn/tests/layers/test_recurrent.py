"""Recurrent layers: their formula, PyTorch's in both directions, sequences of unequal lengths, what is refused."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special
from sigma_nn import (
    Adam,
    Dense,
    Embedding,
    Glorot,
    Gru,
    Input,
    Lstm,
    Relu,
    SimpleRecurrent,
    SoftmaxCrossEntropy,
    Tanh,
    Zeros,
)

from sigma_core import Trainer
from sigma_core.extend import DataError, Parameter, SettingError, ShapeError
from sigma_core.testing import ComponentRegistry, Composer

BATCH, TIME, FEATURES, SIZE = 4, 6, 3, 5
LENGTHS = np.array([6, 1, 4, 3])
MASK = np.arange(TIME) < LENGTHS[:, None]
INPUTS = np.random.default_rng(7).normal(size=(BATCH, TIME, FEATURES))
LAYERS = {"rnn": SimpleRecurrent, "gru": Gru, "lstm": Lstm}
GATES = {"rnn": 1, "gru": 3, "lstm": 4}
every = pytest.mark.parametrize("kind", LAYERS)


def layer_of(kind, **settings):
    return Composer(ComponentRegistry()).build("layers", LAYERS[kind](SIZE, **settings))


def parameters_of(kind):
    random = np.random.default_rng(8)
    shapes = {name: spec.shape for name, spec in layer_of(kind).parameters((TIME, FEATURES)).items()}
    return {name: random.normal(0, 0.7, shape) for name, shape in shapes.items()}


class Oracle:
    """PyTorch's layer with the same parameters, forwards or backwards; sequences of unequal lengths are packed."""

    def __init__(self, torch, kind, parameters, *, reverse, nonlinearity="tanh"):
        self.torch, self.reverse = torch, reverse
        options = {"nonlinearity": nonlinearity} if kind == "rnn" else {}
        make = {"rnn": torch.nn.RNN, "gru": torch.nn.GRU, "lstm": torch.nn.LSTM}[kind]
        self.module = make(FEATURES, SIZE, batch_first=True, bidirectional=True, dtype=torch.float64, **options)
        arrays = {f"{name}_l0{'_reverse' * reverse}": array for name, array in self.laid_out(parameters).items()}
        with torch.no_grad():
            for name, array in arrays.items():
                getattr(self.module, name).copy_(torch.tensor(array))

    def laid_out(self, parameters):
        hidden_biases = np.zeros_like(parameters["biases"])
        hidden_biases[len(hidden_biases) - len(parameters.get("hidden_biases", ())) :] = parameters.get(
            "hidden_biases", ()
        )
        return {
            "weight_ih": parameters["input_weights"].T,
            "weight_hh": parameters["hidden_weights"].T,
            "bias_ih": parameters["biases"],
            "bias_hh": hidden_biases,
        }

    def __call__(self, inputs, lengths, outputs):
        pack, unpack = (
            getattr(self.torch.nn.utils.rnn, name) for name in ("pack_padded_sequence", "pad_packed_sequence")
        )
        packed, last = self.module(pack(inputs, lengths, batch_first=True, enforce_sorted=False))
        if outputs == "last":
            return (last[0] if isinstance(last, tuple) else last)[int(self.reverse)]
        every, _ = unpack(packed, batch_first=True)
        return every[..., SIZE:] if self.reverse else every[..., :SIZE]

    def derivatives(self, parameters):
        suffix = "_l0_reverse" if self.reverse else "_l0"
        found = {
            "input_weights": getattr(self.module, f"weight_ih{suffix}").grad.T,
            "hidden_weights": getattr(self.module, f"weight_hh{suffix}").grad.T,
            "biases": getattr(self.module, f"bias_ih{suffix}").grad,
            "hidden_biases": getattr(self.module, f"bias_hh{suffix}").grad[-SIZE:],
        }
        return [found[name].numpy() for name in parameters]


@every
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("outputs", ["all", "last"])
@pytest.mark.parametrize("lengths", [None, LENGTHS], ids=["equal", "unequal"])
def test_outputs_and_derivatives_are_those_of_pytorch(kind, reverse, outputs, lengths, torch, apply, derive):
    """In float64; unequal lengths are packed there and masked here, and what lies behind them is zero."""
    parameters, layer = parameters_of(kind), layer_of(kind, outputs=outputs, reverse=reverse)
    oracle = Oracle(torch, kind, parameters, reverse=reverse)
    x = torch.tensor(INPUTS, requires_grad=True)
    expected = oracle(x, np.full(BATCH, TIME) if lengths is None else lengths, outputs)
    (expected**2).sum().backward()
    masks = () if lengths is None else (MASK,)
    found = apply(layer, INPUTS, *masks, **parameters)
    np.testing.assert_allclose(found, expected.detach().numpy(), rtol=1e-10, atol=1e-14)

    def forward(inputs, *arrays):
        named = SimpleNamespace(**dict(zip(parameters, arrays, strict=True)))
        return layer.forward(inputs, *masks, parameters=named, context=None) ** 2

    derivatives = derive(forward, INPUTS, *parameters.values())
    oracles = (x.grad.numpy(), *oracle.derivatives(parameters))
    for found, expected in zip(derivatives, oracles, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


def test_the_activation_is_a_component(torch, apply):
    """Rectifiers, as PyTorch has them too."""
    parameters = parameters_of("rnn")
    oracle = Oracle(torch, "rnn", parameters, reverse=False, nonlinearity="relu")
    expected = oracle(torch.tensor(INPUTS), LENGTHS, "all").detach().numpy()
    np.testing.assert_allclose(apply(SimpleRecurrent(SIZE, activation=Relu()), INPUTS, MASK, **parameters), expected)
    assert layer_of("rnn").activation == Tanh()


@every
def test_parameters(kind):
    """Sums for all gates of each unit; a GRU has a bias more, which its reset gate scales."""
    width, tag = GATES[kind] * SIZE, {"rnn": "simple_recurrent"}.get(kind, kind)
    further = {"hidden_biases": Parameter((SIZE,), Zeros(), tags={"biases", "gru"})} if kind == "gru" else {}
    assert layer_of(kind).parameters((TIME, FEATURES)) == {
        "input_weights": Parameter((FEATURES, width), Glorot(), tags={"weights", tag}),
        "hidden_weights": Parameter((SIZE, width), Glorot(), tags={"weights", tag}),
        "biases": Parameter((width,), Zeros(), tags={"biases", tag}),
        **further,
    }


def test_an_lstm_is_its_formula_step_by_step(apply):
    """Each step after the one before, with gates in the order that its documentation names."""
    parameters = parameters_of("lstm")
    hidden, memory, expected = np.zeros((BATCH, SIZE)), np.zeros((BATCH, SIZE)), []
    for step in range(TIME):
        gates = INPUTS[:, step] @ parameters["input_weights"] + hidden @ parameters["hidden_weights"]
        i, f, g, o = np.split(gates + parameters["biases"], 4, axis=1)
        memory = special.expit(f) * memory + special.expit(i) * np.tanh(g)
        hidden = special.expit(o) * np.tanh(memory)
        expected.append(hidden)
    np.testing.assert_allclose(apply(Lstm(SIZE), INPUTS, **parameters), np.stack(expected, 1), rtol=1e-12)
    np.testing.assert_allclose(apply(Lstm(SIZE, outputs="last"), INPUTS, **parameters), hidden, rtol=1e-12)


@every
@pytest.mark.parametrize("reverse", [False, True])
@settings(max_examples=15, deadline=None)
@given(mask=st.lists(st.booleans(), min_size=1, max_size=7).filter(any))
def test_steps_that_do_not_count_might_as_well_not_be_there(kind, reverse, mask, apply):
    """Wherever they stand: the others come out as if they stood alone, and zeros in the place of these."""
    mask, parameters = np.array(mask), parameters_of(kind)
    inputs = np.random.default_rng(9).normal(size=(2, len(mask), FEATURES))
    masks = np.stack([mask, np.ones_like(mask)])
    every, last = (layer_of(kind, outputs=outputs, reverse=reverse) for outputs in ("all", "last"))
    found = apply(every, inputs, masks, **parameters)
    alone = inputs[:1, mask]
    np.testing.assert_allclose(found[0, mask], apply(every, alone, **parameters)[0], rtol=1e-12)
    assert not found[0, ~mask].any()
    np.testing.assert_allclose(found[1], apply(every, inputs[1:], **parameters)[0], rtol=1e-12)
    np.testing.assert_allclose(
        apply(last, inputs, masks, **parameters)[0], apply(last, alone, **parameters)[0], rtol=1e-12
    )


@every
@pytest.mark.parametrize("dtype", [bool, np.int64, np.float32])
def test_a_mask_is_true_where_it_is_not_zero(kind, dtype, apply):
    """Of any dtype, and it does not widen that of the network."""
    parameters = {name: array.astype(np.float32) for name, array in parameters_of(kind).items()}
    inputs = INPUTS.astype(np.float32)
    expected = apply(layer_of(kind), inputs, MASK, dtype=np.float32, **parameters)
    found = apply(layer_of(kind), inputs, MASK.astype(dtype), dtype=np.float32, **parameters)
    assert found.dtype == np.float32
    assert np.array_equal(found, expected)


@every
@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_a_network_of_unequal_lengths_learns(kind, backend):
    """To say with what each sequence began, which lies behind padding where it goes in reverse."""
    random = np.random.default_rng(8)
    symbols, lengths = random.integers(0, 3, (96, 5)), random.integers(2, 6, 96)
    mask = np.arange(5) < lengths[:, None]
    data = {"inputs": symbols * mask, "mask": mask, "targets": symbols[:, 0]}
    layer = LAYERS[kind](12, "last", mask="mask", reverse=True)
    network = Input(5, dtype="integer") + Embedding(3, 6) + layer + Dense(3) + SoftmaxCrossEntropy()
    trainer = Trainer(network, data, Adam(0.02), "30 epochs", batch_size=16, backend=backend)
    trainer.run()
    assert trainer.scores["training.loss"] < 0.3


def test_a_network_remembers():
    """To say what it saw three steps ago, which only the memory can tell."""
    symbols = np.random.default_rng(8).integers(0, 4, (64, 8))
    data = (symbols, np.concatenate([np.zeros((64, 3), int), symbols[:, :-3]], axis=1))
    network = Input(8, dtype="integer") + Embedding(4, 8) + Lstm(16) + Dense(4) + SoftmaxCrossEntropy()
    trainer = Trainer(network, data, Adam(0.02), "30 epochs", batch_size=16)
    trainer.run()
    assert trainer.scores["training.loss"] < 0.5


@every
def test_records_that_are_no_sequences_are_refused(kind):
    """With what to change."""
    with pytest.raises(ShapeError) as caught:
        layer_of(kind).parameters((FEATURES,))
    assert str(caught.value) == (
        f"{LAYERS[kind].__name__}: records of shape ({FEATURES},)\n"
        "  expected: records of shape (time, features)\n"
        "  to do:    give the input two axes, or put an Embedding layer before it"
    )


@every
@pytest.mark.parametrize(
    ("mask", "shape"), [(MASK[:, :-1], (TIME - 1,)), (MASK[..., None], (TIME, 1))], ids=["length", "axes"]
)
def test_a_mask_that_does_not_fit_is_refused(kind, mask, shape, apply):
    """Of another length, or with another axis."""
    with pytest.raises(ShapeError) as caught:
        apply(layer_of(kind), INPUTS, mask, **parameters_of(kind))
    assert str(caught.value) == (
        f"{LAYERS[kind].__name__}: the records of its mask have shape {shape}, those of the sequence (6, 3)\n"
        "  expected: a mask of shape (6,), one element for each step\n"
        "  to do:    give the mask as many steps as the sequence, and no further axis"
    )


@every
@pytest.mark.parametrize("mask", [None, "mask"])
def test_a_record_whose_mask_is_empty_is_refused(kind, mask):
    """Before a run, where the mask is a section of the data, by name or through an input."""
    layer = layer_of(kind, mask=mask)
    layer.check_data(INPUTS, MASK)
    layer.check_data(None, None)
    with pytest.raises(DataError) as caught:
        layer.check_data(None, MASK & (np.arange(BATCH) != 2)[:, None])
    assert str(caught.value) == (
        f"mask: 1 of {BATCH} records count nowhere: all of their 6 elements are masked\n"
        "  expected: at least one element that counts in each record\n"
        "  to do:    leave out records that are empty"
    )


@every
def test_a_size_of_zero_is_refused(kind):
    """As any that is no positive integer."""
    with pytest.raises(SettingError) as caught:
        LAYERS[kind](0)
    assert str(caught.value) == f"{LAYERS[kind].__name__}.size: 0\n  expected: an integer of at least 1"
