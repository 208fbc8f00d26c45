"""The contract of a metric: sums per batch inside the compiled pass, one number or an array at its end."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from sigma_core.network import Cost, Network, PlacedLayer

if TYPE_CHECKING:
    from sigma_core.graph import Value


class Metric(ABC):
    """A score accumulated exactly over a pass: what is added up per batch, and what follows from the totals."""

    gathered: ClassVar[tuple[str, ...]] = ()
    """Parts of `measure` that are not added up but joined along their first axis, such as the scores behind a rank.

    A metric need not give all of them for every cost."""
    is_number: ClassVar[bool] = True
    """Whether `result` is one number; otherwise an array, which no criterion can look at."""

    @abstractmethod
    def measure(self, predictions: "Value", targets: "Value", mask: "Value | None" = None) -> Mapping[str, "Value"]:
        """Sums over one batch by name, traced; predictions are what the cost predicts, (batch, ...).

        `mask` is true where an element counts; it is given where the cost has one, and has the leading axes of the
        predictions.
        """

    @abstractmethod
    def result(self, totals: Mapping[str, NDArray[np.float64]]) -> "float | NDArray[np.float64]":
        """The score, from the sums of `measure` added up over all batches of a pass; `count` is the records seen."""


def named_metrics(network: Network, metrics: Mapping[str, Metric]) -> dict[str, tuple[PlacedLayer[Cost], Metric]]:
    """Each metric with each cost that it judges, by name of the score: `accuracy`, or `<cost>.accuracy`.

    One by which some of the costs are usually judged, such as those of classes, judges these alone; any other judges
    all of them.
    """
    several = len(network.costs) > 1
    usual = {name for placed in network.costs for name in placed.layer.metrics}
    return {
        f"{placed.name}.{name}" if several else name: (placed, metric)
        for placed in network.costs
        for name, metric in metrics.items()
        if name in placed.layer.metrics or name not in usual
    }
