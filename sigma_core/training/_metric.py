"""The contract of a metric: sums per batch inside the compiled pass, one number at its end."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

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
