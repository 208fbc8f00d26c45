"""What a run says of itself when it starts."""

import json

import attrs
import numpy as np
import pytest
from attrs import field, frozen, validators
from sigma_data import OneHot
from sigma_nn import Adam, Dense, Input, SoftmaxCrossEntropy, SquaredDifference

import sigma_core as sigma
from sigma_core.events import LogRecorded, RunDescribed, RunStarted, RunStore, decoded
from sigma_core.extend import Dataset, Modifier
from sigma_core.training import summary

RANDOM = np.random.default_rng(4)
FLOWERS = RANDOM.normal(size=(20, 4)), RANDOM.integers(0, 3, 20)
CLASSES = Input(4) + Dense(3) + SoftmaxCrossEntropy()


@frozen
class Push(Modifier):
    """Push parameters up."""

    rate: float = field(default=0.5, validator=[validators.ge(0.0), validators.lt(2.0)])
    power: float = field(default=1.0, validator=validators.in_([1.0, 2.0]))
    free: float = 0.0


@frozen
class Named(Dataset):
    """Flowers by name."""

    def load(self, environment):
        return {"inputs": FLOWERS[0], "targets": np.array(["setosa", "versicolor", "virginica"])[FLOWERS[1]]}


def described(trainer, **arguments):
    """What a run of a trainer says."""
    heard = trainer.environment.bus.subscribe("test", (RunDescribed, RunStarted))
    trainer.run(**arguments)
    found, started = heard.drain()
    heard.close()
    assert (type(found), type(started)) == (RunDescribed, RunStarted)
    return found


def test_a_run_is_described_before_it_starts(make, hook):
    """In JSON's terms, whether or not its trainer has a recipe."""
    trainer = make("5 iterations", hooks=[hook(epoch_ended=lambda event, trainer: None)])
    found = described(trainer)
    assert (found.name, found.total_iterations, found.total_epochs, found.iterations_per_epoch) == ("run", 5, 2, 3)
    assert (found.seconds, found.parameters, found.backend) == (0.0, 21, "numpy")
    assert found.network == trainer.network.as_data()
    assert found.hooks == [attrs.asdict(row) for row in trainer.explain()]
    assert [row["hook"] for row in found.hooks] == ["sigma_epoch_ended"]
    told = attrs.asdict(found)
    assert json.loads(json.dumps(told)) == told


def test_a_criterion_that_does_not_tell_has_no_last_iteration(make):
    """Nobody knows how long it takes."""
    found = described(make("training.loss < 100"))
    assert (found.total_iterations, found.total_epochs) == (None, None)


def test_settings_have_what_an_editor_needs(make):
    """The value as it is by now, and bounds and choices by whatever validators say."""
    trainer = make(modifiers=[Push()], stop="2 epochs | early switch")
    trainer.set("optimiser.learning_rate", 0.125)
    trainer.set("criteria.early", value=False)
    settings = {setting.pop("identifier"): setting for setting in described(trainer).settings}

    def number(value, minimum=None, maximum=None, excluded=(False, False)):
        return {
            "type": "float",
            "value": value,
            "minimum": minimum,
            "maximum": maximum,
            "excludes_minimum": excluded[0],
            "excludes_maximum": excluded[1],
            "choices": None,
        }

    assert settings == {
        "optimiser.learning_rate": number(0.125, 0),
        "optimiser.mean_decay": number(0.9, 0, 1, (False, True)),
        "optimiser.square_decay": number(0.999, 0, 1, (False, True)),
        "optimiser.epsilon": number(1e-8, 0),
        "modifiers.push.rate": number(0.5, 0.0, 2.0, (False, True)),
        "modifiers.push.power": {**number(1.0), "type": "choice", "choices": [1.0, 2.0]},
        "modifiers.push.free": number(0.0),
        "criteria.early": {**number(value=False), "type": "bool"},
    }


