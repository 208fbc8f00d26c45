"""What a console knows of long work, such as downloads: how far each task is, how fast, how long it still takes."""

from attrs import define, field

from sigma_core.extend import TaskProgressed
from sigma_monitors._speed import Speed
from sigma_monitors._wording import amount, duration, pace

# Lines are written only of tasks that take longer than the first, and then no more often than the second.
_FIRST_LINE = 1.0
_NEXT_LINE = 30.0


@define(eq=False)
class Told:
    """A task as it was told so far."""

    event: TaskProgressed
    speed: Speed = field(factory=Speed, init=False)
    next_line: float = field(default=_FIRST_LINE, init=False)

    @property
    def count(self) -> str:
        """`12.3 MB`, of a total that is known `3.1/12.3 MB`."""
        return amount(self.event.done, self.event.total, self.event.unit)

    @property
    def pace(self) -> str:
        """How fast, or where that is known how long still."""
        rate, total = self.speed.rate, self.event.total
        if rate is None:
            return ""
        if total is not None:
            return f"{duration((total - self.event.done) / rate)} left"
        return f"{amount(round(rate), None, 'bytes')}/s" if self.event.unit == "bytes" else pace(rate)


@define(eq=False)
class Tasks:
    """The tasks that are under way, in the order of their beginning."""

    _told: dict[int, Told] = field(factory=dict, init=False)

    @property
    def running(self) -> list[Told]:
        """Those that have not ended."""
        return list(self._told.values())

    def take(self, event: TaskProgressed) -> str | None:
        """Go on with the story; a line for those who read lines, when it is time for one."""
        told = self._told.setdefault(event.task, Told(event))
        told.event = event
        told.speed.observe(event.seconds, event.done)
        if event.state != "running":
            del self._told[event.task]
        if event.seconds < told.next_line and (event.state == "running" or told.next_line == _FIRST_LINE):
            return None
        told.next_line = event.seconds + _NEXT_LINE
        return _line(told)


def _line(told: Told) -> str:
    event = told.event
    match event.state:
        case "running":
            return f"{event.name}: {', '.join(filter(None, (told.count, told.pace)))}"
        case "done":
            return f"{event.name}: {amount(event.done, None, event.unit)} in {duration(event.seconds)}"
        case _:
            return f"{event.name}: given up after {duration(event.seconds)}"
