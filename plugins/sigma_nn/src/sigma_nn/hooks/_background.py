"""What hooks have in common that act in the background at a trigger of their settings, on copies of what they ask for.

They read and publish alone, so a run with them is to the last bit the run without.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

from attrs import define, field

from sigma_core.extend import (
    MOMENTS,
    EpochEnded,
    Event,
    IterationEnded,
    Registry,
    RunEnded,
    RunPaused,
    RunReset,
    RunResumed,
    RunStarted,
    Trigger,
    ValuesPublished,
    hookimpl,
)
from sigma_nn._settings import moment

GRADIENTS = "gradients."


def _at(event_type: type[Event]) -> Callable[["BackgroundHook"], Trigger | str]:
    """The part of a hook's trigger that is due at an event."""

    def part(hook: "BackgroundHook") -> Trigger | str:
        trigger = Trigger.parse(hook.when)
        if event_type in MOMENTS:
            return trigger.at(MOMENTS[event_type])
        rest = trigger.at(None)
        counts_epochs = {unit.value for unit in rest.units() - {*MOMENTS.values()}} == {"epochs"}
        # There are gradients behind an iteration alone; that is the last one of the epoch then.
        waits_for_epoch = counts_epochs and not _gradients(hook)
        return rest if waits_for_epoch == (event_type is EpochEnded) else "never"

    return part


def _gradients(hook: "BackgroundHook") -> tuple[str, ...]:
    return tuple(pattern for pattern in hook.required if pattern.startswith(GRADIENTS))


def _all(hook: "BackgroundHook") -> tuple[str, ...]:
    return hook.required


def _all_but_gradients(hook: "BackgroundHook") -> tuple[str, ...]:
    return tuple(pattern for pattern in hook.required if not pattern.startswith(GRADIENTS))


@define(eq=False)
class Precondition:
    """Looks, before a run and when the hook that requires it is attached, whether that can do its work there."""

    check: Callable[[Any], object]

    @hookimpl(phase="modify")
    def sigma_network_built(self, trainer: Any) -> None:
        """Look at what was built."""
        self.check(trainer)

    @hookimpl(phase="modify")
    def sigma_run_started(self, trainer: Any) -> None:
        """Look at what it is attached to."""
        self.check(trainer)


@define(eq=False)
class BackgroundHook(ABC):
    """Publishes something in the background when its trigger is due.

    When that is looked at is as with `TriggeredHook`, but for hooks that require gradients: whatever counts is then
    looked at after each iteration.
    """

    when: str = moment()

    _precondition: Precondition = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._precondition = Precondition(self.check)

    @property
    def required_hooks(self) -> tuple[Precondition, ...]:
        """Whoever refuses it in time where it cannot do its work."""
        return (self._precondition,)

    @property
    @abstractmethod
    def required(self) -> tuple[str, ...]:
        """Patterns of the values that it reads."""

    @abstractmethod
    def check(self, trainer: Any) -> object:
        """Raise an error of the user's where it cannot do its work."""

    @abstractmethod
    def found(self, event: Any, trainer: Any, snapshot: Registry) -> Mapping[str, Any]:
        """What to publish, by name; the event has an epoch and an iteration. Nothing is published of nothing."""

    @property
    @abstractmethod
    def source(self) -> str:
        """What it calls itself on the bus."""

    def _act(self, event: Any, trainer: Any, snapshot: Registry) -> None:
        values = self.found(event, trainer, snapshot)
        if values:
            trainer.environment.bus.publish(
                ValuesPublished(source=self.source, epoch=event.epoch, iteration=event.iteration, values=dict(values))
            )

    @hookimpl(when=_at(EpochEnded), background=True, requires=_all_but_gradients)
    def sigma_epoch_ended(self, event: EpochEnded, trainer: Any, snapshot: Registry) -> None:
        """Act after an epoch."""
        self._act(event, trainer, snapshot)

    @hookimpl(when=_at(IterationEnded), background=True, requires=_all)
    def sigma_iteration_ended(self, event: IterationEnded, trainer: Any, snapshot: Registry) -> None:
        """Act after an iteration."""
        self._act(event, trainer, snapshot)

    @hookimpl(when=_at(RunStarted), background=True, requires=_all_but_gradients)
    def sigma_run_started(self, event: RunStarted, trainer: Any, snapshot: Registry) -> None:
        """Act at a start."""
        self._act(event, trainer, snapshot)

    @hookimpl(when=_at(RunEnded), background=True, requires=_all_but_gradients)
    def sigma_run_ended(self, event: RunEnded, trainer: Any, snapshot: Registry) -> None:
        """Act at a stop."""
        self._act(event, trainer, snapshot)

    @hookimpl(when=_at(RunPaused), background=True, requires=_all_but_gradients)
    def sigma_run_paused(self, event: RunPaused, trainer: Any, snapshot: Registry) -> None:
        """Act at a pause."""
        self._act(event, trainer, snapshot)

    @hookimpl(when=_at(RunResumed), background=True, requires=_all_but_gradients)
    def sigma_run_resumed(self, event: RunResumed, trainer: Any, snapshot: Registry) -> None:
        """Act at the end of a pause."""
        self._act(event, trainer, snapshot)

    @hookimpl(when=_at(RunReset), background=True, requires=_all_but_gradients)
    def sigma_run_reset(self, event: RunReset, trainer: Any, snapshot: Registry) -> None:
        """Act at a reset."""
        self._act(event, trainer, snapshot)
