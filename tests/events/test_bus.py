"""The bus: never blocks, never raises, loses nothing without counting it."""

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigma_core.errors import DataError, SettingError
from sigma_core.events import (
    Bus,
    Event,
    IterationEnded,
    IterationStarted,
    LogRecorded,
    PluginRejected,
    Policy,
    RunPaused,
    SubscriberFailed,
)

WAIT = 10.0


def started(iteration):
    return IterationStarted(epoch=1, iteration=iteration)


def numbers(events):
    return [event.iteration for event in events]


def publish(bus, count):
    for iteration in range(1, count + 1):
        bus.publish(started(iteration))


def test_events_arrive_in_order():
    """A subscriber drains what was published, oldest first, once."""
    bus = Bus()
    subscription = bus.subscribe("monitor")
    publish(bus, 3)
    assert len(subscription) == 3
    assert numbers(subscription.drain()) == [1, 2, 3]
    assert subscription.drain() == []
    assert (subscription.delivered, subscription.dropped, subscription.failed) == (3, 0, None)


def test_a_subscriber_chooses_its_events():
    """Only the classes that were asked for arrive; a base class stands for all of them."""
    bus = Bus()
    pauses = bus.subscribe("pauses", [RunPaused])
    everything = bus.subscribe("everything", [Event])
    pause = RunPaused(epoch=1, iteration=1)
    bus.publish(pause)
    bus.publish(started(2))
    assert pauses.drain() == [pause]
    assert everything.drain() == [pause, started(2)]


def test_drop_oldest_keeps_the_newest():
    """A full queue loses its oldest events, and their number is known."""
    bus = Bus()
    subscription = bus.subscribe("slow", bound=4)
    publish(bus, 10)
    assert (subscription.dropped, len(subscription)) == (6, 4)
    assert numbers(subscription.drain()) == [7, 8, 9, 10]
    publish(bus, 5)
    assert (subscription.delivered, subscription.dropped) == (4, 7)


def test_keep_all_keeps_all():
    """Without a bound nothing is lost."""
    bus = Bus()
    subscription = bus.subscribe("store", policy=Policy.KEEP_ALL, bound=1)
    publish(bus, 5000)
    assert numbers(subscription.drain()) == list(range(1, 5001))
    assert subscription.dropped == 0


def test_coalesce_keeps_the_latest_of_each_key():
    """By default there is one key for each class; what is superseded is not a loss."""
    bus = Bus()
    subscription = bus.subscribe("bar", policy=Policy.COALESCE)
    by_parity = bus.subscribe(
        "parity", [IterationStarted], policy=Policy.COALESCE, key=lambda event: event.iteration % 2
    )
    publish(bus, 5)
    pause = RunPaused(epoch=1, iteration=5)
    bus.publish(pause)
    bus.publish(started(6))
    assert subscription.drain() == [pause, started(6)]
    assert by_parity.drain() == [started(5), started(6)]
    assert (subscription.dropped, by_parity.dropped) == (0, 0)


def test_coalesce_bounds_its_keys():
    """A new key past the bound pushes out the oldest one, which is counted."""
    bus = Bus()
    subscription = bus.subscribe("keys", policy=Policy.COALESCE, bound=3, key=lambda event: event.iteration)
    publish(bus, 5)
    assert (len(subscription), subscription.dropped) == (3, 2)
    assert numbers(subscription.drain()) == [3, 4, 5]


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=60), st.integers(1, 5))
def test_queues_agree_with_their_twins(steps, bound):
    """Every policy equals a list with slices, whenever it is drained."""
    bus = Bus()
    everything = bus.subscribe("all", policy=Policy.KEEP_ALL)
    newest = bus.subscribe("newest", bound=bound)
    latest = bus.subscribe("latest", policy=Policy.COALESCE, key=lambda event: event.iteration)
    waiting, offered, received = [], 0, 0
    for iteration, is_drained in steps:
        bus.publish(started(iteration))
        waiting.append(iteration)
        offered += 1
        if is_drained:
            assert numbers(everything.drain()) == waiting
            assert numbers(newest.drain()) == waiting[-bound:]
            assert numbers(latest.drain()) == [
                each for index, each in enumerate(waiting) if each not in waiting[index + 1 :]
            ]
            received += len(waiting[-bound:])
            waiting = []
    assert newest.dropped == offered - received - len(waiting[-bound:])


def test_lazy_scores_are_read_only_when_somebody_wants_them():
    """Nobody listens: nothing is read. Somebody does: each is read once, before it is handed over."""
    reads = []

    class Lazy(dict):
        def items(self):
            reads.append("read")
            return super().items()

    bus = Bus()
    event = IterationEnded(epoch=1, iteration=1, scores=Lazy(loss=1))
    bus.publish(event)
    assert reads == []
    one, other = bus.subscribe("one"), bus.subscribe("other")
    bus.publish(event)
    assert reads == ["read"]
    assert one.drain()[0].scores == {"loss": 1.0}
    assert type(other.drain()[0].scores) is dict


