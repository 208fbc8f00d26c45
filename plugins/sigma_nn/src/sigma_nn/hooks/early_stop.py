"""Early stop: the run ends when a score gets no better, with the best parameters."""

from base64 import b64decode, b64encode
from typing import Any

import numpy as np
from attrs import define, field

from sigma_core.extend import EpochEnded, IdentifierError, Observation, RunEnded, State, hookimpl, listed
from sigma_nn._settings import choice, integer, number
from sigma_nn.criteria._goal import GOALS
from sigma_nn.criteria._score import score_identifier
from sigma_nn.criteria.patience import Patience


@define(eq=False)
class EarlyStop:
    """End the run when a score has had no new best in `count` epochs, and put the best parameters back.

    However the run ends, its trainer then holds the parameters of the best epoch; with `restores_best=False` those of
    the last one. What is saved while it goes on is the training as it was. Raises IdentifierError, at the first
    epoch's end, when the run reports no such score (Prechelt 1998).
    """

    value: str = score_identifier()
    count: int = integer(default=5, at_least=1)
    minimum_change: float = number(default=0.0, at_least=0)
    goal: str = choice(*GOALS, default="auto")
    restores_best: bool = True

    _state: State = field(init=False, factory=dict, repr=False)
    _best: dict[str, Any] = field(init=False, factory=dict, repr=False)

    @hookimpl(phase="schedule")
    def sigma_epoch_ended(self, event: EpochEnded, trainer: Any) -> None:
        """Count the epochs since the best, and keep its parameters."""
        if self.value not in event.scores:
            raise IdentifierError(
                "EarlyStop.value",
                f"there is no score {self.value!r}",
                listed(event.scores, self.value),
                "name one of these",
            )
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
        """The count, and the best parameters to the last bit."""
        return {"version": 1, "patience": self._state, "best": {name: _text(each) for name, each in self._best.items()}}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from where `state` was taken."""
        self._state = dict(state["patience"])
        self._best = {name: _array(each) for name, each in state["best"].items()}


def _text(array: np.ndarray) -> list[Any]:
    return [str(array.dtype), list(array.shape), b64encode(array.tobytes()).decode("ascii")]


def _array(given: list[Any]) -> np.ndarray:
    dtype, shape, text = given
    return np.frombuffer(b64decode(text), dtype).reshape(shape).copy()
