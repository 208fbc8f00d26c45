"""A run repeated from its store: with the same commands, to the same state."""

import sqlite3
from contextlib import closing

import pytest

import sigma_core as sigma
from sigma_core.environment import Environment
from sigma_core.errors import RunDirectoryError
from sigma_core.training import Attach, Load, Pause, Recipe, Reset, Resume, Save, SetValue, StepOnce, Stop, replay

RECIPE = {
    "seed": 1,
    "stop": "4 epochs",
    "batch_size": 30,
    "dataset": {"use": "iris", "split": [0.8, 0.2]},
    "optimiser": {"use": "adam", "learning_rate": 0.01},
    "network": [
        {"use": "input", "shape": [4]},
        {"use": "dense", "size": 5, "activation": "tanh"},
        {"use": "dropout", "rate": 0.2},
        {"use": "dense", "size": 3},
        {"use": "softmax_cross_entropy"},
    ],
}
RATE = "optimiser.learning_rate"


class Sender:
    """Stands for another thread: sends commands after an iteration, as from the command line."""

    def __init__(self, plan):
        self.plan = plan

    def sigma_iteration_ended(self, event, trainer):
        for command in self.plan.pop(event.iteration, ()):
            trainer._loop.send(command, "command line")

    def sigma_run_paused(self, event, trainer):
        for command in self.plan.pop(f"pause {event.iteration}", ()):
            trainer._loop.send(command, "command line")


def trained(directory, plan, **settings):
    """A run with commands; the sender is attached by hand, so the recipe that is kept does not have it."""
    trainer = sigma.Trainer.from_recipe(Recipe({**RECIPE, **settings}))
    trainer.hooks.register(Sender(plan), "sender")
    return trainer, trainer.run(directory=directory)


def plans(folder, composer):
    slower = composer.build("hooks", {"use": "decay_on_plateau", "value": "validation.loss", "count": 1})
    return {
        "set": {3: [SetValue(RATE, 0.1)], 8: [SetValue("network.layers.dense_2.biases", [1.0, 2.0, 3.0])]},
        "set at the end of an epoch": {4: [SetValue(RATE, 0.1)]},
        "pause and step": {
            5: [Pause()],
            "pause 5": [SetValue(RATE, 0.2), StepOnce()],
            "pause 6": [SetValue(RATE, 0.3), Resume()],
        },
        "attach": {2: [Attach(slower, "slower"), SetValue(RATE, 0.5)]},
        "stop": {7: [SetValue(RATE, 0.1), Stop("enough")]},
        "save and load": {3: [Save(str(folder / "saved"))], 6: [SetValue(RATE, 0.9), Load(str(folder / "saved"))]},
        "reset": {6: [SetValue(RATE, 0.9), Reset()], 2: [SetValue(RATE, 0.2)]},
        "nothing": {},
    }


@pytest.mark.parametrize(
    "name",
    ["set", "set at the end of an epoch", "pause and step", "attach", "stop", "save and load", "reset", "nothing"],
)
def test_a_run_is_repeated(tmp_path, name):
    """Whatever it was told while it went on."""
    with Environment() as environment:
        plan = plans(tmp_path, environment.composer)[name]
        count = sum(len(commands) for commands in plan.values())
        _, run = trained(tmp_path / "run", plan)
        found = replay(tmp_path / "run", environment)
    assert found.differences == ()
    assert found.run.iterations == run.iterations
    assert found.commands == count - (name == "save and load")
    assert len(found.state) == 64


def test_a_run_that_was_ended_otherwise_is_repeated_to_its_end(tmp_path):
    """As by a criterion that was given in its recipe's place."""
    trainer = sigma.Trainer.from_recipe(Recipe(RECIPE))
    trainer.run(directory=tmp_path / "run", stop="6 iterations")
    with Environment() as environment:
        found = replay(tmp_path / "run", environment)
    assert (found.differences, found.run.iterations) == ((), 6)


def test_a_run_that_was_gone_on_with_is_repeated_as_one(tmp_path):
    """Whatever ended or held it in between."""
    directory = tmp_path / "run"
    trained(directory, {3: [SetValue(RATE, 0.1)], 6: [Pause()], "pause 6": [SetValue(RATE, 0.3), Stop("enough")]})
    trainer = sigma.Trainer.from_recipe(Recipe(RECIPE))
    trainer.hooks.register(Sender({9: [SetValue(RATE, 0.05)]}), "sender")
    trainer.run(directory=directory, resume=True)
    with Environment() as environment:
        found = replay(directory, environment)
    assert (found.differences, found.run.iterations) == ((), 16)


def forged(directory, statement):
    with closing(sqlite3.connect(directory / "run.db")) as connection:
        connection.execute(statement)
        connection.commit()


def test_what_differs_is_told(tmp_path):
    """The state before or after, the scores."""
    trained(tmp_path / "run", {3: [SetValue(RATE, 0.1)]})
    forged(
        tmp_path / "run", "UPDATE events SET payload = replace(payload, '0.1', '0.2') WHERE kind = 'command_applied'"
    )
    with Environment() as environment:
        found = replay(tmp_path / "run", environment)
        assert next(what for what, _, _ in found.differences) == "state"
        assert "training.loss" in [what for what, _, _ in found.differences]
        forged(tmp_path / "run", "UPDATE meta SET value = 'x' WHERE key = 'note.first_state'")
        found = replay(tmp_path / "run", environment)
    assert found.differences == (("state before the first iteration", "x", found.state),)
    assert found.run.ended_because == "never begun"


class Nameless:
    def sigma_epoch_ended(self):
        pass


def test_a_run_that_cannot_be_repeated_is_told(tmp_path):
    """Without an end, without a recipe, with a hook that has no name, with a checkpoint that is gone."""

    def message(directory):
        with Environment() as environment, pytest.raises(RunDirectoryError) as caught:
            replay(directory, environment)
        return str(caught.value).removeprefix(f"run {str(directory)!r}: ")

    trained(tmp_path / "run", {3: [Attach(Nameless(), "mine")]})
    assert message(tmp_path / "run") == (
        f"a hook without a name was attached: {__name__}.Nameless\n"
        "  expected: hooks that are offered under a name\n"
        "  to do:    replay another run"
    )
    trained(tmp_path / "gone", {3: [Save(str(tmp_path / "gone" / "saved")), Load(str(tmp_path / "gone" / "saved"))]})
    (tmp_path / "gone" / "saved").rename(tmp_path / "elsewhere")
    assert message(tmp_path / "gone") == (
        f"the checkpoint {tmp_path / 'gone' / 'saved'} is gone\n"
        "  expected: the checkpoints that it loaded\n"
        "  to do:    replay another run"
    )
    (tmp_path / "run" / "recipe.toml").write_text("# arrays\n")
    assert message(tmp_path / "run") == (
        "its trainer had no recipe\n  expected: a run of a recipe\n  to do:    replay another run"
    )
    forged(tmp_path / "run", "DELETE FROM events WHERE kind = 'run_ended'")
    assert message(tmp_path / "run") == (
        "it has not ended, or not between two iterations\n"
        "  expected: a run that has ended\n"
        "  to do:    replay another run"
    )