def test_scores_that_cannot_be_read_are_reported():
    """A device that fails is the trainer's to meet; the bus reports the event that it could not hand over."""

    class Broken(dict):
        def items(self):
            raise OSError("device lost")

    bus = Bus()
    subscription = bus.subscribe("monitor")
    bus.publish(IterationEnded(epoch=1, iteration=1, scores=Broken(loss=1)))
    reason = "could not read the scores of iteration_ended: OSError: device lost"
    assert subscription.drain() == [SubscriberFailed(subscriber="bus", reason=reason)]


def test_wants_changes_with_the_generation():
    """The loop asks once for each generation whether an event need be built."""
    bus = Bus()
    assert not bus.wants(IterationStarted)
    generation = bus.generation
    subscription = bus.subscribe("monitor", [IterationStarted])
    assert bus.generation != generation
    assert bus.wants(IterationStarted)
    assert not bus.wants(RunPaused)
    assert bus.subscriptions == (subscription,)
    subscription.close()
    assert not bus.wants(IterationStarted)
    assert bus.subscriptions == ()


def test_what_waits_can_be_drained_after_closing():
    """A closed subscription receives nothing more, and keeps what it has."""
    bus = Bus()
    subscription = bus.subscribe("monitor")
    publish(bus, 1)
    assert subscription.close()
    publish(bus, 2)
    assert numbers(subscription.drain()) == [1]
    assert not subscription.wait()


def test_whoever_comes_late_hears_what_went_wrong():
    """Rejections and logs from before a monitor was attached are handed to it first."""
    bus = Bus(time=lambda: 7.0)
    rejected = PluginRejected(plugin="bad", distribution="bad-plugin", status="failed", reason="it raised")
    bus.publish(rejected)
    bus.publish(started(1))
    subscription = bus.subscribe("late")
    picky = bus.subscribe("picky", [IterationStarted])
    assert subscription.drain_timed() == [(7.0, rejected)]
    assert picky.drain() == []


def test_a_key_that_raises_disables_its_subscriber_alone():
    """The publisher never sees it; the others hear of it."""
    bus = Bus()
    other = bus.subscribe("other")
    broken = bus.subscribe("broken", policy=Policy.COALESCE, key=lambda event: event.missing)
    publish(bus, 2)
    reason = "AttributeError: 'IterationStarted' object has no attribute 'missing'"
    assert broken.failed == reason
    assert other.drain() == [started(1), SubscriberFailed(subscriber="broken", reason=reason), started(2)]


def test_a_listener_receives_batches_in_its_own_thread():
    """What is published is handed over without the publisher waiting, all of it by the time the bus is closed."""
    received, threads = [], set()

    def receive(batch):
        received.extend(batch)
        threads.add(threading.current_thread().name)

    bus = Bus()
    listener = bus.listen("store", receive, interval=0.001)
    publish(bus, 1000)
    assert bus.close(WAIT) == ()
    assert numbers(received) == list(range(1, 1001))
    assert threads == {"sigma store"}
    assert listener.delivered == 1000
    assert bus.subscriptions == ()
    bus.publish(started(1001))
    assert len(received) == 1000


def test_who_keeps_everything_knows_when_each_event_was_published():
    """And in which order; times are taken when an event is published, not when its batch is handed over."""
    received = []
    now = iter([10.0, 11.0])
    bus = Bus(time=lambda: next(now))
    listener = bus.keep("store", received.extend, interval=0.001)
    publish(bus, 2)
    bus.close(WAIT)
    assert received == [(1, (10.0, started(1))), (2, (11.0, started(2)))]
    assert (listener.delivered, listener.dropped) == (2, 0)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ValueError("bad"), "ValueError: bad"),
        (SystemExit("closed"), "SystemExit: closed"),
        (DataError(where="file", found="is empty"), "file: is empty"),
    ],
)
def test_a_listener_that_raises_is_reported_and_disabled(error, reason):
    """One failure, one report; the run and the other subscribers go on."""
    calls = []

    def receive(batch):
        calls.append(len(batch))
        raise error

    bus = Bus()
    failures = bus.subscribe("failures", [SubscriberFailed])
    listener = bus.listen("broken", receive, interval=0.001)
    publish(bus, 1)
    assert failures.wait(WAIT)
    publish(bus, 1)
    assert bus.close(WAIT) == ()
    assert failures.drain() == [SubscriberFailed(subscriber="broken", reason=reason)]
    assert (listener.failed, calls) == (reason, [1])


def test_a_listener_that_hangs_is_named():
    """Closing waits no longer than it was told, and says who did not end."""
    released, entered = threading.Event(), threading.Event()

    def receive(batch):
        entered.set()
        released.wait(WAIT)

    bus = Bus()
    bus.listen("stuck", receive, interval=0.001)
    publish(bus, 1)
    assert entered.wait(WAIT)
    assert bus.close(0.01) == ("stuck",)
    released.set()


def test_a_listener_may_close_itself():
    """Closing from the listener's own thread does not wait for itself."""
    closed = threading.Event()
    bus = Bus()

    def receive(batch):
        listener.close()
        closed.set()

    listener = bus.listen("brief", receive, interval=0.001)
    publish(bus, 1)
    assert closed.wait(WAIT)
    assert bus.close(WAIT) == ()


