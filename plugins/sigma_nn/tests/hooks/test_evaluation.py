"""Loss and metrics at any time, on any data."""

import numpy as np
import pytest
from sigma_nn import Adam, Dense, Evaluation, Input, SquaredDifference

import sigma_core as sigma
from sigma_core.extend import IdentifierError, Policy, RunStore, ValuesPublished
from sigma_core.testing import message

INPUTS = np.random.default_rng(4).normal(size=(12, 3))
TARGETS = INPUTS @ [[1.0], [-2.0], [0.5]]


def make(*hooks, stop="2 epochs"):
    """Three iterations an epoch, and two sets to validate with."""
    return sigma.Trainer(
        Input(3) + Dense(1) + SquaredDifference(),
        (INPUTS, TARGETS),
        Adam(0.05),
        stop,
        validation={"near": (INPUTS[:4], TARGETS[:4]), "far": (9 * INPUTS[4:], TARGETS[4:])},
        metrics={"error": "mean_absolute_error"},
        hooks=hooks,
        batch_size=4,
        seed=3,
    )


def test_it_scores_inside_an_epoch(tmp_path):
    """As the trainer would at that moment; the training is the one without it, and the run store keeps the numbers."""
    found = []
    plain, trainer = make(), make(Evaluation(["far", "training"], when="on start | every 2 iterations"))
    listening = trainer.environment.bus.listen("test", found.extend, policy=Policy.KEEP_ALL)
    trainer.run(directory=tmp_path / "run")
    listening.close()
    plain.run()
    published = {event.iteration: event.values for event in found if isinstance(event, ValuesPublished)}

    assert list(published) == [0, 2, 4, 6]
    for iteration in (2, 4):
        stopped = make(stop=f"{iteration} iterations")
        stopped.run()
        expected = {
            f"{name}.{key}": each for name in ("far", "training") for key, each in stopped.evaluate(name).items()
        }
        assert published[iteration] == expected
        assert set(expected) == {"far.loss", "far.error", "training.loss", "training.error"}
    for name, array in plain.team.pull().items():
        assert array.tobytes() == trainer.team.pull()[name].tobytes()
    with RunStore.open(tmp_path / "run") as store:
        assert list(store.metrics("training.error")[0]) == [0, 2, 4, 6]


def test_data_that_is_not_there_is_refused():
    """Before the run."""
    with pytest.raises(IdentifierError) as caught:
        make(Evaluation("nearest")).run()
    assert message(caught.value) == (
        "plugin 'evaluation': there is no score 'nearest.loss'\n"
        "  expected: far.error, far.loss, near.error, near.loss, training.loss (nearest: near.loss)\n"
        "  to do:    use one of these"
    )
