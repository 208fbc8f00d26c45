"""Clip by global norm: all gradients together no longer than a limit (Pascanu et al. 2013, algorithm 1)."""

from collections.abc import Sequence
from functools import reduce
from operator import add
from typing import Any

from attrs import frozen

from sigma_core.extend import Modifier, Value
from sigma_nn._settings import number
from sigma_nn.modifiers._norms import shrink, square_sum


@frozen
class ClipByGlobalNorm(Modifier):
    """Scale all gradients by one number where their Euclidean norm, as one vector, exceeds `limit`.

    Their direction stays what it was. All means those of the parameters that the pattern matches. Gradients within the
    limit stay as they are, bit for bit. A NaN in one makes all NaN; gradients so large that their squares overflow
    become zero, so that the step is left out, and infinite ones NaN. `torch.nn.utils.clip_grad_norm_` adds 1e-6 to the
    norm; this does not.
    """

    limit: float = number(default=1.0, above=0)

    def gradients(self, gradients: Sequence[Value], parameters: Sequence[Value], settings: Any) -> Sequence[Value]:
        """All by the same number, in any shapes."""
        scale = shrink(reduce(add, map(square_sum, gradients)), settings.limit)
        return [gradient * scale for gradient in gradients]
