"""Checkpoints: whole or not there."""

import json
import os
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file
from sigma_nn import Adam, Dense, Dropout, Input, SquaredDifference

import sigma_core as sigma
from sigma_core.errors import CheckpointError, DataError, StorageError
from sigma_core.training import Checkpoint

DATA = np.random.default_rng(5).normal(size=(10, 3)), np.random.default_rng(6).normal(size=(10, 1))


def refused(error, action):
    with pytest.raises(error) as caught:
        action()
    return str(caught.value)


def trainer(stop="5 epochs", **changed):
    """Three iterations an epoch, with random numbers in each of them."""
    network = Input(3) + Dense(5, activation="tanh") + Dropout(0.3) + Dense(1) + SquaredDifference()
    given = {"network": network, "data": DATA, "optimiser": Adam(0.05), "validation": DATA, "dtype": "float32"}
    return sigma.Trainer(**{**given, "batch_size": 4, "seed": 9, **changed}, stop=stop)


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


@pytest.mark.parametrize(
    ("make", "place", "found"),
    [
        (lambda _: None, ".", "it is a folder that others lie in"),
        (lambda _: None, "..", "it is a folder that others lie in"),
        (lambda path: path.write_bytes(b""), "mine", "it is a file"),
        (lambda path: (path / "thesis").mkdir(parents=True), "mine", "it holds something else"),
    ],
)
def test_what_is_no_checkpoint_is_not_replaced(tmp_path, monkeypatch, make, place, found):
    """It is left alone."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    make(Path(place))
    before = sorted(tmp_path.rglob("*"))

    assert refused(CheckpointError, lambda: trainer().build().save(place)) == (
        f"{place}: {found}\n  expected: a new folder, or a checkpoint to replace\n  to do:    choose another folder"
    )
    assert sorted(tmp_path.rglob("*")) == before


def test_a_folder_that_cannot_be_listed_is_told(saved, monkeypatch):
    """In the system's words."""

    def refuse(_):
        raise PermissionError(13, "Permission denied")

    one = trainer().build()
    monkeypatch.setattr(Path, "iterdir", refuse)

    assert refused(StorageError, lambda: one.save(saved)) == (
        f"{saved}: cannot be written: [Errno 13] Permission denied\n"
        "  expected: a folder that can be written, with room left\n"
        "  to do:    free some space or choose another folder"
    )


def test_saving_again_replaces(saved):
    """Nothing else is left beside it."""
    other = trainer()
    other.run(stop="2 iterations")
    (saved / ".DS_Store").touch()

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
