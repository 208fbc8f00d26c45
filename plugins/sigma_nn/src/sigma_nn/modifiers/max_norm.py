"""Max norm: no unit's incoming weights longer than a limit (Srivastava et al. 2014, section 5.1)."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from attrs import field, frozen

from sigma_core.extend import Modifier, Value
from sigma_nn._settings import number
from sigma_nn.modifiers._norms import shrink


@frozen
class MaxNorm(Modifier):
    """After each update, shorten the incoming weights of each unit whose Euclidean norm exceeds `limit` to that norm.

    Weights have the shape (..., units): the norm is over all axes but the last. Parameters of a single axis, such as
    biases, have no incoming weights and stay as they are, as does all within the limit, bit for bit.
    """

    limit: float = number(default=3.0, above=0)
    parameters: str = field(default="**.<weights>", kw_only=True)

    by_parameter = True

    def updated(self, parameters: Sequence[Value], settings: Any) -> Sequence[Value]:
        """Each by itself: (..., units)."""
        return [self._limited(weights, settings.limit) if weights.ndim > 1 else weights for weights in parameters]

    def _limited(self, weights: Value, limit: Any) -> Value:
        incoming = tuple(range(weights.ndim - 1))
        return weights * shrink(np.sum(weights * weights, axis=incoming, keepdims=True), limit)