def test_waiting_ends_with_an_event_a_timeout_or_a_close():
    """A monitor can sleep until there is something to show."""
    bus = Bus()
    subscription = bus.subscribe("monitor")
    assert not subscription.wait(0.001)
    publisher = threading.Timer(0.01, publish, (bus, 1))
    publisher.start()
    assert subscription.wait(WAIT)
    publisher.join()
    subscription.drain()
    closer = threading.Timer(0.01, subscription.close)
    closer.start()
    assert not subscription.wait(WAIT)
    closer.join()


def test_many_threads_publish_and_nothing_is_lost():
    """Four publishers and one that drains: every event arrives once, those of one thread in their order."""
    bus = Bus()
    everything = bus.subscribe("all", policy=Policy.KEEP_ALL)
    bounded = bus.subscribe("bounded", bound=50)
    threads = [
        threading.Thread(
            target=lambda epoch=epoch: [bus.publish(IterationStarted(epoch=epoch, iteration=i)) for i in range(500)]
        )
        for epoch in range(4)
    ]
    received = []
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        received += everything.drain()
        bounded.drain()
    received += everything.drain()
    for epoch in range(4):
        assert [event.iteration for event in received if event.epoch == epoch] == list(range(500))
    assert bounded.delivered + bounded.dropped + len(bounded) == 2000


def test_a_bound_below_one_is_refused():
    """A queue that holds nothing is a mistake."""
    with pytest.raises(SettingError) as caught:
        Bus().subscribe("monitor", bound=0)
    assert str(caught.value) == "subscriber 'monitor': a bound of 0\n  expected: at least 1"


def test_logs_are_remembered_up_to_a_bound():
    """Of many logs before anybody listens, the newest 64 are kept."""
    bus = Bus()
    for number in range(100):
        bus.publish(LogRecorded(level="info", text=str(number), time=0.0, logger="sigma"))
    assert [event.text for event in bus.subscribe("late").drain()] == [str(number) for number in range(36, 100)]


def test_a_bounded_coalescing_queue_survives_many_threads():
    """Pushing keys out while others drain loses only what is counted, and nothing arrives twice."""
    bus = Bus()
    subscription = bus.subscribe(
        "keys", policy=Policy.COALESCE, bound=2, key=lambda event: (event.epoch, event.iteration)
    )
    threads = [
        threading.Thread(
            target=lambda epoch=epoch: [bus.publish(IterationStarted(epoch=epoch, iteration=i)) for i in range(500)]
        )
        for epoch in range(3)
    ]
    for thread in threads:
        thread.start()
    received = []
    while any(thread.is_alive() for thread in threads):
        received += subscription.drain()
    received += subscription.drain()
    places = [(event.epoch, event.iteration) for event in received]
    assert len(set(places)) == len(places) == subscription.delivered
    assert subscription.failed is None


class _Device:
    """An array whose memory cannot be read any more."""

    ndim = 0

    def item(self):
        raise OSError("device lost")


def test_a_teller_hands_over_what_a_published_event_would():
    """To queues of every kind and to threads, with scores that are numbers and such that are arrays."""
    bus = Bus(time=lambda: 7.0)
    assert bus.teller(np.asarray) is None
    queues = [bus.subscribe("all", policy=Policy.KEEP_ALL), bus.subscribe("newest", bound=1)]
    queues.append(bus.subscribe("latest", policy=Policy.COALESCE))
    received = []
    bus.listen("listener", received.extend)
    tell = bus.teller(np.asarray)
    gradient = np.ones(2)
    tell(1, 5, ("loss",), [np.array(0.5, np.float32), gradient])
    tell(1, 6, ("loss", "gradient"), [np.array(0.25), gradient])
    one, other = queues[0].drain_timed()
    assert one == (7.0, IterationEnded(epoch=1, iteration=5, scores={"loss": 0.5}))
    assert (other[1].iteration, list(other[1].scores)) == (6, ["loss", "gradient"])
    assert other[1].scores["gradient"] is gradient
    assert [[event.iteration for event in queue.drain()] for queue in queues[1:]] == [[6], [6]]
    assert queues[1].dropped == 1
    bus.close(WAIT)
    assert [event.iteration for event in received] == [5, 6]


def test_scores_that_a_teller_cannot_read_are_reported():
    """As those of an event are, by the quickest way too."""
    reason = "could not read the scores of iteration_ended: OSError: device lost"
    bus, usual = Bus(), ("loss",)
    subscription = bus.subscribe("monitor")
    bus.teller(np.asarray, usual)(1, 1, usual, [_Device()])
    assert subscription.drain() == [SubscriberFailed(subscriber="bus", reason=reason)]
    bus, kept = Bus(), []
    bus.keep("store", kept.extend, interval=0.001)
    bus.teller(np.asarray, usual)(1, 1, usual, [_Device()])
    bus.close(WAIT)
    assert [event for _, (_, event) in kept] == [SubscriberFailed(subscriber="bus", reason=reason)]
