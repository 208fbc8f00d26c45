"""The event bus: publishing never blocks and never raises, whatever its subscribers do.

Each subscriber has a queue with a stated bound and policy. What a slow one loses is counted, and one that raises is
reported as `SubscriberFailed`, then receives nothing more; the run goes on.
"""

import threading
import time as _time
from collections.abc import Callable, Hashable, Iterable, Sequence
from enum import Enum
from typing import Any

from sigma_core.errors import SettingError, SigmaError
from sigma_core.events._component import PluginRejected
from sigma_core.events._event import Event, name_of_event
from sigma_core.events._iteration import IterationEnded
from sigma_core.events._ledger import Ledger, Numbered, Records
from sigma_core.events._log import LogRecorded, SubscriberFailed
from sigma_core.events._queues import Latest, Line, One, Queue
from sigma_core.events._subscription import Listener, Subscription
from sigma_core.events._telling import Teller, Told, event_of, read

# What tells of trouble before a monitor can listen; whoever subscribes later is told it first.
_REMEMBERED = (PluginRejected, LogRecorded, SubscriberFailed)


class Policy(Enum):
    """What a subscriber's queue does when events come faster than they are drained."""

    KEEP_ALL = "keep all"
    """Every event is kept, however much memory that takes; `bound` has no effect."""
    DROP_OLDEST = "drop oldest"
    """At most `bound` events wait; the oldest makes room for the newest and is counted as dropped."""
    COALESCE = "coalesce"
    """Only the latest event of each key waits (by default one key for each event class), for at most `bound` keys."""


def _queue(name: str, policy: Policy, bound: int, key: Callable[[Event], Hashable] | None) -> Queue:
    if bound < 1:
        raise SettingError(where=f"subscriber {name!r}", found=f"a bound of {bound}", expected="at least 1")
    if policy is Policy.COALESCE:
        return Latest(bound, type if key is None else key)
    return Line(bound if policy is Policy.DROP_OLDEST else None)


