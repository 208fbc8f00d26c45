"""Checkpoints: whole or not there."""

import hashlib
import json
import os
import pickle
import re
import shutil
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file
from sigma_nn import Adam, Dense, Dropout, Input, SquaredDifference

import sigma_core as sigma
from sigma_core import load_parameters
from sigma_core.errors import CheckpointError, DataError, StorageError
from sigma_core.training import Checkpoint
from sigma_core.training._checkpoint import sealed

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
    """Any reader of safetensors finds parameters by their identifiers, slots and counters."""
    arrays = load_file(saved / "state.safetensors")

    assert sorted(arrays) == [
        "key",
        "network.layers.dense_1.biases",
        "network.layers.dense_1.weights",
        "network.layers.dense_2.biases",
        "network.layers.dense_2.weights",
        "optimiser.epsilon",
        "optimiser.learning_rate",
        "optimiser.mean_decay",
        "optimiser.square_decay",
        "slots.mean",
        "slots.square",
        "step",
        "totals.loss",
        "totals.records",
    ]
    assert arrays["network.layers.dense_1.weights"].shape == (3, 5)
    assert arrays["slots.mean"].shape == (3 * 5 + 5 + 5 + 1,)
    assert arrays["step"] == 3


def test_pytorch_reads_the_arrays(saved):
    """Where it is installed."""
    torch = pytest.importorskip("torch", reason="the oracle group is not installed")
    safetensors = pytest.importorskip("safetensors.torch")

    arrays = safetensors.load_file(saved / "state.safetensors")

    weights = arrays["network.layers.dense_1.weights"]
    assert (weights.dtype, weights.shape) == (torch.float32, (3, 5))
    assert weights.numpy().tobytes() == load_parameters(saved)["network.layers.dense_1.weights"].tobytes()


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
    path.write_text(json.dumps(sealed({**values, **changed})), "utf-8")


def state(saved, change):
    path = saved / "manifest.json"
    values = json.loads(path.read_text("utf-8"))
    change(values["state"])
    path.write_text(json.dumps(sealed(values)), "utf-8")


def cut(path):
    path.write_bytes(path.read_bytes()[:-4])


def flip(path, text):
    """One bit, of a character that it is found at."""
    data = bytearray(path.read_bytes())
    data[data.index(text)] ^= 1
    path.write_bytes(data)


def pack(path):
    """A megabyte of zeros that takes a thousandth of it."""
    with zipfile.ZipFile(path, "w") as file:
        # Without the time of day, which would be other bytes each time.
        file.writestr(zipfile.ZipInfo("data.pkl"), bytes(2**20), zipfile.ZIP_DEFLATED)


class Trap:
    """Does something when it is unpickled."""

    def __reduce__(self):
        return os.abort, ()


DAMAGED = "\n  expected: a whole checkpoint\n  to do:    use another checkpoint of the run"
DAMAGES = [
    (
        lambda saved: cut(saved / "state.safetensors"),
        "state.safetensors has 1,412 bytes and not 1,416" + DAMAGED,
    ),
    (
        lambda saved: flip(saved / "state.safetensors", b"network"),
        "the checksum of state.safetensors is another than the manifest's" + DAMAGED,
    ),
    (
        lambda saved: flip(saved / "manifest.json", b"3,"),
        "manifest.json has another checksum than it says" + DAMAGED,
    ),
    (
        lambda saved: (saved / "manifest.json").write_bytes(pickle.dumps(Trap())),
        "manifest.json is no JSON: 'utf-8' codec can't decode byte 0x80 in position 0: invalid start byte" + DAMAGED,
    ),
    (
        lambda saved: pack(saved / "manifest.json"),
        (
            "manifest.json is no JSON: 'utf-8' codec can't decode byte ... in position ...: invalid continuation byte"
            + DAMAGED
        ),
    ),
    (
        lambda saved: (saved / "manifest.json").write_bytes(100_000 * b"["),
        "manifest.json is no JSON: ..." + DAMAGED,
    ),
    (
        lambda saved: cut(saved / "manifest.json"),
        "manifest.json is no JSON: Unterminated string starting at: line ..." + DAMAGED,
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
    (lambda saved: manifest(saved, version="2"), "manifest.json has version '2'" + DAMAGED),
    (lambda saved: manifest(saved, arrays=[]), "manifest.json does not say what was written by what" + DAMAGED),
    (lambda saved: manifest(saved, provenance=[1]), "manifest.json does not say what was written by what" + DAMAGED),
    (
        lambda saved: manifest(saved, arrays={"bytes": "many"}),
        "state.safetensors has 1,416 bytes and not 'many'" + DAMAGED,
    ),
    (
        lambda saved: manifest(saved, version=3),
        (
            "it has version 3\n"
            "  expected: versions 1 to 2\n"
            "  to do:    read it with the version of sigma-core that wrote it"
        ),
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
    found = re.sub(r"byte 0x.. in position [1-9]\d*:", "byte ... in position ...:", found)
    found = re.sub(r"maximum recursion depth exceeded.*", "...", found)
    assert found == f"{saved}: {message.format(**files)}"
    assert {name: array.tobytes() for name, array in one.team.pull().items()} == {
        name: array.tobytes() for name, array in before.items()
    }


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pipes in folders")
@pytest.mark.parametrize("name", ["manifest.json", "state.safetensors"])
def test_what_has_no_end_is_not_read(saved, name):
    """A pipe that nobody writes to, and a device, in the place of a file."""
    (saved / name).unlink()
    os.mkfifo(saved / name)
    assert refused(CheckpointError, lambda: Checkpoint.read(saved)) == f"{saved}: {name} is no file{DAMAGED}"

    (saved / name).unlink()
    (saved / name).symlink_to("/dev/zero")
    assert refused(CheckpointError, lambda: Checkpoint.read(saved)) == f"{saved}: {name} is no file{DAMAGED}"


@pytest.mark.parametrize(
    "data",
    [
        b"\x08\0\0\0\0\0\0\0nonsense",
        b"\xff\xff\xff\xff\xff\xff\xff\x7f{}",
        pickle.dumps({"parameters": Trap()}),
        b"PK\x03\x04" + bytes(100),
    ],
)
def test_arrays_that_are_none_are_refused(saved, data):
    """Also where the checksum is theirs: nonsense, a length without end, a pickle, an archive."""
    (saved / "state.safetensors").write_bytes(data)
    manifest(saved, arrays={"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()})

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
