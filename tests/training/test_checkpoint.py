"""Checkpoints: whole or not there, and gone on from exactly."""

import json
import os
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file
from sigma_nn import Adam, Dense, Dropout, Input, SquaredDifference

import sigma_core as sigma
from sigma_core.errors import CheckpointError, DataError, StorageError, TrainerError
from sigma_core.training import Checkpoint

DATA = np.random.default_rng(5).normal(size=(10, 3)), np.random.default_rng(6).normal(size=(10, 1))
# Patience ends the run after some epochs, unless iterations run out first: the state of both is in a checkpoint.
STOP = "validation.loss patience 3 | 14 iterations | 6 epochs"


def refused(error, action):
    with pytest.raises(error) as caught:
        action()
    return str(caught.value)


def trainer(hooks=(), stop=STOP, **changed):
    """Three iterations an epoch, with random numbers in each of them."""
    network = Input(3) + Dense(5, activation="tanh") + Dropout(0.3) + Dense(1) + SquaredDifference()
    given = {"network": network, "data": DATA, "optimiser": Adam(0.05), "validation": DATA, "dtype": "float32"}
    return sigma.Trainer(**{**given, "batch_size": 4, "seed": 9, **changed}, stop=stop, hooks=hooks)


def outcome(trainer, run):
    """All that must be equal, to the last bit."""
    arrays = {name: array.tobytes() for name, array in trainer.team.pull().items()}
    return arrays, dict(run.scores), run.ended_because, run.iterations, run.epochs


class Saving:
    """Saves at one event of one iteration, and remembers the iterations that it was told of."""

    def __init__(self, hook, iteration, path):
        self.path, self.iteration, self.seen = path, iteration, []
        setattr(self, hook, self._save)

    def _save(self, event, trainer):
        self.seen.append(event.iteration)
        if event.iteration == self.iteration:
            trainer.save(self.path)


@pytest.fixture(scope="module")
def uninterrupted():
    """What the whole run comes to, under each of the criteria."""

    def run(stop):
        whole = trainer(stop=stop)
        return outcome(whole, whole.run())

    return {stop: run(stop) for stop in (STOP, "14 iterations", "5 epochs", "15 iterations")}


HOOKS = ("sigma_iteration_ended", "sigma_epoch_ended", "sigma_validation_ended", "sigma_epoch_started")


@settings(deadline=None, max_examples=30)
@given(
    iteration=st.integers(1, 15),
    hook=st.sampled_from(
        ["sigma_iteration_ended", "sigma_epoch_ended", "sigma_validation_ended", "sigma_epoch_started"]
    ),
    stop=st.sampled_from([STOP, "14 iterations", "5 epochs", "15 iterations"]),
)
def test_a_resumed_run_ends_as_the_uninterrupted_one(uninterrupted, tmp_path_factory, iteration, hook, stop):
    """Wherever it was saved: inside an epoch, at the end of one, in its validation, after the last iteration."""
    path = tmp_path_factory.mktemp("checkpoints") / "now"
    saving = Saving(hook, iteration, path)
    first = trainer([saving], stop)
    assert outcome(first, first.run()) == uninterrupted[stop]
    if not path.exists():
        assert iteration not in saving.seen
        return

    second = trainer(stop=stop).restore(path)
    assert second.clock.iteration == iteration
    try:
        run = second.run()
    except TrainerError as error:
        # Saved when the criterion held already: there is nothing left to run.
        assert f"it has ended: {uninterrupted[stop][2]}" in str(error)  # noqa: PT017
    else:
        assert outcome(second, run) == uninterrupted[stop]


def test_the_rest_of_a_run_is_told_as_it_would_have_been(tmp_path, recorder):
    """No event twice, none left out, from the next one on."""
    first, second = type(recorder)(), type(recorder)()
    trainer([Saving("sigma_iteration_ended", 6, tmp_path / "now"), first], "4 epochs").run()
    resumed = trainer([second], "4 epochs").restore(tmp_path / "now")
    resumed.run()

    whole = [(type(event).__name__, event.epoch, event.iteration) for event in first.events if hasattr(event, "epoch")]
    part = [(type(event).__name__, event.epoch, event.iteration) for event in second.events if hasattr(event, "epoch")]
    place = whole.index(("IterationEnded", 2, 6))
    saved = ("CheckpointSaved", 2, 6)
    assert part[:2] == [("CheckpointRestored", 2, 6), ("RunStarted", 2, 6)]
    assert part[2:] == [entry for entry in whole[place + 1 :] if entry != saved]


