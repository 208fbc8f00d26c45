"""What remains of a run when it has ended."""

from collections.abc import Mapping
from math import isfinite
from typing import Any

from attrs import field, frozen

from sigma_core.training.profiling import Profile


@frozen
class Run:
    """One training, ended: how far it came, why it ended, its last scores by identifier."""

    name: str
    directory: str | None
    ended_because: str
    epochs: int
    """Epochs that were completed."""
    iterations: int
    seconds: float
    scores: Mapping[str, Any] = field(factory=dict)
    """By identifier: `training.loss`, `validation.loss`, `validation.accuracy`. Floats, or nested lists of floats where
    a metric gives an array."""
    profile: Profile | None = None
    """Where its time went, if that was asked for."""

    def to_dict(self) -> dict[str, Any]:
        """The run in JSON's terms, as `sigma train --json` prints it; what is not finite in a score is None."""
        told = {
            "run": self.name,
            "directory": self.directory,
            "ended_because": self.ended_because,
            "epochs": self.epochs,
            "iterations": self.iterations,
            "seconds": self.seconds,
            "scores": {name: _plain(value) for name, value in self.scores.items()},
        }
        return told if self.profile is None else told | {"profile": self.profile.to_dict()}


def _plain(score: Any) -> Any:
    if isinstance(score, list):
        return [_plain(each) for each in score]
    return score if isfinite(score) else None