class Bus:
    """Hands events to subscribers; one per environment.

    Publishing takes no lock: it reads a table of routes that `subscribe` and `close` replace as a whole. The newest
    64 logs and rejections are remembered, so that a monitor that is attached late hears what went wrong before.
    """

    def __init__(self, *, time: Callable[[], float] = _time.time) -> None:
        self.generation = 0
        self._time = time
        self._changing = threading.Lock()
        self._subscriptions: tuple[Subscription, ...] = ()
        self._routes: dict[type[Event], tuple[Subscription, ...]] = {}
        self._remembered: Line = Line(64)

    def subscribe(
        self,
        name: str,
        events: Iterable[type[Event]] | None = None,
        *,
        policy: Policy = Policy.DROP_OLDEST,
        bound: int = 4096,
        key: Callable[[Event], Hashable] | None = None,
    ) -> Subscription:
        """A queue of events (all, or those of the given classes) that its owner drains.

        `key` is called by whoever publishes, so it must be quick; its results are built-in values.
        """
        wanted = None if events is None else tuple(events)
        subscription = Subscription(name, wanted, _queue(name, policy, bound, key), self._detach)
        self._attach(subscription)
        return subscription

    def listen(  # noqa: PLR0913  # policy, bound and key are what `subscribe` takes
        self,
        name: str,
        receive: Callable[[list[Event]], None],
        events: Iterable[type[Event]] | None = None,
        *,
        policy: Policy = Policy.DROP_OLDEST,
        bound: int = 4096,
        key: Callable[[Event], Hashable] | None = None,
        interval: float = 0.1,
    ) -> Subscription:
        """Have batches of events handed to `receive` in a thread of its own, at most every `interval` seconds."""

        def receive_events(batch: list[Told]) -> None:
            receive([event_of(told) for told in batch])

        return self._listen(name, receive_events, events, _queue(name, policy, bound, key), interval)

    def await_one(self, name: str, event: type[Event]) -> Subscription:
        """A queue that receives one event of that class, and nothing more."""
        queue = One()
        subscription = Subscription(name, (event,), queue, self._detach)
        queue.filled = subscription.close
        self._attach(subscription)
        return subscription

    def keep(self, name: str, receive: Callable[[list[Numbered | Records]], None], *, interval: float) -> Listener:
        """Have every event handed to `receive`, as a Ledger has it, in a thread of its own every `interval` seconds."""
        return self._listen(name, receive, None, Ledger(), interval)

    def _listen(
        self,
        name: str,
        receive: Callable[[list[Any]], None],
        events: Iterable[type[Event]] | None,
        queue: Queue,
        interval: float,
    ) -> Listener:
        wanted = None if events is None else tuple(events)
        listener = Listener(name, wanted, queue, self._detach, receive=receive, interval=interval, report=self._disable)
        self._attach(listener)
        listener.start()
        return listener

    def publish(self, event: Event) -> None:
        """Hand the event to every subscriber that wants it.

        Never blocks and never raises; an event that nobody wants costs one look-up. Lazy scores are read first.
        """
        event_type = type(event)
        routes = self._routes_of(event_type)
        if event_type in _REMEMBERED:
            self._remembered.offer((self._time(), event))
        if not routes:
            return
        try:
            event = event.materialised()
        except Exception as error:  # noqa: BLE001  # a score that cannot be read is the trainer's to meet, not ours
            self._report_unread(event_type, error)
        else:
            self._offer(routes, (self._time(), event))

    def wants(self, event_type: type[Event]) -> bool:
        """Whether anybody receives such events; changes only together with `generation`."""
        return bool(self._routes_of(event_type))

    def teller(self, to_numpy: Callable[[Any], Any], usual: tuple[str, ...] = ()) -> Teller | None:
        """What publishes ended iterations without building events; None where nobody receives them.

        Scores that are arrays are read by `to_numpy`. It is quickest with names of scores that are the `usual` ones. It
        holds as long as `generation` stays the same.
        """
        routes = self._routes_of(IterationEnded)
        if not routes:
            return None
        tell = self._teller(routes, to_numpy)
        # Nearly always the store alone is told, of the loss alone.
        if len(routes) == 1 and len(usual) == 1 and isinstance(routes[0].queue, Ledger):
            return self._quick_teller(routes[0], routes[0].queue, usual, tell)
        return tell

    def _teller(self, receivers: tuple[Subscription, ...], to_numpy: Callable[[Any], Any]) -> Teller:
        routes, time = [(each, each.queue.record) for each in receivers], self._time

        def tell(epoch: int, iteration: int, names: tuple[str, ...], outputs: Sequence[Any]) -> None:
            try:
                scores = read(outputs[: len(names)], to_numpy)
            except Exception as error:  # noqa: BLE001  # as in `publish`
                self._report_unread(IterationEnded, error)
                return
            now = time()
            for subscription, record in routes:
                try:
                    record(now, epoch, iteration, names, scores)
                except Exception as error:  # noqa: BLE001  # as in `_offer`
                    self._disable(subscription, error)
                if subscription.is_waiting:
                    subscription.wake()

        return tell

    def _quick_teller(
        self, subscription: Subscription, ledger: Ledger, usual: tuple[str, ...], otherwise: Teller
    ) -> Teller:
        time = self._time
        number, pack, add = ledger.pen(usual)

        def tell(epoch: int, iteration: int, names: tuple[str, ...], outputs: Sequence[Any]) -> None:
            if names is not usual:
                otherwise(epoch, iteration, names, outputs)
                return
            try:
                add(pack(number(), time(), epoch, iteration, outputs[0].item()))
            except Exception as error:  # noqa: BLE001  # as in `publish`
                self._report_unread(IterationEnded, error)
            if subscription.is_waiting:
                subscription.wake()

        return tell

    @property
    def subscriptions(self) -> tuple[Subscription, ...]:
        """Everybody who receives events now, with the number of events delivered and dropped."""
        return self._subscriptions

    def close(self, timeout: float = 5.0) -> tuple[str, ...]:
        """Hand over what waits and end every listener; the names of those that did not end within `timeout` seconds."""
        deadline = _time.monotonic() + timeout
        return tuple(
            subscription.name
            for subscription in self._subscriptions
            if not subscription.close(max(0.0, deadline - _time.monotonic()))
        )

    def _attach(self, subscription: Subscription) -> None:
        with self._changing:
            remembered = self._remembered.peek()
            self._replace((*self._subscriptions, subscription))
        for told in remembered:
            if subscription.accepts(type(event_of(told))):
                subscription.offer(told)

    def _detach(self, subscription: Subscription) -> None:
        with self._changing:
            self._replace(tuple(other for other in self._subscriptions if other is not subscription))

    def _replace(self, subscriptions: tuple[Subscription, ...]) -> None:
        self._subscriptions = subscriptions
        self._routes = {}
        self.generation += 1

    def _routes_of(self, event_type: type[Event]) -> tuple[Subscription, ...]:
        routes = self._routes.get(event_type)
        return self._find_routes(event_type) if routes is None else routes

    def _find_routes(self, event_type: type[Event]) -> tuple[Subscription, ...]:
        with self._changing:
            routes = tuple(entry for entry in self._subscriptions if entry.accepts(event_type))
            self._routes[event_type] = routes
            return routes

    def _offer(self, routes: tuple[Subscription, ...], told: Told) -> None:
        for subscription in routes:
            try:
                subscription.offer(told)
            except Exception as error:  # noqa: BLE001  # a subscriber's key function must not end the run
                self._disable(subscription, error)

    def _report_unread(self, event_type: type[Event], error: Exception) -> None:
        reason = f"could not read the scores of {name_of_event(event_type)}: {type(error).__name__}: {error}"
        self.publish(SubscriberFailed(subscriber="bus", reason=reason))

    def _disable(self, subscription: Subscription, error: BaseException) -> None:
        if subscription.failed is None:
            kind = "" if isinstance(error, SigmaError) else f"{type(error).__name__}: "
            subscription.failed = f"{kind}{error}"
            self._detach(subscription)
            self.publish(SubscriberFailed(subscriber=subscription.name, reason=subscription.failed))
