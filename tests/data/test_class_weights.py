"""Weights of classes, against scikit-learn's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sigma_nn import Adam, Dense, Input, SoftmaxCrossEntropy
from sklearn.utils.class_weight import compute_class_weight

import sigma_core as sigma
from sigma_core.errors import DataError
from sigma_core.testing import message


@given(st.lists(st.integers(0, 5), min_size=1, max_size=60).map(np.array))
def test_they_are_those_of_scikit_learn(labels):
    """Also of one-hot rows; a class that does not occur weighs 1."""
    occurs = np.unique(labels)
    expected = np.ones(7)
    expected[occurs] = compute_class_weight("balanced", classes=occurs, y=labels)
    np.testing.assert_allclose(sigma.class_weights(labels, 7), expected)
    np.testing.assert_allclose(sigma.class_weights(np.eye(7, dtype=np.float32)[labels]), expected)
    np.testing.assert_allclose(sigma.class_weights(labels), expected[: labels.max() + 1])


@pytest.mark.parametrize(
    ("targets", "expected"),
    [
        (
            np.array([0.5, 1.5]),
            "class_weights: targets are float64 of shape (2,)\n  expected: whole numbers from 0, or one-hot rows",
        ),
        (
            np.array([-1, 0]),
            "class_weights: a class is -1\n  expected: classes from 0 on\n  to do:    number them from 0",
        ),
    ],
)
def test_what_is_no_class_is_refused(targets, expected):
    """Rather than counted."""
    with pytest.raises(DataError) as caught:
        sigma.class_weights(targets)
    assert message(caught.value) == expected


def test_a_cost_finds_them_itself():
    """As if they had been given; a recipe says the word."""
    random = np.random.default_rng(0)
    inputs, targets = random.normal(size=(40, 3)), np.repeat([0, 1, 2], [30, 8, 2])

    def trained(weights):
        network = Input(3) + Dense(4) + SoftmaxCrossEntropy(class_weights=weights)
        trainer = sigma.Trainer(network, (inputs, targets), Adam(0.1), "5 epochs", seed=1)
        return trainer.run().scores["training.loss"], trainer.get("network.layers.dense_1.weights")

    loss, weights = trained("balanced")
    # The fourth class does not occur.
    expected = (*compute_class_weight("balanced", classes=np.arange(3), y=targets), 1.0)
    assert trained(expected)[0] == loss
    np.testing.assert_array_equal(trained(expected)[1], weights)
    assert trained(None)[0] != loss
    recipe = {
        "dataset": "iris",
        "optimiser": "adam",
        "stop": "1 epochs",
        "network": [
            {"use": "input", "shape": [4]},
            {"use": "dense", "size": 3},
            {"use": "softmax_cross_entropy", "class_weights": "balanced"},
        ],
    }
    trainer = sigma.Trainer.from_recipe(recipe).build()
    assert trainer.network.costs[0].layer.class_weights == (1.0, 1.0, 1.0)
    assert trainer.recipe().values["network"][-1]["class_weights"] == "balanced"
