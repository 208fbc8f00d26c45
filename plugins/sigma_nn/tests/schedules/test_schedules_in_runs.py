"""Every schedule in a small run, by recipe: the factors in effect, and exact resume."""

import numpy as np
import pytest

import sigma_core as sigma
from sigma_core.extend import Position
from sigma_core.testing import ComponentRegistry, Composer

RATE = "optimiser.learning_rate"
FACTOR = f"schedules.{RATE}"
PER_EPOCH, EPOCHS = 4, 5
TOTAL = PER_EPOCH * EPOCHS

PLATEAU = {"use": "on_plateau", "value": "training.loss", "patience": 0, "threshold": 0.5, "decay": 0.5}
LOOKING = {
    "on_plateau": PLATEAU,
    "a sequence": {"use": "sequence", "schedules": ["warm_up", PLATEAU], "lengths": ["1 epoch"]},
}
TABLES = {
    "constant": {"use": "constant", "value": 0.5},
    "step": {"use": "step", "every": "2 epochs"},
    "milestones": {"use": "milestones"},
    "exponential": {"use": "exponential"},
    "polynomial": {"use": "polynomial", "power": 2.0},
    "cosine": {"use": "cosine", "length": "3 iterations", "restarts": True, "growth": 1.5},
    "one_cycle": {"use": "one_cycle"},
    "warm_up": {"use": "warm_up", "length": "0.5 run"},
    "sequence": {"use": "sequence", "schedules": ["warm_up", "cosine"], "lengths": ["1 epoch"]},
}


class Watch:
    """The factor in effect in each iteration."""

    def __init__(self):
        self.seen = []

    @sigma.hookimpl(phase="observe")
    def sigma_iteration_ended(self, trainer):
        self.seen.append(trainer.get(FACTOR))


def trainer_with(schedule, *hooks):
    random = np.random.default_rng(7)
    data = random.normal(size=(16, 3)), random.normal(size=(16, 1))
    return sigma.Trainer(
        [{"use": "input", "shape": [3]}, {"use": "dense", "size": 1}, "squared_difference"],
        data,
        {"use": "adam", "learning_rate": 0.1},
        f"{EPOCHS} epochs",
        batch_size=4,
        schedules={RATE: schedule},
        hooks=hooks,
        dtype="float64",
    )


@pytest.mark.parametrize("name", TABLES)
def test_a_run_has_the_factors_of_its_schedule(name):
    """At the positions of its iterations."""
    schedule = Composer(ComponentRegistry()).build("schedules", TABLES[name])
    watch = Watch()
    trainer_with(TABLES[name], watch).run()
    positions = [Position(iteration, PER_EPOCH, TOTAL) for iteration in range(TOTAL)]
    assert watch.seen == [schedule.factor(position, schedule.initial()) for position in positions]


def test_a_plateau_lowers_the_rate_from_the_next_epoch_on():
    """The score of an epoch is known at its end."""
    watch = Watch()
    trainer_with(PLATEAU, watch).run()
    by_epoch = [watch.seen[n : n + PER_EPOCH] for n in range(0, TOTAL, PER_EPOCH)]
    assert all(len(set(factors)) == 1 for factors in by_epoch)
    assert by_epoch[0][0] == 1
    assert by_epoch[-1][0] < 1


@pytest.mark.parametrize("name", [*TABLES, *LOOKING])
@pytest.mark.parametrize("iteration", [4, 7])
def test_a_resumed_run_is_the_uninterrupted_one(name, iteration, tmp_path):
    """To the last bit, at and between the ends of epochs."""
    schedule = (TABLES | LOOKING)[name]

    class Save:
        @sigma.hookimpl(phase="persist")
        def sigma_iteration_ended(self, event, trainer):
            if event.iteration == iteration:
                trainer.save(tmp_path / "now")

    whole = trainer_with(schedule, Save())
    whole.run()
    watch = Watch()
    resumed = trainer_with(schedule, watch).restore(tmp_path / "now")
    resumed.run()

    assert len(watch.seen) == TOTAL - iteration
    assert resumed.get(FACTOR) == whole.get(FACTOR)
    for identifier, value in whole.get("network.**").items():
        assert np.array_equal(resumed.get(identifier), value)


def test_a_learning_rate_of_zero_moves_nothing():
    """The factor is in the step, not beside it."""
    trainer = trainer_with({"use": "constant", "value": 0.0}).build()
    before = trainer.get("network.**")
    trainer.run()
    assert all(np.array_equal(trainer.get(identifier), value) for identifier, value in before.items())
