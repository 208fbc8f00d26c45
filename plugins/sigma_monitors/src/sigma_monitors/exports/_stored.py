"""What a run's store tells of iterations that an export lacks, such as the last ones before a process was killed."""

from bisect import bisect_right
from collections.abc import Iterator
from contextlib import suppress
from itertools import accumulate

from sigma_core.extend import (
    EpochEnded,
    Event,
    IterationEnded,
    RunReset,
    RunStarted,
    RunStore,
    SigmaError,
    ValidationEnded,
    ValuesPublished,
    decoded,
    name_of_event,
)

VALUES = (IterationEnded, EpochEnded, ValidationEnded, ValuesPublished)

_CLASSES = {name_of_event(kind): kind for kind in VALUES}
_EPOCH, _STARTED, _RESET = map(name_of_event, (EpochEnded, RunStarted, RunReset))


def values_between(directory: str, told: int, until: int) -> Iterator[Event]:
    """Events with values of the iterations behind `told` up to `until`, in order, without what became void.

    Nothing where there is no store that can be read.
    """
    with suppress(SigmaError), RunStore.open(directory) as store:
        marks = list(store.events((_EPOCH, _STARTED, _RESET), numbers=False))
        # What comes behind the last epoch that has been told all of has greater numbers than its end.
        after = max((mark.id for mark in marks if mark.kind == _EPOCH and (mark.iteration or 0) <= told), default=0)
        restarts = [(mark.id, _begins(mark.kind, mark.iteration)) for mark in marks if mark.kind != _EPOCH]
        numbers = [number for number, _ in restarts]
        # By restart: the least iteration to which it or a later one goes back.
        least = list(accumulate((iteration for _, iteration in reversed(restarts)), min))[::-1]
        for stored in store.events(_CLASSES, after=after):
            iteration, next_restart = stored.iteration or 0, bisect_right(numbers, stored.id)
            is_void = next_restart < len(least) and least[next_restart] < iteration
            if told < iteration <= until and not is_void:
                event = decoded(stored, _CLASSES[stored.kind])
                if event is not None:
                    yield event


def _begins(kind: str, iteration: int | None) -> int:
    # Of a reset the iteration is how many were forgotten.
    return 0 if kind == _RESET else iteration or 0
