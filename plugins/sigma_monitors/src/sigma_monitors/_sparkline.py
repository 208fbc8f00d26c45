"""A row of numbers as a tiny curve (Tufte 2006, "Beautiful Evidence": sparklines)."""

from collections.abc import Sequence
from math import isfinite

_LEVELS = "▁▂▃▄▅▆▇█"


def sparkline(values: Sequence[float], width: int) -> str:
    """The last `width` values from lowest to highest block; a value that is not finite is a space."""
    shown = values[-width:]
    finite = [value for value in shown if isfinite(value)]
    if len(finite) < 2:
        return ""
    low, high = min(finite), max(finite)
    scale = (len(_LEVELS) - 1) / (high - low) if high > low else 0.0
    return "".join(_LEVELS[round((value - low) * scale)] if isfinite(value) else " " for value in shown)
