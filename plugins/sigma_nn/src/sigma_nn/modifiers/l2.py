"""L2: a pull towards zero in proportion (ridge regression, Hoerl & Kennard 1970)."""

from collections.abc import Sequence
from typing import Any

from attrs import frozen

from sigma_core.extend import Modifier, Value
from sigma_nn._settings import number


@frozen
class L2Penalty(Modifier):
    """Add factor * parameter to gradients: the derivative of the penalty factor / 2 * sum(parameter^2).

    The penalty itself is not part of the reported loss. This is `weight_decay` of PyTorch's SGD and Adam. An optimiser
    that divides by the size of gradients divides this part too; decoupled decay (Loshchilov & Hutter 2019) does not.
    """

    factor: float = number(default=1e-4, at_least=0)

    def gradients(self, gradients: Sequence[Value], parameters: Sequence[Value], settings: Any) -> Sequence[Value]:
        """Element by element, in any shapes."""
        return [
            gradient + settings.factor * parameter for gradient, parameter in zip(gradients, parameters, strict=True)
        ]
