"""Metrics of classification over unequal batches, with and without masks, against scikit-learn."""

import warnings

import numpy as np
import pytest
from sigma_nn import (
    Accuracy,
    ConfusionMatrix,
    F1Score,
    MeanSquaredError,
    Perplexity,
    Precision,
    Recall,
    RocAuc,
    TopKAccuracy,
)
from sklearn import metrics as oracle

from sigma_core.extend import ShapeError
from sigma_core.testing import evaluate, message, trace

random = np.random.default_rng(8)
# One decimal, so that many are equal; class 3 of the five is never right, class 4 never right nor guessed.
SCORES = np.round(random.dirichlet(np.ones(5), 47), 1) - np.eye(5)[4]
PROBABILITIES = random.dirichlet(np.ones(5), 47)
CLASSES = random.integers(0, 3, 47)
YES = random.integers(0, 2, 47)
CHANCES = np.round(random.random(47), 1)
QUESTIONS = random.integers(0, 2, (47, 5))
MASK = random.random(47) < 0.6


def score(metric, predictions, targets, mask=None, batch=9):
    """The score of a pass in batches, the last of which is smaller."""
    parts = {}
    for start in range(0, len(targets), batch):
        given = [each[start : start + batch] for each in (predictions, targets, mask) if each is not None]
        graph = trace(metric.measure, *given)
        for name, part in zip(graph.output_names, evaluate(graph, *given), strict=True):
            parts.setdefault(name, []).append(part.astype(np.float64))
    totals = {name: np.concatenate(each) if name in metric.gathered else sum(each) for name, each in parts.items()}
    return metric.result(totals | {"count": np.float64(len(targets))})


def shares(kind, average):
    return lambda targets, predictions: kind(targets, predictions.argmax(1), average=average, zero_division=0)


def yes(kind, **settings):
    return lambda targets, predictions: kind(targets, predictions > 0.3, zero_division=0, **settings)


def one_against_the_rest(targets, predictions):
    """Over the classes that are right somewhere."""
    return np.mean([oracle.roc_auc_score(targets == c, predictions[:, c]) for c in np.unique(targets)])


SHARES = {"precision": Precision, "recall": Recall, "f1": F1Score}
OF_SKLEARN = {"precision": oracle.precision_score, "recall": oracle.recall_score, "f1": oracle.f1_score}
CASES = {
    "accuracy of answers": (
        Accuracy(threshold=0.3),
        CHANCES,
        YES,
        lambda targets, predictions: oracle.accuracy_score(targets, predictions > 0.3),
    ),
    "accuracy of questions": (
        Accuracy(threshold=0.3),
        SCORES,
        QUESTIONS,
        lambda targets, predictions: np.mean((predictions > 0.3) == targets),
    ),
    "accuracy of classes": (
        Accuracy(),
        SCORES,
        CLASSES,
        lambda targets, predictions: oracle.accuracy_score(targets, predictions.argmax(1)),
    ),
    **{
        f"top {k}": (
            TopKAccuracy(k),
            SCORES,
            CLASSES,
            lambda targets, predictions, k=k: oracle.top_k_accuracy_score(targets, predictions, k=k, labels=range(5)),
        )
        for k in (1, 2, 3)
    },
    **{
        f"{average} {name}": (
            SHARES[name](average),
            SCORES,
            CLASSES,
            shares(OF_SKLEARN[name], average),
        )
        for name in SHARES
        for average in ("macro", "micro", "weighted")
    },
    **{f"{name} of answers": (SHARES[name](threshold=0.3), CHANCES, YES, yes(OF_SKLEARN[name])) for name in SHARES},
    **{
        f"{average} {name} of questions": (
            SHARES[name](average, threshold=0.3),
            SCORES,
            QUESTIONS,
            yes(OF_SKLEARN[name], average=average),
        )
        for name in SHARES
        for average in ("macro", "micro", "weighted")
    },
    "confusion": (
        ConfusionMatrix(),
        SCORES,
        CLASSES,
        lambda targets, predictions: oracle.confusion_matrix(targets, predictions.argmax(1), labels=range(5)),
    ),
    "confusion of answers": (
        ConfusionMatrix(threshold=0.3),
        CHANCES[:, None],
        YES,
        lambda targets, predictions: oracle.confusion_matrix(targets, predictions[:, 0] > 0.3),
    ),
    "area": (RocAuc(), CHANCES, YES, oracle.roc_auc_score),
    "area of a column": (
        RocAuc(),
        CHANCES[:, None],
        YES[:, None].astype(bool),
        lambda targets, predictions: oracle.roc_auc_score(targets[:, 0], predictions[:, 0]),
    ),
    "area of a column for answers without": (
        RocAuc(),
        CHANCES[:, None],
        YES,
        lambda targets, predictions: oracle.roc_auc_score(targets, predictions[:, 0]),
    ),
    "area of classes": (RocAuc(), SCORES, CLASSES, one_against_the_rest),
    "area of questions": (RocAuc(), SCORES, QUESTIONS, oracle.roc_auc_score),
    "perplexity": (
        Perplexity(),
        PROBABILITIES,
        CLASSES,
        lambda targets, predictions: np.exp(oracle.log_loss(targets, predictions, labels=range(5))),
    ),
}


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("case", CASES)
def test_scores_are_those_of_scikit_learn(case, masked):
    """Over all that counts, to 1e-10, with ties and absent classes."""
    metric, predictions, targets, expected = CASES[case]
    mask = MASK if masked else np.ones(47, bool)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = expected(targets[mask], predictions[mask])
    found = score(metric, predictions, targets, MASK if masked else None)
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("case", CASES)
def test_sequences_are_scored_by_their_elements(case):
    """A record of several answers counts as many; a mask that is a number is one."""
    metric, predictions, targets, _ = CASES[case]
    count = MASK[:46].astype(np.int64)
    if predictions.ndim == 1:
        predictions, targets = predictions[:, None], targets[:, None]
    shaped = [each[:46].reshape(23, 2, *each.shape[1:]) for each in (predictions, targets)]
    found = score(metric, *shaped, count.reshape(23, 2), batch=5)
    np.testing.assert_allclose(found, score(metric, predictions[:46], targets[:46], count), rtol=1e-10)


