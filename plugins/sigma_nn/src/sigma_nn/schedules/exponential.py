"""Exponential: down by the same share in the same time (`torch.optim.lr_scheduler.ExponentialLR`)."""

from attrs import frozen

from sigma_core.extend import Position, Schedule, State
from sigma_nn._settings import number, span


@frozen
class ExponentialSchedule(Schedule):
    """Fall to `decay` of what it was in each stretch of `every`, iteration by iteration: decay^(time / every).

    `StepSchedule` has the same values at the ends of these stretches, and jumps between them.
    """

    decay: float = number(default=0.95, above=0, at_most=1)
    every: str = span(default="1 epoch")

    def factor(self, position: Position, state: State) -> float:
        """The decay to the power of the time in units of `every`."""
        return self.decay ** (position.iteration / position.iterations_of(self.every))
