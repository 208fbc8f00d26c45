"""Where a run stands: a clock that the loop sets and readings that triggers compare."""

from collections.abc import Callable
from enum import Enum
from fractions import Fraction

from attrs import define, frozen


class Unit(Enum):
    """What the position in a run is counted in."""

    ITERATIONS = "iterations"
    EPOCHS = "epochs"
    SECONDS = "seconds"
    RUN = "run"
    """Fractions of the whole run, by its number of iterations."""


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


@define
class Clock:
    """The position of a run, set by the loop: plain attributes, because they are written at every iteration.

    `iteration` and `epoch` count from 1 once the run has started and are 0 before. `iterations_per_epoch` and
    `total_iterations` are None where the length is not known. `seconds` is the running time, a number or a function
    that tells it; it is asked for only when a trigger counts in seconds.
    """

    iteration: int = 0
    epoch: int = 0
    iterations_per_epoch: int | None = None
    total_iterations: int | None = None
    seconds: float | Callable[[], float] = 0.0

    def elapsed(self) -> float:
        """The running time in seconds."""
        return self.seconds() if callable(self.seconds) else self.seconds

    def reading(self) -> Reading:
        """The moment for a hook that does not happen at every iteration."""
        return Reading(self.iteration, self.epoch, self.elapsed(), self.iterations_per_epoch, self.total_iterations)

    def reading_at(self, iteration: int, seconds: float) -> Reading:
        """The moment of an iteration for a hook that happens at every iteration."""
        epochs = None if self.iterations_per_epoch is None else Fraction(iteration, self.iterations_per_epoch)
        return Reading(iteration, epochs, seconds, self.iterations_per_epoch, self.total_iterations)
