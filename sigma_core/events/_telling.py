"""What waits for subscribers: an event with its time, or an ended iteration as numbers, of which an event can be made.

What runs between two steps finds neither its code nor its objects in the processor's caches: to build, to read and to
publish an event takes 3 microseconds in a loop of its own, and 25 behind a step of a millisecond. A tuple takes 3. It
is flat, because the garbage collector forgets tuples that hold nothing but numbers and text.
"""

from collections.abc import Callable, Sequence
from typing import Any

from sigma_core.events._event import Event
from sigma_core.events._iteration import IterationEnded

Told = tuple[Any, ...]
"""`(time, event)`; or `(time, epoch, iteration, names of scores, score...)`. Times are in seconds since 1970."""

Teller = Callable[[int, int, tuple[str, ...], Sequence[Any]], None]
"""Takes an epoch, an iteration, names of scores and the arrays of a step that hold them, in this order."""


def is_record(told: Told) -> bool:
    """Whether it is an ended iteration as numbers."""
    return len(told) > 2


def event_of(told: Told) -> Event:
    """The event, made now where there is none yet."""
    if len(told) == 2:
        event: Event = told[1]
        return event
    _, epoch, iteration, names, *scores = told
    return IterationEnded(epoch=epoch, iteration=iteration, scores=dict(zip(names, scores, strict=True)))


def record_of(told: Told) -> Told:
    """An ended iteration as numbers, its scores having been read."""
    if is_record(told):
        return told
    time, event = told
    return time, event.epoch, event.iteration, tuple(event.scores), *event.scores.values()


def read(arrays: Sequence[Any], to_numpy: Callable[[Any], Any]) -> list[Any]:
    """Scores that are one number as such, others as arrays."""
    return [array.item() if array.ndim == 0 else to_numpy(array) for array in arrays]
