"""What standard hooks need of a run is known before it begins."""

import numpy as np
import pytest
from sigma_nn import Adam, Checkpoints, Decay, Dense, EarlyStop, Input, Report, SquaredDifference, TimeSeries

import sigma_core as sigma
from sigma_core.extend import IdentifierError
from sigma_core.testing import message

DATA = np.ones((4, 3)), np.ones((4, 1))


def make(*hooks):
    """With a validation."""
    network = Input(3) + Dense(1) + SquaredDifference()
    return sigma.Trainer(network, DATA, Adam(0.05), "1 epochs", validation=DATA, hooks=hooks, metrics={})


def refused(action):
    with pytest.raises(IdentifierError) as caught:
        action()
    return message(caught.value)


NUMBERS = "optimiser.epsilon, optimiser.learning_rate, optimiser.mean_decay, optimiser.square_decay"
KNOWN = f"{NUMBERS}, training.loss, validation.loss"


@pytest.mark.parametrize(
    ("hook", "found", "nearest"),
    [
        (Report("training.lost"), "'report': there is no value 'training.lost'", "training.loss"),
        (Report("training.lost", mean=True), "'accumulator': there is no value 'training.lost'", "training.loss"),
        (TimeSeries("network.**"), "'time_series': there is no value 'network.**'", ""),
        (
            Report("network.layers.dense_1.biases"),
            "'report': 'network.layers.dense_1.biases' is no number, but an array",
            "",
        ),
        (Decay(setting="optimiser.rate"), "'decay': there is no value 'optimiser.rate'", "optimiser.learning_rate"),
        (Checkpoints("{epoch.__class__}"), "'checkpoints': there is no value 'epoch.__class__'", ""),
        (
            Checkpoints(best=1, score="validation.los"),
            "'checkpoints': there is no value 'validation.los'",
            "validation.loss",
        ),
    ],
)
def test_a_value_that_is_not_there_is_refused(hook, found, nearest):
    """Before the run, or when it is attached; with what there is and the nearest of it."""
    hint = f" (nearest: {nearest})" if nearest else ""
    expected = f"plugin {found}\n  expected: {KNOWN}{hint}\n  to do:    use one of these"

    assert refused(make(hook).run) == expected
    assert refused(lambda: make().build().attach(hook)) == expected


def test_early_stop_needs_a_score_that_is_reported():
    """Before the run; a hyperparameter is none."""
    expected = "  expected: training.loss, validation.loss{}\n  to do:    use one of these"
    assert refused(make(EarlyStop("validation.lass")).run) == (
        f"plugin 'early_stop': there is no score 'validation.lass'\n{expected.format(' (nearest: validation.loss)')}"
    )
    assert refused(make(EarlyStop("optimiser.learning_rate")).run) == (
        f"plugin 'early_stop': there is no score 'optimiser.learning_rate'\n{expected.format('')}"
    )


def test_a_score_that_is_an_array_is_refused():
    """As a matrix is nothing to be smaller than."""
    iris = {
        "dataset": {"use": "iris", "split": [0.8, 0.2]},
        "optimiser": "adam",
        "stop": "1 epochs",
        "network": [{"use": "input", "shape": [4]}, {"use": "dense", "size": 3}, "softmax_cross_entropy"],
        "metrics": {"matrix": "confusion_matrix"},
        "hooks": [{"use": "early_stop", "value": "validation.matrix"}],
    }
    assert refused(sigma.Trainer.from_recipe(iris).run) == (
        "plugin 'early_stop': the score 'validation.matrix' is no number, but an array\n"
        "  expected: training.loss, validation.loss\n"
        "  to do:    use one of these"
    )