def test_a_trigger_goes_on_where_it_was(tmp_path):
    """What fires once fires once in all."""
    seen = []

    class Once:
        @sigma.hookimpl(when=sigma.Trigger.parse("once"))
        def sigma_iteration_ended(self, event):
            seen.append(event.iteration)

    trainer([Once(), Saving("sigma_iteration_ended", 4, tmp_path / "now")], "2 epochs").run()
    trainer([Once()], "2 epochs").restore(tmp_path / "now").run()

    assert seen == [1]


class Counting:
    """A hook with a state of its own."""

    def __init__(self):
        self.count = 0

    def sigma_iteration_ended(self):
        self.count += 1

    def state(self):
        return {"count": self.count}

    def restore(self, state):
        self.count = state["count"]


def test_the_state_of_a_hook_is_kept(tmp_path):
    """Of whatever has `state` and `restore`; a mere attribute of that name is none."""

    class Misleading:
        state = "solid"

        def sigma_run_ended(self):
            pass

    trainer([Counting(), Misleading(), Saving("sigma_iteration_ended", 5, tmp_path / "now")]).run()
    counting = Counting()
    trainer([counting]).restore(tmp_path / "now")

    assert counting.count in (4, 5)


def test_a_state_that_is_no_json_is_refused(tmp_path):
    """Nothing is written then."""

    class Odd(Counting):
        def state(self):
            return {"count": {1, 2}}

    assert refused(CheckpointError, lambda: trainer([Odd()]).save(tmp_path / "now")) == (
        f"{tmp_path / 'now'}: the state cannot be written: Object of type set is not JSON serializable\n"
        "  expected: states of hooks and criteria made of JSON values\n"
        "  to do:    return numbers, texts, lists and dictionaries from state()"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_trainer_that_has_ended_can_be_saved_and_trained_longer(tmp_path):
    """Another criterion begins anew, in the same run or from the checkpoint."""
    first = trainer(stop="2 epochs")
    first.run()
    first.save(tmp_path / "last")

    longer = trainer(stop="5 epochs").restore(tmp_path / "last")

    assert outcome(longer, longer.run()) == outcome(first, first.run(stop="5 epochs"))
    assert refused(TrainerError, trainer(stop="2 epochs").restore(tmp_path / "last").run).splitlines()[0] == (
        "trainer 'run': it has ended: 2 epochs"
    )


def test_it_cannot_be_saved_inside_an_iteration(tmp_path):
    """The batch is taken and not trained on: whoever went on would leave it out."""
    errors = []

    class Early:
        def sigma_iteration_started(self, trainer):
            try:
                trainer.save(tmp_path / "now")
            except TrainerError as error:
                errors.append(str(error))

    trainer([Early()], "1 iterations").run()

    assert errors == [
        (
            "trainer 'run': it is inside an iteration, whose batch is taken and not yet trained on\n"
            "  expected: a moment between two iterations\n"
            "  to do:    save in sigma_iteration_ended"
        )
    ]


def test_a_failed_step_leaves_nothing_to_save(tmp_path):
    """A hook that would save what is left when a run fails is told so."""

    class Last:
        def sigma_run_failed(self, trainer):
            trainer.save(tmp_path / "now")

    broken = trainer([Last()]).build()

    def step(batch):
        raise ValueError("on purpose")

    broken.team.step = step
    with pytest.raises(ValueError, match=r"^on purpose\n") as caught:
        broken.run()

    assert "it is inside an iteration" in caught.value.__notes__[0]


# The files


@pytest.fixture
def saved(tmp_path):
    """A checkpoint after one epoch."""
    one = trainer(stop="1 epochs")
    one.run()
    return one.save(tmp_path / "checkpoint")


def test_the_arrays_have_readable_names(saved):
    """Any reader of safetensors finds parameters, slots and counters."""
    arrays = load_file(saved / "state.safetensors")

    assert sorted(arrays) == [
        "fixed",
        "key",
        "optimiser.epsilon",
        "optimiser.learning_rate",
        "optimiser.mean_decay",
        "optimiser.square_decay",
        "parameters",
        "slots.mean",
        "slots.square",
        "step",
        "totals.loss",
        "totals.records",
    ]
    assert arrays["parameters"].shape == (3 * 5 + 5 + 5 + 1,)
    assert arrays["step"] == 3


def test_pytorch_reads_the_arrays(saved):
    """Where it is installed."""
    torch = pytest.importorskip("torch", reason="the oracle group is not installed")
    safetensors = pytest.importorskip("safetensors.torch")

    arrays = safetensors.load_file(saved / "state.safetensors")

    assert arrays["parameters"].dtype == torch.float32
    assert arrays["parameters"].numpy().tobytes() == load_file(saved / "state.safetensors")["parameters"].tobytes()


def test_saving_again_replaces(saved):
    """Nothing else is left beside it."""
    other = trainer()
    other.run(stop="2 iterations")

    assert other.save(saved) == saved
    assert Checkpoint.read(saved).state["iteration"] == 2
    assert [path.name for path in saved.parent.iterdir()] == ["checkpoint"]


def manifest(saved, **changed):
    path = saved / "manifest.json"
    values = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({**values, **changed}), "utf-8")


