"""Hooks as the loop calls them: frozen for one run, so that an event that nobody waits for costs a comparison."""

import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from attrs import evolve

from sigma_core.errors import CheckpointError, HookFailedError, HookRegistrationError, UserError
from sigma_core.events import Event
from sigma_core.hooks._clock import Clock, Reading, Unit
from sigma_core.hooks._implementation import Implementation
from sigma_core.hooks._specifications import EACH_ITERATION, HOOKS
from sigma_core.hooks._trigger import Trigger, Wake

NEVER = sys.maxsize
_VERSION = 1

# How an implementation is called, decided once instead of at each call.
_CALLS = {("event", "trainer"): 0, ("event",): 1, (): 2, ("trainer",): 3, ("trainer", "event"): 4}


class _Entry:
    """One implementation with the state of its trigger; `next_iteration` is 0 without one."""

    __slots__ = ("call", "function", "implementation", "next_iteration", "then", "trigger", "wakes")

    def __init__(self, implementation: Implementation, then: Reading) -> None:
        self.implementation = implementation
        self.function = implementation.function
        self.call = _CALLS[implementation.arguments]
        self.trigger: Trigger | None = implementation.when
        self.then = then
        self.wakes: tuple[Wake, ...] = ()
        self.next_iteration = 0

    @property
    def key(self) -> str:
        return f"{self.implementation.plugin}/{self.implementation.hook}"


def _call(entry: _Entry, event: Event, trainer: Any) -> None:
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

    def __init__(self, hook: str, entries: Iterable[_Entry], clock: Clock) -> None:
        self.hook = hook
        self._clock = clock
        self.entries = tuple(entries)
        self._each_iteration = hook in EACH_ITERATION
        self._is_triggered = any(entry.trigger is not None for entry in self.entries)
        self.next_iteration = NEVER
        self.rewind()

    def __len__(self) -> int:
        """How many implementations there are."""
        return len(self.entries)

    @property
    def implementations(self) -> tuple[Implementation, ...]:
        """In the order in which they are called."""
        return tuple(entry.implementation for entry in self.entries)

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
            except Exception as error:
                raise self._failure(entry, error) from error
        if self._is_triggered:
            self._settle()
        return built

    def fire_all(self, event: Event, trainer: Any) -> None:
        """Call every implementation that is due, even when some raise; raise what they raised afterwards, as one.

        A KeyboardInterrupt waits as well until all have been called, and is raised before anything else.
        """
        failures: list[HookFailedError] = []
        interrupt: KeyboardInterrupt | None = None
        for entry in self.entries:
            if entry.trigger is not None and not self._is_due(entry, entry.trigger):
                continue
            try:
                _call(entry, event, trainer)
            except Exception as error:  # noqa: BLE001  (raised below, when all have been called)
                failure = self._failure(entry, error)
                failure.__cause__ = error
                failures.append(failure)
            except KeyboardInterrupt as error:
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
                plugin=", ".join(failure.plugin for failure in failures),
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
            if entry.next_iteration < earliest:  # noqa: PLR1730  (a call of min takes longer than all the rest)
                earliest = entry.next_iteration
        self.next_iteration = earliest

    def _is_due(self, entry: _Entry, trigger: Trigger) -> bool:
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
            return False
        now = clock.reading_at(iteration, seconds)
        # The event before was the iteration before; only its time must be remembered.
        then = clock.reading_at(iteration - 1, entry.then.seconds)
        is_due = trigger.due(now, then)
        if is_due:
            trigger = entry.trigger = trigger.after_firing(now, then)
        _schedule(entry, trigger, now)
        return is_due

    def _failure(self, entry: _Entry, error: Exception) -> HookFailedError:
        return HookFailedError(
            where=f"{entry.implementation}, iteration {self._clock.iteration}",
            found=f"raised {type(error).__name__}: {error}",
            remedy="correct the plugin, or leave it out of this run",
            hook=self.hook,
            plugin=entry.implementation.plugin,
        )


def _schedule(entry: _Entry, trigger: Trigger, now: Reading) -> None:
    entry.then = now
    entry.wakes = trigger.wakes(now)
    entry.next_iteration = min((wake.iteration for wake in entry.wakes), default=NEVER)


