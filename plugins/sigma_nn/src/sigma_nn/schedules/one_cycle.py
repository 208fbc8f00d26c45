"""One cycle: up to the full value, then down to next to nothing (Smith & Topin 2018)."""

from math import cos, pi
from typing import Literal

from attrs import frozen

from sigma_core.extend import Position, Schedule, State
from sigma_nn._settings import choice, number, span


@frozen
class OneCycleSchedule(Schedule):
    """Rise from 1 / start_divisor to 1, then fall to 1 / (start_divisor * end_divisor): the setting is the maximum.

    The rise takes the share `warm_up` of `length`, whose last iteration has the lowest value, as everything behind it.
    The ways up and down are halves of a cosine wave or straight lines (`torch.optim.lr_scheduler.OneCycleLR`). A rise
    of an iteration or less is none: the first has the maximum, where PyTorch begins below it.
    """

    length: str = span(default="1 run")
    warm_up: float = number(default=0.3, at_least=0, below=1)
    start_divisor: float = number(default=25.0, at_least=1)
    end_divisor: float = number(default=1e4, at_least=1)
    shape: Literal["cosine", "linear"] = choice("cosine", "linear", default="cosine")

    def factor(self, position: Position, state: State) -> float:
        """On the way up, on the way down, or at the end."""
        start = 1 / self.start_divisor
        end = start / self.end_divisor
        length = position.iterations_of(self.length)
        # The last iteration counts as the end: the next would be outside.
        top, last = max(0.0, self.warm_up * length - 1), length - 1
        if position.iteration < top:
            return self._between(start, 1.0, position.iteration / top)
        if position.iteration >= last:
            return end
        return self._between(1.0, end, (position.iteration - top) / (last - top))

    def _between(self, start: float, end: float, progress: float) -> float:
        share = (1 - cos(pi * progress)) / 2 if self.shape == "cosine" else progress
        return start + (end - start) * share
