"""Iterations: `1000 iterations`."""

from attrs import frozen

from sigma_core.extend import Criterion, Moment, Observation, State
from sigma_nn._settings import integer


@frozen
class Iterations(Criterion):
    """Holds after so many iterations of the run: `1000 iterations`."""

    count: int = integer(at_least=1)

    @property
    def moment(self) -> Moment:
        """After each iteration."""
        return "iteration"

    def next_iteration(self, iteration: int) -> int:
        """The last one, and every one from there on."""
        return max(self.count, iteration + 1)

    def last_iteration(self, iterations_per_epoch: int) -> int:
        """The last one, however many an epoch has."""
        return self.count

    def update(self, state: State, observation: Observation) -> State:
        """Reached with the last of the iterations."""
        return {**state, "reached": observation.iteration >= self.count}

    def reason(self, state: State) -> str:
        """Its text form."""
        return str(self)

    def __str__(self) -> str:
        return f"{self.count} iterations"
