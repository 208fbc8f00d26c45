"""Residual: layers around which the inputs go."""

import numpy as np
import pytest
from sigma_nn import Dense, Input, Residual, SquaredDifference

import sigma_core as sigma
from sigma_core import Network, testing
from sigma_core.extend import NetworkError, SettingError
from sigma_core.testing import ComponentRegistry, Composer, evaluate, trace

INPUTS = np.random.default_rng(4).normal(size=(5, 4))


def test_what_layers_make_is_added_to_what_came_in():
    """Each layer has parameters of its own, below the name of the block, although it is the same object."""
    network = Network.build(Input(4) + Residual(2 * Dense(4, "tanh")), dtype=np.float64)
    random = np.random.default_rng(5)
    parameters = {name: random.normal(size=spec.shape) for name, spec in network.parameters.items()}
    assert list(parameters) == [
        f"network.layers.residual_1.dense_{number}.{name}" for number in (1, 2) for name in ("weights", "biases")
    ]

    def predict(inputs, parameters):
        (outputs,) = network.apply({"inputs": inputs}, parameters, training=False).predictions.values()
        return outputs

    (result,) = evaluate(trace(predict, INPUTS, parameters), INPUTS, *parameters.values())
    first, first_biases, second, second_biases = parameters.values()
    expected = INPUTS + np.tanh(np.tanh(INPUTS @ first + first_biases) @ second + second_biases)
    np.testing.assert_allclose(result, expected, rtol=1e-12)


def test_layers_in_a_recipe():
    """One by its name or table, or a list; written as they were."""
    composer = Composer(ComponentRegistry())
    table = {"use": "residual", "layers": [{"use": "dense", "size": 4}, {"use": "dropout", "rate": 0.1}]}
    layer = composer.build("layers", table)
    assert composer.table(layer) == table
    assert composer.build("layers", {"use": "residual", "layers": "flatten"}).layers[0].name is None


def test_layers_that_change_the_shape_are_refused():
    """With the path of the sum, and both shapes."""
    with pytest.raises(NetworkError) as caught:
        Network.build(Input(4) + Residual(Dense(3)))
    assert testing.message(caught.value) == (
        "network.layers.residual_1.add_1: with inputs of shape (batch, 4), (batch, 3): "
        "records of shapes (4,), (3,)\n"
        "  expected: records of the same shape, since nothing is broadcast in silence\n"
        "  to do:    reshape what feeds it"
    )


def test_no_layers_are_refused():
    """There would be nothing to learn."""
    for given in ((), []):
        with pytest.raises(SettingError) as caught:
            Residual(given)
        assert str(caught.value) == "Residual.layers: ()\n  expected: at least one layer"


def test_a_network_of_them_is_trained():
    """Deeper than would learn anything without what goes around."""
    inputs = np.random.default_rng(6).normal(size=(64, 4)).astype(np.float32)
    trainer = sigma.Trainer(
        Input(4) + 20 * Residual(Dense(4, "tanh")) + Dense(1) + SquaredDifference(),
        {"inputs": inputs, "targets": inputs.sum(axis=1, keepdims=True)},
        {"use": "adam", "learning_rate": 0.01},
        "20 epochs",
        seed=1,
    )
    assert trainer.run().scores["training.loss"] < 1.0
