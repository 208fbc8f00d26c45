"""One hook as the loop calls it: who is due, in which order, and when the next one will be."""

import sys
from collections.abc import Callable, Iterable
from typing import Any

from attrs import evolve

from sigma_core.errors import HookFailedError
from sigma_core.events import Event
from sigma_core.hooks._clock import Clock, Reading
from sigma_core.hooks._implementation import Implementation
from sigma_core.hooks._specifications import EACH_ITERATION
from sigma_core.hooks._trigger import Trigger, Wake

NEVER = sys.maxsize

_LOOKING = 0.02
"""Seconds between two looks at the clock for a trigger that waits for a time, where iterations are shorter."""

# How an implementation is called, decided once instead of at each call.
_CALLS = {("event", "trainer"): 0, ("event",): 1, (): 2, ("trainer",): 3, ("trainer", "event"): 4}


class Entry:
    """One implementation with the state of its trigger; `next_iteration` is 0 without one."""

    __slots__ = ("call", "function", "implementation", "next_iteration", "then", "trigger", "wakes")

    def __init__(
        self, implementation: Implementation, then: Reading, function: Callable[[Event, Any], object] | None = None
    ) -> None:
        self.implementation = implementation
        # Where another function stands in for it, that takes both arguments.
        self.function: Callable[..., object] = implementation.function if function is None else function
        self.call = _CALLS[implementation.arguments] if function is None else 0
        self.trigger: Trigger | None = implementation.when
        self.then = then
        self.wakes: tuple[Wake, ...] = ()
        self.next_iteration = 0

    @property
    def key(self) -> str:
        return f"{self.implementation.plugin}/{self.implementation.hook}"


def _call(entry: Entry, event: Event, trainer: Any) -> None:
    call = entry.call
    if call == 0:
        entry.function(event, trainer)
    elif call == 1:
        entry.function(event)
    elif call == 2:
        entry.function()
    elif call == 3:
        entry.function(trainer)
    else:
        entry.function(trainer, event)


