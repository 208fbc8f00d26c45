"""Patience: `validation.loss patience 5`, early stopping (Prechelt 1998, criterion UP in spirit)."""

from typing import Literal

from attrs import frozen

from sigma_core.extend import Observation, State
from sigma_nn._settings import choice, integer, number
from sigma_nn.criteria._goal import GOALS, seeks_maximum
from sigma_nn.criteria._score import ScoreCriterion
from sigma_nn.criteria._text import arguments


@frozen
class Patience(ScoreCriterion):
    """Holds when a score has had no new best in `count` evaluations: `validation.loss patience 5`.

    A best is new when it is better than the last one by more than `minimum_change`. With the goal `auto`, larger is
    better for accuracy, precision, recall, F1 and AUC, smaller for all else. Epochs that do not report the score do
    not count; a score that is not a number is never a best.
    """

    count: int = integer(at_least=1)
    minimum_change: float = number(default=0.0, at_least=0)
    goal: Literal["auto", "minimum", "maximum"] = choice(*GOALS, default="auto")

    def initial(self) -> State:
        """No best yet."""
        return {"reached": False, "best": None, "evaluations": 0}

    def update(self, state: State, observation: Observation) -> State:
        """Count the evaluations since the last new best."""
        if self.value not in observation.scores:
            return state
        score = float(observation.scores[self.value])
        if self._is_new_best(score, state["best"]):
            return {"reached": False, "best": score, "evaluations": 0}
        evaluations = state["evaluations"] + 1
        return {"reached": evaluations >= self.count, "best": state["best"], "evaluations": evaluations}

    def _is_new_best(self, score: float, best: float | None) -> bool:
        if best is None:
            return score == score  # noqa: PLR0124  # false for NaN alone
        improvement = score - best if seeks_maximum(self.goal, self.value) else best - score
        return improvement > self.minimum_change

    def reason(self, state: State) -> str:
        """What was the best that nothing came after."""
        return str(self) if state["best"] is None else f"{self} (best: {state['best']:.6g})"

    def __str__(self) -> str:
        return f"{self.value} patience {self.count}{arguments(self, behind=2)}"
