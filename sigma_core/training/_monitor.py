"""The contract of a monitor, and the thread on which an attached one lives."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Hashable, Iterable, Mapping
from contextlib import contextmanager
from typing import ClassVar, Protocol

from attrs import frozen

from sigma_core.events import Bus, Event, Policy, SubscriberFailed, Subscription, TaskProgressed, make_logger
from sigma_core.registry import snake_case
from sigma_core.training._commands import Command

Send = Callable[[Command], None]


@frozen
class RunInfo:
    """What is known of a run before its first iteration.

    `total_iterations` is the most that the run can take and `iterations_per_epoch` the length of an epoch in batches,
    None where unknown. `parameters` is the number of elements of all parameters.
    """

    name: str
    directory: str | None = None
    iterations_per_epoch: int | None = None
    total_iterations: int | None = None
    parameters: int = 0
    backend: str = ""

    @property
    def epochs(self) -> int | None:
        """The most epochs that the run can take, the last perhaps in part; None where unknown."""
        if self.total_iterations is None or not self.iterations_per_epoch:
            return None
        return -(-self.total_iterations // self.iterations_per_epoch)


class Progress(Protocol):
    """Where a run stands, to be looked at from any thread; the run publishes nothing for it at each iteration.

    The counters are read one by one, so two of them may be of neighbouring iterations.
    """

    @property
    def epoch(self) -> int:
        """The epoch that runs, from 1; 0 before the first."""

    @property
    def iteration(self) -> int:
        """The iteration that runs or has just ended, from 1 through the whole run; 0 before the first."""

    @property
    def seconds(self) -> float:
        """The running time."""

    @property
    def scores(self) -> Mapping[str, float]:
        """Scores of an iteration that ended a moment ago, by identifier, such as `training.loss`.

        Empty as long as none is known. Each look has the run tell of one more iteration, for the next look.
        """


class Monitor(ABC):
    """Watches a run without holding it up; acts back only through commands.

    All methods are called on a thread of the monitor's own, one after the other: `prepare` where there is something to
    wait for, `start`, then `receive` and `refresh` in turn, then `stop`. Whatever they raise is reported as a
    `SubscriberFailed` event and ends the monitor, never the run. A monitor may be attached to one run after another,
    not to two at once.
    """

    events: ClassVar[tuple[type[Event], ...]] = ()
    """The classes of events that it receives; a base class stands for all that derive from it."""
    policy: ClassVar[Policy] = Policy.DROP_OLDEST
    """What happens to events that come faster than they are received."""
    bound: ClassVar[int] = 4096
    """How many events wait at most."""
    key: ClassVar[Callable[[Event], Hashable] | None] = None
    """With `Policy.COALESCE`: only the latest event of each key waits; None for one key per class of event."""
    interval: ClassVar[float] = 0.1
    """Seconds between two looks at what has happened."""
    patience: ClassVar[float] = 5.0
    """Seconds for which the end of the run waits until it has received the rest and stopped."""

    def prepare(self, events: list[Event]) -> None:  # noqa: B027  # most monitors watch the run alone
        """What makes the run ready has come so far: tasks such as downloads, which end before `start`.

        Called on a thread of its own, and only where there are such tasks.
        """

    def start(self, run: RunInfo, progress: Progress, send: Send) -> None:  # noqa: B027  # a monitor may need none
        """The run is about to start; `send` takes a command, which is applied between two iterations."""

    @abstractmethod
    def receive(self, events: list[Event]) -> None:
        """What has happened since the last call, oldest first; never empty. Scores are floats by name."""

    def refresh(self) -> None:  # noqa: B027  # a monitor that only records has nothing to redraw
        """Called every `interval` seconds, events or not: the moment to look at the progress and to redraw."""

    def stop(self) -> None:  # noqa: B027  # a monitor may hold nothing
        """The run is over, or the monitor failed after its start: give back what is held."""


class Attachment:
    """A monitor at work; `close` ends it."""

    def __init__(self, monitor: Monitor, subscription: Subscription, bus: Bus, starting: Callable[[], None]) -> None:
        self._monitor = monitor
        self._subscription = subscription
        self._bus = bus
        self._starting = starting
        self._is_ending = threading.Event()
        self._drops_told = 0
        # A daemon, so that a monitor that hangs cannot keep the process from ending.
        self._thread = threading.Thread(target=self._live, name=f"sigma monitor {subscription.name}", daemon=True)
        self._thread.start()

    @property
    def name(self) -> str:
        """The name under which failures are reported."""
        return self._subscription.name

    @property
    def failed(self) -> str | None:
        """Why the monitor ended early; None while it has not."""
        return self._subscription.failed

    @property
    def dropped(self) -> int:
        """How many events were lost because the monitor was slower than its bound allows."""
        return self._subscription.dropped

    def close(self, timeout: float | None = None) -> bool:
        """Hand over what waits, then stop the monitor.

        False when that takes longer than `timeout` seconds, by default the monitor's patience, which the log tells.
        """
        self._is_ending.set()
        if self._thread is threading.current_thread():
            return False
        patience = type(self._monitor).patience if timeout is None else timeout
        self._thread.join(patience)
        if self._thread.is_alive():
            make_logger(self._bus).warning("monitor did not end in time", monitor=self.name, seconds=patience)
        return not self._thread.is_alive()

    def _live(self) -> None:
        if self._succeeds(self._starting):
            while self._succeeds(self._look):
                if self._is_ending.wait(type(self._monitor).interval):
                    # What was published before `close` is handed over, whatever else is published meanwhile.
                    self._subscription.close()
                    self._succeeds(self._look)
                    break
            self._succeeds(self._monitor.stop)
        self._subscription.close()

    def _look(self) -> None:
        events = self._subscription.drain()
        # At the first loss, then each time when it has doubled: a log that floods would be lost as well.
        if self.dropped > 2 * self._drops_told:
            self._drops_told = self.dropped
            make_logger(self._bus).warning("monitor is too slow", monitor=self.name, dropped=self.dropped)
        if events:
            self._monitor.receive(events)
        self._monitor.refresh()

    def _succeeds(self, action: Callable[[], None]) -> bool:
        try:
            action()
        except (Exception, SystemExit) as error:  # noqa: BLE001  # libraries answer a closed pipe with SystemExit
            # Only the first failure is told: the others follow from it.
            if self._subscription.failed is None:
                self._subscription.failed = f"{type(error).__name__}: {error}"
                self._subscription.close()
                self._bus.publish(SubscriberFailed(subscriber=self.name, reason=self._subscription.failed))
            return False
        return True


@contextmanager
def preparing(monitors: Iterable[Monitor], bus: Bus) -> Generator[None]:
    """Let monitors see the tasks that make a run ready, as long as they cannot watch the run itself."""
    listeners = [
        bus.listen(snake_case(type(monitor).__name__), monitor.prepare, [TaskProgressed])
        for monitor in monitors
        if type(monitor).prepare is not Monitor.prepare
    ]
    try:
        yield
    finally:
        for listener in listeners:
            listener.close()


def attach(  # noqa: PLR0913  # what a monitor sees of a run, each by itself
    monitor: Monitor,
    bus: Bus,
    run: RunInfo,
    progress: Progress,
    send: Send = lambda command: None,  # noqa: ARG005  # a run that takes no commands
    *,
    name: str = "",
) -> Attachment:
    """Let a monitor watch a run from now on; `name` (that of its class by default) is how failures are reported.

    What is published from this call on is received. Never raises for what the monitor does.
    """
    kind = type(monitor)
    name = name or snake_case(kind.__name__)
    # Looked up on the class: a plain function there is a function of the event, not a method.
    subscription = bus.subscribe(name, kind.events, policy=kind.policy, bound=kind.bound, key=kind.key)
    return Attachment(monitor, subscription, bus, lambda: monitor.start(run, progress, send))
