"""On plateau: down when a score does not get better (`torch.optim.lr_scheduler.ReduceLROnPlateau`)."""

from math import isfinite
from typing import Literal

from attrs import frozen

from sigma_core.extend import Observation, Position, Schedule, State
from sigma_nn._settings import choice, integer, number
from sigma_nn.criteria._goal import GOALS, seeks_maximum
from sigma_nn.criteria._score import score_identifier


@frozen
class OnPlateauSchedule(Schedule):
    """Multiply by `decay` once more when a score has had no new best for more than `patience` epochs.

    A best is new when it is better than the last one by more than the share `threshold` of it; a score that is not
    finite is none. The epochs are counted anew after each decay, and only after `cooldown` further ones. The factor
    does not fall below `minimum`. With the goal `auto`, larger is better for accuracy, precision, recall, F1 and AUC,
    smaller for all else. Epochs that do not report the score do not count.
    """

    value: str = score_identifier()
    patience: int = integer(default=10, at_least=0)
    decay: float = number(default=0.1, above=0, below=1)
    threshold: float = number(default=1e-4, at_least=0)
    cooldown: int = integer(default=0, at_least=0)
    minimum: float = number(default=0.0, at_least=0, at_most=1)
    goal: Literal["auto", "minimum", "maximum"] = choice(*GOALS, default="auto")

    @property
    def requires(self) -> tuple[str, ...]:
        """The score."""
        return (self.value,)

    def initial(self) -> State:
        """No best yet, and nothing to cool down from."""
        return {"factor": 1.0, "best": None, "epochs": 0, "cooldown": 0}

    def update(self, state: State, observation: Observation) -> State:
        """Count the epochs since the last new best, and decay when there are too many."""
        if self.value not in observation.scores:
            return state
        score = float(observation.scores[self.value])
        is_best = self._is_new_best(score, state["best"])
        is_cooling = state["cooldown"] > 0
        epochs = 0 if is_best or is_cooling else state["epochs"] + 1
        is_due = epochs > self.patience
        return {
            "factor": max(self.minimum, state["factor"] * self.decay) if is_due else state["factor"],
            "best": score if is_best else state["best"],
            "epochs": 0 if is_due else epochs,
            "cooldown": self.cooldown if is_due else max(0, state["cooldown"] - 1),
        }

    def _is_new_best(self, score: float, best: float | None) -> bool:
        if best is None or not isfinite(score):
            return isfinite(score)
        improvement = score - best if seeks_maximum(self.goal, self.value) else best - score
        return improvement > self.threshold * abs(best)

    def factor(self, position: Position, state: State) -> float:
        """What the decays have left."""
        factor: float = state["factor"]
        return factor
