"""Clip by value: no element of a gradient beyond a limit (`torch.nn.utils.clip_grad_value_`)."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from attrs import frozen

from sigma_core.extend import Modifier, Value
from sigma_nn._settings import number


@frozen
class ClipByValue(Modifier):
    """Hold each element of the gradients between -limit and limit; NaN stays NaN.

    This changes their direction, unlike clipping by norms.
    """

    limit: float = number(default=1.0, above=0)

    def gradients(self, gradients: Sequence[Value], parameters: Sequence[Value], settings: Any) -> Sequence[Value]:
        """Element by element, in any shapes."""
        return [np.clip(gradient, -settings.limit, settings.limit) for gradient in gradients]
