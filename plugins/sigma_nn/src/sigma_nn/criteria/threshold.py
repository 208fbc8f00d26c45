"""Threshold: `validation.accuracy > 0.97`."""

import operator

from attrs import frozen

from sigma_core.extend import Observation, State
from sigma_nn._settings import choice, number
from sigma_nn.criteria._score import ScoreCriterion
from sigma_nn.criteria._text import number_text

_COMPARISONS = {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le}


@frozen
class Threshold(ScoreCriterion):
    """Holds while a score lies beyond a bound: `validation.accuracy > 0.97`.

    An epoch that does not report the score leaves it as it was. A score that is not a number lies beyond no bound.
    """

    comparison: str = choice(*_COMPARISONS)
    bound: float = number()

    def update(self, state: State, observation: Observation) -> State:
        """Compare the score with the bound."""
        if self.value not in observation.scores:
            return state
        score = float(observation.scores[self.value])
        return {**state, "reached": bool(_COMPARISONS[self.comparison](score, self.bound))}

    def reason(self, state: State) -> str:
        """Its text form."""
        return str(self)

    def __str__(self) -> str:
        return f"{self.value} {self.comparison} {number_text(self.bound)}"
