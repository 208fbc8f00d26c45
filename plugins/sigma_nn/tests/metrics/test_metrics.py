"""Metrics, accumulated over batches of unequal size, against scikit-learn."""

import numpy as np
import pytest
from sigma_nn import Accuracy, MeanAbsoluteError, MeanSquaredError
from sklearn.metrics import accuracy_score, mean_absolute_error, mean_squared_error

from sigma_core.extend import ShapeError
from sigma_core.testing import evaluate, trace

random = np.random.default_rng(3)
PREDICTIONS = random.random((23, 4))
CLASSES = random.integers(0, 4, 23)
GUESSES = PREDICTIONS.argmax(1)
YES_OR_NO = random.integers(0, 2, 23)


def score(metric, predictions, targets, batch=5):
    """The score of a pass in batches, the last of which is smaller."""
    totals = {"count": np.float64(len(targets))}
    for start in range(0, len(targets), batch):
        arrays = predictions[start : start + batch], targets[start : start + batch]
        graph = trace(metric.measure, *arrays)
        for name, part in zip(graph.output_names, evaluate(graph, *arrays), strict=True):
            totals[name] = totals.get(name, 0.0) + part.astype(np.float64)
    return metric.result(totals)


@pytest.mark.parametrize(
    ("predictions", "targets", "expected"),
    [
        (PREDICTIONS, CLASSES, accuracy_score(CLASSES, GUESSES)),
        (PREDICTIONS, CLASSES[:, None], accuracy_score(CLASSES, GUESSES)),
        (PREDICTIONS, np.eye(4)[CLASSES], accuracy_score(CLASSES, GUESSES)),
        (PREDICTIONS[:, :1], YES_OR_NO, accuracy_score(YES_OR_NO, PREDICTIONS[:, 0] > 0.5)),
        (PREDICTIONS[:, :1], YES_OR_NO[:, None].astype(float), accuracy_score(YES_OR_NO, PREDICTIONS[:, 0] > 0.5)),
        (PREDICTIONS[:, 0], YES_OR_NO.astype(bool), accuracy_score(YES_OR_NO, PREDICTIONS[:, 0] > 0.5)),
        (PREDICTIONS[:20].reshape(5, 4, 4), CLASSES[:20].reshape(5, 4), accuracy_score(CLASSES[:20], GUESSES[:20])),
    ],
    ids=["classes", "column of classes", "one-hot", "yes or no", "column of yes or no", "without an axis", "sequences"],
)
def test_accuracy(predictions, targets, expected):
    """The share of right answers, whatever form the targets have."""
    assert score(Accuracy(), predictions, targets) == pytest.approx(expected, abs=1e-12)


def test_errors():
    """Means over all numbers of all records."""
    targets = random.random((23, 4))
    assert score(MeanSquaredError(), PREDICTIONS, targets) == pytest.approx(mean_squared_error(targets, PREDICTIONS))
    assert score(MeanAbsoluteError(), PREDICTIONS, targets) == pytest.approx(mean_absolute_error(targets, PREDICTIONS))
    column = PREDICTIONS[:, :1]
    assert score(MeanSquaredError(), column, CLASSES) == pytest.approx(mean_squared_error(CLASSES, column))
    assert score(MeanAbsoluteError(), column, CLASSES) == pytest.approx(mean_absolute_error(CLASSES, column))


@pytest.mark.parametrize(
    ("metric", "message"),
    [
        (
            Accuracy(),
            (
                "Accuracy: predictions have records of shape (4,), targets of shape (3,)\n"
                "  expected: targets with records of shape () or (4,)\n"
                "  to do:    give the data targets of one of these shapes"
            ),
        ),
        (
            MeanSquaredError(),
            (
                "MeanSquaredError: predictions have records of shape (4,), targets of shape (3,)\n"
                "  expected: the same shape of both\n"
                "  to do:    give the last layer as many units as a target has numbers"
            ),
        ),
        (
            MeanAbsoluteError(),
            (
                "MeanAbsoluteError: predictions have records of shape (4,), targets of shape (3,)\n"
                "  expected: the same shape of both\n"
                "  to do:    give the last layer as many units as a target has numbers"
            ),
        ),
    ],
)
def test_targets_that_do_not_fit_are_refused(metric, message):
    """Naming both shapes."""
    with pytest.raises(ShapeError) as caught:
        score(metric, PREDICTIONS, np.eye(3)[CLASSES % 3])
    assert str(caught.value) == message
