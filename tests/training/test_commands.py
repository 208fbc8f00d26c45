"""Commands: recorded with their place, in JSON and back, refused without an end to the run."""

import json

import numpy as np
import pytest

from sigma_core.errors import PluginFailedError, SettingError, TrainerError
from sigma_core.events import RunStore
from sigma_core.testing import message
from sigma_core.training import Attach, Detach, Load, Pause, Reset, Resume, Save, SetValue, StepOnce, Stop
from sigma_core.training._checkpoint import checksum
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
        (Save("here"), '{"command": "save", "path": "here", "patterns": []}'),
        (Save("here", ["a.*"]), '{"command": "save", "path": "here", "patterns": ["a.*"]}'),
        (Load("here"), '{"command": "load", "path": "here", "patterns": []}'),
        (Load("here", ("a.*", "b")), '{"command": "load", "path": "here", "patterns": ["a.*", "b"]}'),
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
        (
            {"command": "load", "path": "here", "patterns": "a.*"},
            "command load, patterns: 'a.*'\n  expected: a list of texts\n  to do:    give a list of texts",
        ),
        (
            {"command": "attach", "hook": "early_stop", "name": 3},
            "command attach, name: 3\n  expected: a text\n  to do:    give a text",
        ),
        ([1, 2], "command: there is no command None\n  expected: attach, detach"),
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


def test_values_are_taken_out_of_a_checkpoint(make, hook, tmp_path):
    """The run goes on where it is, with the parameters that match."""
    folder = tmp_path / "other"
    other = make("1 epoch", seed=9)
    other.run()
    other.save(folder)
    seen = []
    taken = ("network.layers.dense_1.*", "network.layers.dense_2.biases")
    load = once(hook, 4, Load(str(folder), taken))
    look = hook(iteration_started=lambda event, trainer: seen.append(trainer.get("network.**")))
    trainer = make("2 epochs", hooks=[load, look])

    trainer.run(directory=tmp_path / "run")

    before, after = seen[3], seen[4]
    for name, values in other.get("network.**").items():
        is_taken = name != "network.layers.dense_2.weights"
        assert np.array_equal(after[name], values) == is_taken
        assert not np.array_equal(before[name], values)
    (applied,) = commands_of(tmp_path / "run")
    assert (applied.iteration, applied.payload["result"]) == (4, checksum(folder))


def test_a_hook_that_comes_is_told_that_the_run_has_started(make, hook, tmp_path):
    """Where the run is by then; one that fails at that is refused, with those that came along."""
    told = []

    class Needed:
        def sigma_epoch_ended(self):
            """Never."""

    class Failing:
        required_hooks = Needed

        def sigma_run_started(self):
            raise ValueError("no")

    late = hook(run_started=lambda event, trainer: told.append((event.run, event.iteration)))
    trainer = make("2 epochs", hooks=[once(hook, 2, Attach(late, "late"), Attach(Failing(), "failing"))])

    run = trainer.run(directory=tmp_path / "run")

    assert (run.iterations, told) == (6, [("run", 2)])
    _, refused = commands_of(tmp_path / "run")
    assert refused.payload["reason"] == "trainer 'run': the hook 'failing' cannot be attached: no"
    assert "needed" not in [name for name, _ in trainer.hooks.list_name_plugin()]


def test_a_hook_that_others_require_stays(make, hook, tmp_path):
    """Whoever wants it away is told who they are; it goes with the last of them. Regular checkpoints may go, too."""

    class Needed:
        def sigma_epoch_ended(self):
            """Nothing."""

    class First:
        required_hooks = Needed

        def sigma_epoch_ended(self):
            """Nothing."""

    class Second(First):
        """The same."""

    trainer = make("2 epochs", hooks=[First(), Second()])
    with pytest.raises(TrainerError) as caught:
        trainer.detach("needed")
    expected = (
        "trainer 'run': the hook 'needed' is required by 'first', 'second'\n"
        "  expected: a hook that no other requires\n"
        "  to do:    detach 'second' first"
    )
    assert message(caught.value) == expected
    trainer.detach("second")
    names = ("needed", "first", "needed", "regular_checkpoints")
    trainer.attach(once(hook, 2, *map(Detach, names)), "sender")

    trainer.run(directory=tmp_path / "run")

    assert [each.payload.get("reason", "").splitlines()[:1] for each in commands_of(tmp_path / "run")] == [
        ["trainer 'run': the hook 'needed' is required by 'first'"],
        [],
        ["trainer 'run': it has no hook 'needed'"],
        [],
    ]


def test_a_state_that_was_put_in_place_in_part_ends_the_run(make, hook, tmp_path):
    """As when a hook cannot take its own back: what goes on from there would be neither the one nor the other."""

    class Fickle:
        def sigma_epoch_ended(self):
            """Nothing."""

        def state(self):
            return {}

        def restore(self, state):
            raise ValueError("no")

    folder = str(tmp_path / "saved")
    trainer = make("2 epochs", hooks=[Fickle(), once(hook, 2, Save(folder), Load(folder))])

    with pytest.raises(PluginFailedError, match="plugin 'fickle', restore"):
        trainer.run(directory=tmp_path / "run")


def test_a_checkpoint_that_does_not_fit_is_refused(make, hook, tmp_path):
    """And the run goes on as it would have."""
    run = make("2 epochs", hooks=[once(hook, 2, Load(str(tmp_path / "none")))]).run(directory=tmp_path / "run")

    assert run.iterations == 6
    (refused,) = commands_of(tmp_path / "run")
    assert refused.payload["reason"].startswith(f"{tmp_path / 'none'}: cannot be read:")
