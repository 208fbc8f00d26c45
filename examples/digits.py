"""Digits in Python: train, ask, look at what was kept. The same network as digits.toml, with dropout.

To run it: `python examples/digits.py`.
"""

import numpy as np
from sigma_data import Digits
from sigma_nn import Adam, Dense, Dropout, Input, SoftmaxCrossEntropy

import sigma_core as sigma

network = Input(64) + 2 * Dense(128, activation="relu") + Dropout(0.2) + Dense(10) + SoftmaxCrossEntropy()
trainer = sigma.Trainer(
    network,
    data=Digits(split=(0.8, 0.2)),
    optimiser=Adam(1e-3),
    stop="20 epochs | validation.loss plateau 5",
    seed=1,
)

if __name__ == "__main__":
    run = trainer.run(monitors=["console"])

    images = Digits().load(trainer.environment)
    probabilities = trainer.predict(images["inputs"][:10])
    print("true classes     ", images["targets"][:10])
    print("predicted classes", np.argmax(probabilities, axis=1))
    print(f"accuracy over all validation images: {run.scores['validation.accuracy']:.1%}")
