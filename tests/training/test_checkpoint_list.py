"""The checkpoints of a run, as lists show them."""

import json
import shutil

import pytest

import sigma_core as sigma
from sigma_core.extend import checkpoints_of

RECIPE = {
    "seed": 1,
    "stop": "2 epochs",
    "dataset": {"use": "iris", "split": [0.8, 0.2]},
    "optimiser": "adam",
    "network": [{"use": "input", "shape": [4]}, {"use": "dense", "size": 3}, {"use": "softmax_cross_entropy"}],
}


@pytest.fixture
def directory(tmp_path):
    """A run that has ended, with what it saved and some parameters."""
    trainer = sigma.Trainer.from_recipe(RECIPE)
    trainer.run(directory=tmp_path / "run")
    trainer.save(tmp_path / "run" / "checkpoints" / "weights", values="network.**.weights")
    return tmp_path / "run"


def test_the_newest_comes_first_with_its_place(directory):
    weights, last = checkpoints_of(directory)
    assert (last.name, last.epoch, last.iteration, last.is_whole) == ("last", 2, 8, True)
    assert last.path == directory / "checkpoints" / "last"
    assert last.bytes == sum(path.stat().st_size for path in last.path.iterdir())
    assert last.scores["training.loss"] > 0
    assert (weights.name, weights.iteration, weights.is_whole, weights.problem) == ("weights", None, False, None)


def test_a_damaged_one_says_what_is_wrong(directory):
    (directory / "checkpoints" / "last" / "manifest.json").write_text("{")
    (directory / "checkpoints" / "empty").mkdir()
    found = {each.name: each for each in checkpoints_of(directory)}
    assert "manifest.json is no JSON" in found["last"].problem
    assert "cannot be read" in found["empty"].problem
    assert not found["last"].is_whole


def test_one_that_a_crash_left_set_aside_is_found(directory):
    folder = directory / "checkpoints"
    (folder / "last").rename(folder / ".last.previous")
    found = {each.name: each for each in checkpoints_of(directory)}
    assert found["last"].is_whole
    assert found["last"].bytes > 0


def test_whatever_a_manifest_holds_is_no_fault_of_the_list(directory):
    path = directory / "checkpoints" / "last" / "manifest.json"
    manifest = json.loads(path.read_text("utf-8"))
    state = {"epoch": "three", "iteration": None, "scores": [1]}
    path.write_text(json.dumps({**manifest, "version": 1, "state": state}), "utf-8")
    last = checkpoints_of(directory)[1]
    assert (last.epoch, last.iteration, last.scores) == (None, None, {})


def test_where_there_is_no_folder_there_is_none(tmp_path, directory):
    assert checkpoints_of(tmp_path / "nowhere") == []
    shutil.rmtree(directory / "checkpoints")
    (directory / "checkpoints").write_text("a file")
    assert checkpoints_of(directory) == []
