"""Times, counts and scores as the pages say them."""

import time
from typing import Any

from sigma_monitors.dashboard._language import Language


def duration(seconds: float, say: Language) -> str:
    """A length of time in two units at most: 4.2 s, 3 min 20 s, 2 h 5 min."""
    if seconds < 10:
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


def scores_of(scores: dict[str, Any]) -> dict[str, float]:
    """Those scores that are one number, what validations found first."""
    numbers = {name: value for name, value in scores.items() if isinstance(value, int | float)}
    return dict(sorted(numbers.items(), key=lambda pair: (not pair[0].startswith("validation"), pair[0])))


def headline(scores: dict[str, Any]) -> str | None:
    """The name of the score that says most: an accuracy of a validation, or its loss, or whatever there is."""
    numbers = scores_of(scores)
    for wanted in ("accuracy", "f1", "loss"):
        for name in numbers:
            if wanted in name:
                return name
    return next(iter(numbers), None)
