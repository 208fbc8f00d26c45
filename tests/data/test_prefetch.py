"""Batches made ahead by a thread."""

import gc
from threading import Event, Thread, current_thread
from threading import enumerate as threads

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigma_core.data import Batches, Minibatches, Prefetch


def numbers(count):
    return {"inputs": np.arange(2.0 * count).reshape(count, 2), "targets": np.arange(count)}


def wide(count):
    """Records so large that each batch is made by itself."""
    return {"inputs": np.repeat(np.arange(float(count))[:, None], 20_000, axis=1), "targets": np.arange(count)}


def targets(batches):
    return [list(batch[-1]) for batch in batches]


def prefetching():
    return [thread for thread in threads() if thread.name.startswith("sigma-prefetch")]


@settings(max_examples=25)
@given(
    records=st.integers(1, 60),
    size=st.integers(1, 20),
    depth=st.integers(1, 4),
    threads=st.integers(1, 4),
    shuffle=st.sampled_from(["full", "block", False]),
)
def test_batches_are_those_of_the_iterator(records, size, depth, threads, shuffle):
    """Over several epochs, at any depth, by any number of threads, to the last bit."""
    plain = Minibatches(numbers(records), size, 1, shuffle=shuffle, block=3, window=2)
    inner = Minibatches(numbers(records), size, 1, shuffle=shuffle, block=3, window=2)
    with Prefetch(inner, depth, threads) as ahead:
        for _ in range(3):
            assert targets(ahead) == targets(plain)
            assert ahead.position == plain.position


@pytest.mark.parametrize("threads", [1, 3])
def test_a_batch_in_use_is_not_overwritten(threads):
    """The thread is stopped before it would need the buffers of the batch that was given."""
    data = {"inputs": np.repeat(np.arange(400.0)[:, None], 3000, axis=1)}
    plain = [batch[0].copy() for batch in Minibatches(data, 16, 0)]
    with Prefetch(Minibatches(data, 16, 0), 3, threads) as ahead:
        previous = None
        for index, (batch,) in enumerate(ahead):
            np.testing.assert_array_equal(batch, plain[index])
            if previous is not None:
                np.testing.assert_array_equal(previous, plain[index - 1])
            previous = batch


def test_the_state_counts_what_was_given_not_what_was_made():
    """It resumes a plain iterator, too."""
    with Prefetch(Minibatches(numbers(20), 2, 1), 3) as ahead:
        batches = iter(ahead)
        for _ in range(4):
            next(batches)
        state = ahead.state()
    plain = Minibatches(numbers(20), 2, 1)
    plain.restore(state)
    assert plain.position == (1, 4)
    with Prefetch(Minibatches(numbers(20), 2, 1)) as resumed:
        resumed.restore(state)
        assert targets(resumed) == targets(plain)


def test_seeking_forgets_what_was_made_ahead():
    """The next batch is that of the new position; a loop under way ends."""
    with Prefetch(Minibatches(numbers(20), 2, 1)) as ahead:
        batches = iter(ahead)
        next(batches)
        expected = targets(Minibatches(numbers(20), 2, 1).epoch(5))
        assert targets(ahead.epoch(5)) == expected
        assert next(batches, None) is None


@pytest.mark.parametrize("data", [numbers, wide])
def test_an_abandoned_epoch_goes_on(data):
    """Leaving loops early again and again loses no batch and never blocks."""
    with Prefetch(Minibatches(data(40), 2, 1), 1, 2) as ahead:
        seen = [targets([next(iter(ahead))])[0] for _ in range(20)]
    assert seen == targets(Minibatches(data(40), 2, 1))


def test_iteration_goes_on_after_close():
    """Closing stops the thread, not the epoch."""
    ahead = Prefetch(Minibatches(numbers(8), 2, 1))
    first = targets([next(iter(ahead))])
    ahead.close()
    assert not prefetching()
    assert first + targets(ahead) == targets(Minibatches(numbers(8), 2, 1))
    ahead.close()
    ahead.close()


def test_reserving_keeps_batches_longer():
    """As many as asked for stay as they are, besides those made ahead."""
    data = {"inputs": np.repeat(np.arange(200.0)[:, None], 3000, axis=1)}
    plain = [batch[0].copy() for batch in Minibatches(data, 16, 0)]
    with Prefetch(Minibatches(data, 16, 0), 2, 2) as ahead:
        ahead.reserve(len(plain))
        for kept, expected in zip(list(ahead), plain, strict=True):
            np.testing.assert_array_equal(kept[0], expected)


class Broken(Batches):
    """Gives two batches, then fails."""

    iterations_per_epoch = 5

    def __init__(self):
        super().__init__(numbers(5), 1)

    def make(self, epoch, index, room):
        if index < 2:
            return [tuple(array[index : index + 1] for array in numbers(5).values())]
        raise ValueError("the disk is gone")


