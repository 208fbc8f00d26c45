"""Training on this backend: the numbers of NumPy's, by one line of a recipe."""

import pytest

import sigma_core as sigma

LAYERS = {
    "relu": [{"use": "dense", "size": 32, "activation": "relu"}],
    "tanh": [{"use": "dense", "size": 32, "activation": "tanh"}],
    "dropout": [{"use": "dense", "size": 32, "activation": "gelu"}, {"use": "dropout", "rate": 0.1}],
}


def trained(backend, layers, dtype):
    recipe = {
        "seed": 1,
        "backend": backend,
        "dtype": dtype,
        "stop": "3 epochs",
        "dataset": {"use": "digits", "split": [0.8, 0.2]},
        "optimiser": {"use": "adam", "learning_rate": 1e-3},
        "network": [
            {"use": "input", "shape": [64]},
            *layers,
            {"use": "dense", "size": 10},
            {"use": "softmax_cross_entropy"},
        ],
    }
    with sigma.Environment() as environment:
        return sigma.Trainer.from_recipe(recipe, environment=environment).run().scores


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", LAYERS)
def test_a_run_has_the_scores_of_numpys(name, dtype):
    """With the last, smaller batch of an epoch, validation, and random numbers, which are the same bits."""
    expected = trained("numpy", LAYERS[name], dtype)
    assert set(expected) == {"training.loss", "validation.loss", "validation.accuracy"}
    assert trained("numba", LAYERS[name], dtype) == pytest.approx(expected, rel=1e-9 if dtype == "float64" else 1e-3)
