"""What criteria of the lowest and the highest score have in common."""

from abc import abstractmethod
from math import isnan

from attrs import frozen

from sigma_core.extend import Observation, State
from sigma_nn.criteria._score import ScoreCriterion


@frozen
class ExtremumCriterion(ScoreCriterion):
    """Holds at an epoch whose score is better than all before it; an epoch that does not report it is none."""

    @staticmethod
    @abstractmethod
    def is_better(score: float, best: float) -> bool:
        """Whether a score takes the place of the best one."""

    def initial(self) -> State:
        """No best yet."""
        return {"reached": False, "best": None}

    def update(self, state: State, observation: Observation) -> State:
        """Compare the score with the best one before it."""
        best = state["best"]
        if self.value not in observation.scores:
            return {"reached": False, "best": best}
        score = float(observation.scores[self.value])
        is_new_best = not isnan(score) and (best is None or self.is_better(score, best))
        return {"reached": is_new_best, "best": score if is_new_best else best}

    def reason(self, state: State) -> str:
        """The score that was the best."""
        return str(self) if state["best"] is None else f"{self} ({state['best']:.6g})"
