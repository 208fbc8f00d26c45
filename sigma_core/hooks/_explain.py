"""Why implementations run in the order in which they do, in words."""

from collections.abc import Iterator, Sequence

from attrs import frozen

from sigma_core.hooks._implementation import Implementation
from sigma_core.hooks._order import waited_for


@frozen
class Row:
    """One implementation's place among those of its hook; positions count from 1."""

    hook: str
    position: int
    plugin: str
    distribution: str
    phase: str
    scope: str
    when: str
    reason: str
    background: str = ""
    """Which events it sees in the background, `keep` or `newest`; empty for a hook of the foreground."""


def explain(implementations: Sequence[Implementation]) -> Iterator[Row]:
    """A row for each implementation of one hook, given in effective order."""
    waits = waited_for(implementations)
    for position, entry in enumerate(implementations, start=1):
        yield Row(
            hook=entry.hook,
            position=position,
            plugin=entry.plugin,
            distribution=entry.distribution,
            phase=entry.phase,
            scope=entry.scope,
            background=entry.background,
            when="each time" if entry.when is None else str(entry.when),
            reason="; ".join((*_reasons(entry, implementations, position), *_waits(entry, waits[position - 1]))),
        )


def _reasons(entry: Implementation, others: Sequence[Implementation], position: int) -> Iterator[str]:
    previous = others[position - 2] if position > 1 else None
    if previous is not None and previous.phase != entry.phase:
        yield f"phase {entry.phase} after {previous.phase}"
    else:
        yield f"phase {entry.phase}"
    present = {other.plugin for other in others}
    for option, names in (("before", entry.before), ("after", entry.after)):
        for name in names:
            yield f"{option}={name}" if name in present else f"{option}={name} (not registered, no effect)"
    for other in others:
        if entry.plugin in other.before:
            yield f"{other.plugin} has before={entry.plugin}"
        if entry.plugin in other.after:
            yield f"{other.plugin} has after={entry.plugin}"
    yield f"registration order {entry.order}"


def _waits(entry: Implementation, others: Sequence[Implementation]) -> Iterator[str]:
    if others:
        who = "starts when" if entry.background else "the run waits until"
        have = "has" if len(others) == 1 else "have"
        yield f"{who} {', '.join(other.plugin for other in others)} {have} seen the event"
