"""Weights & Biases: what lies in its files, written by its own library without a network."""

import json
import os
import re
import struct
import sys
from io import BytesIO
from pathlib import Path
from threading import enumerate as threads

import numpy as np
import pytest
from PIL import Image

from sigma_core.extend import RunEnded, RunFailed, RunInfo, RunReset

pytest.importorskip("wandb", reason="Weights & Biases is not installed: uv sync --group exports")

from sigma_monitors.exports import _wandb_service as service
from sigma_monitors.exports.wandb import Wandb
from wandb.proto.wandb_internal_pb2 import Record

_HEADER, _BLOCK = 7, 1 << 15
_FULL, _LAST = 1, 4


def records(path):
    """The records of a file: LevelDB's log, blocks of pieces, each with its length and its place."""
    data = path.read_bytes()
    assert data[:4] == b":W&B"
    offset, waiting = _HEADER, b""
    while offset + _HEADER <= len(data):
        if _BLOCK - offset % _BLOCK < _HEADER:
            offset += _BLOCK - offset % _BLOCK
            continue
        _, length, place = struct.unpack("<IHB", data[offset : offset + _HEADER])
        waiting += data[offset + _HEADER : offset + _HEADER + length]
        offset += _HEADER + length
        if place in (_FULL, _LAST):
            yield Record.FromString(waiting)
            waiting = b""


class Told:
    """What a folder holds of runs."""

    def __init__(self, folder):
        self.files = sorted(folder.glob("wandb/offline-run-*/*.wandb"))
        found = [record for path in self.files for record in records(path)]
        self.runs = [record.run for record in found if record.WhichOneof("record_type") == "run"]
        self.exits = [record.exit.exit_code for record in found if record.WhichOneof("record_type") == "exit"]
        self.rows = [
            {item.key or "/".join(item.nested_key): json.loads(item.value_json) for item in record.history.item}
            for record in found
            if record.WhichOneof("record_type") == "history"
        ]

    def points(self, name):
        return [(row["iteration"], row[name]) for row in self.rows if name in row]

    @property
    def config(self):
        return {
            item.key or "/".join(item.nested_key): json.loads(item.value_json) for item in self.runs[0].config.update
        }


@pytest.fixture(autouse=True)
def offline(tmp_path_factory, monkeypatch):
    """No network, no settings of whoever runs the tests."""
    for name in [name for name in os.environ if name.startswith("WANDB_")]:
        monkeypatch.delenv(name)
    home = tmp_path_factory.mktemp("home")
    for name in ("WANDB_CONFIG_DIR", "WANDB_CACHE_DIR", "WANDB_DATA_DIR"):
        monkeypatch.setenv(name, str(home))
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_ERROR_REPORTING", "false")


@pytest.fixture
def ended():
    return RunEnded(
        run="flowers-1", directory=None, epoch=4, epochs=4, iteration=16, seconds=1.0, ended_because="4 epochs"
    )


def test_a_run_is_logged(trained):
    """Settings as configuration, series over iterations."""
    told = Told(trained({"use": "wandb", "every": 4}))
    (run,) = told.runs
    assert (run.display_name, run.project) == ("run", "sigma")
    assert told.exits == [0]
    assert told.config["optimiser"] == "adam"
    assert told.config["optimiser.learning_rate"] == 0.01
    assert told.config["optimiser.mean_decay"] == 0.9
    assert [iteration for iteration, _ in told.points("training/loss")] == [4, 8, 12, 16]
    assert [iteration for iteration, _ in told.points("validation/accuracy")] == [4, 8, 12, 16]
    assert {value for _, value in told.points("optimiser/learning_rate")} == {0.01}
    assert [row["epoch"] for row in told.rows if "epoch/training.loss" in row] == [1, 2, 3, 4]


def test_a_run_that_goes_on_is_one_run(trained):
    """In a file of its own under the same name; nothing is told twice."""
    monitor = {"use": "wandb", "every": 1}
    trained(monitor, stop="10 iterations")
    told = Told(trained(monitor, stop="4 epochs", resume=True))
    assert len(told.files) == 2
    assert len({run.run_id for run in told.runs}) == 1
    assert [iteration for iteration, _ in told.points("training/loss")] == list(range(1, 17))


def test_what_was_told_is_passed_over(play, started, losses, tmp_path):
    """The run was killed at iteration 7, its newest checkpoint is of iteration 4; then it is exported again."""
    monitor = Wandb(every=1)
    play(monitor, started(), losses(1, 7))
    play(monitor, started(4), losses(5, 9))
    play(monitor, started(), losses(1, 9))
    told = Told(tmp_path)
    assert told.points("training/loss") == [(number, pytest.approx(1 / number)) for number in range(1, 10)]
    assert len({run.run_id for run in told.runs}) == 1


def test_rows_that_were_not_told_come_from_the_store(trained):
    """Also where the run had not been theirs at first."""
    trained(stop="6 iterations")
    told = Told(trained({"use": "wandb", "every": 1}, stop="4 epochs", resume=True))
    assert [iteration for iteration, _ in told.points("training/loss")] == list(range(1, 17))
    assert [iteration for iteration, _ in told.points("validation/loss")] == [4, 6, 8, 12, 16]


