"""Early stop: the run ends when a score gets no better, with the best parameters."""

from typing import Any

from attrs import define, field

from sigma_core.extend import EpochEnded, Observation, RunEnded, State, hookimpl
from sigma_nn._settings import choice, integer, number
from sigma_nn.criteria._goal import GOALS
from sigma_nn.criteria._score import score_identifier
from sigma_nn.criteria.patience import Patience


@define(eq=False)
class EarlyStop:
    """End the run when a score has had no new best in `count` epochs, and put the best parameters back.

    However the run ends, its trainer then holds the parameters of the best epoch; with `restores_best=False` those of
    the last one. What is saved while it goes on is the training as it was (Prechelt 1998).
    """

    value: str = score_identifier()
    count: int = integer(default=5, at_least=1)
    minimum_change: float = number(default=0.0, at_least=0)
    goal: str = choice(*GOALS, default="auto")
    restores_best: bool = True

    _state: State = field(init=False, factory=dict, repr=False)
    _best: dict[str, Any] = field(init=False, factory=dict, repr=False)

    @property
    def required_scores(self) -> tuple[str, ...]:
        """The score."""
        return (self.value,)

    @hookimpl(phase="schedule")
    def sigma_epoch_ended(self, event: EpochEnded, trainer: Any) -> None:
        """Count the epochs since the best, and keep its parameters."""
        patience = Patience(self.value, self.count, self.minimum_change, self.goal)
        before = self._state or patience.initial()
        seen = Observation(event.iteration, event.epoch, 0.0, event.scores)
        self._state = patience.update(before, seen)
        if self.restores_best and self._state["best"] != before["best"]:
            self._best = trainer.get("network.**")
        if self._state["reached"]:
            trainer.stop(patience.reason(self._state))

    @hookimpl(phase="modify")
    def sigma_run_ended(self, event: RunEnded, trainer: Any) -> None:  # however it ended
        """Put the best parameters back."""
        for identifier, values in self._best.items():
            trainer.set(identifier, values)

    def state(self) -> dict[str, Any]:
        """The count, and the best parameters."""
        return {"version": 1, "patience": self._state, "best": self._best}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from where `state` was taken."""
        self._state = dict(state["patience"])
        self._best = dict(state["best"])
