"""Clip by norm: no parameter's gradient longer than a limit (Pascanu et al. 2013, algorithm 1, for each parameter)."""

from collections.abc import Sequence
from typing import Any

from attrs import frozen

from sigma_core.extend import Modifier, Value
from sigma_nn._settings import number
from sigma_nn.modifiers._norms import shrink, square_sum


@frozen
class ClipByNorm(Modifier):
    """Shorten the gradient of each parameter whose Euclidean norm exceeds `limit` to that norm.

    Gradients within the limit stay as they are, bit for bit. One that holds NaN becomes NaN throughout; one so large
    that its square overflows becomes zero, so that this parameter sits the step out, and what is infinite in it NaN.
    """

    limit: float = number(default=1.0, above=0)

    by_parameter = True

    def gradients(self, gradients: Sequence[Value], parameters: Sequence[Value], settings: Any) -> Sequence[Value]:
        """Each by itself, in any shapes."""
        return [gradient * shrink(square_sum(gradient), settings.limit) for gradient in gradients]
