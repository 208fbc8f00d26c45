"""What every trigger is, and how triggers are combined. Immutable values and pure functions.

A trigger counts: `every(3).epochs` has been due twice by the end of epoch 7. It is due at an event when it has been
due more often by now than it had been at the event before, so "every 100 iterations" on a hook of epochs means the
first end of an epoch at or after each hundredth iteration, and nothing is missed in between. What changes (the event
before, and what remains of `once` and `times`) is kept by the dispatch.
"""

from abc import ABC, abstractmethod

from attrs import evolve, field, frozen

from sigma_core.errors import SettingError
from sigma_core.hooks._clock import Reading, Unit

# How many steps `&` takes to find an iteration at which both sides are due, before it answers with a lower bound.
_PATIENCE = 1000


@frozen
class Wake:
    """A trigger need not be looked at before this iteration, nor before this running time in seconds."""

    iteration: int
    seconds: float = 0.0


@frozen
class Trigger(ABC):
    """Says at which events a hook runs; combined by `|` (either) and `&` (both at the same event)."""

    @abstractmethod
    def due(self, now: Reading, then: Reading) -> bool:
        """Whether the hook runs at the event that happens now, when the hook's event before happened then."""

    def next_iteration(self, now: Reading) -> int | None:
        """The earliest iteration after now at which it can be due, for a hook of every iteration; None for never."""
        return now.iteration + 1

    def next_seconds(self, now: Reading) -> float:  # noqa: ARG002  # only some triggers look at the clock
        """The running time in seconds before which it cannot be due."""
        return 0.0

    def wakes(self, now: Reading) -> tuple[Wake, ...]:
        """Alternatives, one of which has come before the trigger can be due again; empty for never."""
        iteration = self.next_iteration(now)
        return () if iteration is None else (Wake(iteration, self.next_seconds(now)),)

    def after_firing(self, now: Reading, then: Reading) -> "Trigger":  # noqa: ARG002  # for triggers that wear out
        """The trigger that remains once the hook has run at the event that happened now."""
        return self

    def units(self) -> frozenset[Unit]:
        """The units it counts in."""
        return frozenset()

    def __or__(self, other: "Trigger") -> "Trigger":
        return AnyOf((*_parts(AnyOf, self), *_parts(AnyOf, other)))

    def __and__(self, other: "Trigger") -> "Trigger":
        return AllOf((*_parts(AllOf, self), *_parts(AllOf, other)))

    @property
    def is_bound(self) -> bool:
        """Whether it only says how long others may be due, as `after 2 epochs` does."""
        return False

    def at(self, moment: Unit | None) -> "Trigger":  # most count what passes by itself
        """What of it concerns a moment of the run, such as pauses; with None what concerns all else.

        So a hook of several events gives each its part: of "on pause | 3 epochs" the first at pauses, the second at
        the ends of epochs.
        """
        return self if moment is None else Never()

    @staticmethod
    def parse(text: str) -> "Trigger":
        """The trigger that the text describes, such as "every 3 epochs after 10 | once".

        Raises ExpressionError with the column of the fault.
        """
        from sigma_core.hooks._grammar import parse_trigger

        return parse_trigger(text)


@frozen
class Always(Trigger):
    """Due at each event; what a hook without a trigger has."""

    @property
    def is_bound(self) -> bool:
        return True

    def due(self, now: Reading, then: Reading) -> bool:  # noqa: ARG002  # the same at any time
        return True

    def __str__(self) -> str:
        return "always"


@frozen
class Never(Trigger):
    """Never due; what remains of a trigger that has worn out."""

    def due(self, now: Reading, then: Reading) -> bool:  # noqa: ARG002  # the same at any time
        return False

    def next_iteration(self, now: Reading) -> int | None:  # noqa: ARG002  # the same at any time
        return None

    def __str__(self) -> str:
        return "never"


@frozen
class Times(Trigger):
    """Due the first `number` times that `trigger` is, and then never again."""

    number: int = field(default=1)
    trigger: Trigger = field(factory=Always)

    @number.validator
    def _check_number(self, _attribute: object, number: object) -> None:
        if isinstance(number, bool) or not isinstance(number, int) or number < 1:
            raise SettingError(where="trigger", found=f"{number!r} times", expected="a whole number above 0")

    def due(self, now: Reading, then: Reading) -> bool:
        return self.trigger.due(now, then)

    def next_iteration(self, now: Reading) -> int | None:
        return self.trigger.next_iteration(now)

    def next_seconds(self, now: Reading) -> float:
        return self.trigger.next_seconds(now)

    def wakes(self, now: Reading) -> tuple[Wake, ...]:
        return self.trigger.wakes(now)

    def after_firing(self, now: Reading, then: Reading) -> Trigger:
        if not self.due(now, then):
            return self
        remaining = self.number - 1
        return Times(remaining, self.trigger.after_firing(now, then)) if remaining else Never()

    def at(self, moment: Unit | None) -> Trigger:
        part = self.trigger.at(moment)
        return part if part == Never() else Times(self.number, part)

    def units(self) -> frozenset[Unit]:
        return self.trigger.units()

    def __str__(self) -> str:
        number = "once" if self.number == 1 else f"{self.number} times"
        return number if self.trigger == Always() else f"{number} ({self.trigger})"


