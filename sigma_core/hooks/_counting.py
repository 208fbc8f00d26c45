"""Triggers that count iterations, epochs, seconds, fractions of the run, or its moments, such as pauses."""

import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from types import MappingProxyType
from typing import Generic, Self, TypeVar

from attrs import evolve, frozen

from sigma_core.errors import SettingError, listed
from sigma_core.hooks._clock import MOMENTS, Reading, Unit
from sigma_core.hooks._trigger import Never, Trigger

Number = int | float
Position = int | float | Fraction
Counting = TypeVar("Counting", bound=Trigger)

MOMENT_UNITS: Mapping[str, Unit] = MappingProxyType({unit.value.removesuffix("s"): unit for unit in MOMENTS.values()})
"""Moments of a run by name: start, stop, pause, resume, reset."""

_TIMES = (Unit.SECONDS, Unit.WALL_SECONDS)
# When the next of these comes nobody knows, so that a hook of every iteration has to look at each.
_UNFORESEEN = (Unit.WALL_SECONDS, *MOMENT_UNITS.values())


@frozen
class Every(Trigger):
    """Due each `number` units, counted from `start` on, for the last time at `end`."""

    number: Number
    unit: Unit
    start: Number = 0
    end: Number | None = None

    def __attrs_post_init__(self) -> None:
        _check_amount(self.number, self.unit, may_be_zero=False)
        _check_amount(self.start, self.unit, may_be_zero=True)
        if self.end is not None:
            _check_amount(self.end, self.unit, may_be_zero=True)

    def after(self, start: Number) -> Self:
        """The same, counted from `start` units on: `every(3).epochs.after(10)` is due at epochs 13, 16, 19..."""
        return evolve(self, start=start)

    def until(self, end: Number) -> Self:
        """The same, never after `end` units."""
        return evolve(self, end=end)

    def due(self, now: Reading, then: Reading) -> bool:
        return self._count(_position(self.unit, now)) > self._count(_position(self.unit, then))

    def _count(self, position: Position) -> int:
        last = position if self.end is None else min(position, self.end)
        if self.unit in _TIMES:
            return max(0, math.floor((last - self.start) / self.number))
        if isinstance(last, float):
            last = _exact(last)
        return max(0, (last - _exact(self.start)) // _exact(self.number))

    def next_iteration(self, now: Reading) -> int | None:
        if self.unit is Unit.SECONDS or self.unit in _UNFORESEEN:
            is_over = self.end is not None and self._count(_position(self.unit, now)) >= self._count(self.end)
            return None if is_over else now.iteration + 1
        length = _iterations(self.unit, now)
        step, start = _exact(self.number) * length, _exact(self.start) * length
        times = max(0, (now.iteration - start) // step)
        if self.end is not None and times >= self._count(self.end):
            return None
        return math.ceil(start + (times + 1) * step)

    def next_seconds(self, now: Reading) -> float:
        if self.unit is not Unit.SECONDS:
            return 0.0
        return self.start + (self._count(now.seconds) + 1) * self.number

    def units(self) -> frozenset[Unit]:
        return frozenset((self.unit,))

    def at(self, moment: Unit | None) -> Trigger:
        own = self.unit if self.unit in MOMENTS.values() else None
        return self if own is moment else Never()

    def __str__(self) -> str:
        if self.unit in MOMENTS.values() and self.number == 1:
            return f"on {self.unit.value.removesuffix('s')}{self._bounds()}"
        return f"every {_text(self.number)} {self.unit.value}{self._bounds()}"

    def _bounds(self) -> str:
        start = f" after {_text(self.start)}" if self.start else ""
        end = "" if self.end is None else f" until {_text(self.end)}"
        return f"{start}{end}"


@frozen
class After(Trigger):
    """Due at each event once more than `number` units have passed."""

    number: Number
    unit: Unit

    def __attrs_post_init__(self) -> None:
        _check_amount(self.number, self.unit, may_be_zero=True)

    @property
    def is_bound(self) -> bool:
        return True

    def due(self, now: Reading, then: Reading) -> bool:  # noqa: ARG002  # due at each event
        return _position(self.unit, now) > _limit(self.number, self.unit)

    def next_iteration(self, now: Reading) -> int | None:
        if self.unit is Unit.SECONDS or self.unit in _UNFORESEEN:
            return now.iteration + 1
        last = math.floor(_exact(self.number) * _iterations(self.unit, now))
        return max(now.iteration, last) + 1

    def next_seconds(self, now: Reading) -> float:  # noqa: ARG002  # the same whatever the time
        return float(self.number) if self.unit is Unit.SECONDS else 0.0

    def units(self) -> frozenset[Unit]:
        return frozenset((self.unit,))

    def __str__(self) -> str:
        return f"after {_text(self.number)} {self.unit.value}"


@frozen
class Until(Trigger):
    """Due at each event while at most `number` units have passed."""

    number: Number
    unit: Unit

    def __attrs_post_init__(self) -> None:
        _check_amount(self.number, self.unit, may_be_zero=True)

    @property
    def is_bound(self) -> bool:
        return True

    def due(self, now: Reading, then: Reading) -> bool:  # noqa: ARG002  # due at each event
        return _position(self.unit, now) <= _limit(self.number, self.unit)

    def next_iteration(self, now: Reading) -> int | None:
        if self.unit is Unit.SECONDS or self.unit in _UNFORESEEN:
            return now.iteration + 1 if _position(self.unit, now) <= self.number else None
        last = math.floor(_exact(self.number) * _iterations(self.unit, now))
        return now.iteration + 1 if now.iteration < last else None

    def units(self) -> frozenset[Unit]:
        return frozenset((self.unit,))

    def __str__(self) -> str:
        return f"until {_text(self.number)} {self.unit.value}"


def _limit(number: Number, unit: Unit) -> Position:
    return number if unit in _TIMES else _exact(number)


def _text(number: Number) -> str:
    return str(int(number)) if number == int(number) else repr(float(number))


def _exact(number: Number) -> int | Fraction:
    # By its decimal text, so that a tenth of a run of 70 iterations is 7 and not a little more.
    return number if isinstance(number, int) else Fraction(repr(number))


def _position(unit: Unit, now: Reading) -> Position:
    if unit is Unit.ITERATIONS:
        return now.iteration
    if unit is Unit.EPOCHS:
        return now.epochs or 0
    if unit is Unit.SECONDS:
        return now.seconds
    if unit is Unit.WALL_SECONDS:
        return now.wall
    if unit is not Unit.RUN:
        moment: int = getattr(now.moments, unit.value)
        return moment
    return Fraction(now.iteration, now.total_iterations or 1)


def _iterations(unit: Unit, now: Reading) -> int:
    """The number of iterations in one unit."""
    if unit is Unit.EPOCHS:
        return now.iterations_per_epoch or 1
    return (now.total_iterations or 1) if unit is Unit.RUN else 1


def _check_amount(number: Number, unit: Unit, *, may_be_zero: bool) -> None:
    place = "trigger"
    found = f"{number!r} {unit.value}"
    if isinstance(number, bool) or not isinstance(number, int | float) or not math.isfinite(number):
        raise SettingError(where=place, found=found, expected="a finite number")
    if number < 0 or (number == 0 and not may_be_zero):
        raise SettingError(where=place, found=found, expected="a number above 0")
    if (unit is Unit.ITERATIONS or unit in MOMENTS.values()) and number != int(number):
        raise SettingError(where=place, found=found, expected=f"a whole number of {unit.value}")
    if unit is Unit.RUN and number > 1:
        raise SettingError(where=place, found=found, expected="a fraction of the run, at most 1")


@frozen
class Amount(Generic[Counting]):
    """A number that waits for its unit: `every(10).iterations`, `after(2).epochs`."""

    number: Number
    make: Callable[[Number, Unit], Counting]

    @property
    def iterations(self) -> Counting:
        """Counted in iterations of the whole run."""
        return self.make(self.number, Unit.ITERATIONS)

    @property
    def epochs(self) -> Counting:
        """Counted in epochs."""
        return self.make(self.number, Unit.EPOCHS)

    @property
    def seconds(self) -> Counting:
        """Counted in seconds of running time: pauses do not count."""
        return self.make(self.number, Unit.SECONDS)

    @property
    def wall_seconds(self) -> Counting:
        """Counted in seconds of the clock on the wall: pauses count."""
        return self.make(self.number, Unit.WALL_SECONDS)

    @property
    def starts(self) -> Counting:
        """Counted in starts, of which each run of a trainer and each resume has one."""
        return self.make(self.number, Unit.STARTS)

    @property
    def stops(self) -> Counting:
        """Counted in ends of runs."""
        return self.make(self.number, Unit.STOPS)

    @property
    def pauses(self) -> Counting:
        """Counted in pauses."""
        return self.make(self.number, Unit.PAUSES)

    @property
    def resumes(self) -> Counting:
        """Counted in ends of pauses."""
        return self.make(self.number, Unit.RESUMES)

    @property
    def resets(self) -> Counting:
        """Counted in resets."""
        return self.make(self.number, Unit.RESETS)

    @property
    def run(self) -> Counting:
        """Counted in fractions of the whole run, such as 0.25."""
        return self.make(self.number, Unit.RUN)


def every(number: Number) -> Amount[Every]:
    """Each `number` units: `every(10).iterations`, `every(0.25).run`, `every(3).epochs.after(10).until(40)`."""
    return Amount(number, Every)


def after(number: Number) -> Amount[After]:
    """Always, once more than `number` units have passed: `after(2).epochs`."""
    return Amount(number, After)


def until(number: Number) -> Amount[Until]:
    """Always, while at most `number` units have passed: `until(500).iterations`."""
    return Amount(number, Until)


def on(moment: str) -> Every:
    """Each time that the run does that: `on("start")`, or stop, pause, resume, reset.

    Raises SettingError for another moment.
    """
    if moment not in MOMENT_UNITS:
        raise SettingError(where="trigger", found=f"on {moment!r}", expected=listed(MOMENT_UNITS, str(moment)))
    return Every(1, MOMENT_UNITS[moment])
