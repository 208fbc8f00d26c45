"""Sequence: one schedule after the other (`torch.optim.lr_scheduler.SequentialLR`)."""

from math import ceil

from attrs import evolve, frozen

from sigma_core.extend import Observation, Position, Schedule, SettingError, State, components
from sigma_nn._settings import spans


@frozen
class SequenceSchedule(Schedule):
    """Follow each of the `schedules` for its own of the `lengths`; the last goes on, and has none.

    To each part its own stretch is the run: it begins at 0, and "1 run" is the length of the stretch. Scores are shown
    to all parts from the start, so that one that looks at them knows what was best before its turn. Raises SettingError
    for lengths that are too many or too few.
    """

    schedules: tuple[Schedule, ...] = components("schedules")
    lengths: tuple[str, ...] = spans(default=())

    def __attrs_post_init__(self) -> None:
        if not self.schedules:
            raise SettingError("SequenceSchedule.schedules", "there are none", "at least one schedule")
        if len(self.lengths) != len(self.schedules) - 1:
            raise SettingError(
                "SequenceSchedule.lengths",
                f"{len(self.lengths)} for {len(self.schedules)} schedules",
                "one for each schedule but the last, which goes on",
            )

    @property
    def requires(self) -> tuple[str, ...]:
        """What any part requires."""
        return tuple(dict.fromkeys(name for part in self.schedules for name in part.requires))

    def initial(self) -> State:
        """The parts' states."""
        return {"parts": [part.initial() for part in self.schedules]}

    def update(self, state: State, observation: Observation) -> State:
        """Show the scores to every part."""
        states = zip(self.schedules, state["parts"], strict=True)
        return {"parts": [part.update(inner, observation) for part, inner in states]}

    def factor(self, position: Position, state: State) -> float:
        """That of the part whose turn it is."""
        turn, start, end = self._turn(position)
        total = None if end is None else max(1, end - start)
        own = evolve(position, iteration=position.iteration - start, total_iterations=total)
        return self.schedules[turn].factor(own, state["parts"][turn])

    def _turn(self, position: Position) -> tuple[int, int, int | None]:
        """Which part's turn it is, and the iterations at which its stretch begins and ends."""
        start = 0.0
        for turn, length in enumerate(self.lengths):
            end = start + position.iterations_of(length)
            if position.iteration < end:
                return turn, ceil(start), ceil(end)
            start = end
        return len(self.lengths), ceil(start), position.total_iterations
