"""Hooks that look at what the network says and what it would like to see."""

import numpy as np
import pytest
from sigma_nn import (
    Adam,
    Dense,
    Embedding,
    Flatten,
    Input,
    NetworkPass,
    SquaredDifference,
    TargetMaximisation,
)

import sigma_core as sigma
from sigma_core.extend import HookFailedError, Policy, ValuesPublished
from sigma_core.testing import message

INPUTS = np.random.default_rng(4).normal(size=(12, 3))
TARGETS = INPUTS @ [[1.0], [-2.0], [0.5]]


def make(*hooks):
    """Three iterations an epoch."""
    network = Input(3) + Dense(4, activation="tanh") + Dense(1) + SquaredDifference()
    return sigma.Trainer(network, (INPUTS, TARGETS), Adam(0.05), "6 epochs", hooks=hooks, batch_size=4, seed=3)


def heard(trainer, kind):
    """The events of a kind that a run publishes."""
    found = []
    listening = trainer.environment.bus.listen("test", found.extend, policy=Policy.KEEP_ALL)
    trainer.run()
    listening.close()
    return [event for event in found if isinstance(event, kind)]


def refused(action):
    with pytest.raises(HookFailedError) as caught:
        action()
    return message(caught.value.__cause__)


def test_network_pass_publishes_predictions():
    """Those of the parameters at that moment."""
    hook = NetworkPass([[0.0, 0.0, 1.0]], when="3 epochs")
    trainer = make(hook)
    found = heard(trainer, ValuesPublished)

    assert [(event.source, event.epoch) for event in found] == [("network_pass", 3), ("network_pass", 6)]
    assert np.array_equal(found[1].values["predictions"], trainer.predict([[0.0, 0.0, 1.0]]))
    assert np.array_equal(hook.outputs, found[1].values["predictions"])
    by_section = NetworkPass({"inputs": [[0.0, 0.0, 1.0]]})
    make(by_section).run()
    assert np.allclose(by_section.outputs, hook.outputs)


def test_target_maximisation_climbs():
    """The output is larger than at zeros and than at any of the records, and the training stays as it was."""
    hook = TargetMaximisation(0, steps=60, rate=0.2, when="6 epochs")
    plain, trainer = make(), make(hook)
    plain.run()
    (event,) = heard(trainer, ValuesPublished)

    assert event.values["input"].shape == (3,)
    assert event.values["target"] == "0"
    assert event.values["output"] == pytest.approx(float(trainer.predict(hook.found[np.newaxis])[0, 0]), rel=1e-5)
    assert event.values["output"] > trainer.predict(INPUTS).max()
    for name, array in plain.team.pull().items():
        assert array.tobytes() == trainer.team.pull()[name].tobytes()


def test_targets_that_cannot_be_climbed_to():
    """Classes that are not there, and inputs that have no gradient."""
    assert refused(make(TargetMaximisation(1)).run) == (
        "TargetMaximisation.target: 1\n  expected: a class of the network: 0 to 0"
    )
    words = sigma.Trainer(
        Input(2, dtype="integer") + Embedding(5, 3) + Flatten() + Dense(1) + SquaredDifference(),
        (np.ones((4, 2), np.int64), np.ones((4, 1))),
        Adam(0.05),
        "1 epochs",
        hooks=[TargetMaximisation(0)],
    )
    assert refused(words.run) == (
        "TargetMaximisation: the network has several inputs or outputs, or inputs that are no real numbers\n"
        "  expected: one section of real inputs, and (records, classes) that come out\n"
        "  to do:    leave it out"
    )
