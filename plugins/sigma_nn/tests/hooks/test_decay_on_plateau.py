"""Decay on plateau."""

import numpy as np
import pytest
from sigma_nn import DecayOnPlateau, Dense, GradientDescent, Input, SquaredDifference

import sigma_core as sigma
from sigma_core.extend import IdentifierError, SettingError
from sigma_core.testing import message

INPUTS = np.linspace(-1, 1, 8).reshape(8, 1)


class Rates:
    """The learning rate after each epoch."""

    def __init__(self):
        self.values = []

    @sigma.hookimpl(phase="observe")
    def sigma_epoch_ended(self, trainer):
        self.values.append(trainer.get("optimiser.learning_rate"))


def trained(hook, epochs=6, *, rate=0.0):
    """The learning rates of a run; with none to begin with, the loss never changes."""
    rates = Rates()
    trainer = sigma.Trainer(
        Input(1) + Dense(1) + SquaredDifference(),
        (INPUTS, INPUTS),
        GradientDescent(1.0),
        f"{epochs} epochs",
        hooks=[hook, rates],
        initialisers={"**": {"use": "constant", "value": rate}},
    )
    # Parameters that stand still give a score that does: the gradient is hidden by a rate of next to nothing.
    trainer.set("optimiser.learning_rate", 1e-300)
    trainer.run()
    return [value / 1e-300 for value in rates.values]


def test_a_score_that_stands_still_lowers_the_rate():
    """The first epoch is the best; after `count` more without a better one the rate is multiplied, and so on."""
    rates = trained(DecayOnPlateau("training.loss", 2, 0.5))

    assert rates == pytest.approx([1, 1, 0.5, 0.5, 0.25, 0.25])


def test_the_rate_has_a_minimum():
    """It never falls below."""
    rates = trained(DecayOnPlateau("training.loss", 1, 0.1, minimum=2e-301))

    assert rates == pytest.approx([1, 0.2, 0.2, 0.2, 0.2, 0.2])


def test_it_goes_on_from_its_state():
    """What has been counted before a checkpoint counts after it."""
    hook = DecayOnPlateau("training.loss", 3)
    trained(hook, epochs=3)
    other = DecayOnPlateau("training.loss", 3)
    other.restore(hook.state())

    assert other.state() == hook.state()
    assert hook.state()["patience"]["evaluations"] == 2


def test_a_score_that_does_not_exist_is_refused():
    """A run without validation has no validation loss."""
    with pytest.raises(IdentifierError) as caught:
        trained(DecayOnPlateau("validation.loss"))

    assert message(caught.value) == (
        "plugin 'decay_on_plateau': there is no score 'validation.loss'\n"
        "  expected: training.loss\n"
        "  to do:    split the data, so that there is something to validate with"
    )


def test_a_factor_must_make_smaller():
    """One or more would not decay."""
    with pytest.raises(SettingError) as caught:
        DecayOnPlateau("training.loss", factor=1.5)

    assert str(caught.value) == "DecayOnPlateau.factor: 1.5\n  expected: a finite number above 0 and below 1"


def test_a_recipe_names_it():
    """As every component."""
    hook = {"use": "decay_on_plateau", "value": "validation.loss", "count": 2}
    recipe = {
        "dataset": {"use": "iris", "split": [0.8, 0.2]},
        "optimiser": "adam",
        "stop": "1 epochs",
        "network": [{"use": "input", "shape": [4]}, {"use": "dense", "size": 3}, "softmax_cross_entropy"],
        "hooks": [hook],
    }
    trainer = sigma.Trainer.from_recipe(recipe)

    assert trainer.recipe().values["hooks"] == [hook]
    assert [(row.plugin, row.distribution, row.phase) for row in trainer.explain()] == [
        ("decay_on_plateau", "sigma-nn", "schedule")
    ]
