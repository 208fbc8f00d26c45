"""BatchNorm: its parameters, PyTorch's outputs, derivatives and running statistics, and learning with it."""

from types import SimpleNamespace

import numpy as np
import pytest
from sigma_nn import Adam, BatchNorm, Dense, Input, Ones, SquaredDifference, Zeros

from sigma_core import Trainer
from sigma_core.extend import Context, Parameter, SettingError, ShapeError
from sigma_core.testing import ComponentRegistry, Composer, evaluate, trace, vjp

CHANNELS = 5
random = np.random.default_rng(5)
PARAMETERS = {
    "scales": random.normal(size=CHANNELS),
    "shifts": random.normal(size=CHANNELS),
    "means": random.normal(size=CHANNELS),
    "variances": random.uniform(0.5, 2.0, CHANNELS),
}


def forward(layer, inputs, parameters, *, training=True, dtype=np.float64):
    """What comes out and what is tracked, as values."""
    context = Context("network.layers.tested", training=training, dtype=np.dtype(dtype))
    outputs = layer.forward(inputs, parameters=SimpleNamespace(**parameters), context=context)
    return {"outputs": outputs, **context.tracked}


def stepped(layer, inputs, parameters, **settings):
    """The same as arrays."""
    graph = trace(lambda inputs, parameters: forward(layer, inputs, parameters, **settings), inputs, parameters)
    return dict(zip(graph.output_names, evaluate(graph, inputs, *parameters.values()), strict=True))


def test_parameters():
    """A scale and a shift for each channel, and what is tracked, which is not trained."""
    layer = Composer(ComponentRegistry()).build("layers", BatchNorm())
    tracked = {"tracked", "batch_norm"}
    assert layer.parameters((8, 8, CHANNELS)) == {
        "scales": Parameter((CHANNELS,), Ones(), tags={"scales", "batch_norm"}),
        "shifts": Parameter((CHANNELS,), Zeros(), tags={"shifts", "batch_norm"}),
        "means": Parameter((CHANNELS,), Zeros(), tags=tracked, trainable=False),
        "variances": Parameter((CHANNELS,), Ones(), tags=tracked, trainable=False),
    }


@pytest.mark.parametrize("places", [(), (3,), (3, 2)])
@pytest.mark.parametrize(("decay", "epsilon"), [(0.9, 1e-5), (0.6, 0.1)])
def test_steps_are_those_of_pytorch(places, decay, epsilon, torch):
    """Outputs, derivatives and running statistics over some steps, then validation, with channels last."""
    batches = np.random.default_rng(4).normal(1.0, 2.0, size=(4, 6, *places, CHANNELS))
    make = {0: torch.nn.BatchNorm1d, 1: torch.nn.BatchNorm1d, 2: torch.nn.BatchNorm2d}[len(places)]
    module = make(CHANNELS, eps=epsilon, momentum=1 - decay, dtype=torch.float64)
    named = {
        "scales": module.weight,
        "shifts": module.bias,
        "means": module.running_mean,
        "variances": module.running_var,
    }
    with torch.no_grad():
        for name, tensor in named.items():
            tensor.copy_(torch.tensor(PARAMETERS[name]))
    layer, parameters = BatchNorm(decay, epsilon), dict(PARAMETERS)
    for step, inputs in enumerate(batches):
        training = step < len(batches) - 1
        module.train(training)
        x = torch.tensor(inputs, requires_grad=True)
        expected = torch.movedim(module(torch.movedim(x, -1, 1)), 1, -1)
        module.zero_grad()
        (expected**3).sum().backward()
        found = stepped(layer, inputs, parameters, training=training)
        np.testing.assert_allclose(found.pop("outputs"), expected.detach().numpy(), rtol=1e-10, atol=1e-12)

        def cubed(inputs, scales, shifts, layer=layer, parameters=parameters, training=training):
            given = {**parameters, "scales": scales, "shifts": shifts}
            return forward(layer, inputs, given, training=training)["outputs"] ** 3

        result, pull = vjp(cubed, inputs, parameters["scales"], parameters["shifts"])
        oracles = (x.grad, module.weight.grad, module.bias.grad)
        for derivative, oracle in zip(pull(np.ones_like(result)), oracles, strict=True):
            np.testing.assert_allclose(derivative, oracle.numpy(), rtol=1e-9, atol=1e-10)
        assert set(found) == ({"means", "variances"} if training else set())
        for name, array in found.items():
            np.testing.assert_allclose(array, named[name].numpy(), rtol=1e-12)
        parameters |= found


def test_a_batch_of_one_number_per_channel_has_a_variance_of_zero():
    """No division by zero stops a run whose last batch is a single record."""
    found = stepped(BatchNorm(), np.full((1, CHANNELS), 3.0), PARAMETERS)
    np.testing.assert_allclose(found["outputs"][0], PARAMETERS["shifts"])
    np.testing.assert_allclose(found["variances"], 0.9 * PARAMETERS["variances"])


def test_the_dtype_stays():
    """Of what comes out and of what is tracked."""
    parameters = {name: array.astype(np.float32) for name, array in PARAMETERS.items()}
    for training in (False, True):
        found = stepped(BatchNorm(), np.ones((3, CHANNELS), np.float32), parameters, training=training)
        assert {array.dtype for array in found.values()} == {np.dtype(np.float32)}


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_a_network_with_it_learns(backend):
    """On every backend, and is validated with what it tracked."""
    inputs = np.random.default_rng(6).normal(size=(64, 5))
    data = (inputs, np.sin(inputs[:, :2]))
    network = Input(5) + Dense(32) + BatchNorm() + Dense(16, "tanh") + Dense(2) + SquaredDifference()
    trainer = Trainer(network, data, Adam(0.01), "40 epochs", batch_size=16, validation=data, backend=backend)
    trainer.run()
    assert trainer.scores["training.loss"] < 0.1
    assert trainer.scores["validation.loss"] < 0.1


def test_what_makes_no_sense_is_refused():
    """Records without an axis, and a decay that would keep the first statistics for ever."""
    with pytest.raises(ShapeError) as caught:
        BatchNorm().parameters(())
    assert str(caught.value) == (
        "BatchNorm: records of shape ()\n"
        "  expected: records of shape (..., channels)\n"
        "  to do:    give the input before it at least one channel"
    )
    with pytest.raises(SettingError) as caught:
        BatchNorm(decay=1.0)
    assert str(caught.value) == "BatchNorm.decay: 1.0\n  expected: a finite number of at least 0 and below 1"
