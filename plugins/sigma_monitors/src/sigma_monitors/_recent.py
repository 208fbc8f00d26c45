"""The loss of the iterations that have just ended, for whoever does not want to wait for the end of an epoch."""

from sigma_core.extend import Progress
from sigma_monitors._story import CURVE
from sigma_monitors._trace import Trace

LOSS_NOW = "loss now"
_LOSS = "training.loss"


class Recent:
    """The loss as it was at the last look, and its curve over all looks."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._iteration = 0
        self._trace = Trace(CURVE)
        self.latest: float | None = None

    def look(self) -> None:
        """Take note of where the run stands; one that has begun again begins another curve."""
        iteration = self._progress.iteration
        if iteration < self._iteration:
            self._trace.clear()
        self.latest = self._progress.scores.get(_LOSS)
        if self.latest is not None and iteration != self._iteration:
            self._trace.add(self.latest)
        self._iteration = iteration

    @property
    def curve(self) -> list[float]:
        """From the first look until now."""
        return self._trace.values
