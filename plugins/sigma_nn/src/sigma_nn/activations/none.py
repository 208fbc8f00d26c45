"""None: no activation."""

from attrs import frozen

from sigma_core.extend import Activation, Value


@frozen
class Identity(Activation):
    """No activation: f(x) = x; called `none` in recipes."""

    def __call__(self, inputs: Value) -> Value:
        """(batch, ...) as it is."""
        return inputs
