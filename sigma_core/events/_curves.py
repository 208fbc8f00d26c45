"""Time series out of what a store holds of them: put together, cut, thinned to be drawn."""

from collections.abc import Sequence

import numpy as np

from sigma_core.errors import SettingError
from sigma_core.events._thinning import FEWEST, thinned

Curve = tuple[np.ndarray, np.ndarray]
"""Iterations and values, each of shape (points,), int64 and float64."""

Part = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Numbers of events, and their iterations and values, in order."""


def joined(parts: Sequence[Part]) -> Curve:
    """One curve; an iteration that was run again after a resume takes the place of the one before it."""
    found = [part for part in parts if len(part[0])] or [parts[0]]
    numbers, iterations, values = found[0]
    if len(found) > 1:
        numbers, iterations, values = map(np.concatenate, zip(*found, strict=True))
        order = numbers.argsort(kind="stable")
        iterations, values = iterations[order], values[order]
    if not (iterations[1:] > iterations[:-1]).all():
        iterations, last = np.unique(iterations[::-1], return_index=True)
        values = values[::-1][last]
    return iterations, values


def within(curve: Curve, start: int | None, stop: int | None) -> Curve:
    """What lies from one iteration to another, both included; None is an end."""
    iterations, values = curve
    first = 0 if start is None else int(iterations.searchsorted(start))
    last = len(iterations) if stop is None else int(iterations.searchsorted(stop, "right"))
    return iterations[first:last], values[first:last]


def thinned_to(curve: Curve, points: int | None) -> Curve:
    """At most so many points of it; None is all."""
    iterations, values = curve
    if points is None or len(values) <= points:
        return curve
    kept = thinned(values, points)
    return iterations[kept], values[kept]


def check_points(points: int | None) -> None:
    """Raise SettingError for fewer points than a curve is thinned to."""
    if points is not None and points < FEWEST:
        raise SettingError("metrics, points", str(points), f"at least {FEWEST}", "ask for more points")
