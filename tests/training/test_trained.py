"""A run's network, asked without the data that it was trained on."""

import shutil

import numpy as np
import pytest
from attrs import frozen
from sigma_nn import Adam, Dense, Input, SoftmaxCrossEntropy

import sigma_core as sigma
from sigma_core.errors import CheckpointError, DataError, RunDirectoryError, TrainerError
from sigma_core.extend import Preprocessor
from sigma_core.testing import message
from sigma_core.training._checkpoint import Checkpoint

RECIPE = """seed = 1
stop = "3 epochs | validation.loss plateau 5"
batch_size = 4
optimiser = { use = "adam", learning_rate = 0.05 }
network = [{ use = "input", shape = [2] }, { use = "dense", size = 3 }, "softmax_cross_entropy"]
metrics = ["accuracy"]
[dataset]
use = "extracted"
extractor = { use = "csv", source = "flowers.csv", sections = { inputs = "0-1", targets = "2" } }
preprocess = { inputs = ["standardise", { use = "normalise", to = [-1, 1] }] }
split = [0.8, 0.2]
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    """The directory of a run of which the data is gone, the trainer that ran it, and raw inputs."""
    monkeypatch.chdir(tmp_path)
    inputs = np.random.default_rng(0).normal(5, 3, (30, 2)).round(3)
    rows = [f"{one},{other},{index % 3}" for index, (one, other) in enumerate(inputs.tolist())]
    (tmp_path / "flowers.csv").write_text("\n".join(rows) + "\n", "utf-8")
    (tmp_path / "flowers.toml").write_text(RECIPE, "utf-8")
    trainer = sigma.Trainer.from_recipe("flowers.toml")
    trainer.run(directory="run")
    (tmp_path / "flowers.csv").unlink()
    return tmp_path / "run", trainer, inputs


def test_it_predicts_what_the_trainer_predicts(run):
    """Raw inputs go through what the preprocessors had learnt, bit for bit."""
    directory, trainer, inputs = run
    loaded = sigma.load_trained(directory)
    np.testing.assert_array_equal(loaded.predict(inputs), trainer.predict(inputs))
    for fitted, again in zip(trainer.data.preprocessing["inputs"], loaded.data.preprocessing["inputs"], strict=True):
        assert {name: np.asarray(value).tolist() for name, value in fitted.state.items()} == {
            name: np.asarray(value).tolist() for name, value in again.state.items()
        }


def test_it_evaluates_records_that_are_given(run):
    """As the trainer does."""
    directory, trainer, inputs = run
    records = {"inputs": inputs, "targets": np.arange(30) % 3}
    assert sigma.load_trained(directory).evaluate(records) == trainer.evaluate(records)


def test_it_has_no_data_to_train_or_to_score(run):
    """And says what to do."""
    directory, _, _ = run
    loaded = sigma.load_trained(directory)
    for ask in (loaded.run, loaded.evaluate, lambda: loaded.setup.dataset.load(None)):
        with pytest.raises(TrainerError) as caught:
            ask()
        assert message(caught.value) == (
            "trainer: it was loaded without its data, of which it knows what preprocessors learnt\n"
            "  expected: to be asked: predict(inputs), evaluate(records)\n"
            "  to do:    to train on, compose it from its recipe, with its data, and restore the checkpoint"
        )


def test_a_checkpoint_of_an_older_version_says_nothing_of_the_data(run):
    """It is good to go on from, with the data."""
    directory, _, _ = run
    place = directory / "checkpoints" / "last"
    old = Checkpoint.read(place)
    shutil.rmtree(place)
    Checkpoint(old.arrays, {key: value for key, value in old.state.items() if key != "data"}).write(place)
    with pytest.raises(CheckpointError) as caught:
        sigma.load_trained(directory)
    assert message(caught.value) == (
        f"{place}: it says nothing of the data that was trained on\n"
        "  expected: a checkpoint with what preprocessors learnt\n"
        "  to do:    compose the trainer from its recipe, with its data, and restore the checkpoint"
    )


def test_a_run_without_a_recipe_cannot_be_composed(tmp_path):
    """Such as one on arrays."""
    data = np.zeros((4, 2)), np.arange(4) % 2
    trainer = sigma.Trainer(Input(2) + Dense(2) + SoftmaxCrossEntropy(), data, Adam(), "1 epochs")
    trainer.run(directory=tmp_path / "run")
    with pytest.raises(RunDirectoryError, match="its trainer had no recipe"):
        sigma.load_trained(tmp_path / "run")


@frozen
class Odd(Preprocessor):
    """Learns what cannot be kept."""

    def fit(self, blocks):
        return {"seen": {1, 2}}

    def apply(self, array, state):
        return array


def test_what_cannot_be_kept_is_refused_before_the_first_step():
    """Not by the first checkpoint."""
    data = sigma.InMemory({"inputs": np.zeros((4, 2)), "targets": np.arange(4) % 2}, preprocess={"inputs": Odd()})
    with pytest.raises(DataError, match=r"state of a preprocessor, inputs\.0\.seen: it is an object of type set"):
        sigma.Trainer(Input(2) + Dense(2) + SoftmaxCrossEntropy(), data, Adam(), "1 epochs").build()
