"""The way back through a dense layer."""

import numpy as np
import pytest
from sigma_nn import Dense, Input, SquaredDifference, TiedDense

import sigma_core as sigma
from sigma_core.extend import NetworkError
from sigma_core.testing import message


def trainer(network, **more):
    inputs = np.random.default_rng(0).normal(size=(6, 4))
    return sigma.Trainer(
        network,
        {"inputs": inputs, "targets": inputs},
        optimiser={"use": "gradient_descent", "learning_rate": 0.5},
        stop="1 iterations",
        dtype="float64",
        **more,
    )


def refused(network):
    with pytest.raises(NetworkError) as caught:
        trainer(network).build()
    return message(caught.value)


def test_it_has_the_weights_of_the_other_layer():
    """Transposed; of its own it has biases alone."""
    made = trainer(Input(4) + Dense(3) + TiedDense(4, "dense_1") + SquaredDifference())
    inputs, weights = made.data.training["inputs"], made.get("network.layers.dense_1.weights")

    assert list(made.network.parameters) == [
        f"network.layers.{name}" for name in ("dense_1.weights", "dense_1.biases", "tied_dense_1.biases")
    ]
    np.testing.assert_allclose(made.predict(inputs), inputs @ weights @ weights.T, rtol=1e-12)


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_both_layers_train_the_weights(backend, torch):
    """By the sum of their gradients, as PyTorch has it."""
    made = trainer(
        Input(4) + Dense(3, activation="tanh") + TiedDense(4, "dense_1") + SquaredDifference(), backend=backend
    )
    inputs = torch.tensor(made.data.training["inputs"])
    weights = torch.tensor(made.get("network.layers.dense_1.weights"), requires_grad=True)
    torch.nn.functional.mse_loss(torch.tanh(inputs @ weights) @ weights.T, inputs).backward()
    expected = (weights - 0.5 * weights.grad).detach().numpy()

    made.run()

    np.testing.assert_allclose(made.get("network.layers.dense_1.weights"), expected, atol=1e-12)


def test_sequences_are_connected_step_by_step():
    """Any axes between."""
    made = sigma.Trainer(
        Input((5, 4)) + Dense(3, bias=False) + TiedDense(4, "dense_1", bias=False) + SquaredDifference(),
        {"inputs": np.ones((2, 5, 4)), "targets": np.ones((2, 5, 4))},
        optimiser="gradient_descent",
        stop="1 iterations",
    )

    assert made.predict(np.ones((2, 5, 4))).shape == (2, 5, 4)
    assert list(made.network.parameters) == ["network.layers.dense_1.weights"]


def test_a_group_that_is_shared_ties_wherever_it_stands():
    """What is beside the layer has its parameters where the group stood first."""
    group = (Dense(3, name="code") + TiedDense(4, "code")).as_layer("autoencoder")
    inputs = Input(4)
    links = [SquaredDifference(name="first")(group(inputs)), SquaredDifference(name="second")(group(inputs))]
    made = trainer(links)

    assert list(made.network.parameters) == [
        f"network.layers.autoencoder.{name}" for name in ("code.weights", "code.biases", "tied_dense_1.biases")
    ]
    predicted = made.predict(made.data.training["inputs"])
    assert (predicted["first"] == predicted["second"]).all()
    assert made.network["autoencoder_2.tied_dense_1"].borrows == ("autoencoder.code.weights",)


def test_the_other_layer_stands_before():
    """Under the name that is given."""
    assert refused(Input(4) + Dense(3) + TiedDense(4, "dense_2") + SquaredDifference()) == (
        "network.layers.tied_dense_1: it borrows 'dense_2.weights', which no layer before it has\n"
        "  expected: dense_1.biases, dense_1.weights (nearest: dense_1.weights)\n"
        "  to do:    name a layer and its parameter, as dense_1.weights"
    )


@pytest.mark.parametrize(
    ("network", "shape", "found"),
    [
        (Input(4) + Dense(3) + TiedDense(5, "dense_1"), "(batch, 3)", "3 inputs and 5 units"),
        (Input(4) + Dense(3) + Dense(2) + TiedDense(4, "dense_1"), "(batch, 2)", "2 inputs and 4 units"),
    ],
)
def test_sizes_that_do_not_fit_are_refused(network, shape, found):
    """With those that do."""
    assert refused(network + SquaredDifference()) == (
        f"network.layers.tied_dense_1: with inputs of shape {shape}: {found}\n"
        "  expected: 3 inputs and 4 units, since dense_1 has weights (4, 3)\n"
        "  to do:    give it that size, and put it behind as many units"
    )
