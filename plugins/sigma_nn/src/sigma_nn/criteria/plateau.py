"""Plateau: `validation.loss plateau 5`."""

from attrs import frozen

from sigma_core.extend import Observation, State
from sigma_nn._settings import integer, number
from sigma_nn.criteria._score import ScoreCriterion
from sigma_nn.criteria._text import arguments


@frozen
class Plateau(ScoreCriterion):
    """Holds when a score has hardly moved over `count` evaluations: `validation.loss plateau 5`.

    The last `count` scores then lie within `tolerance` of each other, relative to the largest magnitude among them.
    Unlike patience it does not hold while a score grows worse or swings. Epochs that do not report the score do not
    count; with a score that is not a number there is no plateau.
    """

    count: int = integer(at_least=2)
    tolerance: float = number(default=1e-3, at_least=0)

    def initial(self) -> State:
        """No scores yet."""
        return {"reached": False, "recent": []}

    def update(self, state: State, observation: Observation) -> State:
        """Keep the last `count` scores and compare the largest with the smallest."""
        if self.value not in observation.scores:
            return state
        recent = [*state["recent"], float(observation.scores[self.value])][-self.count :]
        return {"reached": len(recent) == self.count and self._is_flat(recent), "recent": recent}

    def _is_flat(self, scores: list[float]) -> bool:
        # A sum, unlike `max` and `min`, is sure to notice a NaN: the comparison is then false.
        magnitude = max(abs(score) for score in scores) + 0 * sum(scores)
        return max(scores) - min(scores) <= self.tolerance * magnitude

    def reason(self, state: State) -> str:
        """The score on which it has settled."""
        return f"{self} (at {state['recent'][-1]:.6g})" if state["recent"] else str(self)

    def __str__(self) -> str:
        return f"{self.value} plateau {self.count}{arguments(self, behind=2)}"
