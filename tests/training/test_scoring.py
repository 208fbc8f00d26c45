"""Scores of a pass: what metrics gather, arrays as scores, and masks."""

import json

import numpy as np
import pytest
from attrs import frozen
from sigma_nn import Dense, Input, SoftmaxCrossEntropy, SquaredDifference

import sigma_core as sigma
from sigma_core.data import Minibatches
from sigma_core.errors import IdentifierError
from sigma_core.extend import Metric


@frozen
class Extremes(Metric):
    """The lowest and the highest prediction, and all of them in order: (records,) each a list."""

    gathered = ("predictions", "nothing")
    is_number = False

    def measure(self, predictions, targets, mask=None):
        return {"predictions": predictions, "errors": np.sum((predictions - targets) ** 2, axis=0)}

    def result(self, totals):
        column = totals["predictions"][:, 0]
        assert "nothing" not in totals
        return [[column.min(), column.max()], [totals["count"], totals["errors"][0]]]


@frozen
class Counting(Metric):
    """How many elements count."""

    def measure(self, predictions, targets, mask=None):
        return {"elements": np.sum(mask.astype(np.int64))}

    def result(self, totals):
        return totals["elements"]


def test_what_is_gathered_is_joined_over_batches(make, data, monkeypatch):
    """In the order of the records, while other parts are added up; the score is nested lists of floats."""
    trainer = make(metrics={"extremes": Extremes()}, validation=data, dtype="float64")
    run = trainer.run()
    predictions = trainer.predict(data[0])
    expected = [
        [predictions.min(), predictions.max()],
        [10.0, np.sum((predictions - data[1]) ** 2)],
    ]
    # In batches of 256, then of three, of which the last holds one record.
    np.testing.assert_allclose(run.scores["validation.extremes"], expected, rtol=1e-12)
    monkeypatch.setattr("sigma_core.training._scoring.Minibatches", in_threes)
    assert trainer.evaluate()["extremes"] == pytest.approx(np.array(expected), rel=1e-12)
    assert isinstance(run.scores["validation.extremes"][1][0], float)


def in_threes(data, _size, **settings):
    return Minibatches(data, 3, **settings)


def test_a_score_that_is_an_array_is_kept_with_the_run(make, data, tmp_path):
    """In events, in JSON, in the store and in checkpoints; it is no point of a curve."""

    class Seen:
        scores = None

        @sigma.hookimpl
        def sigma_run_ended(self, event):
            self.scores = event.materialised().scores

    seen = Seen()
    trainer = make(metrics={"extremes": Extremes()}, validation=data, hooks=[seen])
    run = trainer.run(directory=tmp_path / "run")
    matrix = run.scores["validation.extremes"]
    assert seen.scores["validation.extremes"] == matrix
    assert json.loads(json.dumps(run.to_dict()))["scores"]["validation.extremes"] == matrix
    with sigma.RunStore.open(tmp_path / "run") as store:
        (stored,) = store.events("run_ended")
        assert "validation.loss" in store.names()
        assert "validation.extremes" not in store.names()
    assert stored.payload["scores"]["validation.extremes"] == matrix
    other = make(metrics={"extremes": Extremes()}, validation=data)
    other.restore(tmp_path / "run" / "checkpoints" / "last")
    assert other.scores["validation.extremes"] == matrix


def test_numbers_of_an_array_that_are_not_finite_are_none_in_json(make):
    """JSON has none of them."""
    run = sigma.Run("digits", None, "20 epochs", 20, 100, 1.5, {"matrix": [[1.0, float("nan")], [float("inf"), 2.0]]})
    assert run.to_dict()["scores"] == {"matrix": [[1.0, None], [None, 2.0]]}


def test_a_criterion_cannot_look_at_an_array(make, data):
    """That is refused before the run, with the scores that are numbers."""
    trainer = make(stop="validation.extremes < 1", metrics={"extremes": Extremes()}, validation=data)
    with pytest.raises(IdentifierError) as caught:
        trainer.build()
    assert str(caught.value) == (
        "criterion 'validation.extremes < 1': the score 'validation.extremes' is no number, but an array\n"
        "  expected: training.loss, validation.loss\n"
        "  to do:    use one of these"
    )


def test_a_metric_is_given_the_mask_of_its_cost(make):
    """Where the cost has one."""
    inputs = np.ones((6, 2, 3))
    counts = np.array([[1, 0], [1, 1], [1, 1], [0, 1], [1, 0], [1, 1]], bool)
    network = Input((2, 3)) + Dense(1) + SquaredDifference(mask="counts")
    sections = {"inputs": inputs, "targets": inputs[..., :1], "counts": counts}
    trainer = make(network=network, data=sections, validation=sections, metrics={"counting": Counting()})
    assert trainer.run().scores["validation.counting"] == 9.0


@pytest.mark.parametrize(
    ("metrics", "scores"),
    [
        ({}, ["kind.accuracy", "loss"]),
        ({"metrics": {"right": "accuracy"}}, ["kind.right", "loss", "size.right"]),
    ],
)
def test_a_cost_is_judged_by_what_it_is_usually_judged_by(metrics, scores):
    """Not by what is usual for another: the accuracy of sizes would say nothing."""
    inputs = Input(2)
    network = [
        SoftmaxCrossEntropy(name="kind", targets="kinds")(Dense(3)(inputs)),
        SquaredDifference(name="size", targets="sizes")(Dense(1)(inputs)),
    ]
    data = {"inputs": np.ones((6, 2)), "kinds": np.arange(6) % 3, "sizes": np.ones(6)}
    trainer = sigma.Trainer(network, data, "adam", "1 epochs", **metrics)

    assert sorted(trainer.evaluate("training")) == scores
