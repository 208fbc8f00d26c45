"""The order in which the implementations of one hook run: a pure function."""

import heapq
from collections.abc import Iterable, Sequence
from itertools import chain

from sigma_core.errors import HookOrderError
from sigma_core.hooks._implementation import Implementation
from sigma_core.hooks._markers import PHASES

Edges = dict[int, set[int]]


def order(implementations: Iterable[Implementation]) -> tuple[Implementation, ...]:
    """By phase, then as `before` and `after` demand, then by registration.

    Names of plugins that are not there demand nothing. Raises HookOrderError with the path when plugins must run
    before each other, or before one of an earlier phase.
    """
    entries = sorted(implementations, key=_place)
    followers = _followers(entries)
    waits_for = [0] * len(entries)
    for index in chain.from_iterable(followers.values()):
        waits_for[index] += 1
    # Entries are sorted by phase and registration, so the smallest free index is the next of its phase.
    free = [index for index, count in enumerate(waits_for) if count == 0]
    result: list[Implementation] = []
    while free:
        index = heapq.heappop(free)
        result.append(entries[index])
        for later in followers[index]:
            waits_for[later] -= 1
            if waits_for[later] == 0:
                heapq.heappush(free, later)
    if len(result) < len(entries):
        raise _cycle(entries, followers, {index for index, count in enumerate(waits_for) if count > 0})
    return tuple(result)


def waited_for(ordered: Sequence[Implementation]) -> tuple[tuple[Implementation, ...], ...]:
    """Given one hook's implementations in order: for each, those in the background that it starts after.

    In the background all of earlier phases; the run waits for nobody but whom its hooks name.
    """
    followers = _followers(ordered)
    found = []
    for index, entry in enumerate(ordered):
        found.append(
            tuple(
                other
                for number, other in enumerate(ordered[:index])
                if other.background
                and (index in followers[number] or (entry.background and other.phase != entry.phase))
            )
        )
    return tuple(found)


def _place(implementation: Implementation) -> tuple[int, int]:
    return PHASES.index(implementation.phase), implementation.order


def _followers(entries: Sequence[Implementation]) -> Edges:
    indices = {entry.plugin: index for index, entry in enumerate(entries)}
    followers: Edges = {index: set() for index in range(len(entries))}
    for index, entry in enumerate(entries):
        for name in entry.before:
            if name in indices:
                _demand(entries, followers, index, indices[name])
        for name in entry.after:
            if name in indices:
                _demand(entries, followers, indices[name], index)
    return followers


def _demand(entries: Sequence[Implementation], followers: Edges, first: int, second: int) -> None:
    one, other = entries[first], entries[second]
    if PHASES.index(one.phase) > PHASES.index(other.phase):
        raise HookOrderError(
            where=f"hook {one.hook!r}",
            found=f"{one.plugin} (phase {one.phase}) must run before {other.plugin} (phase {other.phase})",
            expected=f"phases in the order {', '.join(PHASES)}",
            remedy=f"move one of the two to the other's phase, or take the demand of {one.plugin} away",
        )
    followers[first].add(second)


def _cycle(entries: Sequence[Implementation], followers: Edges, blocked: set[int]) -> HookOrderError:
    # Each blocked entry waits for another blocked one, so walking backwards must come round.
    waits_for = {index: min(first for first in blocked if index in followers[first]) for index in blocked}
    path = [min(blocked)]
    while path.count(path[-1]) < 2:
        path.append(waits_for[path[-1]])
    ring = path[path.index(path[-1]) : -1][::-1]
    start = ring.index(min(ring))
    ring = [*ring[start:], *ring[: start + 1]]
    return HookOrderError(
        where=f"hook {entries[0].hook!r}",
        found=f"plugins must run before each other: {' -> '.join(entries[index].plugin for index in ring)}",
        expected="an order without a circle",
        remedy="take one `before` or `after` of these plugins away",
    )
