"""Costs that break their contract are caught."""

import numpy as np
from attrs import frozen
from sigma_nn import Huber, NegativeSampling, SoftmaxCrossEntropy

from sigma_core.errors import DataError
from sigma_core.extend import Cost
from sigma_core.testing import check_cost

QUICK = {"backends": ["numpy"], "dtypes": ["float64"]}
SEQUENCES = np.arange(1.0, 13.0).reshape(2, 3, 2)
STEPS = np.array([[True, True, False], [True, True, True]])


@frozen
class Squares(Cost):
    """Squared differences from targets, (batch, ...), added up."""

    def losses(self, predictions, targets, mask=None):
        """Without a look at the mask."""
        return np.sum((predictions - targets) ** 2, axis=tuple(range(1, predictions.ndim)))


def test_costs_that_keep_the_contract_pass():
    """With classes as targets, with parameters, with a mask."""
    check_cost(Squares())
    check_cost(SoftmaxCrossEntropy(), targets=[0, 2, 1, 1, 0], **QUICK)
    check_cost(NegativeSampling(4), targets=[0, 2, 1, 1, 0], **QUICK)
    check_cost(Huber(), SEQUENCES, SEQUENCES[::-1], STEPS, **QUICK)


def test_there_is_a_loss_for_each_record(caught):
    """As a network wants it."""

    @frozen
    class Mean(Squares):
        """The mean over the batch."""

        def losses(self, predictions, targets, mask=None):
            """One number."""
            return np.mean((predictions - targets) ** 2)

    assert caught(check_cost, Mean(), **QUICK) == (
        "Mean, building a network of it for float64[5, 4], float64[5, 4]\n"
        "  expected: that it runs\n"
        "  found:    NetworkError: network.layers.mean_1: with inputs of shape (batch, 4), (batch, 4): "
        "for 2 records they have shape ()\n"
        "  expected: shape (2,), one loss for each record\n"
        "  to do:    add up or average over all axes but the first"
    )


def test_a_mask_that_is_named_is_given(caught):
    """It cannot be guessed."""
    assert caught(check_cost, Huber(mask="steps")) == (
        "Huber, mask\n  expected: an array for the mask that it names\n  found:    none"
    )


def test_targets_are_accepted(caught):
    """They are some that it can score."""

    @frozen
    class Picky(Squares):
        """The same, (batch, ...)."""

        def check_targets(self, targets, shape):
            """Never content."""
            raise DataError("targets", "they are dull")

    assert caught(check_cost, Picky()) == (
        "Picky, data that it can score\n"
        "  expected: that check_targets and check_data accept it\n"
        "  found:    DataError: targets: they are dull"
    )


def test_what_is_masked_does_not_matter(caught):
    """Whatever is predicted there."""
    assert caught(check_cost, Squares(), SEQUENCES, 0 * SEQUENCES, STEPS, **QUICK) == (
        "Squares, predictions that are masked\n"
        "  expected: losses that do not depend on them: [91.0, 559.0]\n"
        "  found:    [251.0, 559.0]"
    )


def test_a_mask_of_all_is_none(caught):
    """What counts, counts as without one."""

    @frozen
    class Odd(Squares):
        """One more with a mask, (batch, ...)."""

        def losses(self, predictions, targets, mask=None):
            """(batch,)."""
            if mask is None:
                return super().losses(predictions, targets)
            return super().losses(np.where(mask[..., np.newaxis], predictions, targets), targets) + 1

    assert caught(check_cost, Odd(), SEQUENCES, 0 * SEQUENCES, STEPS, **QUICK) == (
        "Odd, a mask in which all counts\n"
        "  expected: the losses without a mask: [91.0, 559.0]\n"
        "  found:    [92.0, 560.0]"
    )


def test_predictions_are_of_the_records(caught):
    """One for each."""

    @frozen
    class Summary(Squares):
        """The same, (batch, ...)."""

        def predict(self, predictions):
            """All at once."""
            return np.sum(predictions, axis=0)

    assert caught(check_cost, Summary(), **QUICK) == (
        "Summary, what it predicts\n  expected: shape (5, ...), of 5 records\n  found:    shape (4,)"
    )


def test_its_metrics_can_measure_it(caught):
    """Those that are installed."""

    @frozen
    class Judged(Squares):
        """The same, (batch, ...)."""

        metrics = ("accuracy", "something_rare")

        def predict(self, predictions):
            """No class."""
            return predictions[:, 0]

    assert caught(check_cost, Judged(), **QUICK).startswith(
        "Judged, its metric 'accuracy'\n  expected: that it measures what the cost predicts\n  found:    ShapeError: "
    )
