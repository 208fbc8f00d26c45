"""Settings of the local operator."""

import numpy as np
import pytest
from sigma_nn import Adam, Dense, Input, SquaredDifference

import sigma_core as sigma
from sigma_core.errors import IdentifierError, SettingError
from sigma_core.testing import message
from sigma_core.training import Average, LocalOperator


def test_a_recipe_says_how_many_and_how():
    """And what is as by default is left out again."""
    recipe = {
        "stop": "1 epochs",
        "dataset": "xor",
        "optimiser": "adam",
        "network": [{"use": "input", "shape": [2]}, {"use": "dense", "size": 1}, {"use": "squared_difference"}],
        "operator": {"use": "local", "workers": 2, "mode": "merge", "every": "2 iterations"},
    }
    made = sigma.Trainer.from_recipe(recipe)
    assert made.recipe().values == recipe
    other = sigma.Recipe(recipe).having(["operator.workers=3"])
    assert sigma.Trainer.from_recipe(other).setup.operator.workers == 3
    assert LocalOperator() == LocalOperator(merger=Average())


WRONG = {
    "workers": (0, "a whole number from 1 to 256", "give such a number"),
    "mode": ("both", "'synchronous' or 'merge'", "give one of these"),
    "every": ("3 run", "a number above 0 with iterations or epochs", 'write "100 iterations" or "1 epochs"'),
    "mergers": ([], "a table of patterns with one merger each", 'write { "**.biases" = "max" }'),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_settings_are_refused(name):
    """With what is allowed."""
    value, expected, remedy = WRONG[name]
    with pytest.raises(SettingError) as caught:
        LocalOperator(**{name: value})
    assert message(caught.value) == (f"operator local, {name}: {value!r}\n  expected: {expected}\n  to do:    {remedy}")


def test_a_pattern_of_mergers_that_matches_nothing_is_refused():
    """When the workers are set up."""
    operator = LocalOperator(2, "merge", mergers={"**.bias": (Average(),)})
    one = sigma.Trainer(
        Input(3) + Dense(1) + SquaredDifference(),
        (np.ones((4, 3)), np.ones((4, 1))),
        Adam(),
        "1 epochs",
        operator=operator,
    )
    with pytest.raises(IdentifierError) as caught:
        one.build()
    assert message(caught.value) == (
        "operator local, mergers, pattern '**.bias': it matches no parameter\n"
        "  expected: network.layers.dense_1.biases, network.layers.dense_1.weights\n"
        "  to do:    write a pattern that matches one of these"
    )
