"""The queue of what keeps everything: events with a number each, and ended iterations as nothing but numbers.

What runs between two steps finds neither its code nor its objects in the processor's caches: to build, to read and to
publish an event takes 3 microseconds in a loop of its own, and 25 behind a step of a millisecond. So an ended iteration
is written at once as it is stored, and whoever keeps it has nothing to do but to put what has come on the disk.

Invariant: nobody who publishes takes a lock or waits. That rests on operations that CPython performs as one: those of a
deque, `next` of an `itertools.count`, and, of a bytearray, to append, to copy and to delete from its beginning. Numbers
follow the order of publication, so it does not matter in which order things are taken. But what is taken together is
all that there is up to its greatest number: whoever reads on from there, in what was written of it, passes over
nothing.
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from itertools import count
from operator import itemgetter
from struct import Struct
from time import sleep
from typing import Any

from attrs import frozen

from sigma_core.events._event import Event

HEAD = 4
"""Numbers of a record before its values: its own number, the time, the epoch and the iteration."""


_NUMBER = Struct("d")
_number_of = itemgetter(0)
_TRIES = 50
_PAUSE = 1e-4
"""Seconds: a thread that has a number appends what it stands for within microseconds, if it is not held up."""

Numbered = tuple[int, tuple[float, Event]]
"""An event with its number and its time, in seconds since 1970."""


@frozen
class Records:
    """Ended iterations with scores of these names as float64, of each its number, time, epoch, iteration and scores."""

    names: tuple[str, ...]
    data: bytes

    def __len__(self) -> int:
        return len(self.data) // (8 * (HEAD + len(self.names)))


def are_numbers(values: Iterable[Any]) -> bool:
    """Whether each is one number."""
    # A loop, because `all` over a generator takes three times as long for one.
    for value in values:  # noqa: SIM110
        if not isinstance(value, float | int):
            return False
    return True


class Ledger:
    """Keeps all that is offered, numbered from 1 in the order of publication."""

    __slots__ = ("_events", "_greatest", "_numbers", "_tapes", "taken")

    dropped = 0

    def __init__(self) -> None:
        self._events: deque[tuple[int, Any]] = deque()
        self._numbers = count(1)
        # By names of scores: the numbers, and what makes them of a record.
        self._tapes: dict[tuple[str, ...], tuple[bytearray, Struct]] = {}
        self.taken = self._greatest = 0

    def __len__(self) -> int:
        """How many events wait."""
        return len(self._events) + sum(len(tape) // form.size for tape, form in tuple(self._tapes.values()))

    def offer(self, told: tuple[Any, ...]) -> None:
        """Append an event with its time."""
        self._events.append((next(self._numbers), told))

    def record(self, time: float, epoch: int, iteration: int, names: tuple[str, ...], scores: Sequence[Any]) -> None:
        """Append an ended iteration. Scores that are not one number are left out."""
        if len(names) > 1 and not are_numbers(scores):
            numbers = {name: score for name, score in zip(names, scores, strict=True) if isinstance(score, int | float)}
            names, scores = tuple(numbers), tuple(numbers.values())
        number, pack, add = self.pen(names)
        add(pack(number(), time, epoch, iteration, *scores))

    def pen(self, names: tuple[str, ...]) -> tuple[Callable[[], int], Callable[..., bytes], Callable[[bytes], None]]:
        """What numbers an ended iteration with such scores, makes bytes of its numbers, and appends these."""
        tape, form = self._tapes.get(names) or self._begin(names)
        return self._numbers.__next__, form.pack, tape.extend

    def _begin(self, names: tuple[str, ...]) -> tuple[bytearray, Struct]:
        return self._tapes.setdefault(names, (bytearray(), Struct(f"{HEAD + len(names)}d")))

    def take(self) -> list[Numbered | Records]:
        """All that waits, in no order, up to some number; what arrives meanwhile stays, or is among it."""
        taken = self._take()
        # What has a smaller number than the greatest was appended meanwhile, or is about to be by another thread. It
        # never comes where that was ended between the two.
        for _ in range(_TRIES):
            if self.taken >= self._greatest:
                break
            sleep(_PAUSE)
            taken += self._take()
        return taken

    def _take(self) -> list[Numbered | Records]:
        taken: list[Records] = []
        for names, (tape, form) in tuple(self._tapes.items()):
            length = len(tape)
            if length:
                data = bytes(tape[:length])
                del tape[:length]
                taken.append(Records(names, data))
                (last,) = _NUMBER.unpack_from(data, length - form.size)
                self._greatest = max(self._greatest, int(last))
        events = [self._events.popleft() for _ in range(len(self._events))]
        self._greatest = max(self._greatest, max(map(_number_of, events), default=0))
        self.taken += sum(map(len, taken)) + len(events)
        return [*taken, *events]