def state(saved, change):
    path = saved / "manifest.json"
    values = json.loads(path.read_text("utf-8"))
    change(values["state"])
    path.write_text(json.dumps(values), "utf-8")


def cut(path):
    path.write_bytes(path.read_bytes()[:-4])


DAMAGED = "\n  expected: a whole checkpoint\n  to do:    use another checkpoint of the run"
DAMAGES = [
    (
        lambda saved: cut(saved / "state.safetensors"),
        "the checksum of state.safetensors is another than the manifest's" + DAMAGED,
    ),
    (
        lambda saved: cut(saved / "manifest.json"),
        "manifest.json is no JSON: Expecting ',' delimiter: line ..." + DAMAGED,
    ),
    (
        lambda saved: (saved / "manifest.json").write_bytes(b"\xff"),
        "manifest.json is no JSON: 'utf-8' codec can't decode byte 0xff in position 0: invalid start byte" + DAMAGED,
    ),
    (
        lambda saved: (saved / "manifest.json").write_text("[1]"),
        "manifest.json is not that of a checkpoint" + DAMAGED,
    ),
    (lambda saved: manifest(saved, format="other"), "manifest.json is not that of a checkpoint" + DAMAGED),
    (lambda saved: manifest(saved, state=None), "manifest.json has no state" + DAMAGED),
    (
        lambda saved: manifest(saved, version=2),
        ("it has version 2\n  expected: version 1\n  to do:    read it with the version of sigma-core that wrote it"),
    ),
    (
        lambda saved: state(saved, lambda values: [values.pop(key) for key in ("batches", "hooks")]),
        (
            "its manifest lacks batches, hooks\n"
            "  expected: the whole state of a trainer\n"
            "  to do:    use another checkpoint of the run"
        ),
    ),
    (
        lambda saved: (saved / "state.safetensors").unlink(),
        (
            "cannot be read: [Errno 2] No such file or directory: {arrays!r}\n"
            "  expected: the folder of a checkpoint\n"
            "  to do:    give the folder that was saved"
        ),
    ),
    (
        shutil.rmtree,
        (
            "cannot be read: [Errno 2] No such file or directory: {manifest!r}\n"
            "  expected: the folder of a checkpoint\n"
            "  to do:    give the folder that was saved"
        ),
    ),
]


@pytest.mark.parametrize(("damage", "message"), DAMAGES)
def test_a_damaged_checkpoint_is_refused(saved, damage, message):
    """Each damage is told for what it is; the trainer stays as it was."""
    damage(saved)
    one = trainer().build()
    before = one.team.pull()

    found = refused(CheckpointError, lambda: one.restore(saved))
    files = {"arrays": str(saved / "state.safetensors"), "manifest": str(saved / "manifest.json")}

    # Where exactly the JSON breaks off depends on the seconds in it.
    found = re.sub(r"line \d+ column \d+ \(char \d+\)", "line ...", found)
    assert found == f"{saved}: {message.format(**files)}"
    assert {name: array.tobytes() for name, array in one.team.pull().items()} == {
        name: array.tobytes() for name, array in before.items()
    }


def test_arrays_that_are_none_are_refused(saved):
    """Also where the checksum is theirs."""
    import hashlib

    data = b"\x08\0\0\0\0\0\0\0nonsense"
    (saved / "state.safetensors").write_bytes(data)
    manifest(saved, sha256=hashlib.sha256(data).hexdigest())

    message = refused(CheckpointError, lambda: Checkpoint.read(saved))

    assert message.startswith(f"{saved}: state.safetensors: ")
    assert message.endswith(DAMAGED)


