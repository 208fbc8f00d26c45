"""Absolute difference: the cost of regression to medians, which outliers hardly move."""

from typing import Literal

import numpy as np
from attrs import frozen

from sigma_core.extend import Cost, Value
from sigma_nn.costs._reduction import over_record, reduction
from sigma_nn.costs._targets import like_predictions


@frozen
class AbsoluteDifference(Cost):
    """The distance of prediction and target; `reduction` makes one of those of a record.

    Predictions and targets are (batch, ...) of the same shape. Where they are equal the derivative is 0. Raises
    ShapeError where their shapes differ.
    """

    reduction: Literal["mean", "sum"] = reduction()

    def losses(self, predictions: Value, targets: Value, mask: Value | None = None) -> Value:
        """One loss per record, (batch,)."""
        difference = predictions - like_predictions("AbsoluteDifference", predictions, targets)
        return over_record(np.abs(difference), mask, self.reduction)
