"""What waits for a subscriber: a line of events, or the latest event of each key.

Invariant: `offer` takes no lock and never waits. It rests on operations that CPython performs as one: `deque.append`
and `popleft`, `dict.__setitem__` and `popitem` with keys of built-in types, and `next` of an `itertools.count`.
Several threads may offer while one takes; no event is delivered twice.
"""

from collections import deque
from collections.abc import Callable, Hashable, Sequence
from contextlib import suppress
from itertools import count
from typing import Any, Protocol

from sigma_core.events._event import Event
from sigma_core.events._telling import Told, event_of


class Queue(Protocol):
    """Events on their way to one subscriber; `taken` counts them, `dropped` those that made room for newer ones."""

    @property
    def taken(self) -> int: ...

    @property
    def dropped(self) -> int: ...

    @property
    def offer(self) -> Callable[[Told], None]: ...

    def record(
        self, time: float, epoch: int, iteration: int, names: tuple[str, ...], scores: Sequence[Any]
    ) -> None: ...

    def take(self) -> list[Any]: ...

    def __len__(self) -> int: ...


class Line:
    """First come, first served; with a bound, the oldest event makes room for the newest."""

    __slots__ = ("_items", "_numbers", "offer", "taken")

    def __init__(self, bound: int | None) -> None:
        self._items: deque[Told] = deque(maxlen=bound)
        self._numbers = count()
        self.taken = 0
        # What is kept whatever comes need not be counted.
        self.offer: Callable[[Told], None] = self._items.append if bound is None else self._count
        """Append what was published; a full line loses its first."""

    def __len__(self) -> int:
        return len(self._items)

    @property
    def dropped(self) -> int:
        """How many events were pushed out; exact whenever nobody is publishing."""
        # The representation, "count(7)", tells how many numbers were given out without giving out another.
        offered = int(repr(self._numbers)[len("count(") : -1])
        return max(0, offered - self.taken - len(self._items))

    def _count(self, told: Told) -> None:
        next(self._numbers)
        self._items.append(told)

    def record(self, time: float, epoch: int, iteration: int, names: tuple[str, ...], scores: Sequence[Any]) -> None:
        """Append an ended iteration as numbers."""
        self.offer((time, epoch, iteration, names, *scores))

    def peek(self) -> list[Told]:
        """All that wait now, oldest first; they go on waiting."""
        return list(self._items)

    def take(self) -> list[Told]:
        """All that wait now, oldest first; what arrives meanwhile stays, so this ends however fast others publish."""
        taken = [self._items.popleft() for _ in range(len(self._items))]
        self.taken += len(taken)
        return taken


class One:
    """The first that comes; then it is full, which is told, and whatever comes meanwhile takes its place."""

    __slots__ = ("_told", "dropped", "filled", "taken")

    def __init__(self) -> None:
        self._told: list[Told] = []
        self.filled: Callable[[], object] = bool
        self.dropped = 0
        self.taken = 0

    def __len__(self) -> int:
        return len(self._told)

    def offer(self, told: Told) -> None:
        """Keep it."""
        self._told = [told]
        self.filled()

    def record(self, time: float, epoch: int, iteration: int, names: tuple[str, ...], scores: Sequence[Any]) -> None:
        """Keep an ended iteration as numbers."""
        self.offer((time, epoch, iteration, names, *scores))

    def take(self) -> list[Told]:
        """It, or nothing."""
        taken, self._told = self._told, []
        self.taken += len(taken)
        return taken


class Latest:
    """The latest event of each key; an event that is superseded is not counted as dropped."""

    __slots__ = ("_bound", "_items", "_key", "_numbers", "dropped", "taken")

    def __init__(self, bound: int, key: Callable[[Event], Hashable]) -> None:
        self._items: dict[Hashable, tuple[int, float, Event]] = {}
        self._numbers = count()
        self._bound = bound
        self._key = key
        self.dropped = 0
        self.taken = 0

    def __len__(self) -> int:
        return len(self._items)

    def offer(self, told: Told) -> None:
        """Put the event in the place of its key's last one; a new key past the bound pushes out the oldest key."""
        time, event = told[0], event_of(told)
        key = self._key(event)
        if key not in self._items and len(self._items) >= self._bound:
            self._evict()
        self._items[key] = (next(self._numbers), time, event)

    def record(self, time: float, epoch: int, iteration: int, names: tuple[str, ...], scores: Sequence[Any]) -> None:
        """Put an ended iteration there."""
        self.offer((time, epoch, iteration, names, *scores))

    def _evict(self) -> None:
        # Another thread may take or push out at this very moment; then there is room.
        with suppress(KeyError, RuntimeError, StopIteration):
            del self._items[next(iter(self._items))]
            self.dropped += 1

    def take(self) -> list[Told]:
        """The latest event of each key, in the order in which they were published."""
        taken: list[tuple[int, float, Event]] = []
        # Whoever pushes a key out while this runs may leave one less than there were.
        with suppress(KeyError):
            taken.extend(self._items.popitem()[1] for _ in range(len(self._items)))
        self.taken += len(taken)
        return [(time, event) for _, time, event in sorted(taken, key=lambda item: item[0])]
