"""Squared difference: the cost of regression and of autoencoders."""

from typing import Literal

from attrs import frozen

from sigma_core.extend import Cost, Value
from sigma_nn.costs._reduction import over_record, reduction
from sigma_nn.costs._targets import like_predictions


@frozen
class SquaredDifference(Cost):
    """The squared difference of prediction and target; `reduction` makes one of those of a record.

    Predictions and targets are (batch, ...) of the same shape. Raises ShapeError where they are not.
    """

    reduction: Literal["mean", "sum"] = reduction()

    def losses(self, predictions: Value, targets: Value, mask: Value | None = None) -> Value:
        """One loss per record, (batch,)."""
        difference = predictions - like_predictions("SquaredDifference", predictions, targets)
        return over_record(difference * difference, mask, self.reduction)
