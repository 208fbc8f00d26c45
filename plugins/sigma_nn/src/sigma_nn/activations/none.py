"""None: no activation."""

from typing import TYPE_CHECKING

from attrs import frozen

from sigma_core.extend import Activation

if TYPE_CHECKING:
    from sigma_core.extend import Value


@frozen
class Identity(Activation):
    """No activation: f(x) = x; called `none` in recipes."""

    def __call__(self, inputs: "Value") -> "Value":
        """(batch, ...) as it is."""
        return inputs
