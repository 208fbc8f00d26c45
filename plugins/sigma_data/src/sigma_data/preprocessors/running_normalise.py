"""Bring values into a range that grows with the data."""

from collections.abc import Iterable

import numpy as np
from attrs import frozen

from sigma_core.extend import Array, FittedState
from sigma_data.preprocessors.normalise import Normalise


@frozen
class RunningNormalise(Normalise):
    """As `Normalise`, of data that grows: the range widens with the records that come, and never narrows.

    A range that is `known` widens, too.
    """

    def update(self, state: FittedState, blocks: Iterable[Array]) -> FittedState:
        """`minimum` and `maximum`, of what was seen before and of these."""
        minimum, maximum = state["minimum"], state["maximum"]
        axis = 0 if self.per_feature else None
        for block in blocks:
            minimum = np.minimum(minimum, block.min(axis=axis))
            maximum = np.maximum(maximum, block.max(axis=axis))
        return {"minimum": minimum, "maximum": maximum}