@pytest.mark.parametrize("threads", [1, 3])
def test_errors_come_when_their_turn_does(threads):
    """Batches made before the error are given first; the threads are gone after it."""
    ahead = Prefetch(Broken(), 4, threads)
    seen = []
    with pytest.raises(ValueError, match=r"^the disk is gone$"):
        seen.extend(int(labels[0]) for _, labels in ahead)
    assert seen == [0, 1]
    assert ahead.position == (1, 2)
    assert not prefetching()


def test_one_that_is_dropped_stops_its_thread():
    """Nobody has to remember to close it."""
    ahead = Prefetch(Minibatches(numbers(8), 2, 1))
    next(iter(ahead))
    assert prefetching()
    del ahead
    gc.collect()
    assert not prefetching()


def test_closing_amid_an_epoch_ends_its_loop_but_not_the_epoch():
    """What was made ahead is given neither twice nor never."""
    ahead = Prefetch(Minibatches(numbers(8), 2, 1))
    seen = []
    for _, labels in ahead:
        seen.append(list(labels))
        ahead.close()
    assert ahead.position == (1, 1)
    assert seen + targets(ahead) == targets(Minibatches(numbers(8), 2, 1))
    ahead.close()


def test_a_loop_that_comes_too_late_to_a_stopped_thread_ends():
    """It never waits for a batch that nobody makes."""
    ahead = Prefetch(Minibatches(wide(40), 2, 1), 2)
    batches = ahead._left(1, 0)
    next(batches)
    ahead.close()
    assert len(list(batches)) <= 2


def test_closing_from_another_thread_ends_a_waiting_loop():
    """Whoever waits for a batch is released."""
    made = Event()
    release = Event()

    class Slow(Broken):
        def make(self, epoch, index, room):
            made.set()
            release.wait(10)
            return [tuple(numbers(5).values())]

    ahead = Prefetch(Slow(), 2, 2)
    seen = []
    loop = Thread(target=lambda: seen.extend(ahead))
    loop.start()
    made.wait(10)
    closing = Thread(target=ahead.close)
    closing.start()
    release.set()
    closing.join(10)
    loop.join(10)
    assert not loop.is_alive()
    assert ahead.position == (1, len(seen))


class Watched(Batches):
    """Says in which thread each batch was made, as `clock` has time pass."""

    iterations_per_epoch = 20
    at_once = 1

    def __init__(self):
        super().__init__(numbers(20), 1)
        self.makers = []

    def make(self, epoch, index, room):
        self.makers.append(current_thread().name)
        return [(np.array([index]),)]


@pytest.mark.parametrize(("making", "using", "is_threaded"), [(1e-3, 1e-3, True), (1e-5, 0, False), (1e-3, 1, False)])
def test_threads_begin_where_making_batches_turns_out_to_take_long(monkeypatch, making, using, is_threaded):
    """Only where a batch takes long by itself and beside what is done with it; the batches are the same."""
    now = [0.0]
    monkeypatch.setattr("sigma_core.data._prefetch.perf_counter", lambda: now[0])

    class Timed(Watched):
        def make(self, epoch, index, room):
            now[0] += making
            return super().make(epoch, index, room)

    inner = Timed()
    # However short epochs are.
    inner.iterations_per_epoch = 2
    seen = []
    with Prefetch(inner, where_slow=True) as ahead:
        for _ in range(20):
            for (batch,) in ahead:
                seen.append(int(batch[0]))
                now[0] += using
        assert ahead.position == (21, 0)
    assert seen == [0, 1] * 20
    assert any(name.startswith("sigma-prefetch") for name in inner.makers) == is_threaded


def test_every_array_is_staged_by_the_thread_that_made_it():
    """Where it is wanted, such as in the memory of a device."""
    with Prefetch(Minibatches(numbers(8), 2, 1), stage=lambda array: (array + 1, current_thread().name)) as ahead:
        for batch, plain in zip(ahead, Minibatches(numbers(8), 2, 1), strict=True):
            for (array, name), expected in zip(batch, plain, strict=True):
                np.testing.assert_array_equal(array, expected + 1)
                assert name.startswith("sigma-prefetch")


def test_an_interruption_loses_no_batch(monkeypatch):
    """What a thread has made for whoever was interrupted while waiting is made again."""
    with Prefetch(Minibatches(numbers(8), 2, 1)) as ahead:
        crew = ahead._started()

        def interrupted():
            raise KeyboardInterrupt

        monkeypatch.setattr(crew, "turn", interrupted)
        with pytest.raises(KeyboardInterrupt):
            next(iter(ahead))
        assert not prefetching()
        assert targets(ahead) == targets(Minibatches(numbers(8), 2, 1))
