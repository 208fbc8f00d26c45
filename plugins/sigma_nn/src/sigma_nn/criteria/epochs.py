"""Epochs: `20 epochs`."""

from attrs import frozen

from sigma_core.extend import Criterion, Moment, Observation, State
from sigma_nn._settings import integer


@frozen
class Epochs(Criterion):
    """Holds after so many epochs of the run: `20 epochs`."""

    count: int = integer(at_least=1)

    @property
    def moment(self) -> Moment:
        """After each epoch."""
        return "epoch"

    def update(self, state: State, observation: Observation) -> State:
        """Reached with the last of the epochs."""
        return {**state, "reached": observation.epoch >= self.count}

    def last_iteration(self, iterations_per_epoch: int) -> int:
        """The last one of the last epoch."""
        return self.count * iterations_per_epoch

    def reason(self, state: State) -> str:
        """Its text form."""
        return str(self)

    def __str__(self) -> str:
        return f"{self.count} epochs"
