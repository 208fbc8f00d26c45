"""Checkpoints in the background, and those that a run keeps regularly."""

import os
import subprocess
import sys
import threading

import pytest

import sigma_core as sigma
from sigma_core.errors import CheckpointError, IdentifierError, StorageError
from sigma_core.events import CheckpointFailed, CheckpointSaved
from sigma_core.training import Checkpoint


def refused(error, action):
    with pytest.raises(error) as caught:
        action()
    return str(caught.value)


def numbers(trainer):
    return {name: array.tobytes() for name, array in trainer.team.pull().items()}


@pytest.fixture
def gate(monkeypatch):
    """The disk waits until it is opened."""
    gate = threading.Event()
    fsync = os.fsync

    def waiting(descriptor):
        assert gate.wait(30)
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", waiting)
    yield gate
    gate.set()


def test_the_training_goes_on_while_the_disk_is_busy(make, hook, recorder, tmp_path, gate):
    """What is written is the state at the time of the call; it is said when it lies there."""
    kept = {}

    def save(event, trainer):
        if event.iteration == 2:
            kept.update(numbers(trainer))
            assert trainer.save(tmp_path / "now", background=True) == tmp_path / "now"
        if event.iteration == 5:
            assert not (tmp_path / "now").exists()
            gate.set()

    trainer = make(hooks=[hook(iteration_ended=save), recorder])
    trainer.run()

    assert [(event.path, event.iteration) for event in recorder.of("CheckpointSaved")] == [(str(tmp_path / "now"), 2)]
    assert recorder.names[-1] == "RunEnded"
    again = make().restore(tmp_path / "now")
    assert numbers(again) == kept
    again.run()
    assert numbers(again) == numbers(trainer)


def test_of_those_that_wait_the_newest_is_written(make, hook, recorder, tmp_path, gate):
    """A disk that is slower than the training falls behind by no more than one."""

    def save(event, trainer):
        trainer.save(tmp_path / "now", background=True)
        if event.iteration == 6:
            gate.set()

    make(hooks=[hook(iteration_ended=save), recorder]).run()

    saved = [event.iteration for event in recorder.of("CheckpointSaved")]
    # Which one the thread took first depends on when it was woken.
    assert saved[-1] == 6
    assert len(saved) <= 2
    assert Checkpoint.read(tmp_path / "now").state["iteration"] == 6


def test_each_checkpoint_has_its_own_numbers(make, hook, tmp_path, monkeypatch):
    """However many are on their way; memory of those that lie on the disk is used again."""
    expected, memory = {}, []
    write = Checkpoint.write

    def writing(checkpoint, directory, older=None):
        memory.append(id(checkpoint.arrays["slots.mean"]))
        return write(checkpoint, directory, older)

    def save(event, trainer):
        name = f"at {event.iteration}"
        expected[name] = numbers(trainer)
        trainer.save(tmp_path / name, background=True)
        if event.iteration % 2 == 0:
            trainer.finish_saving()

    monkeypatch.setattr(Checkpoint, "write", writing)
    trainer = make(hooks=[hook(iteration_ended=save)])
    trainer.run()

    assert len(expected) == len(memory) == 6
    assert len(set(memory)) < 6
    for name, found in expected.items():
        assert numbers(make().restore(tmp_path / name)) == found


@pytest.mark.parametrize(
    "operator", [{"workers": 2}, {"workers": 2, "mode": "merge", "every": "2 iterations"}], ids=["synchronous", "merge"]
)
def test_several_workers_are_copied_as_one_is(make, hook, tmp_path, operator):
    """Into the same memory again, in both modes."""
    expected = {}

    def save(event, trainer):
        trainer.finish_saving()
        expected[event.iteration] = numbers(trainer)
        trainer.save(tmp_path / f"{event.iteration}", background=True)

    make(hooks=[hook(iteration_ended=save)], operator={"use": "local", **operator}).run()

    for iteration, found in expected.items():
        again = make(operator={"use": "local", **operator}).restore(tmp_path / f"{iteration}")
        assert numbers(again) == found