@pytest.mark.parametrize("metric", [Accuracy(), TopKAccuracy(2), F1Score(), ConfusionMatrix(), RocAuc(), Perplexity()])
def test_targets_may_be_classes_in_a_column_or_one_hot(metric):
    """Which are the same answers."""
    expected = score(metric, PROBABILITIES, CLASSES)
    np.testing.assert_allclose(score(metric, PROBABILITIES, CLASSES[:, None]), expected)
    np.testing.assert_allclose(score(metric, PROBABILITIES, np.eye(5)[CLASSES]), expected)


def test_errors_are_averaged_over_what_counts():
    """Not over records whose elements are few."""
    mask = np.round(random.random((47, 5)))
    expected = (((PROBABILITIES - SCORES) ** 2) * mask).sum() / mask.sum()
    assert score(MeanSquaredError(), PROBABILITIES, SCORES, mask) == pytest.approx(expected, rel=1e-12)


def test_what_has_no_answers_has_no_number():
    """A share of nothing is 0, a mean of nothing and an area of one class NaN; an impossible answer is finite."""
    nothing = np.zeros(47, bool)
    assert score(F1Score(), SCORES, CLASSES, nothing) == 0.0
    assert np.isnan(score(Accuracy(), SCORES, CLASSES, nothing))
    assert np.isnan(score(RocAuc(), CHANCES, np.ones(47)))
    assert np.isfinite(score(Perplexity(), np.eye(5)[CLASSES], (CLASSES + 1) % 5))


def test_predictions_that_are_no_numbers_are_not_taken_for_good_ones():
    """As of a network that has diverged: the right class is behind all others, and has no rank among scores."""
    nothing = np.full((4, 3), np.nan)
    assert score(TopKAccuracy(3), nothing, np.array([0, 1, 2, 1])) == 0
    some = np.array([[0.5, np.nan, 0.3], [0.5, np.nan, 0.3], [0.5, np.nan, 0.3]])
    assert score(TopKAccuracy(2), some, np.array([0, 1, 2])) == pytest.approx(1 / 3)
    assert np.isnan(score(RocAuc(), nothing, np.array([0, 1, 2, 1])))
    assert np.isnan(score(RocAuc(), np.array([0.1, np.nan, 0.7]), np.array([0, 1, 1])))


@pytest.mark.parametrize("metric", [TopKAccuracy(), Perplexity()])
def test_metrics_of_classes_refuse_single_numbers(metric):
    """They would rank one class."""
    with pytest.raises(ShapeError) as caught:
        score(metric, CHANCES[:, None], YES)
    assert message(caught.value) == (
        f"{type(metric).__name__}: predictions have records of shape (1,)\n"
        "  expected: a probability for each of several classes\n"
        "  to do:    use it with a cost that predicts classes"
    )
