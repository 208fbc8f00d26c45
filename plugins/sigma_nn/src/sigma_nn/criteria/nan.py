"""Nan: `training.loss nan`."""

from math import isfinite

from attrs import frozen

from sigma_core.extend import Moment, Observation, State
from sigma_nn.criteria._score import ScoreCriterion


@frozen
class Nan(ScoreCriterion):
    """Holds once a score is no finite number, NaN or infinite: `training.loss nan`.

    The training loss is looked at after each iteration, so that a run which has diverged ends at once; any other score
    after each epoch. An epoch that does not report the score leaves it as it was.
    """

    @property
    def moment(self) -> Moment:
        """The first at which the score is known."""
        return "iteration" if self.value == "training.loss" else "epoch"

    def update(self, state: State, observation: Observation) -> State:
        """Look whether the score is finite."""
        if self.value not in observation.scores:
            return state
        return {**state, "reached": not isfinite(float(observation.scores[self.value]))}

    def reason(self, state: State) -> str:
        """Its text form."""
        return str(self)

    def __str__(self) -> str:
        return f"{self.value} nan"
