"""Warm-up: from a small factor up to 1 (Goyal et al. 2017, section 2.2)."""

from typing import Literal

from attrs import frozen

from sigma_core.extend import Position, Schedule, State
from sigma_nn._settings import choice, number, span
from sigma_nn.schedules._progress import progress


@frozen
class WarmUpSchedule(Schedule):
    """Rise from `start` to 1 over `length`, and stay there.

    Linear: start + (1 - start) * time / length; exponential: start^(1 - time / length). What follows is the next part
    of a sequence: `SequenceSchedule([WarmUpSchedule("1 epoch"), CosineSchedule()], ["1 epoch"])`.
    """

    length: str = span(default="1 epoch")
    start: float = number(default=0.01, above=0, at_most=1)
    shape: Literal["linear", "exponential"] = choice("linear", "exponential", default="linear")

    def factor(self, position: Position, state: State) -> float:
        """Along the line or the curve."""
        done = progress(position, self.length)
        if self.shape == "linear":
            return self.start + (1 - self.start) * done
        return self.start ** (1 - done)
