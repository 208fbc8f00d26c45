"""Highest: `validation.accuracy highest`."""

from attrs import frozen

from sigma_nn.criteria._extremum import ExtremumCriterion


@frozen
class Highest(ExtremumCriterion):
    """Holds at each epoch whose score is higher than all before it: `validation.accuracy highest`.

    The first score is the highest so far. A score that is not a number never is.
    """

    @staticmethod
    def is_better(score: float, best: float) -> bool:
        """Higher."""
        return score > best

    def __str__(self) -> str:
        return f"{self.value} highest"
