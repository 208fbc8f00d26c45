"""Events as the run store keeps them: each by itself, or ended iterations in blocks."""

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Self

from attrs import frozen

from sigma_core.events._event import name_of_event
from sigma_core.events._iteration import IterationEnded
from sigma_core.events._payload import plain
from sigma_core.events._telling import Told

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
        self._is_changed = False

    @classmethod
    def read(cls, id: int, names: str, data: bytes) -> Self:  # noqa: A002  # as above
        """A block out of a row of the table."""
        return cls(id, tuple(json.loads(names)), data)

    def __len__(self) -> int:
        """How many events it holds."""
        return len(self._data) // (8 * (_HEAD + len(self.names)))

    @property
    def is_changed(self) -> bool:
        """Whether it holds events that no row of it has."""
        return self._is_changed

    def add(self, table: "np.ndarray") -> None:
        """Append records of its scores, of shape (events, 3 + scores)."""
        self._data += table.tobytes()
        self._is_changed = True

    def row(self) -> tuple[int, str, bytes]:
        """The block as a row of the table."""
        self._is_changed = False
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


def tables(told: Sequence[Told]) -> "Iterator[tuple[tuple[str, ...], np.ndarray]]":
    """Ended iterations with the same names as a table, with the names of its scores; as several where kinds change."""
    # Lists of what is installed need neither runs nor NumPy, and are quicker without.
    import numpy as np

    times, epochs, iterations, named, *scores = zip(*told, strict=True)
    kept, columns = [], [times, epochs, iterations]
    for name, column in zip(named[0], scores, strict=True):
        numbers = sum(isinstance(value, int | float) for value in column)
        if numbers == len(column):
            kept.append(name)
            columns.append(column)
        elif numbers:
            for each in told:
                yield from tables([each])
            return
    yield tuple(kept), np.array(columns, np.float64).T
