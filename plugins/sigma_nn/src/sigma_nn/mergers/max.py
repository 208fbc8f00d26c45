"""Max: of each element the largest."""

from collections.abc import Sequence

import numpy as np
from attrs import frozen

from sigma_core.extend import Array, Merger


@frozen
class MaxMerger(Merger):
    """The largest of the workers' parameters, element by element; NaN where a worker has it."""

    def merge(self, parameters: Sequence[Array], records: Sequence[float]) -> Array:
        """However much each has trained."""
        return np.max(parameters, axis=0)
