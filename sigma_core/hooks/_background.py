"""Hooks in the background: each plugin that has some gets a thread, which works off events while the training goes on.

The thread of the run copies what a hook requires at the moment of the event and hands it over. It waits in three cases
alone: when a hook that keeps all events is `BEHIND` of them behind, before a hook that is to run after one in the
background, and where everything must have been seen: before a checkpoint, a detachment, and the end of the run.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from attrs import frozen

from sigma_core.errors import HookFailedError
from sigma_core.events import Event
from sigma_core.hooks._clock import Clock
from sigma_core.hooks._implementation import Implementation, Timed
from sigma_core.hooks._lane import failure
from sigma_core.hooks._order import waited_for
from sigma_core.hooks._specifications import TEARDOWN
from sigma_core.registry import Registry

BEHIND = 8
"""Events that a hook may be behind before the run waits for it."""

Call = Callable[[Event, Any], None]


@frozen
class BackgroundStatus:
    """How a plugin's background hooks fare: events left for them to see, and those dropped for newer ones."""

    plugin: str
    left: int
    dropped: int


class _Job:
    """One event for one implementation."""

    __slots__ = ("_instead", "_is_done", "after", "event", "has_failed", "implementation", "iteration", "work")

    def __init__(
        self,
        implementation: Implementation,
        event: Event,
        iteration: int,
        after: Sequence["_Job"],
        work: Callable[[], object],
    ) -> None:
        self.implementation = implementation
        self.event = event
        self.iteration = iteration
        self.after = after
        self.work = work
        self.has_failed = False
        self._is_done = False
        # What its thread was busy with when it was dropped.
        self._instead: _Job | None = None

    @property
    def is_over(self) -> bool:
        """Whether those that run after it may start."""
        return self._is_done and (self._instead is None or self._instead.is_over)

    @property
    def is_teardown(self) -> bool:
        return self.implementation.hook in TEARDOWN

    def close(self, *, has_failed: bool = False, instead: "_Job | None" = None) -> None:
        """There is nothing to do any more; what it held is let go."""
        self.has_failed, self._instead, self._is_done = has_failed, instead, True
        self.after, self.work = (), _nothing


