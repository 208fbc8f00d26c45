"""Polynomial: down along a power of the time that is left (`torch.optim.lr_scheduler.PolynomialLR`)."""

from attrs import frozen

from sigma_core.extend import Position, Schedule, State
from sigma_nn._settings import number, span
from sigma_nn.schedules._progress import progress


@frozen
class PolynomialSchedule(Schedule):
    """Fall from 1 to `end` over `length`: end + (1 - end) * (1 - time / length)^power, and stay there.

    A power of 1 is a straight line.
    """

    length: str = span(default="1 run")
    power: float = number(default=1.0, above=0)
    end: float = number(default=0.0, at_least=0)

    def factor(self, position: Position, state: State) -> float:
        """The power of what is left."""
        return self.end + (1 - self.end) * (1 - progress(position, self.length)) ** self.power
