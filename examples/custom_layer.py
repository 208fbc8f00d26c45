"""A layer of one's own, in plain NumPy: layer normalisation (Ba, Kiros & Hinton 2016), its derivatives checked.

To run it: `python examples/custom_layer.py`.
"""

# ruff: noqa: ANN001, ANN002, ANN201

import numpy as np
from attrs import frozen
from sigma_data import Wine
from sigma_nn import Adam, Constant, Dense, Input, SoftmaxCrossEntropy, Zeros

import sigma_core as sigma
from sigma_core.extend import Layer, Parameter
from sigma_core.testing import check_grads


def normalised(inputs, scale, offset, epsilon=1e-5):
    """Each record, (batch, features), brought to mean 0 and variance 1, then scaled and shifted."""
    centred = inputs - np.mean(inputs, axis=1, keepdims=True)
    return scale * centred / np.sqrt(np.mean(centred**2, axis=1, keepdims=True) + epsilon) + offset


@frozen
class Normalise(Layer):
    """Normalise each record over its features."""

    def parameters(self, *shapes):
        """A scale and an offset for each feature."""
        (shape,) = shapes
        return {"scale": Parameter(shape, Constant(1.0)), "offset": Parameter(shape, Zeros())}

    def forward(self, inputs, *, parameters, context):  # noqa: ARG002
        """(batch, features) to the same shape."""
        return normalised(inputs, parameters.scale, parameters.offset)


if __name__ == "__main__":
    random = np.random.default_rng(0)
    check_grads(normalised, (random.normal(size=(4, 5)), np.ones(5), np.zeros(5)))
    print("derivatives agree with finite differences, first and second order, both modes")

    hidden = Dense(16) + Normalise()
    trainer = sigma.Trainer(
        Input(13) + 2 * hidden + Dense(3) + SoftmaxCrossEntropy(),
        data=Wine(split=(0.75, 0.25)),
        optimiser=Adam(0.01),
        stop="30 epochs",
        batch_size=16,
        seed=1,
    )
    run = trainer.run()
    print("parameters:", ", ".join(trainer.get("network.**")))
    print(f"validation accuracy after {run.epochs} epochs: {run.scores['validation.accuracy']:.1%}")
