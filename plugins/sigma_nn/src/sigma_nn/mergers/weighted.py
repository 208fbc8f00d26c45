"""Weighted: the mean by how much each worker has trained (McMahan et al. 2017, algorithm 1)."""

from collections.abc import Sequence

import numpy as np
from attrs import frozen

from sigma_core.extend import Array, Merger


@frozen
class WeightedMerger(Merger):
    """The mean of all workers' parameters, weighted by the records that each has trained on since the merge before."""

    def merge(self, parameters: Sequence[Array], records: Sequence[float]) -> Array:
        """Element by element."""
        merged = np.average(parameters, axis=0, weights=records)
        # The weights are float64.
        return merged.astype(parameters[0].dtype)
