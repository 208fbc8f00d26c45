"""Criteria of a run that end it from outside, at once, or by its clock; and what they remember through a checkpoint."""

import threading
import time

import numpy as np
import pytest

import sigma_core as sigma
from sigma_core.errors import IdentifierError, TrainerError
from sigma_core.testing import message


class At:
    """Does something at the end of one iteration."""

    def __init__(self, iteration, act):
        self.iteration = iteration
        self.act = act

    def sigma_iteration_ended(self, event, trainer):
        if event.iteration == self.iteration:
            self.act(trainer)


def refused(error, action):
    with pytest.raises(error) as caught:
        action()
    return message(caught.value)


def turn(trainer):
    trainer.set("criteria.enough", True)


@pytest.mark.parametrize("iteration", [2, 3], ids=["inside an epoch", "at its end"])
def test_a_hook_turns_a_switch_and_the_run_ends(make, iteration):
    """Before the next iteration, with the reason."""
    trainer = make("100 epochs | enough switch", hooks=[At(iteration, turn)])
    run = trainer.run()

    assert (run.ended_because, run.iterations) == ("enough switch", iteration)
    assert trainer.get("criteria.enough") is True
    assert trainer.get("criteria.*") == {"criteria.enough": True}


def test_another_thread_turns_a_switch(make):
    """As it sets any other value: the run applies it between two iterations."""

    def elsewhere(trainer):
        thread = threading.Thread(target=turn, args=[trainer])
        thread.start()
        thread.join()

    trainer = make("100 epochs | enough switch", hooks=[At(4, elsewhere)])

    assert trainer.run().iterations == 4


def test_a_switch_may_be_one_condition_of_several(make):
    """And turned off again."""

    def there_and_back(trainer):
        turn(trainer)
        trainer.set("criteria.enough", False)

    hooks = [At(1, turn), At(2, there_and_back)]

    assert make("2 epochs & enough switch", hooks=[At(1, turn)]).run().iterations == 6
    assert make("4 epochs | 3 epochs & enough switch", hooks=hooks).run().iterations == 12
    assert make("4 iterations | enough switch", hooks=[At(2, there_and_back)]).run().iterations == 4


def test_a_switch_is_kept_in_checkpoints(make, tmp_path):
    """A run that was saved with its switch on goes on with it on."""
    trainer = make("2 epochs & enough switch", hooks=[At(1, turn), At(2, lambda trainer: trainer.save(tmp_path / "c"))])
    trainer.run()
    resumed = make("2 epochs & enough switch").restore(tmp_path / "c")

    assert resumed.get("criteria.enough") is True
    assert resumed.run().iterations == 6


def test_a_switch_that_was_turned_before_the_run(make):
    """It has ended before it began."""
    trainer = make("2 epochs | enough switch")
    turn(trainer)

    assert refused(TrainerError, trainer.run) == (
        "trainer 'run': it has ended: enough switch\n"
        "  expected: a criterion that does not hold yet\n"
        "  to do:    give another criterion, run(stop=...) or --set stop=..., or reset() the trainer"
    )
    trainer.set("criteria.enough", False)
    assert trainer.run().iterations == 6


def test_what_a_switch_refuses(make):
    """Names that are not there, values that are neither true nor false."""
    trainer = make("2 epochs | enough switch")

    assert refused(IdentifierError, lambda: trainer.set("criteria.enogh", True)) == (
        "criteria.enogh: there is no such switch\n"
        "  expected: criteria.enough (nearest: criteria.enough)\n"
        "  to do:    use one of these"
    )
    assert refused(IdentifierError, lambda: trainer.get("criteria.other")) == (
        "criteria.other: there is no such switch\n"
        "  expected: criteria.enough (nearest: criteria.enough)\n"
        "  to do:    use one of these"
    )
    assert refused(IdentifierError, lambda: trainer.set("criteria.enough", 1)) == (
        "criteria.enough: it cannot be set to 1\n  expected: True or False\n  to do:    give such a value"
    )
    assert refused(IdentifierError, lambda: make("2 epochs").set("criteria.enough", True)) == (
        "criteria.enough: the criterion of this run has no switch\n"
        "  expected: a criterion with a switch\n"
        '  to do:    write stop = "20 epochs | enough switch", say'
    )


def test_a_run_that_diverges_ends_at_once(make):
    """At the very iteration whose loss is no number."""
    inputs = np.zeros((10, 3))
    inputs[:] = 1e30

    run = make("100 epochs | training.loss nan", data=(inputs, np.full((10, 1), 1e30))).run()

    assert (run.ended_because, run.iterations) == ("training.loss nan", 1)


class Jumps:
    """Sets the clock of the machine back and forth, as far as this process can see."""

    def __init__(self, monkeypatch):
        self.monkeypatch = monkeypatch

    def sigma_iteration_ended(self, event):
        jumped = 1e9 * (-1) ** event.iteration
        self.monkeypatch.setattr(time, "time", lambda: jumped)


def test_a_clock_that_jumps_ends_no_run(make, monkeypatch):
    """Running time is measured by a clock that nobody sets; what ran before a checkpoint counts after it."""
    trainer = make("30 iterations | 1 hour", hooks=[Jumps(monkeypatch)])
    assert trainer.run().ended_because == "30 iterations"

    trainer.seconds = 3601.0
    run = trainer.run(stop="100 iterations | 1 hour")

    assert (run.ended_because, run.iterations) == ("1 hours", 31)


@pytest.mark.parametrize("where", range(1, 9))
@pytest.mark.parametrize(
    "stop",
    [
        "(training.loss lowest) repeat 3",
        "(training.loss < 100) repeat 2 false",
        "(7 iterations) repeat 2 | 9 epochs",
        "~(training.loss highest) & 3 epochs",
    ],
)
def test_criteria_go_on_from_a_checkpoint(make, tmp_path, stop, where):
    """At whatever iteration it was taken, the run ends as it would have."""
    whole = make(stop, hooks=[At(where, lambda trainer: trainer.save(tmp_path / "c"))]).run()
    if where >= whole.iterations:
        return
    resumed = make(stop).restore(tmp_path / "c").run()

    assert (resumed.iterations, resumed.ended_because) == (whole.iterations, whole.ended_because)


def test_recipes_write_criteria_as_text(make):
    """Whatever is composed of them."""
    stop = "(~validation.loss lowest) repeat 3 | enough switch | 2 hours | training.loss nan"
    recipe = {
        "dataset": {"use": "iris", "split": [0.8, 0.2]},
        "optimiser": "adam",
        "stop": stop,
        "network": [{"use": "input", "shape": [4]}, {"use": "dense", "size": 3}, "softmax_cross_entropy"],
    }

    assert sigma.Trainer.from_recipe(recipe).recipe().values["stop"] == stop
