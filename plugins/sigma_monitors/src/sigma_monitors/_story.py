"""What a console knows of a run: the events so far, folded into a few values. Shows nothing itself."""

from collections.abc import Mapping
from numbers import Real
from typing import Any

from attrs import define, field

from sigma_core.extend import (
    EpochEnded,
    EpochStarted,
    Event,
    LogRecorded,
    RunEnded,
    RunFailed,
    RunInfo,
    RunInterrupted,
    RunPaused,
    RunResumed,
    RunStarted,
    SubscriberFailed,
    TaskProgressed,
    ValidationEnded,
    ValidationStarted,
)
from sigma_monitors._wording import notice

# What the run does after an event; those not named here leave it as it is.
_STATES: Mapping[type[Event], str] = {
    RunStarted: "training",
    RunPaused: "paused",
    RunResumed: "training",
    RunEnded: "ended",
    EpochStarted: "training",
    ValidationStarted: "validating",
    ValidationEnded: "training",
}
_TROUBLES: Mapping[type[Event], str] = {RunInterrupted: "interrupted", RunFailed: "failed"}

CURVE = 24
"""Epochs that a curve shows."""

TOLD_BY = (*_STATES, *_TROUBLES, EpochEnded, LogRecorded, SubscriberFailed, TaskProgressed)


def identified(scores: Mapping[str, Any], prefix: str) -> dict[str, float]:
    """Scores that are single numbers, by identifier: `loss` -> `validation.loss`; a dotted name is one already."""
    return {
        name if "." in name else f"{prefix}.{name}": float(value)
        for name, value in scores.items()
        if isinstance(value, Real)
    }


@define(eq=False)
class Story:
    """A run as it was told so far.

    `state` is what the run does now, `trouble` how it broke off ("failed" or "interrupted"), `finished` the number of
    the last epoch that ended, `notices` what a person must be told.
    """

    run: RunInfo
    state: str = "starting"
    trouble: str = ""
    finished: int = 0
    notices: list[str] = field(factory=list)
    ended: RunEnded | None = None
    _history: dict[str, dict[int, float]] = field(factory=dict, init=False)

    @property
    def scores(self) -> dict[str, float]:
        """The latest value of each score by identifier, sorted."""
        return {name: next(reversed(self._history[name].values())) for name in sorted(self._history)}

    def curve(self, name: str) -> list[float]:
        """The last values of a score, one an epoch, as many as are drawn."""
        return list(self._history[name].values())

    def take(self, event: Event) -> None:
        """Go on with the story; an event that plays no part in it is passed over."""
        self.state = _STATES.get(type(event), self.state)
        self.trouble = _TROUBLES.get(type(event), self.trouble)
        match event:
            case EpochEnded():
                self.finished = event.epoch
                self._note(event.epoch, identified(event.scores, "training"))
            case ValidationEnded():
                self._note(event.epoch, identified(event.scores, event.name))
            case RunEnded():
                self.ended = event
            case LogRecorded():
                text = notice(event)
                self.notices += [] if text is None else [text]
            case SubscriberFailed():
                self.notices.append(f"warning: {event.subscriber} failed and is switched off: {event.reason}")

    def _note(self, epoch: int, scores: Mapping[str, float]) -> None:
        # By epoch, because the end of an epoch repeats the scores of its validation.
        for name, value in scores.items():
            values = self._history.setdefault(name, {})
            # Behind the others, also where the run has begun again.
            values.pop(epoch, None)
            values[epoch] = value
            if len(values) > CURVE:
                del values[next(iter(values))]
