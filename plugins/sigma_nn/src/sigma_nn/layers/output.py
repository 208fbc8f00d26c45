"""Output: marks an answer of a network."""

from types import SimpleNamespace
from typing import ClassVar

from attrs import frozen

from sigma_core.extend import Context, Layer, Value


@frozen
class Output(Layer):
    """Hand on what comes in, (batch, ...), as one of the answers of the network.

    With it a layer may stay without a cost, and is there, by the name of its output, in what the network predicts.
    """

    is_output: ClassVar[bool] = True

    def forward(self, inputs: Value, *, parameters: SimpleNamespace, context: Context) -> Value:
        """(batch, ...) as it is."""
        return inputs