ENDS = """
import sys
import numpy as np
from sigma_nn import Adam, Dense, Input, SoftmaxCrossEntropy
import sigma_core as sigma

data = np.zeros((4, 2), np.float32), np.zeros(4, int)
trainer = sigma.Trainer(Input(2) + Dense(2) + SoftmaxCrossEntropy(), data, Adam(0.1), "1 epochs")
trainer.save(sys.argv[1], background=True)
"""


def test_a_process_that_ends_writes_what_waits(tmp_path):
    """Whether anybody waits for it or not."""
    subprocess.run([sys.executable, "-c", ENDS, str(tmp_path / "now")], check=True, timeout=120)

    assert Checkpoint.read(tmp_path / "now").state["iteration"] == 0


def test_a_trainer_that_stands_still_saves_in_the_background_too(make, tmp_path, monkeypatch):
    """`finish_saving` tells, and raises what went wrong."""
    trainer = make().build()
    told = trainer.environment.bus.subscribe("test", (CheckpointSaved, CheckpointFailed))
    trainer.save(tmp_path / "now", background=True)
    trainer.finish_saving()
    assert [type(event) for event in told.drain()] == [CheckpointSaved]
    make().restore(tmp_path / "now")

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    trainer.save(tmp_path / "other", background=True)
    message = refused(StorageError, trainer.finish_saving)
    assert message == (
        f"{tmp_path / 'other'}: cannot be written: [Errno 28] No space left on device\n"
        "  expected: a folder that can be written, with room left\n"
        "  to do:    free some space or choose another folder"
    )
    assert [str(event.error) for event in told.drain()] == [message]
    trainer.finish_saving()


def test_whatever_the_thread_meets_is_told(make, tmp_path, monkeypatch):
    """A fault of ours too, as an error of ours."""

    def broken(*_):
        raise ValueError("on purpose")

    trainer = make().build()
    monkeypatch.setattr(Checkpoint, "write", broken)
    trainer.save(tmp_path / "now", background=True)

    assert refused(StorageError, trainer.finish_saving) == (
        f"{tmp_path / 'now'}: cannot be written: ValueError: on purpose"
    )


def test_a_hook_that_raises_when_it_is_told_ends_the_run(make, hook, recorder, tmp_path):
    """At the end of the run, where the last are told, as at any other time."""

    def fail(event, trainer):
        raise ValueError("on purpose")

    def save(event, trainer):
        if event.iteration == 6:
            trainer.save(tmp_path / "now", background=True)

    trainer = make(hooks=[hook(iteration_ended=save, checkpoint_saved=fail), recorder])
    with pytest.raises(Exception, match="on purpose"):
        trainer.run()
    assert recorder.names[-2:] == ["RunFailed", "RunEnded"]

    def break_(event, trainer):
        trainer.save(tmp_path / "now", background=True)
        raise ValueError("first")

    trainer = make(hooks=[hook(epoch_ended=break_, checkpoint_saved=fail)])
    with pytest.raises(Exception, match="first") as caught:
        trainer.run()
    assert any("on purpose" in note for note in caught.value.__notes__)


# Chosen values


def test_values_are_chosen_by_pattern(make, tmp_path):
    """To take them over; to go on from they are not enough."""
    source = make(seed=1)
    source.run()
    source.save(tmp_path / "whole")
    source.save(tmp_path / "some", values="network.**")
    source.save(tmp_path / "few", values=["**.biases", "optimiser.*"])

    size = {name: (tmp_path / name / "state.safetensors").stat().st_size for name in ("whole", "some")}
    assert size["some"] < size["whole"] / 2
    found = sigma.load_parameters(tmp_path / "some")
    assert {name: array.tobytes() for name, array in found.items()} == {
        name: array.tobytes() for name, array in source.get("network.**").items()
    }
    assert sorted(Checkpoint.read(tmp_path / "few").arrays)[:3] == [
        "network.layers.dense_1.biases",
        "network.layers.dense_2.biases",
        "optimiser.epsilon",
    ]
    target = make()
    assert sorted(target.transfer(tmp_path / "some")) == sorted(found)
    assert refused(CheckpointError, lambda: target.restore(tmp_path / "some")) == (
        f"{tmp_path / 'some'}: it holds chosen values alone: ['network.**']\n"
        "  expected: the whole state of a trainer\n"
        "  to do:    use it with transfer() or load_parameters()"
    )


