"""Metrics that break their contract are caught."""

import numpy as np
import pytest
from attrs import frozen
from sigma_nn import Accuracy, RocAuc

from sigma_core.extend import Metric
from sigma_core.testing import check_metric

QUICK = {"backends": ["numpy"], "dtypes": ["float64"]}
PREDICTIONS = np.arange(1.0, 6.0)


def metric(measure, result):
    @frozen
    class Odd(Metric):
        """Made for a test."""

        def measure(self, predictions, targets, mask=None):
            """What the test adds up."""
            return measure(predictions)

        def result(self, totals):
            """What the test makes of it."""
            return result(totals)

    return Odd()


def test_metrics_that_keep_the_contract_pass():
    """Of sums, of all answers, with a mask."""
    check_metric(Accuracy())
    check_metric(RocAuc(), **QUICK)
    shares, mask = np.random.default_rng(0).random((4, 2, 3)), np.array([[1, 0], [1, 1], [0, 1], [1, 1]], bool)
    check_metric(Accuracy(), shares, shares.argmax(axis=2), mask, **QUICK)


BROKEN = {
    "no dictionary": (
        lambda predictions: {1: np.sum(predictions)},
        lambda totals: 1.0,
        "measure\n  expected: a dictionary of sums by name\n  found:    names [1]",
    ),
    "no number": (
        lambda predictions: {"sum": np.sum(predictions)},
        lambda totals: [1.0, 2.0],
        "result\n  expected: one number\n  found:    [1.0, 2.0]",
    ),
    "an error": (
        lambda predictions: {"sum": np.sum(predictions)},
        lambda totals: totals["total"],
        "result\n  expected: that it runs\n  found:    KeyError: 'total'",
    ),
    "means of batches": (
        lambda predictions: {"mean": np.mean(predictions)},
        lambda totals: float(totals["mean"]),
        "score in float64 of batches of 1, 2 and 2 records\n  expected: 3.0, that of all 5 at once\n  found:    8.0",
    ),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_what_a_metric_breaks_is_told(broken, caught):
    """What was checked, what was expected, what was found."""
    measure, result, told = BROKEN[broken]
    assert caught(check_metric, metric(measure, result), PREDICTIONS, PREDICTIONS, **QUICK) == f"Odd, {told}"
