"""Long work that a run reports: downloads, records that are prepared, whatever else takes a while."""

from collections.abc import Iterable
from typing import Any

from attrs import frozen

from sigma_core.extend import StoredEvent
from sigma_monitors.dashboard._language import Language
from sigma_monitors.dashboard._words import duration

KEPT = 40
"""Tasks that are listed at most; those at work come first, then the newest."""
SILENT = 60.0
"""Seconds after which a task that says nothing any more is told to have broken off; it speaks four times a second."""
_BYTES = ("B", "kB", "MB", "GB", "TB")


@frozen
class Work:
    """A task, as the page shows it."""

    number: int
    name: str
    state: str
    """`running`, `done`, `failed`, or `silent` where it broke off without a word."""
    share: float | None
    """How much is done, from 0 to 1; None where nobody knows."""
    told: str


def works(events: Iterable[StoredEvent], say: Language, *, goes_on: bool, now: float) -> list[Work]:
    """The tasks, by their last events; `goes_on` is whether their run does, at the time `now`."""
    found = [_work(event, say, goes_on=goes_on, now=now) for event in sorted(events, key=lambda event: -event.id)]
    return sorted(found, key=lambda work: work.state != "running")[:KEPT]


def _work(event: StoredEvent, say: Language, *, goes_on: bool, now: float) -> Work:
    said = event.payload
    state = said["state"]
    if state == "running" and (not goes_on or now - event.time > SILENT):
        state = "silent"
    done, total, seconds = said["done"], said["total"], said["seconds"]
    share = min(1.0, done / total) if total else (1.0 if state == "done" else None)
    parts = [amount(done, total, said["unit"], say)]
    if done and seconds > 0:
        parts.append(say("{amount} per second", amount=amount(_rounded(done / seconds), None, said["unit"], say)))
    parts.append(duration(seconds, say))
    if state == "running" and seconds > 0 and 0 < done < (total or 0):
        parts.append(say("{time} left", time=duration(seconds * (total - done) / done, say)))
    return Work(said["task"], said["name"], state, share, " · ".join(parts))


def _rounded(rate: float) -> float:
    return round(rate) if rate >= 10 else rate


def amount(done: float, total: float | None, unit: str, say: Language) -> str:
    """Such as `3 / 12 records`, or `3.1 / 12.3 MB`."""
    counts: list[Any] = [done] if total is None else [done, total]
    if unit == "bytes":
        power = 0
        while power < len(_BYTES) - 1 and max(counts) >= 1000 ** (power + 1):
            power += 1
        texts = [say.number(count / 1000**power, 3) for count in counts]
        return f"{' / '.join(texts)} {_BYTES[power]}"
    return f"{' / '.join(say.number(count, 3) for count in counts)} {unit}".rstrip()