def test_all_that_is_told_of_can_be_set(make):
    """To the value that it has, and to the bounds that are not excluded."""
    trainer = make(modifiers=[Push()], parameter_groups={"**.biases": {"learning_rate": 0.5}})
    settings = described(trainer).settings
    assert "optimiser.group_1.learning_rate" in [setting["identifier"] for setting in settings]
    for setting in settings:
        allowed = {setting["value"], *(setting["choices"] or ())}
        allowed |= {
            setting[bound]
            for bound in ("minimum", "maximum")
            if setting[bound] is not None and not setting[f"excludes_{bound}"]
        }
        for value in allowed:
            assert trainer.set(setting["identifier"], value) == (setting["identifier"],)


def test_data_has_its_parts_and_labels():
    """Classes that a cost scores are as many as there are predictions."""
    trainer = sigma.Trainer(CLASSES, FLOWERS, Adam(), "1 epochs", validation=(FLOWERS[0][:5], FLOWERS[1][:5]))
    sections = {
        "inputs": {"shape": [4], "dtype": "float32", "labels": None},
        "targets": {"shape": [], "dtype": "int64", "labels": ["0", "1", "2"]},
    }
    assert described(trainer).data == {
        "training": {"records": 20, "sections": sections},
        "validation": {"records": 5, "sections": sections},
    }


def test_numbers_that_are_no_classes_have_no_labels(make):
    """As those of a regression."""
    sections = described(make()).data["training"]["sections"]
    assert [section["labels"] for section in sections.values()] == [None, None]


def test_classes_that_a_preprocessor_knows_are_labels():
    """By their names, in their order."""
    dataset = Named(preprocess={"targets": [OneHot()]})
    trainer = sigma.Trainer(Input(4) + Dense(3) + SquaredDifference(), dataset, Adam(), "1 epochs")
    sections = described(trainer).data["training"]["sections"]
    assert sections["targets"] == {
        "shape": [3],
        "dtype": "float32",
        "labels": ["setosa", "versicolor", "virginica"],
    }


def test_a_part_that_cannot_be_described_does_not_fail_the_run(make, monkeypatch):
    """It is empty, and a warning says why."""
    trainer = make()

    def broken():
        raise ValueError("on purpose")

    monkeypatch.setattr(trainer, "explain", broken)
    heard = trainer.environment.bus.subscribe("warnings", (LogRecorded,))
    found = described(trainer)
    assert (found.hooks, found.parameters) == ([], 21)
    (warning,) = heard.drain()
    assert (warning.level, warning.text) == ("warning", "run not described")
    assert dict(warning.fields) == {"part": "hooks", "reason": "ValueError: on purpose"}
    heard.close()


def test_each_start_is_described(make, tmp_path):
    """Also that of a run that is gone on with, with the seconds that it ran before."""
    path = tmp_path / "one"
    first = make("2 epochs").run(directory=path)
    make("3 epochs").run(directory=path, resume=True)
    with RunStore.open(path) as store:
        kinds = [event.kind for event in store.events() if event.kind in ("run_described", "run_started")]
        events = [decoded(event, RunDescribed) for event in store.events("run_described")]
    assert kinds == ["run_described", "run_started"] * 2
    assert [(event.name, event.total_epochs) for event in events] == [("one", 2), ("one", 3)]
    # The checkpoint, of which the second one begins, is written before the first has ended.
    assert 0.0 == events[0].seconds < events[1].seconds <= first.seconds
    found = summary(path)
    assert (found.total_epochs, found.total_iterations, found.epochs) == (3, 9, 3)


@pytest.mark.parametrize("classes", [1000, 1001])
def test_words_are_no_labels(classes):
    """More than a thousand classes are nothing to be read."""
    network = Input(4) + Dense(classes) + SoftmaxCrossEntropy()
    trainer = sigma.Trainer(network, FLOWERS, Adam(), "1 iterations")
    labels = described(trainer).data["training"]["sections"]["targets"]["labels"]
    assert (labels is None) == (classes > 1000)