class Lane:
    """The implementations of one hook in their order.

    The loop compares before it calls: `if iteration >= lane.next_iteration: lane.fire(build, trainer)`, with the clock
    set to that iteration.
    """

    __slots__ = ("_clock", "_each_iteration", "_is_triggered", "entries", "hook", "next_iteration")

    def __init__(self, hook: str, entries: Iterable[Entry], clock: Clock) -> None:
        self.hook = hook
        self._clock = clock
        self.entries = tuple(entries)
        self._each_iteration = hook in EACH_ITERATION
        self._is_triggered = any(entry.trigger is not None for entry in self.entries)
        self.next_iteration = NEVER
        self.rewind()

    def fire(self, event: Event | Callable[[], Event], trainer: Any) -> Event | None:
        """Call every implementation that is due, in order; the first exception is raised as HookFailedError.

        The event may be given as a function that builds it, called only if somebody is due. Returns the event, or
        None when it was not built.
        """
        built = event if isinstance(event, Event) else None
        iteration = self._clock.iteration
        for entry in self.entries:
            if entry.next_iteration > iteration:
                continue
            if entry.trigger is not None and not self._is_due(entry, entry.trigger):
                continue
            if built is None:
                built = event()  # type: ignore[operator]  # an Event would have been taken above
            try:
                _call(entry, built, trainer)
            except HookFailedError:
                # Of another hook, on which this one led.
                raise
            except Exception as error:
                raise failure(entry.implementation, iteration, error) from error
        if self._is_triggered:
            self._settle()
        return built

    def fire_all(self, event: Event, trainer: Any) -> None:
        """Call every implementation that is due, even when some raise; raise what they raised afterwards, as one.

        A KeyboardInterrupt or SystemExit waits as well until all have been called, and is raised before anything else.
        """
        failures: list[HookFailedError] = []
        interrupt: BaseException | None = None
        for entry in self.entries:
            if entry.trigger is not None and not self._is_due(entry, entry.trigger):
                continue
            try:
                _call(entry, event, trainer)
            except HookFailedError as error:
                failures.append(error)
            except Exception as error:  # noqa: BLE001  # raised below, when all have been called
                raised = failure(entry.implementation, self._clock.iteration, error)
                raised.__cause__ = error
                failures.append(raised)
            except BaseException as error:  # noqa: BLE001  # likewise
                interrupt = error
        if interrupt is not None:
            raise interrupt
        if len(failures) == 1:
            raise failures[0]
        if failures:
            raise HookFailedError(
                where=f"hook {self.hook!r}, iteration {self._clock.iteration}",
                found=f"{len(failures)} implementations raised",
                hook=self.hook,
                plugin=", ".join(raised.plugin for raised in failures),
                failures=tuple(failures),
            )

    def rewind(self) -> None:
        """Find out anew when each entry is next due, after the clock or a trigger's state was set."""
        if self._each_iteration:
            now = self._clock.reading_at(self._clock.iteration, self._clock.elapsed())
            for entry in self.entries:
                if entry.trigger is not None:
                    _schedule(entry, entry.trigger, now)
        self._settle()

    def _settle(self) -> None:
        earliest = NEVER
        for entry in self.entries:
            if entry.next_iteration < earliest:  # noqa: PLR1730  # a call of min takes longer than all the rest
                earliest = entry.next_iteration
        self.next_iteration = earliest

    def _is_due(self, entry: Entry, trigger: Trigger) -> bool:
        clock = self._clock
        if not self._each_iteration:
            now, then = clock.reading(), entry.then
            entry.then = now
            is_due = trigger.due(now, then)
            if is_due:
                entry.trigger = trigger.after_firing(now, then)
            return is_due
        iteration = clock.iteration
        seconds = clock.elapsed()
        for wake in entry.wakes:
            if iteration >= wake.iteration and seconds >= wake.seconds:
                break
        else:
            entry.next_iteration = _look_again(entry, iteration, seconds)
            return False
        now = clock.reading_at(iteration, seconds)
        # The event before was the iteration before; all else of it must be remembered.
        then = clock.reading_before(iteration, entry.then)
        is_due = trigger.due(now, then)
        if is_due:
            trigger = entry.trigger = trigger.after_firing(now, then)
        _schedule(entry, trigger, now)
        return is_due


def failure(implementation: Implementation, iteration: int, error: BaseException) -> HookFailedError:
    """What a run says of a hook that raised."""
    return HookFailedError(
        where=f"{implementation}, iteration {iteration}",
        found=f"raised {type(error).__name__}: {error}",
        remedy="correct the plugin, or leave it out of this run",
        hook=implementation.hook,
        plugin=implementation.plugin,
    )


def _schedule(entry: Entry, trigger: Trigger, now: Reading) -> None:
    entry.then = now
    entry.wakes = trigger.wakes(now)
    entry.next_iteration = min((wake.iteration for wake in entry.wakes), default=NEVER)


def _look_again(entry: Entry, iteration: int, seconds: float) -> int:
    """Where to look at the clock anew while all that is missing is time: not behind each of many quick iterations.

    It is looked at behind half of the iterations that fit into what is missing at the pace so far, so ever more often
    towards the end, and every 20 milliseconds before.
    """
    then, found = entry.then, NEVER
    elapsed = seconds - then.seconds
    pace = (iteration - then.iteration) / elapsed if elapsed > 0 else 0.0
    for wake in entry.wakes:
        if wake.iteration > iteration:
            found = min(found, wake.iteration)
        else:
            found = min(found, iteration + 1 + int(pace * min((wake.seconds - seconds) / 2, _LOOKING)))
    return found


def start(hook: str, clock: Clock) -> Reading:
    """The reading of the event before the first one that a new entry will see."""
    reading = clock.reading()
    is_in_epoch = clock.epoch > 0 and clock.iteration != clock.epoch * (clock.iterations_per_epoch or 0)
    if is_in_epoch and not hook.endswith("_started"):
        # The epoch that runs has not ended yet, so its end is still to be counted.
        return evolve(reading, epochs=clock.epoch - 1)
    return reading
