"""A stopwatch that always runs for somebody: each nanosecond of a run is counted once, and none is left over.

At each change of hands the time since the last one goes to whoever had it. So the rows of a profile add up to the wall
time, whatever was nested in what, and what the loop takes itself is measured as everything else is.
"""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache, wraps
from time import perf_counter_ns
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from attrs import define

from sigma_core.hooks import Implementation

START = "start"
COMPILATION = "compilation"
BATCHES = "batches"
SCHEDULES = "schedules"
STEP = "step"
CRITERION = "criterion"
VALIDATION = "validation"
CHECKPOINTS = "checkpoints"
BACKGROUND = "background"
COMMANDS = "commands"
PAUSES = "pauses"
EVENTS = "events"
STORE = "run store"
MONITORS = "monitors"
LOOP = "loop"
END = "end"

CORE = "sigma-core"

BESIDE = -1
"""In place of the number of a worker: the thread of a hook in the background."""

_TRIALS = 1000


@define(eq=False)
class Tally:
    """What has been counted for one row of a profile; `whole` is its time with what was nested in it."""

    plugin: str
    name: str
    event: str = ""
    calls: int = 0
    nanoseconds: int = 0
    whole: int = 0
    is_apart: bool = False
    """Whether it is time of another thread, beside that of the run."""


class Stopwatch:
    """Times the thread in which it is made, from then on."""

    def __init__(self, clock: Callable[[], int] = perf_counter_ns) -> None:
        self.clock = clock
        self._thread = threading.get_ident()
        self._tallies: dict[object, Tally] = {}
        self._current = self.tally(START)
        self._since = self._began = clock()

    def tally(self, name: str, plugin: str = CORE) -> Tally:
        """The tally of something that the kernel does."""
        return self._tallies.setdefault(name, Tally(plugin, name))

    def hook(self, implementation: Implementation, worker: int) -> Tally:
        """The tally of a hook; one that is called in the thread of another worker, or `BESIDE` the run, is apart."""
        return self._tallies.setdefault(
            (implementation, worker),
            Tally(plugin_of(implementation), implementation.plugin, implementation.hook, is_apart=worker != 0),
        )

    def tallies(self) -> tuple[int, list[Tally]]:
        """Nanoseconds since the beginning, and everything that was counted, which adds up to them."""
        self._turn(self._current)
        return self._since - self._began, list(self._tallies.values())

    def turn(self, name: str) -> None:
        """Count for something else from now on; not inside of what is timed."""
        self._turn(self.tally(name))

    def _turn(self, tally: Tally) -> None:
        now = self.clock()
        self._current.nanoseconds += now - self._since
        self._since, self._current = now, tally

    def move(self, name: str, seconds: float) -> None:
        """Count the last so many seconds for something else, if nothing else was timed meanwhile."""
        if threading.get_ident() == self._thread:
            spent = min(int(seconds * 1e9), self.clock() - self._since)
            self._since += spent
            tally = self.tally(name)
            tally.calls += 1
            tally.nanoseconds += spent

    def timed(self, tally: Tally, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, with the time of each call counted for the tally."""
        clock = self.clock

        def call(*arguments: Any) -> Any:
            outer = self._current
            began = clock()
            outer.nanoseconds += began - self._since
            self._since, self._current = began, tally
            try:
                return function(*arguments)
            finally:
                now = clock()
                tally.nanoseconds += now - self._since
                tally.whole += now - began
                tally.calls += 1
                self._since, self._current = now, outer

        return call

    def timed_apart(self, tally: Tally, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, with the time of each call counted; called in another thread, always the same."""
        clock = self.clock

        def call(*arguments: Any) -> Any:
            began = clock()
            try:
                return function(*arguments)
            finally:
                spent = clock() - began
                tally.nanoseconds += spent
                tally.whole += spent
                tally.calls += 1

        return call

    def over(self, name: str, items: Iterable[Any]) -> Iterator[Any]:
        """The items, with the time that each of them is waited for."""
        following = self.timed(self.tally(name), iter(items).__next__)
        while True:
            try:
                item = following()
            except StopIteration:
                return
            yield item

    @contextmanager
    def measure(self, name: str) -> Iterator[None]:
        """Count what is done inside for something that the kernel does; in other threads nothing is counted."""
        if threading.get_ident() != self._thread:
            yield
            return
        outer = self._current
        tally = self.tally(name)
        tally.calls += 1
        self._turn(tally)
        try:
            yield
        finally:
            self._turn(outer)


class Measuring(Protocol):
    """What a run that may be profiled is measured by."""

    def measure(self, name: str) -> AbstractContextManager[None]:
        """Count what is done inside."""

    def move(self, name: str, seconds: float) -> None:
        """Count the last so many seconds."""


class Idle:
    """Stands in for a stopwatch where nobody asked for a profile."""

    def measure(self, name: str) -> AbstractContextManager[None]:  # noqa: ARG002  # as a stopwatch has it
        """Nothing."""
        return nullcontext()

    def move(self, name: str, seconds: float) -> None:
        """Nothing."""


class Measured(Protocol):
    """Something with a stopwatch."""

    stopwatch: Measuring


Given = ParamSpec("Given")
Result = TypeVar("Result")
Owner = TypeVar("Owner", bound=Measured)


def measured(
    name: str,
) -> Callable[[Callable[Concatenate[Owner, Given], Result]], Callable[Concatenate[Owner, Given], Result]]:
    """Have what a method does counted for something that the kernel does."""

    def wrap(method: Callable[Concatenate[Owner, Given], Result]) -> Callable[Concatenate[Owner, Given], Result]:
        @wraps(method)
        def call(self: Owner, /, *arguments: Given.args, **named: Given.kwargs) -> Result:
            with self.stopwatch.measure(name):
                return method(self, *arguments, **named)

        return call

    return wrap


@cache
def cost_of_measuring() -> float:
    """Seconds that timing one call takes, found out once."""
    watch = Stopwatch()
    call = watch.timed(watch.tally(LOOP), lambda: None)
    began = perf_counter_ns()
    for _ in range(_TRIALS):
        call()
    return (perf_counter_ns() - began) / _TRIALS / 1e9


def plugin_of(implementation: Implementation) -> str:
    """The distribution that a hook is of; else the module that it is written in."""
    if implementation.distribution:
        return implementation.distribution
    module = str(getattr(implementation.function, "__module__", "")).partition(".")[0]
    return module if module.startswith("__") else module.replace("_", "-") or implementation.plugin
