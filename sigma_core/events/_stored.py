"""Events as the run store keeps them: each by itself, or ended iterations in blocks."""

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Self

from attrs import frozen

from sigma_core.events._event import name_of_event
from sigma_core.events._iteration import IterationEnded
from sigma_core.events._payload import plain
from sigma_core.events._telling import Record

if TYPE_CHECKING:
    import numpy as np

ITERATION = name_of_event(IterationEnded)
# The time, the epoch and the iteration stand before the scores in a record of a block.
_HEAD = 3


@frozen(kw_only=True)
class StoredEvent:
    """An event as the store keeps it; `time` is in seconds since 1970."""

    id: int
    time: float
    kind: str
    schema: int
    epoch: int | None
    iteration: int | None
    payload: dict[str, Any]


class Block:
    """Events of ended iterations that follow on each other and have scores of the same names.

    `id` is that of the first, the others count on from it. Scores that are not one number are left out.
    """

    def __init__(self, id: int, names: tuple[str, ...], data: bytes = b"") -> None:  # noqa: A002  # as in the table
        self.id = id
        self.names = names
        self._data = data
        self._new: list[tuple[float, ...]] = []

    @classmethod
    def begin(cls, id: int, time: float, told: Record) -> Self:  # noqa: A002  # as above
        """A block with its first event, for more with such scores."""
        epoch, iteration, names, values = told
        numbers = dict(_numbers(names, values))
        block = cls(id, tuple(numbers))
        block._new.append((time, epoch, iteration, *numbers.values()))
        return block

    @classmethod
    def read(cls, id: int, names: str, data: bytes) -> Self:  # noqa: A002  # as above
        """A block out of a row of the table."""
        return cls(id, tuple(json.loads(names)), data)

    def __len__(self) -> int:
        """How many events it holds."""
        return len(self._data) // (8 * (_HEAD + len(self.names))) + len(self._new)

    @property
    def is_changed(self) -> bool:
        """Whether it holds events that no row of it has."""
        return bool(self._new)

    def add(self, time: float, told: Record) -> bool:
        """Append an event; False, and nothing is changed, for one that has other scores."""
        epoch, iteration, names, values = told
        if len(names) == 1 and names == self.names and type(values[0]) is float:
            # Nearly always there is the loss alone.
            self._new.append((time, epoch, iteration, values[0]))
            return True
        numbers = dict(_numbers(names, values))
        if tuple(numbers) != self.names:
            return False
        self._new.append((time, epoch, iteration, *numbers.values()))
        return True

    def row(self) -> tuple[int, str, bytes]:
        """The block as a row of the table."""
        # Lists of what is installed need neither runs nor NumPy, and are quicker without.
        import numpy as np

        self._data += np.array(self._new, np.float64).tobytes()
        self._new.clear()
        return self.id, json.dumps(self.names), self._data

    @property
    def records(self) -> "np.ndarray":
        """The numbers of its rows, of shape (events, 3 + scores)."""
        import numpy as np

        return np.frombuffer(self._data, np.float64).reshape(-1, _HEAD + len(self.names))

    def points(self, score: str) -> "np.ndarray | None":
        """Iterations and values of a score, of shape (events, 2); None where it has no such score."""
        return self.records[:, [2, _HEAD + self.names.index(score)]] if score in self.names else None

    def events(self) -> Iterator[StoredEvent]:
        """Its events, one by one."""
        for number, (time, epoch, iteration, *scores) in enumerate(self.records.tolist(), start=self.id):
            place = {"epoch": int(epoch), "iteration": int(iteration)}
            yield StoredEvent(
                id=number,
                time=time,
                kind=ITERATION,
                schema=IterationEnded.schema,
                **place,
                payload={**place, "scores": plain(dict(zip(self.names, scores, strict=True)))},
            )


def _numbers(names: Iterable[str], values: Iterable[Any]) -> Iterator[tuple[str, float]]:
    return ((name, value) for name, value in zip(names, values, strict=True) if isinstance(value, int | float))
