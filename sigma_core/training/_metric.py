"""The contract of a metric: sums per batch inside the compiled pass, one number at its end."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sigma_core.network import Cost, Network, PlacedLayer

if TYPE_CHECKING:
    from sigma_core.graph import Value


class Metric(ABC):
    """A score accumulated exactly over a pass: what is added up per batch, and what follows from the totals."""

    @abstractmethod
    def measure(self, predictions: "Value", targets: "Value") -> Mapping[str, "Value"]:
        """Sums over one batch by name, traced; predictions are what the cost predicts, (batch, ...)."""

    @abstractmethod
    def result(self, totals: Mapping[str, NDArray[np.float64]]) -> float:
        """The score, from the sums of `measure` added up over all batches of a pass; `count` is the records seen."""


def named_metrics(network: Network, metrics: Mapping[str, Metric]) -> dict[str, tuple[PlacedLayer[Cost], Metric]]:
    """Each metric with each cost that it judges, by name of the score: `accuracy`, or `<cost>.accuracy`."""
    several = len(network.costs) > 1
    return {
        f"{placed.name}.{name}" if several else name: (placed, metric)
        for placed in network.costs
        for name, metric in metrics.items()
    }
