"""Events as values: names, lazy scores, JSON."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from attrs.exceptions import FrozenInstanceError

from sigma_core.errors import DataError
from sigma_core.events import (
    CheckpointSaved,
    EpochEnded,
    IterationEnded,
    IterationStarted,
    LogRecorded,
    NetworkBuilt,
    RunFailed,
    ValidationEnded,
    ValuesPublished,
    measurements,
    name_of_event,
    payload,
    plain,
)


class LazyScores(Mapping):
    """Scores that count how often they are read."""

    def __init__(self, values):
        self.values_by_name = values
        self.reads = 0

    def __getitem__(self, name):
        self.reads += 1
        return self.values_by_name[name]

    def __iter__(self):
        return iter(self.values_by_name)

    def __len__(self):
        return len(self.values_by_name)


def test_names_are_those_of_the_hooks():
    """An event's name is that of its class, written as identifiers are."""
    assert name_of_event(IterationEnded) == "iteration_ended"
    assert name_of_event(IterationEnded) == "iteration_ended"


def test_events_are_immutable():
    """What happened does not change."""
    event = IterationStarted(epoch=1, iteration=1)
    with pytest.raises(FrozenInstanceError):
        event.iteration = 2


def test_lazy_scores_become_floats():
    """Materialised, an event holds plain floats, and the original stays lazy."""
    lazy = LazyScores({"loss": np.float32(0.5), "hits": np.array(3), "confusion": np.eye(2), "name": 1})
    event = IterationEnded(epoch=1, iteration=2, scores=lazy)
    assert lazy.reads == 0
    ready = event.materialised()
    assert {name: type(value) for name, value in ready.scores.items()} == {
        "loss": float,
        "hits": float,
        "confusion": np.ndarray,
        "name": float,
    }
    assert (ready.iteration, ready.scores["loss"], ready.scores["hits"]) == (2, 0.5, 3.0)
    assert event.scores is lazy
    assert IterationEnded(epoch=1, iteration=1, scores={"loss": np.float32(1)}).materialised().scores == {"loss": 1.0}


def test_texts_and_tables_that_are_published_stay():
    """As they are, and as a store keeps them."""
    values = {"text": "3.5", "histogram": {"counts": [1, 2], "mean": float("nan")}, "count": np.int64(3)}
    event = ValuesPublished(source="mine", epoch=1, iteration=2, values=values).materialised()
    assert event.values == {**values, "count": 3.0}
    assert payload(event)["values"] == {"text": "3.5", "histogram": {"counts": [1, 2], "mean": "NaN"}, "count": 3.0}


def test_plain_events_are_materialised_already():
    """An event that has nothing lazy is returned as it is."""
    for event in (IterationStarted(epoch=1, iteration=1), IterationEnded(epoch=1, iteration=1, scores={"loss": 0.5})):
        assert event.materialised() is event


def test_values_become_json():
    """Everything that an event can hold has a form in JSON."""
    values = {
        "none": None,
        1: [True, 2, "x"],
        "numbers": (0.5, np.float64(0.25), np.float32(0.5), np.int64(3)),
        "array": np.array([[1.0, np.nan]]),
        "infinite": {float("inf")},
        "below": -np.inf,
        "path": Path("runs"),
        "error": ValueError("bad"),
        "sigma": DataError(where="file 'x.csv'", found="is empty"),
        "instance": object(),
    }
    expected = {
        "none": None,
        "1": [True, 2, "x"],
        "numbers": [0.5, 0.25, 0.5, 3],
        "array": [[1.0, "NaN"]],
        "infinite": ["Infinity"],
        "below": "-Infinity",
        "path": "runs",
        "error": "ValueError: bad",
        "sigma": "file 'x.csv': is empty",
        "instance": "builtins.object",
    }
    assert plain(values) == expected
    assert json.loads(json.dumps(plain(values), allow_nan=False)) == expected


def test_payloads_hold_every_field():
    """A payload names the event's own fields."""
    error = DataError(where="file 'x.csv'", found="is empty")
    assert payload(RunFailed(epoch=1, iteration=2, error=error)) == {
        "epoch": 1,
        "iteration": 2,
        "error": "file 'x.csv': is empty",
    }
    assert payload(NetworkBuilt(network=[1])) == {"network": [1]}
    record = LogRecorded(level="info", text="hello", fields={"x": np.float64(1)}, time=2.0, logger="sigma")
    assert payload(record) == {"level": "info", "text": "hello", "fields": {"x": 1.0}, "time": 2.0, "logger": "sigma"}


def test_scores_are_measurements_under_the_place_where_they_were_taken():
    """The identifier says where a score comes from; what is not one number is left out."""
    scores = {"loss": 0.5, "confusion": np.eye(2)}
    place = {"epoch": 1, "iteration": 7, "scores": scores}
    assert list(measurements(IterationEnded(**place))) == [("training.loss", 7, 0.5)]
    assert list(measurements(ValidationEnded(name="test", **place))) == [("test.loss", 7, 0.5)]
    ended = EpochEnded(
        epoch=1, iteration=7, iterations_per_epoch=7, scores={"training.loss": 0.5, "validation.loss": 0.6}
    )
    assert list(measurements(ended)) == [("epoch.training.loss", 7, 0.5)]
    assert list(measurements(CheckpointSaved(path="x", epoch=1, iteration=7))) == []
