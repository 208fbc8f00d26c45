"""Commands: recorded with their place, in JSON and back, refused without an end to the run."""

import json

import numpy as np
import pytest

from sigma_core.errors import SettingError
from sigma_core.events import RunStore
from sigma_core.training import Attach, Detach, Load, Pause, Reset, Resume, Save, SetValue, StepOnce, Stop
from sigma_core.training._commands import read, written


def commands_of(directory):
    with RunStore.open(directory) as store:
        return [event for event in store.events() if event.kind.startswith("command_")]


@pytest.mark.parametrize(
    ("command", "text"),
    [
        (Pause(), '{"command": "pause"}'),
        (Resume(), '{"command": "resume"}'),
        (StepOnce(), '{"command": "step_once"}'),
        (Reset(), '{"command": "reset"}'),
        (Stop("enough"), '{"command": "stop", "reason": "enough"}'),
        (Detach("mine"), '{"command": "detach", "name": "mine"}'),
        (Save("here"), '{"command": "save", "path": "here"}'),
        (Load("here"), '{"command": "load", "path": "here"}'),
        (
            SetValue("optimiser.learning_rate", 0.5),
            '{"command": "set_value", "identifier": "optimiser.learning_rate", "value": 0.5}',
        ),
    ],
)
def test_commands_are_json(make, command, text):
    """And come back as they were."""
    composer = make().environment.composer
    assert json.dumps(written(command, composer)) == text
    assert read(json.loads(text), composer) == command


def test_an_attached_hook_is_written_as_its_table(make):
    """One that is not registered by its class."""
    composer = make().environment.composer
    table = {"use": "decay_on_plateau", "value": "validation.loss", "factor": 0.25}
    command = read({"command": "attach", "hook": table, "name": "slower"}, composer)
    assert command.hook.factor == 0.25
    assert written(command, composer) == {"command": "attach", "hook": table, "name": "slower"}
    assert written(Attach(object()), composer)["hook"] == {"unregistered": "builtins.object"}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"command": "detatch"}, "command: there is no command 'detatch'\n  expected: attach, detach"),
        ({"command": ["pause"]}, "command: there is no command ['pause']\n  expected: attach, detach"),
        ({"command": "stop", "why": "x"}, "command stop: it has no 'why'\n  expected: reason\n  to do:    use one"),
        ({"command": "save", "path": 3}, "command save, path: 3\n  expected: a text\n  to do:    give a text"),
        ({"command": "save"}, "command save: "),
    ],
)
def test_what_is_no_command_is_told(make, values, message):
    """Whatever another process may have written."""
    with pytest.raises(SettingError) as caught:
        read(values, make().environment.composer)
    assert str(caught.value).startswith(message)


def test_commands_are_recorded_with_their_place(make, hook, tmp_path):
    """With who sent them; what only asks is not."""
    from sigma_core.training._commands import GetValue

    answers = []

    def ended(event, trainer):
        if event.iteration == 1:
            trainer._loop.send(SetValue("optimiser.learning_rate", 0.5), "command line")
            trainer._loop.send(SetValue("optimiser.rate", 0.5), "command line", lambda *found: answers.append(found))
            trainer._loop.send(
                GetValue("optimiser.learning_rate"), "command line", lambda *found: answers.append(found)
            )
            trainer._loop.send(Save(str(tmp_path / "saved")), "command line", lambda *found: answers.append(found))
        if event.iteration == 4:
            trainer.stop("enough")

    trainer = make(hooks=[hook(iteration_ended=ended)])
    run = trainer.run(directory=tmp_path / "run")

    assert (run.iterations, run.ended_because) == (4, "enough")
    assert str(answers[0][1]).startswith("optimiser.rate: there is no such value")
    assert answers[1:] == [(0.5, None), (str(tmp_path / "saved"), None)]
    found = commands_of(tmp_path / "run")
    assert [(each.kind, each.iteration, each.payload["origin"]) for each in found] == [
        ("command_applied", 1, "command line"),
        ("command_refused", 1, "command line"),
        ("command_applied", 1, "command line"),
        ("command_applied", 4, "hook"),
    ]
    assert found[0].payload["command"] == {
        "command": "set_value",
        "identifier": "optimiser.learning_rate",
        "value": 0.5,
    }
    assert found[1].payload["reason"] == str(answers[0][1])


def once(hook, at, *commands):
    """A hook that sends commands after an iteration, the first time that it ends."""
    sent = []

    def ended(event, trainer):
        if event.iteration == at and not sent:
            sent.append(True)
            for command in commands:
                trainer._loop.send(command)

    return hook(iteration_ended=ended)


@pytest.mark.parametrize("prefetch", [0, 2])
def test_a_run_goes_on_from_a_checkpoint(make, hook, tmp_path, prefetch):
    """As if what was between had not been."""
    plain = make("3 epochs", prefetch=prefetch)
    plain.run()
    save = once(hook, 2, Save(str(tmp_path / "two")))
    spoil = once(hook, 5, SetValue("network.layers.dense_1.biases", [9.0] * 4), Load(str(tmp_path / "two")))
    trainer = make("3 epochs", hooks=[save, spoil], prefetch=prefetch)

    run = trainer.run()

    assert run.iterations == 9
    assert {key: value.tobytes() for key, value in trainer.team.pull().items()} == {
        key: value.tobytes() for key, value in plain.team.pull().items()
    }


def test_a_run_goes_on_from_its_beginning(make, hook):
    """Parameters, counters and the criterion are as at first."""
    plain = make("3 epochs")
    plain.run()
    trainer = make("3 epochs", hooks=[once(hook, 4, Reset())])

    run = trainer.run()

    assert run.iterations == 9
    for name, value in plain.team.pull().items():
        np.testing.assert_array_equal(value, trainer.team.pull()[name])


def test_a_checkpoint_that_does_not_fit_is_refused(make, hook, tmp_path):
    """And the run goes on as it would have."""
    run = make("2 epochs", hooks=[once(hook, 2, Load(str(tmp_path / "none")))]).run(directory=tmp_path / "run")

    assert run.iterations == 6
    (refused,) = commands_of(tmp_path / "run")
    assert refused.payload["reason"].startswith(f"{tmp_path / 'none'}: cannot be read:")
