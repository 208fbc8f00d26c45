"""Huber's cost: squared where predictions are near, absolute where they are far off."""

from typing import Literal

import numpy as np
from attrs import frozen

from sigma_core.extend import Cost, Value
from sigma_nn._settings import number
from sigma_nn.costs._reduction import over_record, reduction
from sigma_nn.costs._targets import like_predictions


@frozen
class Huber(Cost):
    """Half the squared distance d of prediction and target up to `delta`, delta * (d - delta / 2) beyond (Huber 1964).

    Predictions and targets are (batch, ...) of the same shape; `reduction` makes one loss of those of a record. Raises
    ShapeError where the shapes differ.
    """

    delta: float = number(default=1.0, above=0)
    reduction: Literal["mean", "sum"] = reduction()

    def losses(self, predictions: Value, targets: Value, mask: Value | None = None) -> Value:
        """One loss per record, (batch,)."""
        distance = np.abs(predictions - like_predictions("Huber", predictions, targets))
        # Both cases in one product: up to delta the near part is all of the distance.
        near = np.minimum(distance, self.delta)
        return over_record(near * (distance - 0.5 * near), mask, self.reduction)
