"""Constant: the same factor throughout."""

from attrs import frozen

from sigma_core.extend import Position, Schedule, State
from sigma_nn._settings import number


@frozen
class ConstantSchedule(Schedule):
    """Multiply by `value` throughout: a part of a sequence."""

    value: float = number(default=1.0, at_least=0)

    def factor(self, position: Position, state: State) -> float:
        """The same everywhere."""
        return self.value
