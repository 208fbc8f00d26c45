"""Milestones: down at moments that are listed (`torch.optim.lr_scheduler.MultiStepLR`)."""

from attrs import frozen

from sigma_core.extend import Position, Schedule, State
from sigma_nn._settings import number, spans


@frozen
class MilestonesSchedule(Schedule):
    """Multiply by `decay` once more at each of the moments, which are counted from the start of the run.

    As He et al. (2016) train residual networks: `MilestonesSchedule(["0.5 run", "0.75 run"])`.
    """

    moments: tuple[str, ...] = spans(default=("0.5 run", "0.75 run"))
    decay: float = number(default=0.1, above=0, at_most=1)

    def factor(self, position: Position, state: State) -> float:
        """The decay to the power of the moments that lie behind."""
        return self.decay ** sum(position.iteration >= position.iterations_of(moment) for moment in self.moments)
