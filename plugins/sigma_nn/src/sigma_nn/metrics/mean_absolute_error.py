"""Mean absolute error: how far off predictions are."""

from collections.abc import Mapping

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from sigma_core.extend import Metric, Value
from sigma_nn.costs._targets import like_predictions, mean_over_record


@frozen
class MeanAbsoluteError(Metric):
    """The distance of prediction and target, averaged over the numbers of a record and over all records.

    Predictions and targets are (batch, ...) of the same shape. Raises ShapeError where they are not.
    """

    def measure(self, predictions: Value, targets: Value) -> Mapping[str, Value]:
        """The sum of the records' errors."""
        difference = predictions - like_predictions("MeanAbsoluteError", predictions, targets)
        return {"error": np.sum(mean_over_record(np.abs(difference)))}

    def result(self, totals: Mapping[str, NDArray[np.float64]]) -> float:
        """Errors by records."""
        return float(totals["error"] / totals["count"])
