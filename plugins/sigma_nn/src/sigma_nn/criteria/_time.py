"""What criteria of running time have in common."""

from typing import ClassVar

from attrs import frozen

from sigma_core.extend import Criterion, Moment, Observation, State
from sigma_nn._settings import number
from sigma_nn.criteria._text import number_text


@frozen
class TimeCriterion(Criterion):
    """Holds after so many units of running time, by a clock that only goes forward.

    Pauses do not count, what ran before a resume does; setting the clock of the machine changes nothing.
    """

    unit: ClassVar[str]
    seconds: ClassVar[float]
    """In one unit."""

    count: float = number(above=0)

    @property
    def moment(self) -> Moment:
        """After each iteration."""
        return "iteration"

    def update(self, state: State, observation: Observation) -> State:
        """Reached with the first iteration that ends when the time has passed."""
        return {**state, "reached": observation.seconds >= self.count * self.seconds}

    def reason(self, state: State) -> str:
        """Its text form."""
        return str(self)

    def __str__(self) -> str:
        return f"{number_text(self.count)} {self.unit}"
