"""A hook of one's own: halve the learning rate whenever the validation loss stops improving.

To run it: `python examples/custom_hook.py`.
"""

# ruff: noqa: ANN001, ANN201

from attrs import define
from sigma_data import Digits
from sigma_nn import Adam, Dense, Input, SoftmaxCrossEntropy

import sigma_core as sigma


@define(eq=False)
class HalveOnPlateau:
    """Halve the learning rate when the validation loss has not improved for `patience` validations."""

    patience: int = 3
    best: float = float("inf")
    waited: int = 0

    @sigma.hookimpl(phase="schedule", requires=["validation.loss"])
    def sigma_validation_ended(self, event, trainer):
        """Count validations without a new best."""
        if event.scores["loss"] < self.best:
            self.best, self.waited = event.scores["loss"], 0
            return
        self.waited += 1
        if self.waited == self.patience:
            self.waited = 0
            rate = trainer.get("optimiser.learning_rate") / 2
            trainer.set("optimiser.learning_rate", rate)
            print(f"epoch {event.epoch}: the learning rate is {rate:g} from now on")

    def state(self):
        """What a checkpoint keeps, so that a resumed run goes on counting."""
        return {"best": self.best, "waited": self.waited}

    def restore(self, state):
        """Go on from there."""
        self.best, self.waited = state["best"], state["waited"]


if __name__ == "__main__":
    trainer = sigma.Trainer(
        Input(64) + Dense(128, activation="relu") + Dense(10) + SoftmaxCrossEntropy(),
        data=Digits(split=(0.8, 0.2)),
        optimiser=Adam(0.01),
        stop="30 epochs",
        hooks=[HalveOnPlateau()],
        seed=1,
    )
    for row in trainer.explain():
        print(f"{row.hook}: {row.plugin}, {row.reason}")
    run = trainer.run()
    print(f"validation accuracy after {run.epochs} epochs: {run.scores['validation.accuracy']:.1%}")
