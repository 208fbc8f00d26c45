"""Noise: random numbers added while training, as in denoising autoencoders (Vincent et al. 2010, section 3.3)."""

from types import SimpleNamespace

from attrs import frozen

from sigma_core.extend import Context, Layer, Value
from sigma_nn._settings import number


@frozen
class Noise(Layer):
    """While training, add normal random numbers of mean 0 and standard deviation `deviation` to each element.

    Takes and gives (batch, ...). The layer does nothing at all in validation and prediction.
    """

    deviation: float = number(default=0.1, at_least=0)

    def forward(self, inputs: Value, *, parameters: SimpleNamespace, context: Context) -> Value:
        """(batch, ...) of the same shape."""
        if not context.training or self.deviation == 0:
            return inputs
        return inputs + self.deviation * context.normal(inputs.shape)
