"""Lowest: `validation.loss lowest`."""

from attrs import frozen

from sigma_nn.criteria._extremum import ExtremumCriterion


@frozen
class Lowest(ExtremumCriterion):
    """Holds at each epoch whose score is lower than all before it: `validation.loss lowest`.

    The first score is the lowest so far. A score that is not a number never is.
    """

    @staticmethod
    def is_better(score: float, best: float) -> bool:
        """Lower."""
        return score < best

    def __str__(self) -> str:
        return f"{self.value} lowest"