def _parts(kind: "type[AnyOf | AllOf]", trigger: Trigger) -> tuple[Trigger, ...]:
    return trigger.triggers if isinstance(trigger, kind) else (trigger,)


@frozen
class AnyOf(Trigger):
    """Due when at least one of the triggers is."""

    triggers: tuple[Trigger, ...]

    def due(self, now: Reading, then: Reading) -> bool:
        return any(trigger.due(now, then) for trigger in self.triggers)

    def next_iteration(self, now: Reading) -> int | None:
        found = [trigger.next_iteration(now) for trigger in self.triggers]
        return min((iteration for iteration in found if iteration is not None), default=None)

    def next_seconds(self, now: Reading) -> float:
        return min(trigger.next_seconds(now) for trigger in self.triggers)

    def wakes(self, now: Reading) -> tuple[Wake, ...]:
        # Kept apart: "every 60 seconds | every 100 iterations" must not look closer at each iteration.
        return tuple(wake for trigger in self.triggers for wake in trigger.wakes(now))

    def after_firing(self, now: Reading, then: Reading) -> Trigger:
        return evolve(self, triggers=tuple(trigger.after_firing(now, then) for trigger in self.triggers))

    @property
    def is_bound(self) -> bool:
        return all(trigger.is_bound for trigger in self.triggers)

    def at(self, moment: Unit | None) -> Trigger:
        parts = [trigger.at(moment) for trigger in self.triggers]
        return _joined(AnyOf, [part for part in parts if part != Never()])

    def units(self) -> frozenset[Unit]:
        return frozenset().union(*(trigger.units() for trigger in self.triggers))

    def __str__(self) -> str:
        return " | ".join(map(str, self.triggers))


@frozen
class AllOf(Trigger):
    """Due at an event at which every one of the triggers is."""

    triggers: tuple[Trigger, ...]

    def due(self, now: Reading, then: Reading) -> bool:
        return all(trigger.due(now, then) for trigger in self.triggers)

    def next_iteration(self, now: Reading) -> int | None:
        """As of every trigger; may be earlier than the first due iteration where the triggers meet only far away."""
        candidate = now.iteration + 1
        for _ in range(_PATIENCE):
            before = evolve(now, iteration=candidate - 1)
            found = [trigger.next_iteration(before) for trigger in self.triggers]
            latest = candidate
            for iteration in found:
                if iteration is None:
                    return None
                latest = max(latest, iteration)
            if latest == candidate:
                break
            candidate = latest
        return candidate

    def next_seconds(self, now: Reading) -> float:
        return max(trigger.next_seconds(now) for trigger in self.triggers)

    def after_firing(self, now: Reading, then: Reading) -> Trigger:
        return evolve(self, triggers=tuple(trigger.after_firing(now, then) for trigger in self.triggers))

    @property
    def is_bound(self) -> bool:
        return all(trigger.is_bound for trigger in self.triggers)

    def at(self, moment: Unit | None) -> Trigger:
        if self.is_bound:
            return super().at(moment)
        # A bound holds at whatever event the others are due.
        parts = [trigger if trigger.is_bound else trigger.at(moment) for trigger in self.triggers]
        return Never() if Never() in parts else _joined(AllOf, parts)

    def units(self) -> frozenset[Unit]:
        return frozenset().union(*(trigger.units() for trigger in self.triggers))

    def __str__(self) -> str:
        return " & ".join(f"({part})" if isinstance(part, AnyOf) else str(part) for part in self.triggers)


def _joined(kind: "type[AnyOf | AllOf]", parts: list[Trigger]) -> Trigger:
    flat = tuple(each for part in parts for each in _parts(kind, part))
    return flat[0] if len(flat) == 1 else kind(flat) if flat else Never()


def once(trigger: Trigger | None = None) -> Times:
    """The first time only: of the event, or of the given trigger."""
    return times(1, trigger)


def times(number: int, trigger: Trigger | None = None) -> Times:
    """The first `number` times only: of the event, or of the given trigger."""
    return Times(number) if trigger is None else Times(number, trigger)
