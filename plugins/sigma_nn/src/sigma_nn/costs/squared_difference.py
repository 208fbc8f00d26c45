"""Squared difference: the cost of regression and of autoencoders."""

from typing import TYPE_CHECKING

from attrs import frozen

from sigma_core.extend import Cost
from sigma_nn.costs._targets import like_predictions, mean_over_record

if TYPE_CHECKING:
    from sigma_core.extend import Value


@frozen
class SquaredDifference(Cost):
    """The squared difference of prediction and target, averaged over the numbers of a record.

    Predictions and targets are (batch, ...) of the same shape. Raises ShapeError where they are not.
    """

    def losses(self, predictions: "Value", targets: "Value") -> "Value":
        """One loss per record, (batch,)."""
        difference = predictions - like_predictions("SquaredDifference", predictions, targets)
        return mean_over_record(difference * difference)
