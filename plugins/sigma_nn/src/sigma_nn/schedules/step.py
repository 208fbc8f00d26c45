"""Step: down every so often (`torch.optim.lr_scheduler.StepLR`)."""

from attrs import frozen

from sigma_core.extend import Position, Schedule, State
from sigma_nn._settings import number, span


@frozen
class StepSchedule(Schedule):
    """Multiply by `decay` once more each time `every` has passed, and stay there in between."""

    every: str = span(default="10 epochs")
    decay: float = number(default=0.1, above=0, at_most=1)

    def factor(self, position: Position, state: State) -> float:
        """The decay to the power of the steps that lie behind."""
        return self.decay ** (position.iteration // position.iterations_of(self.every))