def test_a_note_that_cannot_be_read_begins_another_run(play, started, losses, tmp_path):
    """Whoever wrote it."""
    (tmp_path / "wandb.json").write_text("[]", "utf-8")
    play(Wandb(every=1), started(), losses(1, 1))
    assert Told(tmp_path).points("training/loss") == [(1, 1)]


def test_what_is_void_stays_in_a_run_of_its_own(play, started, losses, ended, tmp_path):
    """They take nothing back."""
    play(Wandb(every=1), started(), losses(1, 3), RunReset(epoch=1, iteration=3), losses(1, 2), ended)
    told = Told(tmp_path)
    assert len({run.run_id for run in told.runs}) == 2
    assert sorted(told.exits) == [0, 1]
    assert sorted(iteration for iteration, _ in told.points("training/loss")) == [1, 1, 2, 2, 3]


def test_a_run_that_fails_is_told_as_such(play, started, ended, tmp_path):
    """By its exit code."""
    play(Wandb(), started(), RunFailed(epoch=1, iteration=1, error=ValueError("what a pity")), ended)
    assert Told(tmp_path).exits == [1]


def test_histograms_pictures_and_texts(play, started, published, tmp_path):
    """As the objects that they show; of more bins than they take, neighbours are put together."""
    pixels = np.array([[[255, 0, 0], [0, 255, 0]]], np.uint8)
    many = {"edges": np.linspace(0, 1, 1001), "counts": np.ones(1000)}
    play(
        Wandb(),
        started(),
        published(4, "pictures", weights={"image": pixels.tolist()}),
        published(4, "histograms", few={"edges": [0, 1, 3], "counts": [2, 5]}, many=many),
        published(4, "text_samples", text="To be", odd={"what": 1}),
    )
    (row,) = Told(tmp_path).rows
    assert row["text_samples/text"] == "To be"
    assert row["histograms/few/bins"] == [0, 1, 3]
    assert row["histograms/few/values"] == [2, 5]
    assert len(row["histograms/many/values"]) == 500
    assert sum(row["histograms/many/values"]) == 1000
    assert not any(name.startswith("text_samples/odd") for name in row)
    (picture,) = tmp_path.glob(f"wandb/offline-run-*/files/{row['pictures/weights/path']}")
    np.testing.assert_array_equal(np.asarray(Image.open(BytesIO(picture.read_bytes())).convert("RGB")), pixels)


def test_nothing_is_left_running(play, started, losses, capfd):
    """No process, no thread of theirs; what ends this process is as before, and nothing was printed."""
    hooks = sys.exit, sys.excepthook
    play(Wandb(every=1), started(), losses(1, 3))
    assert (sys.exit, sys.excepthook) == hooks
    assert service.wandb.run is None
    assert [thread.name for thread in threads() if "wandb" in thread.name.lower()] == []
    assert capfd.readouterr() == ("", "")
    # Where processes can be looked at.
    told = Path("/proc/self/task", str(os.getpid()), "children")
    children = told.read_text("ascii").split() if told.exists() else []
    commands = [Path("/proc", child, "cmdline").read_text("utf-8") for child in children]
    assert [command for command in commands if "wandb" in command] == []


def test_a_run_of_somebody_else_goes_on(play, started, losses, tmp_path):
    """Theirs is not ended with ours."""
    (tmp_path / "theirs").mkdir()
    theirs = service.wandb.init(dir=str(tmp_path / "theirs"))
    play(Wandb(every=1), started(), losses(1, 1))
    theirs.log({"still": 1})
    theirs.finish()
    service.wandb.teardown()
    assert [row["still"] for row in Told(tmp_path / "theirs").rows] == [1]
    assert Told(tmp_path).points("training/loss") == [(1, 1)]


def test_a_run_without_a_directory_needs_a_path(play, started, losses, tmp_path):
    """Folders are made."""
    failed = play(Wandb(), started(), run=RunInfo("loose"))
    assert failed.startswith("SettingError: monitor 'wandb': the run has no directory, and no path is given\n")
    monitor = Wandb(path=str(tmp_path / "kept" / "{run}"), every=1)
    assert play(monitor, started(), losses(1, 1), run=RunInfo("loose")) is None
    assert Told(tmp_path / "kept" / "loose").points("training/loss") == [(1, 1)]


def test_a_place_that_cannot_be_written_ends_the_monitor(play, started, tmp_path):
    """A file stands where a folder would have to."""
    (tmp_path / "file").write_text("no folder", "utf-8")
    failed = play(Wandb(path=str(tmp_path / "file")), started())
    assert re.fullmatch(
        r"StorageError: monitor 'wandb': Weights & Biases does not take the run: .*File exists.*"
        r"\n  expected: a folder that can be written, and online an account"
        r'\n  to do:    give mode = "offline", or another path; what the run keeps itself can be exported later',
        failed,
        re.DOTALL,
    )


def test_before_its_start_it_does_nothing():
    """Its methods may be called all the same."""
    monitor = Wandb()
    monitor.flush()
    monitor.close()
