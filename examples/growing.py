"""Data that grows while it is trained on: of many digits, only those are labelled of which the network is least sure.

Training begins with 40 labelled digits; after each epoch a hook asks for the labels of 20 more and appends them. The
same with digits that are chosen by chance shows what asking well is worth.

To run it: `python examples/growing.py`.
"""

# ruff: noqa: ANN001, ANN201

import numpy as np
from attrs import define, field
from sigma_data import Digits, Growing, RunningStandardise
from sigma_nn import Adam, Dense, Input, SoftmaxCrossEntropy

import sigma_core as sigma

FIRST, EACH = 40, 20
digits = Digits().load(None)
pool = {name: array[:1300] for name, array in digits.items()}
unseen = {name: array[1300:] for name, array in digits.items()}


@define(eq=False)
class AskForLabels:
    """Append the labelled digits of which the network is least sure, or some by chance."""

    asks_well: bool
    left: np.ndarray = field(factory=lambda: np.arange(FIRST, len(pool["targets"])))

    def sigma_epoch_ended(self, event, trainer):
        """Whoever labels digits could as well do it in another thread, or another process."""
        if self.asks_well:
            likely = np.sort(trainer.predict(pool["inputs"][self.left]))
            order = np.argsort(likely[:, -1] - likely[:, -2])
        else:
            order = np.random.default_rng(event.epoch).permutation(len(self.left))
        chosen, self.left = self.left[order[:EACH]], self.left[np.sort(order[EACH:])]
        trainer.setup.dataset.append({name: array[chosen] for name, array in pool.items()})


def accuracy(*, asks_well):
    """Of the network that comes of it, on digits that it has never seen."""
    labelled = Growing(records_per_epoch=600, preprocess={"inputs": RunningStandardise(per_feature=False)})
    labelled.append({name: array[:FIRST] for name, array in pool.items()})
    trainer = sigma.Trainer(
        Input(64) + Dense(64, activation="relu") + Dense(10) + SoftmaxCrossEntropy(),
        data=labelled,
        optimiser=Adam(0.003),
        stop="15 epochs",
        hooks=[AskForLabels(asks_well)],
        validation=unseen,
        seed=1,
    )
    return trainer.run().scores["validation.accuracy"]


if __name__ == "__main__":
    for asks_well, words in ((False, "by chance"), (True, "where the network is least sure")):
        found = accuracy(asks_well=asks_well)
        print(f"{FIRST + 14 * EACH} labels, chosen {words}: {found:.1%} of {len(unseen['targets'])} digits never seen")
