"""The queue of what keeps everything: nothing is lost or seen twice, whoever publishes while it is taken."""

import math
import sys
import threading

import numpy as np

from sigma_core.events import Bus, EpochStarted, RunStore
from sigma_core.events._ledger import HEAD, Ledger, Records


def started(number):
    return EpochStarted(epoch=number, iteration=number, iterations_per_epoch=None)


def table(records):
    return np.frombuffer(records.data).reshape(-1, HEAD + len(records.names))


def test_iterations_are_numbers_and_events_are_events():
    """Numbered together, in the order in which they came; by names of scores."""
    ledger = Ledger()
    ledger.record(1.0, 1, 1, ("loss",), (0.5,))
    ledger.offer((2.0, started(2)))
    ledger.record(3.0, 2, 2, ("loss",), (math.nan,))
    ledger.record(4.0, 2, 3, ("loss", "gradient"), (0.25, np.ones(2)))
    ledger.record(5.0, 2, 4, ("loss", "other"), (0.125, 7.0))
    assert len(ledger) == 5
    loss, both, event = ledger.take()
    assert (loss.names, len(loss)) == (("loss",), 3)
    np.testing.assert_array_equal(table(loss), [[1, 1.0, 1, 1, 0.5], [3, 3.0, 2, 2, math.nan], [4, 4.0, 2, 3, 0.25]])
    assert table(both).tolist() == [[5, 5.0, 2, 4, 0.125, 7.0]]
    assert event == (2, (2.0, started(2)))
    assert (len(ledger), ledger.taken, ledger.take()) == (0, 5, [])


def test_nothing_is_lost_while_several_publish():
    """Each number comes once, and those of one thread in its order."""
    ledger, found, each = Ledger(), [], 5_000
    ready = threading.Barrier(4)

    def record(epoch):
        ready.wait()
        for iteration in range(each):
            ledger.record(0.0, epoch, iteration, ("loss",), (1.0,))

    def publish():
        ready.wait()
        for number in range(each):
            ledger.offer((0.0, started(number)))

    threads = [threading.Thread(target=record, args=(epoch,)) for epoch in (1, 2)] + [threading.Thread(target=publish)]
    for thread in threads:
        thread.start()
    ready.wait()
    while any(thread.is_alive() for thread in threads):
        found += ledger.take()
    found += ledger.take()

    records = np.concatenate([table(item) for item in found if isinstance(item, Records)])
    events = [item for item in found if not isinstance(item, Records)]
    assert sorted([*records[:, 0], *(number for number, _ in events)]) == list(range(1, 3 * each + 1))
    for epoch in (1, 2):
        own = records[records[:, 2] == epoch]
        assert own[own[:, 0].argsort(), 3].tolist() == list(range(each))
    assert [event.epoch for _, (_, event) in sorted(events, key=lambda item: item[0])] == list(range(each))
    assert ledger.taken == 3 * each


def test_what_is_taken_together_is_all_up_to_its_greatest_number():
    """Whoever reads on from there passes over nothing."""
    ledger, is_over = Ledger(), threading.Event()

    def publish():
        number, pack, add = ledger.pen(("loss",))
        while not is_over.is_set():
            add(pack(number(), 0.0, 1, 1, 0.5))
            ledger.offer((0.0, EpochStarted(epoch=1, iteration=1, iterations_per_epoch=1)))

    def numbers(taken):
        for told in taken:
            if isinstance(told, Records):
                yield from np.frombuffer(told.data).reshape(-1, HEAD + len(told.names))[:, 0].astype(int).tolist()
            else:
                yield told[0]

    interval, thread = sys.getswitchinterval(), threading.Thread(target=publish)
    sys.setswitchinterval(1e-5)
    thread.start()
    try:
        last = 0
        for _ in range(300):
            found = sorted(numbers(ledger.take()))
            assert found == list(range(last + 1, last + 1 + len(found)))
            last += len(found)
    finally:
        is_over.set()
        thread.join()
        sys.setswitchinterval(interval)
    assert last > 0


def test_a_number_that_never_comes_holds_nothing_up():
    """As where the publishing was broken off between the number and the event."""
    ledger = Ledger()
    number, _, _ = ledger.pen(("loss",))
    number()
    event = EpochStarted(epoch=1, iteration=1, iterations_per_epoch=1)
    for _ in range(2):
        ledger.offer((0.0, event))
        ((_, told),) = ledger.take()
        assert told == (0.0, event)


def test_what_is_told_is_stored_as_what_is_published(tmp_path):
    """Scores that are no numbers are left out of both."""
    bus = Bus(time=lambda: 7.0)
    with RunStore.create(tmp_path) as store:
        store.attach(bus)
        usual = ("loss",)
        tell = bus.teller(np.asarray, usual)
        tell(1, 1, usual, [np.array(0.5, np.float32), np.ones(1)])
        bus.publish(started(2))
        tell(1, 2, ("loss", "gradient"), [np.array(0.25), np.ones(1)])
    with RunStore.open(tmp_path) as read:
        assert [(event.id, event.kind, event.time) for event in read.events()] == [
            (1, "iteration_ended", 7.0),
            (2, "epoch_started", 7.0),
            (3, "iteration_ended", 7.0),
        ]
        assert read.metrics("training.loss") == ([1, 2], [0.5, 0.25])
        assert read.names() == ("training.loss",)
