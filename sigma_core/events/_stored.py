"""Events as the run store keeps them: each by itself, or those that are nothing but numbers in blocks."""

import json
from collections.abc import Iterable, Iterator
from struct import Struct
from typing import TYPE_CHECKING, Any

from attrs import frozen

from sigma_core.events._event import Event, name_of_event
from sigma_core.events._iteration import IterationEnded
from sigma_core.events._ledger import HEAD, Numbered, Records, are_numbers
from sigma_core.events._payload import plain
from sigma_core.events._values import ValuesPublished

if TYPE_CHECKING:
    import numpy as np

_LONG = 512
"""Events of a block to which nothing is added any more."""

ITERATION, VALUES = name_of_event(IterationEnded), name_of_event(ValuesPublished)


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


@frozen
class Series:
    """What events have in common that lie in one block: their kind, who published them, the names of their numbers."""

    kind: str
    schema: int
    source: str | None
    names: tuple[str, ...]

    @classmethod
    def of_iterations(cls, names: tuple[str, ...]) -> "Series":
        """That of ended iterations with scores of these names."""
        return cls(ITERATION, IterationEnded.schema, None, names)

    @classmethod
    def of_values(cls, source: str, names: tuple[str, ...]) -> "Series":
        """That of values that a hook publishes by these names."""
        return cls(VALUES, ValuesPublished.schema, source, names)

    @property
    def key(self) -> tuple[str, int, str | None, str]:
        """What its blocks are found by."""
        return self.kind, self.schema, self.source, json.dumps(self.names)

    @property
    def columns(self) -> dict[str, int]:
        """By name of a time series, where its values stand in a record."""
        prefix = "training." if self.kind == ITERATION else ""
        return {f"{prefix}{name}": column for column, name in enumerate(self.names, start=HEAD)}

    def table(self, data: bytes | bytearray) -> "np.ndarray":
        """Such events in order, of shape (events, 4 + names): number, time, epoch, iteration, values."""
        # Lists of what is installed need neither runs nor NumPy, and are quicker without.
        import numpy as np

        table = np.frombuffer(data, np.float64).reshape(-1, HEAD + len(self.names))
        numbers = table[:, 0]
        # Threads that publish at the same moment may have changed places.
        return table if (numbers[1:] >= numbers[:-1]).all() else table[numbers.argsort(kind="stable")]

    def events(self, table: "np.ndarray") -> Iterator[StoredEvent]:
        """The events of such a table, one by one."""
        field = "scores" if self.kind == ITERATION else "values"
        source = {} if self.source is None else {"source": self.source}
        for number, time, epoch, iteration, *values in table.tolist():
            place = {"epoch": int(epoch), "iteration": int(iteration)}
            yield StoredEvent(
                id=int(number),
                time=time,
                kind=self.kind,
                schema=self.schema,
                **place,
                payload={**source, **place, field: plain(dict(zip(self.names, values, strict=True)))},
            )


Row = tuple[int, int, str, int, str | None, str, bytes]


def block(series: Series, table: "np.ndarray") -> Row:
    """Events of a series as a row of the table of blocks, beginning with their first and their last number."""
    numbers, names = table[:, 0], json.dumps(series.names)
    return int(numbers.min()), int(numbers.max()), series.kind, series.schema, series.source, names, table.tobytes()


def numbered(first: int, names: tuple[str, ...], data: bytes) -> "np.ndarray":
    """The table of a block of format 2, whose numbers followed on each other and were left out."""
    import numpy as np

    rest = np.frombuffer(data, np.float64).reshape(-1, HEAD - 1 + len(names))
    return np.column_stack([np.arange(first, first + len(rest)), rest])


class Blocks:
    """Makes blocks of events that are nothing but numbers.

    One that is short is written anew when more follow, so that slow runs do not have tiny ones.
    """

    def __init__(self) -> None:
        # By class of event, source and names of numbers, which are quicker to find than a Series.
        self._taken: dict[tuple[Any, ...], tuple[Series, bytearray, Struct]] = {}
        self._short: dict[Series, bytes] = {}

    def take(self, told: Numbered | Records) -> Numbered | None:
        """Take up what is nothing but numbers; anything else is given back."""
        if isinstance(told, Records):
            self._tape(IterationEnded, "", told.names)[1].extend(told.data)
            return None
        number, (time, event) = told
        kind, source = type(event), ""
        if isinstance(event, ValuesPublished):
            values, source = event.values, event.source
            if not are_numbers(values.values()):
                return told
        elif isinstance(event, IterationEnded):
            values = event.scores
            if not are_numbers(values.values()):
                values = {name: score for name, score in values.items() if isinstance(score, int | float)}
        else:
            return told
        _, tape, form = self._tape(kind, source, values)
        tape += form.pack(number, time, event.epoch, event.iteration, *values.values())
        return None

    def _tape(self, kind: type[Event], source: str, names: Iterable[str]) -> tuple[Series, bytearray, Struct]:
        key = (kind, source, *names)
        found = self._taken.get(key)
        if found is None:
            is_iteration = issubclass(kind, IterationEnded)
            series = Series.of_iterations(tuple(names)) if is_iteration else Series.of_values(source, tuple(names))
            found = self._taken[key] = series, bytearray(), Struct(f"{HEAD + len(series.names)}d")
        return found

    def rows(self, before: int) -> list[Row]:
        """What was taken, as rows of the table, in place of those that begin alike; `before` is added to numbers."""
        rows = []
        for series, data, form in self._taken.values():
            table = series.table(data).copy()
            table[:, 0] += before
            row = block(series, series.table(self._short.pop(series, b"") + table.tobytes()))
            rows.append(row)
            if len(row[-1]) < _LONG * form.size:
                self._short[series] = row[-1]
        self._taken.clear()
        return rows