def test_a_pattern_that_matches_nothing_saves_nothing(make, tmp_path):
    """Whoever wrote it meant something."""
    trainer = make()
    names = (*trainer.get("network.**"), *trainer.get("optimiser.**"))
    others = "key, slots.mean, slots.square, step, totals.loss, totals.records"

    assert refused(IdentifierError, lambda: trainer.save(tmp_path / "now", values="networks.**")) == (
        "save, pattern 'networks.**': it matches nothing\n"
        f"  expected: {', '.join(sorted([*names, *others.split(', ')]))}\n"
        "  to do:    write a pattern that matches one of these"
    )
    assert not (tmp_path / "now").exists()


def test_a_checkpoint_without_parameters_has_none_to_load(make, tmp_path):
    """It is told so."""
    make().save(tmp_path / "now", values="optimiser.*")

    assert refused(CheckpointError, lambda: sigma.load_parameters(tmp_path / "now")) == (
        f"{tmp_path / 'now'}: it holds no parameters\n"
        "  expected: a checkpoint with parameters\n"
        "  to do:    use another checkpoint of the run"
    )


# Regular checkpoints of a run


def kept(path):
    return {folder.name: Checkpoint.read(folder).state["iteration"] for folder in (path / "checkpoints").iterdir()}


def test_a_run_keeps_its_state_when_a_trigger_is_due(make, recorder, tmp_path):
    """Behind everything else of that iteration; the two newest are there, and the last at the end."""
    make(checkpoint="2 iterations", hooks=[recorder]).run(directory=tmp_path / "run", stop="7 iterations")

    assert kept(tmp_path / "run") == {"last": 7, "previous": recorder.of("CheckpointSaved")[-2].iteration}
    assert {event.iteration for event in recorder.of("CheckpointSaved")} <= {2, 4, 6, 7}


def test_a_run_that_is_short_keeps_the_last_state_alone(make, tmp_path):
    """By default it is kept once in a minute; without a directory it is not kept at all."""
    trainer = make()
    assert str(trainer.setup.checkpoint) == "every 60 seconds"
    trainer.run(directory=tmp_path / "run")
    assert kept(tmp_path / "run") == {"last": 6}
    make(checkpoint=sigma.Trigger.parse("1 iterations")).run()
    assert trainer.hooks.list_name_plugin() == []


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (3, 'checkpoint: 3\n  expected: a trigger\n  to do:    write "60 seconds", "1 epochs" or "never"'),
        ("often", None),
    ],
)
def test_what_is_no_trigger_is_refused(make, value, message):
    """As any other setting."""
    found = refused(sigma.UserError, lambda: make(checkpoint=value))

    assert message is None or found == message


def test_a_state_that_cannot_be_kept_is_told(make, recorder, tmp_path):
    """The run goes on; at its end it fails, as nothing of it is kept."""

    class Odd:
        def sigma_run_ended(self):
            pass

        def state(self):
            return {1, 2}

        def restore(self, state):
            pass

    trainer = make(checkpoint="2 iterations", hooks=[Odd(), recorder])
    with pytest.raises(CheckpointError):
        trainer.run(directory=tmp_path / "run")

    assert [event.iteration for event in recorder.of("CheckpointFailed")] == [2, 4, 6]
    trainer.keep()
