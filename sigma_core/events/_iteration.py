"""Events of one iteration: one batch, one update of the parameters."""

from collections.abc import Mapping
from typing import Any, Self

from attrs import frozen

from sigma_core.events._event import Event, scores


@frozen(kw_only=True)
class IterationStarted(Event):
    """An iteration is about to run; iterations count from 1 through the whole run."""

    epoch: int
    iteration: int


@frozen(kw_only=True)
class IterationEnded(Event):
    """The parameters were updated; `scores` is lazy, its "loss" is read from the device when it is looked up."""

    epoch: int
    iteration: int
    scores: Mapping[str, Any] = scores()

    def materialised(self) -> Self:
        """As of every event; scores that can be read all at once, as those of a step, are."""
        read = getattr(self.scores, "read", None)
        if read is None:
            return super().materialised()
        return type(self)(epoch=self.epoch, iteration=self.iteration, scores=read())
