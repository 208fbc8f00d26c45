"""Decay on plateau: a smaller learning rate when a score does not get better."""

from typing import Any, Literal

from attrs import define, field

from sigma_core.extend import EpochEnded, Observation, State, hookimpl
from sigma_nn._settings import choice, integer, number
from sigma_nn.criteria._goal import GOALS
from sigma_nn.criteria._score import score_identifier
from sigma_nn.criteria.patience import Patience


@define(eq=False)
class DecayOnPlateau:
    """Multiply a hyperparameter by `factor` when a score has had no new best in `count` epochs.

    The epochs are counted anew after each decay; the value never falls below `minimum`. The value itself is set, unlike
    by the schedule `on_plateau`, which multiplies whatever it is set to.
    """

    value: str = score_identifier()
    count: int = integer(default=3, at_least=1)
    factor: float = number(default=0.5, above=0, below=1)
    minimum: float = number(default=0.0, at_least=0)
    setting: str = "optimiser.learning_rate"
    goal: Literal["auto", "minimum", "maximum"] = choice(*GOALS, default="auto")

    _state: State = field(init=False, factory=dict, repr=False)

    @property
    def required_scores(self) -> tuple[str, ...]:
        """The score."""
        return (self.value,)

    @property
    def required_numbers(self) -> tuple[str, ...]:
        """What is made smaller."""
        return (self.setting,)

    @hookimpl(phase="schedule")
    def sigma_epoch_ended(self, event: EpochEnded, trainer: Any) -> None:
        """Count, and decay when it is time."""
        patience = Patience(self.value, self.count, goal=self.goal)
        seen = Observation(event.iteration, event.epoch, 0.0, event.scores)
        self._state = patience.update(self._state or patience.initial(), seen)
        if self._state["reached"]:
            trainer.set(self.setting, max(self.minimum, trainer.get(self.setting) * self.factor))
            self._state = {**self._state, "reached": False, "evaluations": 0}

    def state(self) -> dict[str, Any]:
        """The best score and the epochs since, for a checkpoint."""
        return {"version": 1, "patience": self._state}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from where `state` was taken."""
        self._state = dict(state["patience"])
