"""Flatten: one axis of features in place of several."""

from math import prod
from types import SimpleNamespace

from attrs import frozen

from sigma_core.extend import Context, Layer, Value


@frozen
class Flatten(Layer):
    """Lay out each record as a vector: (batch, a, b, ...) to (batch, a * b * ...), the last axis fastest."""

    def forward(self, inputs: Value, *, parameters: SimpleNamespace, context: Context) -> Value:
        """(batch, ...) to (batch, features)."""
        # Not -1: it could not be told for a batch without records.
        return inputs.reshape((inputs.shape[0], prod(inputs.shape[1:])))
