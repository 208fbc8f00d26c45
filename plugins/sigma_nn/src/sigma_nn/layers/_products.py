"""The product that connects what stands along the last axis."""

from math import prod

from sigma_core.extend import Value


def connected(inputs: Value, weights: Value, biases: Value | None = None) -> Value:
    """`inputs @ weights + biases`: (..., features) to (..., size), by weights (features, size) and biases (size,)."""
    *places, features = inputs.shape
    # One product over all places: over stacked matrices it would be one for each record.
    outputs = inputs.reshape((prod(places), features)) @ weights
    if biases is not None:
        outputs = outputs + biases
    return outputs.reshape((*places, weights.shape[1]))
