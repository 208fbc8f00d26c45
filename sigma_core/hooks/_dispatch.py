"""Hooks as a run calls them: frozen into lanes, so that an event that nobody waits for costs a comparison."""

from collections.abc import Collection, Iterable, Mapping
from functools import partial
from typing import Any

from attrs import evolve

from sigma_core.errors import CheckpointError, HookRegistrationError, UserError
from sigma_core.events import Event
from sigma_core.hooks._background import Background, Call, at_once
from sigma_core.hooks._clock import Clock, Moments, Unit
from sigma_core.hooks._implementation import Implementation, Timed
from sigma_core.hooks._lane import Entry, Lane, start
from sigma_core.hooks._specifications import EACH_ITERATION, HOOKS
from sigma_core.hooks._trigger import Trigger

_VERSION = 1


class Dispatch:
    """All lanes of one run, or of one worker of it, and the state of their triggers.

    Made by `HookManager.freeze`; without a `background`, hooks for that are called at once. When `generation` is not
    the manager's any more, plugins came or went: freeze again, with this dispatch as `previous`.
    """

    threads: Collection[int] = frozenset()
    """In which it calls hooks, beside that of the run."""

    def __init__(  # noqa: PLR0913  # all that a run and its parts differ in
        self,
        implementations: Mapping[str, Iterable[Implementation]],
        clock: Clock,
        *,
        generation: int = 0,
        previous: "Dispatch | None" = None,
        timed: Timed | None = None,
        background: Background | None = None,
    ) -> None:
        self.clock = clock
        self.generation = generation
        known = {} if previous is None else previous.entries()
        self._lanes: dict[type[Event], Lane] = {}
        faults: list[UserError] = []
        for hook, event_type in HOOKS.items():
            entries = []
            ordered = tuple(implementations.get(hook, ()))
            calls = _at_once(ordered) if background is None else background.calls(ordered, clock)
            for implementation in ordered:
                faults += _uncountable(implementation, clock)
                entry = Entry(implementation, start(hook, clock), calls.get(implementation))
                if timed is not None:
                    entry.function = timed(implementation, entry.function)
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

    def state(self) -> dict[str, Any]:
        """What the triggers must know to go on after a resume, in JSON's terms."""
        triggers = {
            entry.key: {
                "when": str(entry.implementation.when),
                "remaining": str(entry.trigger),
                "iteration": entry.then.iteration,
                "epoch": int(entry.then.epochs or 0),
                "seconds": entry.then.seconds,
                "wall": entry.then.wall,
                "moments": entry.then.moments._asdict(),
            }
            for by_hook in self.entries().values()
            for entry in by_hook.values()
            if entry.trigger is not None
        }
        clock = {"paused": self.clock.paused, "moments": self.clock.moments._asdict()}
        return {"version": _VERSION, "clock": clock, "triggers": triggers}

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
        # Of what an older version wrote, nothing has paused or started yet.
        clock = state.get("clock", {"paused": 0.0, "moments": {}})
        self.clock.paused, self.clock.moments = clock["paused"], Moments(**clock["moments"])
        for by_hook in self.entries().values():
            for entry in by_hook.values():
                saved = state["triggers"].get(entry.key)
                if saved is not None and saved["when"] == str(entry.implementation.when):
                    entry.trigger = Trigger.parse(saved["remaining"])
                    entry.then = evolve(
                        entry.then,
                        iteration=saved["iteration"],
                        epochs=saved["epoch"],
                        seconds=saved["seconds"],
                        wall=saved.get("wall", saved["seconds"]),
                        moments=Moments(**saved.get("moments", {})),
                    )
        for lane in self._lanes.values():
            lane.rewind()

    def entries(self) -> dict[int, dict[str, Entry]]:
        found: dict[int, dict[str, Entry]] = {}
        for lane in self._lanes.values():
            for entry in lane.entries:
                found.setdefault(entry.implementation.order, {})[lane.hook] = entry
        return found


def _at_once(ordered: Iterable[Implementation]) -> dict[Implementation, Call]:
    return {entry: partial(at_once, entry) for entry in ordered if entry.background}


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
