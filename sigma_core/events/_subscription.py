"""The receiving ends of the bus: one that is drained by its owner and one with a thread of its own."""

import threading
from collections import deque
from collections.abc import Callable
from time import monotonic
from typing import Any

from sigma_core.events._event import Event
from sigma_core.events._queues import Queue
from sigma_core.events._telling import Told, event_of


class Subscription:
    """Events that wait for one subscriber; drained from one thread, offered to from any."""

    def __init__(
        self,
        name: str,
        events: tuple[type[Event], ...] | None,
        queue: Queue,
        detach: Callable[["Subscription"], None],
    ) -> None:
        self.name = name
        self.events = events
        self.failed: str | None = None
        self.queue = queue
        self._queue_up = queue.offer
        self._detach = detach
        self._awake = threading.Event()
        self.is_waiting = False
        self._is_closed = False
        self._flushes: deque[threading.Event] = deque()

    def __len__(self) -> int:
        """How many events wait."""
        return len(self.queue)

    @property
    def delivered(self) -> int:
        """How many events were drained."""
        return self.queue.taken

    @property
    def dropped(self) -> int:
        """How many events were lost because the subscriber was slower than its bound allows."""
        return self.queue.dropped

    def accepts(self, event_type: type[Event]) -> bool:
        """Whether events of this type are wanted; a base class stands for all that derive from it."""
        return self.events is None or issubclass(event_type, self.events)

    def offer(self, told: Told) -> None:
        """Put what was published into the queue; never waits."""
        self._queue_up(told)
        # `wait` raises the flag before it looks at the queue, and this looks at the flag after it filled the queue:
        # one of the two always sees the other, so no wake-up is lost and none is paid for while nobody waits.
        if self.is_waiting:
            self.wake()

    def wake(self) -> None:
        """Let whoever waits look at the queue."""
        self._awake.set()

    def drain(self) -> list[Event]:
        """All events that wait, oldest first."""
        return [event_of(told) for told in self.take()]

    def drain_timed(self) -> list[tuple[float, Event]]:
        """All events that wait, each with the time of its publication in seconds since 1970."""
        return [(told[0], event_of(told)) for told in self.take()]

    def take(self) -> list[Any]:
        """As `drain_timed`, as the queue has it."""
        return self.queue.take()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until an event is there, the subscription is closed or `timeout` seconds passed; True for an event."""
        deadline = None if timeout is None else monotonic() + timeout
        self.is_waiting = True
        try:
            while not len(self.queue) and not self._is_closed and not self._flushes:
                remaining = None if deadline is None else deadline - monotonic()
                if remaining is not None and remaining <= 0:
                    break
                self._awake.wait(remaining)
                self._awake.clear()
        finally:
            self.is_waiting = False
        return len(self.queue) > 0

    def close(self, timeout: float | None = 5.0) -> bool:  # noqa: ARG002  # a listener takes its time, see there
        """Receive nothing more; what waits can still be drained. True when nothing is left running."""
        self._is_closed = True
        self._detach(self)
        self._awake.set()
        return True


class Listener(Subscription):
    """A subscription drained in batches by a thread of its own."""

    def __init__(  # noqa: PLR0913  # made by the bus alone
        self,
        name: str,
        events: tuple[type[Event], ...] | None,
        queue: Queue,
        detach: Callable[[Subscription], None],
        *,
        receive: Callable[[list[Any]], None],
        interval: float,
        report: Callable[[Subscription, BaseException], None],
    ) -> None:
        super().__init__(name, events, queue, detach)
        self._receive = receive
        self._interval = interval
        self._report = report
        self._is_ending = False
        # Ends the gathering of a batch early.
        self._hurry = threading.Event()
        self._thread = threading.Thread(target=self._serve, name=f"sigma {name}", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def close(self, timeout: float | None = 5.0) -> bool:
        """Hand over what waits, then end the thread; False when it did not end within `timeout` seconds."""
        self._is_ending = True
        self._hurry.set()
        super().close()
        if self._thread is not threading.current_thread():
            self._thread.join(timeout)
        return not self._thread.is_alive()

    def flush(self, timeout: float = 5.0) -> bool:
        """Wait until everything that was published before has been received; False when it was not, or took longer."""
        done = threading.Event()
        self._flushes.append(done)
        self._hurry.set()
        self._awake.set()
        # A thread that has ended answers nobody.
        while self._thread.is_alive() and self.failed is None and timeout > 0:
            if done.wait(min(timeout, 0.1)):
                return True
            timeout -= 0.1
        return done.is_set()

    def _serve(self) -> None:
        while self.failed is None:
            self.wait()
            # The pause gathers a batch; one transaction for many events is what makes a store cheap.
            self._hurry.wait(self._interval)
            self._hurry.clear()
            is_ending = self._is_ending
            flushes = [self._flushes.popleft() for _ in range(len(self._flushes))]
            batch = self.take()
            try:
                if batch:
                    self._receive(batch)
            except (Exception, SystemExit) as error:  # noqa: BLE001  # whatever a subscriber raises must not reach the run
                self._report(self, error)
            else:
                for flush in flushes:
                    flush.set()
            if is_ending and not len(self):
                return
