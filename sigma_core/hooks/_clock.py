"""Where a run stands: a clock that the loop sets and readings that triggers compare."""

from collections.abc import Callable, Mapping
from enum import Enum
from fractions import Fraction
from types import MappingProxyType
from typing import NamedTuple

from attrs import define, evolve, field, frozen

from sigma_core.events import Event, RunEnded, RunPaused, RunReset, RunResumed, RunStarted


class Unit(Enum):
    """What the position in a run is counted in."""

    ITERATIONS = "iterations"
    EPOCHS = "epochs"
    SECONDS = "seconds"
    """Of running time: pauses do not count."""
    WALL_SECONDS = "wall seconds"
    """Of the clock on the wall: pauses count, the time between two runs does not."""
    RUN = "run"
    """Fractions of the whole run, by its number of iterations."""
    STARTS = "starts"
    STOPS = "stops"
    PAUSES = "pauses"
    RESUMES = "resumes"
    RESETS = "resets"


MOMENTS: Mapping[type[Event], Unit] = MappingProxyType(
    {
        RunStarted: Unit.STARTS,
        RunEnded: Unit.STOPS,
        RunPaused: Unit.PAUSES,
        RunResumed: Unit.RESUMES,
        RunReset: Unit.RESETS,
    }
)
"""Events of a run that triggers count."""


class Moments(NamedTuple):
    """How often a trainer has started, stopped... so far, from its very beginning."""

    starts: int = 0
    stops: int = 0
    pauses: int = 0
    resumes: int = 0
    resets: int = 0


@frozen
class Reading:
    """A moment of a run, as one hook sees it.

    `epochs` is the position in epochs: for hooks of every iteration the exact number of epochs done with this
    iteration, for all others the number of the epoch that runs or has just ended. None where it is not known.
    """

    iteration: int
    epochs: Fraction | int | None
    seconds: float
    iterations_per_epoch: int | None = None
    total_iterations: int | None = None
    wall: float = 0.0
    """Seconds with pauses."""
    moments: Moments = field(factory=Moments)


@define
class Clock:
    """The position of a run, set by the loop: plain attributes, because they are written at every iteration.

    `iteration` and `epoch` count from 1 once the run has started and are 0 before. `iterations_per_epoch` and
    `total_iterations` are None where the length is not known. `seconds` is the running time, a number or a function
    that tells it; it is asked for only when a trigger counts in seconds. `paused` are the seconds of all pauses that
    are over.
    """

    iteration: int = 0
    epoch: int = 0
    iterations_per_epoch: int | None = None
    total_iterations: int | None = None
    seconds: float | Callable[[], float] = 0.0
    paused: float = 0.0
    moments: Moments = field(factory=Moments)

    def elapsed(self) -> float:
        """The running time in seconds."""
        return self.seconds() if callable(self.seconds) else self.seconds

    def note(self, event: Event) -> None:
        """Count an event, if it is one that triggers count."""
        unit = MOMENTS.get(type(event))
        if unit is Unit.STOPS:
            # A run that was killed has stopped too, and its last checkpoint is older than its end.
            self.moments = self.moments._replace(stops=self.moments.starts)
        elif unit is not None:
            self.moments = self.moments._replace(**{unit.value: getattr(self.moments, unit.value) + 1})

    def reading(self) -> Reading:
        """The moment for a hook that does not happen at every iteration."""
        return self._reading(self.iteration, self.epoch, self.elapsed())

    def reading_at(self, iteration: int, seconds: float) -> Reading:
        """The moment of an iteration for a hook that happens at every iteration."""
        epochs = None if self.iterations_per_epoch is None else Fraction(iteration, self.iterations_per_epoch)
        return self._reading(iteration, epochs, seconds)

    def reading_before(self, iteration: int, then: Reading) -> Reading:
        """The moment of the iteration before, which was last looked at `then`: all but the position is remembered."""
        epochs = None if self.iterations_per_epoch is None else Fraction(iteration - 1, self.iterations_per_epoch)
        return evolve(then, iteration=iteration - 1, epochs=epochs)

    def _reading(self, iteration: int, epochs: Fraction | int | None, seconds: float) -> Reading:
        return Reading(
            iteration,
            epochs,
            seconds,
            self.iterations_per_epoch,
            self.total_iterations,
            seconds + self.paused,
            self.moments,
        )
