"""What hooks have in common that act at a trigger of their settings, and the values that they read."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import Any, ClassVar

from attrs import define

from sigma_core.extend import (
    MOMENTS,
    EpochEnded,
    Event,
    IdentifierError,
    IterationEnded,
    RunEnded,
    RunPaused,
    RunReset,
    RunResumed,
    RunStarted,
    Trigger,
    hookimpl,
)
from sigma_nn._settings import moment


def _at(event_type: type[Event]) -> Callable[["TriggeredHook"], Trigger | str]:
    """The part of a hook's trigger that is due at an event."""

    def part(hook: "TriggeredHook") -> Trigger | str:
        trigger = Trigger.parse(hook.when)
        if event_type in MOMENTS:
            return trigger.at(MOMENTS[event_type])
        rest = trigger.at(None)
        counts_epochs = {unit.value for unit in rest.units() - {*MOMENTS.values()}} == {"epochs"}
        return rest if counts_epochs == (event_type is EpochEnded) else "never"

    return part


def _phase(hook: "TriggeredHook") -> str:
    return hook.phase


@define(eq=False)
class TriggeredHook(ABC):
    """Acts when its trigger is due.

    What counts moments of the run, such as pauses, is looked at when these come. Of all else, what counts epochs alone
    is looked at after each epoch and its validation, any other after each iteration.
    """

    phase: ClassVar[str] = "observe"

    when: str = moment()

    @abstractmethod
    def act(self, event: Any, trainer: Any) -> None:
        """What it does; the event has an epoch and an iteration."""

    @hookimpl(when=_at(EpochEnded), phase=_phase)
    def sigma_epoch_ended(self, event: EpochEnded, trainer: Any) -> None:
        """Act after an epoch."""
        self.act(event, trainer)

    @hookimpl(when=_at(IterationEnded), phase=_phase)
    def sigma_iteration_ended(self, event: IterationEnded, trainer: Any) -> None:
        """Act after an iteration."""
        self.act(event, trainer)

    @hookimpl(when=_at(RunStarted), phase=_phase)
    def sigma_run_started(self, event: RunStarted, trainer: Any) -> None:
        """Act at a start."""
        self.act(event, trainer)

    @hookimpl(when=_at(RunEnded), phase=_phase)
    def sigma_run_ended(self, event: RunEnded, trainer: Any) -> None:
        """Act at a stop."""
        self.act(event, trainer)

    @hookimpl(when=_at(RunPaused), phase=_phase)
    def sigma_run_paused(self, event: RunPaused, trainer: Any) -> None:
        """Act at a pause."""
        self.act(event, trainer)

    @hookimpl(when=_at(RunResumed), phase=_phase)
    def sigma_run_resumed(self, event: RunResumed, trainer: Any) -> None:
        """Act at the end of a pause."""
        self.act(event, trainer)

    @hookimpl(when=_at(RunReset), phase=_phase)
    def sigma_run_reset(self, event: RunReset, trainer: Any) -> None:
        """Act at a reset."""
        self.act(event, trainer)


def numbers_at(identifiers: Iterable[str], event: Any, trainer: Any) -> dict[str, float]:
    """Scores and hyperparameters by identifier, which the hook names in `required_numbers`.

    After an iteration `training.loss` is that of its batch; all other scores are the last ones. What has not been
    scored yet is left out.
    """
    scores = trainer.scores
    if isinstance(event, IterationEnded):
        scores = scores | {f"training.{name}": value for name, value in event.scores.items()}
    elif isinstance(event, EpochEnded):
        scores = event.scores
    found = {}
    for name in identifiers:
        try:
            found[name] = float(scores[name] if name in scores else trainer.get(name))
        except IdentifierError:
            continue
    return found
