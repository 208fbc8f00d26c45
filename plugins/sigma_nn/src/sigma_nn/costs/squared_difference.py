"""Squared difference: the cost of regression and of autoencoders."""

from attrs import frozen

from sigma_core.extend import Cost, Value
from sigma_nn.costs._targets import like_predictions, mean_over_record


@frozen
class SquaredDifference(Cost):
    """The squared difference of prediction and target, averaged over the numbers of a record.

    Predictions and targets are (batch, ...) of the same shape. Raises ShapeError where they are not.
    """

    def losses(self, predictions: Value, targets: Value) -> Value:
        """One loss per record, (batch,)."""
        difference = predictions - like_predictions("SquaredDifference", predictions, targets)
        return mean_over_record(difference * difference)