class Dispatch:
    """All lanes of one run, or of one worker of it, and the state of their triggers.

    Made by `HookManager.freeze`. When `generation` is not the manager's any more, plugins came or went: freeze again,
    with this dispatch as `previous`.
    """

    def __init__(
        self,
        implementations: Mapping[str, Iterable[Implementation]],
        clock: Clock,
        *,
        generation: int = 0,
        previous: "Dispatch | None" = None,
    ) -> None:
        self.clock = clock
        self.generation = generation
        known = {} if previous is None else previous.entries()
        self._lanes: dict[type[Event], Lane] = {}
        faults: list[UserError] = []
        for hook, event_type in HOOKS.items():
            entries = []
            for implementation in implementations.get(hook, ()):
                faults += _uncountable(implementation, clock)
                entry = _Entry(implementation, _start(hook, clock))
                old = known.get(implementation.order, {}).get(hook)
                if old is not None:
                    entry.trigger, entry.then = old.trigger, old.then
                entries.append(entry)
            if not faults:
                self._lanes[event_type] = Lane(hook, entries, clock)
        if faults:
            raise HookRegistrationError(
                where="hooks of this run", found=f"{len(faults)} cannot know when they are due", faults=tuple(faults)
            )

    def lane(self, event_type: type[Event]) -> Lane:
        """The lane of the hook of that event."""
        return self._lanes[event_type]

    def fire(self, event: Event, trainer: Any) -> None:
        """Call every implementation of the event's hook that is due; HookFailedError when one raises."""
        lane = self._lanes[type(event)]
        if self.clock.iteration >= lane.next_iteration:
            lane.fire(event, trainer)

    def end(self, event: Event, trainer: Any) -> None:
        """As `fire` for events of teardown: each implementation is called, whatever those before it raise."""
        self._lanes[type(event)].fire_all(event, trainer)

    @property
    def requires(self) -> tuple[str, ...]:
        """The values that implementations read, each once, in order of the hooks and their implementations."""
        names = (
            name
            for lane in self._lanes.values()
            for implementation in lane.implementations
            for name in implementation.requires
        )
        return tuple(dict.fromkeys(names))

    def state(self) -> dict[str, Any]:
        """What the triggers must know to go on after a resume, in JSON's terms."""
        triggers = {
            entry.key: {
                "when": str(entry.implementation.when),
                "remaining": str(entry.trigger),
                "iteration": entry.then.iteration,
                "epoch": int(entry.then.epochs or 0),
                "seconds": entry.then.seconds,
            }
            for by_hook in self.entries().values()
            for entry in by_hook.values()
            if entry.trigger is not None
        }
        return {"version": _VERSION, "triggers": triggers}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take the state of triggers back, with the clock set already.

        A hook that is not in the state, or whose trigger is another one now, starts anew. Raises CheckpointError when
        the state is of another version.
        """
        if state.get("version") != _VERSION:
            raise CheckpointError(
                where="state of hooks",
                found=f"version {state.get('version')!r}",
                expected=f"version {_VERSION}",
                remedy="read it with the version of sigma-core that wrote it",
            )
        for by_hook in self.entries().values():
            for entry in by_hook.values():
                saved = state["triggers"].get(entry.key)
                if saved is not None and saved["when"] == str(entry.implementation.when):
                    entry.trigger = Trigger.parse(saved["remaining"])
                    entry.then = evolve(
                        entry.then, iteration=saved["iteration"], epochs=saved["epoch"], seconds=saved["seconds"]
                    )
        for lane in self._lanes.values():
            lane.rewind()

    def entries(self) -> dict[int, dict[str, _Entry]]:
        found: dict[int, dict[str, _Entry]] = {}
        for lane in self._lanes.values():
            for entry in lane.entries:
                found.setdefault(entry.implementation.order, {})[lane.hook] = entry
        return found


def _start(hook: str, clock: Clock) -> Reading:
    """The reading of the event before the first one that a new entry will see."""
    reading = clock.reading()
    is_in_epoch = clock.epoch > 0 and clock.iteration != clock.epoch * (clock.iterations_per_epoch or 0)
    if is_in_epoch and not hook.endswith("_started"):
        # The epoch that runs has not ended yet, so its end is still to be counted.
        return evolve(reading, epochs=clock.epoch - 1)
    return reading


def _uncountable(implementation: Implementation, clock: Clock) -> Iterable[UserError]:
    units = frozenset() if implementation.when is None else implementation.when.units()
    where = str(implementation)
    if Unit.RUN in units and clock.total_iterations is None:
        yield UserError(
            where=where,
            found=f'"{implementation.when}" counts in fractions of a run whose length is not known',
            expected="a trigger in iterations, epochs or seconds",
            remedy='or give the run an end, such as stop = "20 epochs"',
        )
    if Unit.EPOCHS in units and implementation.hook in EACH_ITERATION and clock.iterations_per_epoch is None:
        yield UserError(
            where=where,
            found=f'"{implementation.when}" counts in epochs whose length is not known',
            expected="a trigger in iterations or seconds",
            remedy="or implement sigma_epoch_ended instead",
        )
