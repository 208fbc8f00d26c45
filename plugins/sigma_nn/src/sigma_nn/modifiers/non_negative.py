"""Non-negative: no weight below zero (projected gradients, as in Lee & Seung 1999 for parts of objects)."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from attrs import field, frozen

from sigma_core.extend import Modifier, Value


@frozen
class NonNegative(Modifier):
    """After each update, set to zero what has become negative; NaN stays NaN."""

    parameters: str = field(default="**.<weights>", kw_only=True)

    def updated(self, parameters: Sequence[Value], settings: Any) -> Sequence[Value]:
        """Element by element, in any shapes."""
        return [np.maximum(weights, 0.0) for weights in parameters]
