"""A monitor at work on what a store tells: on a thread of its own, as in the process of the run."""

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from queue import Empty, SimpleQueue
from time import monotonic, sleep
from typing import Any

from attrs import field, frozen

from sigma_core.events import Event, Policy
from sigma_core.training._monitor import Monitor, RunInfo, Send

_AHEAD = 16_384
"""Events that wait at most: the store keeps what is not read yet, so nothing has to be dropped."""
_BATCH = 4096
_GLANCE = 0.01


@frozen
class Place:
    """Where a run stands."""

    epoch: int = 0
    iteration: int = 0
    seconds: float = 0.0
    scores: Mapping[str, float] = field(factory=dict)


class Standing:
    """The progress of a run as far as a monitor has been told of it."""

    def __init__(self) -> None:
        self.place = Place()

    @property
    def epoch(self) -> int:
        """The epoch that runs, from 1."""
        return self.place.epoch

    @property
    def iteration(self) -> int:
        """Iterations done in the whole run."""
        return self.place.iteration

    @property
    def seconds(self) -> float:
        """Running time, pauses left out."""
        return self.place.seconds

    @property
    def scores(self) -> Mapping[str, float]:
        """Those of the newest iteration at the last look into the store."""
        return self.place.scores


@frozen
class _Step:
    """A call of a method, and where the run stands from then on, if that is known."""

    method: str
    call: Callable[[], Any]
    place: Place | None = None
    events: int = 1


class Feed:
    """Hands a monitor one run after another; what it raises, and that it hangs, is told and ends it alone."""

    def __init__(
        self, monitor: Monitor, name: str, send: Send, failing: Callable[[str], None], patience: float
    ) -> None:
        self.name = name
        self.wanted = type(monitor).events
        self.bound = min(type(monitor).bound, _BATCH)
        self.failed: str | None = None
        self._monitor = monitor
        self._send = send
        self._failing = failing
        self._patience = patience
        self._standing = Standing()
        # Ctrl-C may come at any moment, also while a lock is held that is written in Python; this one's is not.
        self._steps: SimpleQueue[_Step | None] = SimpleQueue()
        # In events: what was put by one thread, and taken by the other.
        self._put_so_far = self._taken_so_far = 0
        self._events: list[Event] = []
        self._has_started = False
        self._is_given_up = False
        # The call that goes on, and since when.
        self._call: tuple[str, float] | None = None
        # A daemon, so that a monitor that hangs cannot keep the process from ending.
        self._thread = threading.Thread(target=self._live, name=f"sigma monitor {name}", daemon=True)
        self._thread.start()

    def start(self, run: RunInfo, place: Place) -> None:
        """A run begins."""
        self._put(_Step("start", lambda: self._start(run), place))

    def take(self, event: Event) -> bool:
        """An event to be handed over, if it is wanted; whether that is due."""
        if isinstance(event, self.wanted):
            self._events.append(event)
        return len(self._events) >= self.bound

    def hand_over(self, place: Place) -> None:
        """Have the monitor receive what was taken; the run stands there by now."""
        events, self._events = self._events, []
        if events:
            self._put(_Step("receive", lambda: self._monitor.receive(self._chosen(events)), place, len(events)))

    def move(self, place: Place) -> None:
        """Nothing has happened that is wanted, but the run has gone on; skipped where the monitor has enough to do."""
        if self._steps.empty():
            self._put(_Step("", lambda: None, place))
        self._check()

    def stop(self) -> None:
        """The run is over."""
        self._put(_Step("stop", self._stop))

    def close(self) -> None:
        """Wait until the monitor has done all that it was given; one that hangs is given up."""
        self._put(None)
        while self._thread.is_alive() and self._check():
            self._thread.join(_GLANCE)
        self.give_up()

    def give_up(self) -> None:
        """Stop the monitor, whatever waits for it."""
        self._is_given_up = True
        self._steps.put(None)
        self._thread.join(5.0 if self.failed is None else 1.0)

    def _put(self, step: _Step | None) -> None:
        while self._check():
            if self._put_so_far - self._taken_so_far < _AHEAD:
                self._put_so_far += 0 if step is None else step.events
                self._steps.put(step)
                return
            sleep(_GLANCE)

    def _check(self) -> bool:
        """Whether the monitor is well."""
        call = self._call
        if self.failed is None and call is not None and monotonic() - call[1] > self._patience:
            self._fail(f"it has not come back from `{call[0]}` for {self._patience:g} seconds")
        return self.failed is None

    def _fail(self, reason: str) -> None:
        # Only the first failure is told: the others follow from it.
        if self.failed is None:
            self.failed = reason
            self._failing(reason)
            self._steps.put(None)

    # On its thread

    def _live(self) -> None:
        due = 0.0
        while self.failed is None:
            with suppress(Empty):
                step = self._steps.get(timeout=max(0.0, due - monotonic()) if self._has_started else None)
                if step is None or self._is_given_up:
                    break
                self._standing.place = step.place or self._standing.place
                if step.method == "stop":
                    self._do("refresh", self._monitor.refresh)
                self._do(step.method, step.call)
                self._taken_so_far += step.events
            if self._has_started and monotonic() >= due:
                self._do("refresh", self._monitor.refresh)
                due = monotonic() + type(self._monitor).interval
        if self._has_started:
            self._do("stop", self._stop)

    def _do(self, method: str, call: Callable[[], Any]) -> None:
        if self.failed is not None and method != "stop":
            return
        self._call = (method, monotonic())
        try:
            call()
        except (Exception, SystemExit) as error:  # noqa: BLE001  # libraries answer a closed pipe with SystemExit
            self._fail(f"{type(error).__name__}: {error}")
        finally:
            self._call = None

    def _start(self, run: RunInfo) -> None:
        self._monitor.start(run, self._standing, self._send)
        self._has_started = True

    def _stop(self) -> None:
        # Before the call: one that fails is not made again.
        self._has_started = False
        self._monitor.stop()

    def _chosen(self, events: list[Event]) -> list[Event]:
        """Of a monitor that wants the latest event of each key alone, those."""
        kind = type(self._monitor)
        if kind.policy is not Policy.COALESCE:
            return events
        latest: dict[Any, Event] = {}
        for event in events:
            key = type(event) if kind.key is None else kind.key(event)
            latest.pop(key, None)
            latest[key] = event
        return list(latest.values())