OURS = (
    "network.layers.dense_1.weights (3, 5), network.layers.dense_1.biases (5,), "
    "network.layers.dense_2.weights (5, 1), network.layers.dense_2.biases (1,); "
)
ADAM = (
    "optimiser.epsilon, optimiser.learning_rate, optimiser.mean_decay, optimiser.square_decay, slots.mean, slots.square"
)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"dtype": "float64"}, f"float64 {OURS}{ADAM}"),
        ({"optimiser": "gradient_descent"}, f"float32 {OURS}optimiser.learning_rate"),
        (
            {"network": Input(3) + Dense(1) + SquaredDifference()},
            f"float32 network.layers.dense_1.weights (3, 1), network.layers.dense_1.biases (1,); {ADAM}",
        ),
    ],
)
def test_a_checkpoint_of_another_training_is_refused(saved, changed, expected):
    """Both are described."""
    assert refused(CheckpointError, lambda: trainer(**changed).restore(saved)) == (
        f"{saved}: it is of another training: float32 {OURS}{ADAM}\n"
        f"  expected: {expected}\n"
        "  to do:    restore it into a trainer with the same network, optimiser and dtype"
    )


def test_a_checkpoint_of_other_batches_is_refused(saved):
    """A place in the data means nothing in another order of it."""
    assert refused(DataError, lambda: trainer(batch_size=5).restore(saved)) == (
        "state of iterator Minibatches: batch_size was 4 and is 5\n"
        "  expected: the state of an iterator over the same data with the same settings"
    )


# Crashes


def test_a_disk_that_refuses_leaves_the_old_checkpoint(saved, monkeypatch):
    """Whatever it refuses: to flush, or to rename, the first time or the second."""
    other = trainer()
    other.run(stop="2 iterations")

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        message = refused(StorageError, lambda: other.save(saved))
    assert message == (
        f"{saved}: cannot be written: [Errno 28] No space left on device\n"
        "  expected: a folder that can be written, with room left\n"
        "  to do:    free some space or choose another folder"
    )

    for failing in (1, 2):
        calls = []
        rename = Path.rename

        def refuse(path, target, calls=calls, failing=failing, rename=rename):
            calls.append(target)
            if len(calls) == failing:
                full()
            return rename(path, target)

        with monkeypatch.context() as patch:
            patch.setattr(Path, "rename", refuse)
            assert refused(StorageError, lambda: other.save(saved)) == message

    assert Checkpoint.read(saved).state["iteration"] == 3
    assert [path.name for path in saved.parent.iterdir()] == ["checkpoint"]


def test_a_folder_that_somebody_looks_into_is_renamed_later(saved, monkeypatch):
    """Windows refuses for as long as one of its files is open; the last refusal is told."""
    from sigma_core.training import _checkpoint

    other = trainer()
    other.run(stop="2 iterations")
    rename, refusals = Path.rename, [2]

    def refuse(path, target):
        if refusals[0]:
            refusals[0] -= 1
            raise PermissionError(13, "Access is denied")
        return rename(path, target)

    monkeypatch.setattr(_checkpoint, "_WAITS", (0.0, 0.0))
    monkeypatch.setattr(Path, "rename", refuse)
    other.save(saved)
    assert Checkpoint.read(saved).state["iteration"] == 2

    refusals[0] = 3
    assert refused(StorageError, lambda: other.save(saved)) == (
        f"{saved}: cannot be written: [Errno 13] Access is denied\n"
        "  expected: a folder that can be written, with room left\n"
        "  to do:    free some space or choose another folder"
    )


class Crash(BaseException):
    """The machine is switched off: no handler runs, as far as a test can have it."""


@pytest.mark.parametrize("at", ["fsync", "first rename", "second rename", "last removal"])
def test_a_crash_leaves_the_old_checkpoint_or_the_new_one(saved, monkeypatch, at):
    """At each moment of the writing; the next save clears what was left."""
    other = trainer()
    other.run(stop="2 iterations")
    counts = {"rename": 0}
    rename, rmtree = Path.rename, shutil.rmtree

    def crash(*_, **__):
        raise Crash

    def renaming(path, target):
        counts["rename"] += 1
        if at == ("first rename", "second rename")[counts["rename"] - 1]:
            raise Crash
        return rename(path, target)

    def removing(path, **arguments):
        if at == "last removal" and counts["rename"] == 2:
            raise Crash
        rmtree(path, **arguments)

    with monkeypatch.context() as patch:
        if at == "fsync":
            patch.setattr(os, "fsync", crash)
        patch.setattr(Path, "rename", renaming)
        patch.setattr(shutil, "rmtree", removing)
        with pytest.raises(Crash):
            other.save(saved)

    expected = 2 if at == "last removal" else 3
    assert Checkpoint.read(saved).state["iteration"] == expected
    other.save(saved)
    assert Checkpoint.read(saved).state["iteration"] == 2
    assert [path.name for path in saved.parent.iterdir()] == ["checkpoint"]
