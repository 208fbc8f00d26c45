"""On what the time of a run was spent, as bars."""

from collections.abc import Iterable, Mapping
from typing import Any

from attrs import frozen

_LEAST = 0.001
"""Parts of a plugin below that share of the run are summed up, but for the first ones."""
_FIRST = 4


@frozen
class Bar:
    """A plugin, or one thing of it."""

    name: str
    event: str
    """The hook that was called; nothing for what the kernel does."""
    seconds: float
    share: float
    """Of the wall time, from 0 to 1."""
    each_step: float
    """Seconds for an iteration."""
    calls: int | None = None
    is_plugin: bool = False
    several: int = 0
    """How many things are summed up in it."""


def bars(profile: Mapping[str, Any]) -> list[Bar]:
    """Plugins, what took most first, each with its parts below it."""
    total, steps = profile["seconds"] or 1.0, profile["iterations"] or 1
    found: list[Bar] = []
    rows: dict[str, list[Mapping[str, Any]]] = {}
    for row in profile["rows"]:
        rows.setdefault(row["plugin"], []).append(row)
    for plugin, parts in sorted(rows.items(), key=lambda each: -_sum(each[1])):
        seconds = _sum(parts)
        found.append(Bar(plugin, "", seconds, seconds / total, seconds / steps, is_plugin=True))
        ranked = sorted(parts, key=lambda each: -each["seconds"])
        large = [part for rank, part in enumerate(ranked) if rank < _FIRST or part["seconds"] / total >= _LEAST]
        # One alone is said by its name.
        large = ranked if len(large) + 1 == len(ranked) else large
        small = ranked[len(large) :]
        for part in large:
            spent = part["seconds"]
            found.append(Bar(part["name"], part["event"], spent, spent / total, spent / steps, part["calls"] or None))
        if small:
            spent = _sum(small)
            found.append(Bar("", "", spent, spent / total, spent / steps, several=len(small)))
    return found


def apart(profile: Mapping[str, Any]) -> list[Bar]:
    """What other threads did beside the run."""
    total, steps = profile["seconds"] or 1.0, profile["iterations"] or 1
    return [
        Bar(row["name"], row["event"], row["seconds"], row["seconds"] / total, row["seconds"] / steps, row["calls"])
        for row in profile["apart"]
    ]


def _sum(parts: Iterable[Mapping[str, Any]]) -> float:
    return sum(part["seconds"] for part in parts)
