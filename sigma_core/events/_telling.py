"""What waits for subscribers: an event with its time, or an ended iteration as numbers, of which an event can be made.

To build an event costs most where it is needed most, behind each step; a tuple is quick. It is flat, because the
garbage collector forgets tuples that hold nothing but numbers and text.
"""

from collections.abc import Callable, Sequence
from typing import Any

from sigma_core.events._event import Event
from sigma_core.events._iteration import IterationEnded

Told = tuple[Any, ...]
"""`(time, event)`; or `(time, epoch, iteration, names of scores, score...)`. Times are in seconds since 1970."""

Teller = Callable[[int, int, tuple[str, ...], Sequence[Any]], None]
"""Takes an epoch, an iteration, names of scores and the arrays of a step that hold them, in this order."""


def event_of(told: Told) -> Event:
    """The event, made now where there is none yet."""
    if len(told) == 2:
        event: Event = told[1]
        return event
    _, epoch, iteration, names, *scores = told
    return IterationEnded(epoch=epoch, iteration=iteration, scores=dict(zip(names, scores, strict=True)))


def read(arrays: Sequence[Any], to_numpy: Callable[[Any], Any]) -> list[Any]:
    """Scores that are one number as such, others as arrays."""
    return [array.item() if array.ndim == 0 else to_numpy(array) for array in arrays]
