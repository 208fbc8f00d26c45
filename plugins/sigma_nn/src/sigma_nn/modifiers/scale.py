"""Scale: gradients times a number."""

from collections.abc import Sequence
from typing import Any

from attrs import frozen

from sigma_core.extend import Modifier, Value
from sigma_nn._settings import number


@frozen
class Scale(Modifier):
    """Multiply gradients by `factor`; with a pattern, learn some parameters more slowly than others.

    That is so for gradient descent; an optimiser such as Adam, which divides by the size of gradients, does not notice.
    """

    factor: float = number()

    def gradients(self, gradients: Sequence[Value], parameters: Sequence[Value], settings: Any) -> Sequence[Value]:
        """Element by element, in any shapes."""
        return [gradient * settings.factor for gradient in gradients]