class _Hook:
    """One hook of a run: what its implementations are called by in their threads, and what each was last given."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.functions: dict[Implementation, Callable[..., object]] = {}
        self.latest: dict[Implementation, _Job] = {}

    def jobs(self, of: Sequence[Implementation], event: Event) -> list[_Job]:
        """What these were given of an event; those that were not due have nothing."""
        found = (self.latest.get(each) for each in of)
        return [job for job in found if job is not None and job.event is event]


class _Strand:
    """A thread and what it has still to do, in order of the events: hooks of one plugin never run at the same time."""

    def __init__(self, plugin: str) -> None:
        self.plugin = plugin
        self.jobs: deque[_Job] = deque()
        self.running: _Job | None = None
        self.dropped = 0
        self.has_failed = False
        self.is_over = False
        self.thread: threading.Thread | None = None

    @property
    def left(self) -> int:
        """Events that it is at or has still to see."""
        return len(self.jobs) + (self.running is not None)

    @property
    def is_ready(self) -> bool:
        return bool(self.jobs) and all(job.is_over for job in self.jobs[0].after)

    def behind(self, implementation: Implementation) -> int:
        """How many events wait for an implementation."""
        return sum(job.implementation is implementation for job in self.jobs)

    def make_room(self, implementation: Implementation) -> None:
        """Drop what waits for an implementation, because something newer comes."""
        for job in [job for job in self.jobs if job.implementation is implementation]:
            self.jobs.remove(job)
            job.close(instead=self.running)
            self.dropped += 1

    def give_up(self, *, also_teardown: bool = False) -> None:
        """Do nothing more of what waits; teardown is still called unless that is given up too."""
        for job in [job for job in self.jobs if also_teardown or not job.is_teardown]:
            self.jobs.remove(job)
            job.close(has_failed=True)


class Background:
    """The background hooks of one run.

    `wait` is called over and over in the thread that waits for them, and returns when something may have changed;
    `wake` tells it so, from any thread. `failed` is told, in the thread of a hook that raised, that there is something
    for `check` to raise. What `timed` gives for a hook is called in place of its function, in its thread.
    """

    def __init__(
        self,
        wait: Callable[[], object],
        wake: Callable[[], object],
        failed: Callable[[], object] = lambda: None,
        timed: Timed = lambda _, function: function,
    ) -> None:
        self._wait, self._wake, self._failed, self._timed = wait, wake, failed, timed
        self._changed = threading.Condition()
        self._strands: dict[str, _Strand] = {}
        self._failures: deque[HookFailedError] = deque()

    def calls(self, ordered: Sequence[Implementation], clock: Clock) -> dict[Implementation, Call]:
        """What a lane is to call in place of some functions of one hook, given its implementations in order."""
        if not any(entry.background for entry in ordered):
            return {}
        hook = _Hook(clock)
        found: dict[Implementation, Call] = {}
        for entry, before in zip(ordered, waited_for(ordered), strict=True):
            if entry.background:
                hook.functions[entry] = self._timed(entry, entry.function)
                found[entry] = partial(self._offer, hook, entry, before)
            elif before:
                found[entry] = partial(self._hold, hook, entry, before)
        return found

    # In the thread of the run

    def _offer(
        self, hook: "_Hook", entry: Implementation, before: Sequence[Implementation], event: Event, trainer: Any
    ) -> None:
        """Hand an event over, with a copy of what the hook requires."""
        with self._changed:
            strand = self._strands.setdefault(entry.plugin, _Strand(entry.plugin))
        if entry.background == "keep":
            self._until(lambda: strand.behind(entry) < BEHIND)
        if strand.is_over or (strand.has_failed and entry.hook not in TEARDOWN):
            # Those that run after it are not called either.
            hook.latest[entry] = _Job(entry, event, hook.clock.iteration, (), _nothing)
            hook.latest[entry].close(has_failed=True)
            return
        work = partial(hook.functions[entry], *_arguments(entry, event, trainer))
        job = hook.latest[entry] = _Job(entry, event, hook.clock.iteration, hook.jobs(before, event), work)
        with self._changed:
            if entry.background == "newest":
                strand.make_room(entry)
            strand.jobs.append(job)
            if strand.thread is None:
                name = f"sigma hook {entry.plugin}"
                strand.thread = threading.Thread(target=self._live, args=[strand], name=name, daemon=True)
                strand.thread.start()
            self._changed.notify_all()

    def _hold(
        self, hook: "_Hook", entry: Implementation, before: Sequence[Implementation], event: Event, trainer: Any
    ) -> None:
        """Call a hook of the foreground when those that it runs after have seen the event."""
        jobs = hook.jobs(before, event)
        self._until(lambda: all(job.is_over for job in jobs))
        if any(job.has_failed for job in jobs) and entry.hook not in TEARDOWN:
            self.check()
            return
        given = {"event": event, "trainer": trainer}
        entry.function(*[given[name] for name in entry.arguments])

    def _until(self, is_so: Callable[[], bool]) -> None:
        while not self._looked(is_so):
            self._wait()

    def _looked(self, is_so: Callable[[], bool]) -> bool:
        with self._changed:
            return is_so()

    def finish(self, plugin: str | None = None) -> None:
        """Wait until all events so far have been seen, by all or by one plugin."""
        mine = [strand for name, strand in self._strands.items() if plugin in (None, name)]
        try:
            self._until(lambda: not any(strand.left for strand in mine if not strand.is_over))
        except KeyboardInterrupt:
            self.drop()
            raise

    def check(self) -> None:
        """Raise what a hook has raised, the first of it, once."""
        if self._failures:
            raise self._failures.popleft()

    def failures(self) -> list[HookFailedError]:
        """All that hooks have raised and nobody was told of yet."""
        return [self._failures.popleft() for _ in range(len(self._failures))]

    def drop(self) -> None:
        """Let what waits be; hooks that are at work come to their end."""
        with self._changed:
            for strand in self._strands.values():
                strand.give_up()
            self._changed.notify_all()

    def abandon(self) -> None:
        """Wait no more for hooks that are at work, nor call them for anything else."""
        with self._changed:
            for strand in self._strands.values():
                if strand.left:
                    strand.give_up(also_teardown=True)
                    strand.is_over = True
            self._changed.notify_all()

    def let_go(self, plugin: str) -> None:
        """Forget a plugin that has nothing to do any more."""
        strand = self._strands.pop(plugin, None)
        if strand is not None:
            self._end([strand])

    def close(self) -> None:
        """End the threads, which have nothing to do any more."""
        self._end(list(self._strands.values()))

    def _end(self, strands: Sequence[_Strand]) -> None:
        with self._changed:
            left = [strand for strand in strands if strand.is_over]
            for strand in strands:
                strand.is_over = True
            self._changed.notify_all()
        for strand in strands:
            if strand.thread is not None and strand not in left:
                strand.thread.join()

    # From any thread

    def is_within(self, thread: int) -> bool:
        """Whether a thread, by its number, is one of a background hook."""
        strands = list(self._strands.values())
        return any(strand.thread is not None and strand.thread.ident == thread for strand in strands)

    @property
    def status(self) -> tuple[BackgroundStatus, ...]:
        """How each plugin that was given something fares."""
        with self._changed:
            return tuple(BackgroundStatus(each.plugin, each.left, each.dropped) for each in self._strands.values())

    # In the threads of the hooks

    def _live(self, strand: _Strand) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: strand.is_over or strand.is_ready)
                if strand.is_over:
                    return
                job = strand.running = strand.jobs.popleft()
                # As in the foreground: whoever comes behind a hook that raised is not called.
                is_called = job.is_teardown or not any(before.has_failed for before in job.after)
            raised = self._called(job) if is_called else None
            with self._changed:
                strand.running = None
                job.close(has_failed=raised is not None or not is_called)
                if raised is not None:
                    self._failures.append(raised)
                    strand.has_failed = True
                    strand.give_up()
                self._changed.notify_all()
            self._wake()
            if raised is not None:
                self._failed()

    @staticmethod
    def _called(job: _Job) -> HookFailedError | None:
        try:
            job.work()
        except BaseException as error:  # noqa: BLE001  # raised in the run's thread
            raised = failure(job.implementation, job.iteration, error)
            raised.__cause__ = error
            return raised
        return None


def at_once(entry: Implementation, event: Event, trainer: Any) -> None:
    """Call a background hook where there is no run that could go on meanwhile."""
    entry.function(*_arguments(entry, event, trainer))


def _arguments(entry: Implementation, event: Event, trainer: Any) -> list[Any]:
    # Before there is a trainer nothing can be required of it.
    told, snapshot = (event, Registry.of({})) if trainer is None else trainer.taken(event, entry.requires)
    given = {"event": told, "trainer": trainer, "snapshot": snapshot}
    return [given[name] for name in entry.arguments]


def _nothing() -> None:
    pass
