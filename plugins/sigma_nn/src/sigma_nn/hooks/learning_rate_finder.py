"""Learning-rate finder: how large the learning rate may be (Smith 2017, Cyclical Learning Rates, section 3.3)."""

from copy import copy
from math import isfinite
from typing import Any

import numpy as np
from attrs import define, field

from sigma_core.extend import Bus, IterationEnded, IterationStarted, hookimpl
from sigma_nn._settings import integer, number


@define(eq=False)
class LearningRateFinder:
    """Before the training, try learning rates that rise from `lowest` to `highest` over `steps` iterations.

    They are tried on a copy of the trainer, without hooks and unheard on the bus, so that nothing of the training is
    changed by it. Trying ends when a loss is no number, or the smoothed one `divergence` times its lowest. `rates` and
    `losses` are the curve, and `suggestion` is the rate at which the smoothed loss falls most steeply, None where it
    never falls; the log tells it, and with `applies=True` it is set. A run that is resumed does not try again.
    """

    lowest: float = number(default=1e-6, above=0)
    highest: float = number(default=1.0, above=0)
    steps: int = integer(default=100, at_least=3)
    divergence: float = number(default=4.0, above=1)
    applies: bool = False

    rates: list[float] = field(init=False, factory=list, repr=False)
    losses: list[float] = field(init=False, factory=list, repr=False)
    suggestion: float | None = field(init=False, default=None, repr=False)

    @hookimpl(phase="modify")
    def sigma_run_started(self, trainer: Any) -> None:
        """Find the rate."""
        if not self.rates:
            self._try(_quiet_copy(trainer))
            self.suggestion = suggested(self.rates, self.losses)
            trainer.environment.log.info("learning rate found", suggestion=self.suggestion, steps=len(self.rates))
        if self.applies and self.suggestion is not None and trainer.clock.iteration == 0:
            trainer.set("optimiser.learning_rate", self.suggestion)

    def _try(self, twin: Any) -> None:
        rates = np.geomspace(self.lowest, self.highest, self.steps)
        twin.attach(_Trial(self, rates.tolist(), twin.clock.iteration))
        twin.run(stop=f"{twin.clock.iteration + self.steps} iterations")

    def state(self) -> dict[str, Any]:
        """What has been found."""
        return {"version": 1, "rates": self.rates, "losses": self.losses, "suggestion": self.suggestion}

    def restore(self, state: dict[str, Any]) -> None:
        """Know what has been found."""
        self.rates, self.losses = list(state["rates"]), list(state["losses"])
        self.suggestion = state["suggestion"]


@define(eq=False)
class _Trial:
    """Drives the copy: a rate before each iteration, its loss after it."""

    finder: LearningRateFinder
    rates: list[float]
    start: int

    def sigma_iteration_started(self, event: IterationStarted, trainer: Any) -> None:
        trainer.set("optimiser.learning_rate", self.rates[event.iteration - self.start - 1])

    def sigma_iteration_ended(self, event: IterationEnded, trainer: Any) -> None:
        loss, finder = float(event.scores["loss"]), self.finder
        if not isfinite(loss):
            trainer.stop("diverged")
            return
        finder.rates.append(self.rates[event.iteration - self.start - 1])
        finder.losses.append(loss)
        smooth = smoothed(finder.losses)
        if smooth[-1] > finder.divergence * min(smooth):
            trainer.stop("diverged")


def smoothed(losses: list[float], decay: float = 0.9) -> list[float]:
    """The exponential mean of the losses up to each of them, without the weight of the zero that it begins with."""
    mean, smooth = 0.0, []
    for count, loss in enumerate(losses, start=1):
        mean = decay * mean + (1 - decay) * loss
        smooth.append(mean / (1 - decay**count))
    return smooth


def suggested(rates: list[float], losses: list[float]) -> float | None:
    """The rate at which the smoothed loss falls most steeply by the logarithm of the rate."""
    if len(losses) < 3:
        return None
    slopes = np.gradient(np.array(smoothed(losses)), np.log(rates))
    steepest = int(np.argmin(slopes))
    return float(rates[steepest]) if slopes[steepest] < 0 else None


def _quiet_copy(trainer: Any) -> Any:
    twin = trainer.copy()
    for name, hook in list(twin.hooks.list_name_plugin()):
        if hook is not None:
            twin.hooks.unregister(name=name)
    # The environment is shared but for its bus: nobody is to hear of iterations that the run never did.
    twin.environment = copy(trainer.environment)
    twin.environment.bus = Bus()
    vars(twin.environment).pop("log", None)
    return twin
