"""Triggers that count iterations, epochs, seconds or fractions of the run."""

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Generic, Self, TypeVar

from attrs import evolve, frozen

from sigma_core.errors import SettingError
from sigma_core.hooks._clock import Reading, Unit
from sigma_core.hooks._trigger import Trigger

Number = int | float
Position = int | float | Fraction
Counting = TypeVar("Counting", bound=Trigger)


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
        if self.unit is Unit.SECONDS:
            return max(0, math.floor((last - self.start) / self.number))
        if isinstance(last, float):
            last = _exact(last)
        return max(0, (last - _exact(self.start)) // _exact(self.number))

    def next_iteration(self, now: Reading) -> int | None:
        if self.unit is Unit.SECONDS:
            is_over = self.end is not None and self._count(now.seconds) >= self._count(self.end)
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

    def __str__(self) -> str:
        start = f" after {_text(self.start)}" if self.start else ""
        end = "" if self.end is None else f" until {_text(self.end)}"
        return f"every {_text(self.number)} {self.unit.value}{start}{end}"


@frozen
class After(Trigger):
    """Due at each event once more than `number` units have passed."""

    number: Number
    unit: Unit

    def __attrs_post_init__(self) -> None:
        _check_amount(self.number, self.unit, may_be_zero=True)

    def due(self, now: Reading, then: Reading) -> bool:  # noqa: ARG002  # due at each event
        return _position(self.unit, now) > _limit(self.number, self.unit)

    def next_iteration(self, now: Reading) -> int | None:
        if self.unit is Unit.SECONDS:
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

    def due(self, now: Reading, then: Reading) -> bool:  # noqa: ARG002  # due at each event
        return _position(self.unit, now) <= _limit(self.number, self.unit)

    def next_iteration(self, now: Reading) -> int | None:
        if self.unit is Unit.SECONDS:
            return now.iteration + 1 if now.seconds <= self.number else None
        last = math.floor(_exact(self.number) * _iterations(self.unit, now))
        return now.iteration + 1 if now.iteration < last else None

    def units(self) -> frozenset[Unit]:
        return frozenset((self.unit,))

    def __str__(self) -> str:
        return f"until {_text(self.number)} {self.unit.value}"


def _limit(number: Number, unit: Unit) -> Position:
    return number if unit is Unit.SECONDS else _exact(number)


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
    if unit is Unit.ITERATIONS and number != int(number):
        raise SettingError(where=place, found=found, expected="a whole number of iterations")
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
        """Counted in seconds of running time."""
        return self.make(self.number, Unit.SECONDS)

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
