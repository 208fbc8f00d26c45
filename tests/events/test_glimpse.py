"""The newest scores for whoever looks now and then."""

import threading

import numpy as np

from sigma_core.events import Bus, EpochEnded, Glimpse, IterationEnded


def ended(iteration, **scores):
    return IterationEnded(epoch=1, iteration=iteration, scores=scores or {"loss": 1.0 / iteration})


def test_each_look_has_one_iteration_told_for_the_next():
    """Between two looks one event is wanted; as long as nobody looks, none."""
    bus = Bus()
    glimpse = Glimpse(bus)
    assert not bus.wants(IterationEnded)
    assert glimpse.look() == {}
    assert bus.wants(IterationEnded)
    assert not bus.wants(EpochEnded)
    bus.publish(ended(2))
    assert not bus.wants(IterationEnded)
    bus.publish(ended(3))
    assert glimpse.look() == {"training.loss": 0.5}
    assert glimpse.look() == {"training.loss": 0.5}
    bus.publish(ended(4))
    assert glimpse.look() == {"training.loss": 0.25}


def test_iterations_that_are_told_as_numbers_are_seen():
    """As the loop tells them."""
    bus = Bus()
    glimpse = Glimpse(bus)
    glimpse.look()
    tell = bus.teller(np.asarray, ("loss",))
    tell(1, 5, ("loss", "matrix"), [np.array(0.5), np.eye(2)])
    assert bus.teller(np.asarray, ("loss",)) is None
    assert glimpse.look() == {"training.loss": 0.5}


def test_nothing_is_left_where_nobody_looks_any_more():
    """It may be closed twice, or before any look."""
    bus = Bus()
    glimpse = Glimpse(bus)
    glimpse.close()
    glimpse.look()
    glimpse.close()
    glimpse.close()
    assert bus.subscriptions == ()


def test_several_may_look_while_others_publish():
    """Each sees scores that were published; nothing is raised on either side."""
    bus, seen, is_over = Bus(), set(), threading.Event()
    glimpse = Glimpse(bus)

    def look():
        while not is_over.is_set():
            seen.update(glimpse.look().values())

    threads = [threading.Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
    for iteration in range(1, 2000):
        bus.publish(ended(iteration, loss=float(iteration)))
    is_over.set()
    for thread in threads:
        thread.join()
    assert seen <= set(map(float, range(1, 2000)))
    assert len(bus.subscriptions) <= 1
