"""Times, counts and scores as the pages say them."""

import math
import time
from typing import Any

from sigma_monitors.dashboard._language import Language

_NOT_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
"""As JSON, which has no such numbers, is made to hold them."""


def duration(seconds: float, say: Language) -> str:
    """A length of time in two units at most: 4.2 s, 3 min 20 s, 2 h 5 min."""
    # A clock that was set back makes it negative, and a run that stands still makes it infinite.
    if not math.isfinite(seconds):
        return "∞"
    seconds = max(0.0, seconds)
    if seconds < 9.95:
        return f"{say.number(round(seconds, 1), 2)} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    if whole < 86400:
        return f"{whole // 3600} h {whole % 3600 // 60} min"
    return f"{whole // 86400} d {whole % 86400 // 3600} h"


def age(moment: float, say: Language) -> str:
    """How long ago that was, roughly, so that it does not change at each look."""
    seconds = max(0.0, time.time() - moment)
    if seconds < 60:
        return say("just now")
    for length, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= length:
            return say("{time} ago", time=f"{int(seconds // length)} {unit}")
    return ""


def number_of(value: Any) -> float | None:
    """A number as a run keeps it, NaN and infinities among them; None for anything else."""
    if isinstance(value, int | float):
        return value
    return _NOT_FINITE.get(value) if isinstance(value, str) else None


def scores_of(scores: dict[str, Any]) -> dict[str, float]:
    """Those scores that are one number, what validations found first."""
    found = {name: number_of(value) for name, value in scores.items()}
    numbers = {name: value for name, value in found.items() if value is not None}
    return dict(sorted(numbers.items(), key=lambda pair: (not pair[0].startswith("validation"), pair[0])))


def headline(scores: dict[str, Any]) -> str | None:
    """The name of the score that says most: an accuracy of a validation, or its loss, or whatever there is."""
    numbers = scores_of(scores)
    for wanted in ("accuracy", "f1", "loss"):
        for name in numbers:
            if wanted in name:
                return name
    return next(iter(numbers), None)
