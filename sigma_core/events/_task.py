"""Long work that says how far it has come. Its event is of the bus alone; no hook belongs to it."""

from collections.abc import Callable
from time import monotonic
from types import TracebackType
from typing import Literal, Self

from attrs import frozen

from sigma_core.events._event import Event

_INTERVAL = 0.25
"""Seconds between two events of one task, whatever it does meanwhile."""


@frozen(kw_only=True)
class TaskProgressed(Event):
    """How far long work has come, such as a download: told at its start, a few times a second, and at its end.

    Each event tells all that there is to know, so that whoever listens late misses nothing.
    """

    task: int
    """Its number in its environment."""
    name: str
    done: int
    total: int | None
    """None where it is not known."""
    unit: str
    """What is counted: "bytes", "records"."""
    seconds: float
    """How long it has been at work."""
    state: Literal["running", "done", "failed"] = "running"


class OngoingTask:
    """Long work while it lasts: entered with `with`, told of each step, by one thread at a time.

    `publish` takes the events; without it nothing is published.
    """

    def __init__(  # noqa: PLR0913  # what there is to say of a task
        self,
        publish: Callable[[Event], None] | None,
        number: int,
        name: str,
        *,
        total: int | None = None,
        unit: str = "",
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self.name = name
        self.done = 0
        self.total = total
        self._publish = publish
        self._number = number
        self._unit = unit
        self._clock = clock
        self._started = self._due = clock()

    def advance(self, amount: int = 1) -> None:
        """So much more is done."""
        self.reach(self.done + amount)

    def reach(self, done: int, total: int | None = None) -> None:
        """So much is done by now, of a total that may be known only now."""
        self.done = done
        self.total = self.total if total is None else total
        if self._publish is not None and self._clock() >= self._due:
            self._tell("running")

    def __enter__(self) -> Self:
        self._started = self._clock()
        self._tell("running")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._tell("done" if kind is None else "failed")

    def _tell(self, state: Literal["running", "done", "failed"]) -> None:
        if self._publish is None:
            return
        now = self._clock()
        self._due = now + _INTERVAL
        self._publish(
            TaskProgressed(
                task=self._number,
                name=self.name,
                done=self.done,
                total=self.total,
                unit=self._unit,
                seconds=now - self._started,
                state=state,
            )
        )
