"""The stopwatch: every nanosecond is counted once, whatever is nested in what and whatever is raised."""

import threading

from hypothesis import given
from hypothesis import strategies as st

from sigma_core.training.profiling import Stopwatch

NAMES = ("loop", "step", "batches", "validation")
# A task is who does it, how long it takes before and behind each of the tasks inside, and whether it fails.
TASKS = st.recursive(
    st.tuples(st.sampled_from(NAMES), st.integers(0, 99), st.just(()), st.booleans()),
    lambda inner: st.tuples(
        st.sampled_from(NAMES), st.integers(0, 99), st.lists(inner, max_size=3).map(tuple), st.booleans()
    ),
    max_leaves=12,
)


class FailedError(Exception):
    pass


class Ticks:
    def __init__(self):
        self.now = 7

    def __call__(self):
        return self.now


def spent(task, found):
    """What a task takes, by whoever does it: the brute-force twin."""
    name, each, inner, _ = task
    found[name] = found.get(name, 0) + each * (1 + len(inner))
    for one in inner:
        spent(one, found)
    return found


def found(watch):
    return {tally.name: tally.nanoseconds for tally in watch.tallies()[1] if tally.nanoseconds}


@given(st.lists(TASKS, max_size=4), st.booleans())
def test_each_nanosecond_is_counted_once_for_whoever_had_it(tasks, is_measured):
    """Also where what is nested fails; and all of them add up to the time that has passed."""
    ticks = Ticks()
    watch = Stopwatch(ticks)

    def do(task):
        name, each, inner, fails = task

        def work():
            ticks.now += each
            for one in inner:
                do(one)
                ticks.now += each
            if fails:
                raise FailedError

        try:
            if is_measured:
                with watch.measure(name):
                    work()
            else:
                watch.timed(watch.tally(name), work)()
        except FailedError:
            pass

    expected = {}
    for task in tasks:
        do(task)
        spent(task, expected)

    assert found(watch) == {name: time for name, time in expected.items() if time}
    assert watch.tallies()[0] == sum(expected.values())


def test_time_with_what_is_nested_is_known_too():
    """A call's own time, and that of all it did."""
    ticks = Ticks()
    watch = Stopwatch(ticks)
    outer, inner = watch.tally("outer"), watch.tally("inner")

    def pause():
        ticks.now += 10

    def work():
        ticks.now += 1
        watch.timed(inner, pause)()

    watch.timed(outer, work)()

    assert (outer.calls, outer.nanoseconds, outer.whole) == (1, 1, 11)
    assert (inner.calls, inner.nanoseconds, inner.whole) == (1, 10, 10)


def test_items_are_timed_until_there_are_no_more():
    """The time between them belongs to whoever uses them."""
    ticks = Ticks()
    watch = Stopwatch(ticks)

    def items():
        for number in range(3):
            ticks.now += 10
            yield number
        ticks.now += 5

    taken = []
    for item in watch.over("batches", items()):
        taken.append(item)
        ticks.now += 1

    assert taken == [0, 1, 2]
    assert found(watch) == {"batches": 35, "start": 3}


def test_the_last_seconds_can_be_counted_for_something_else():
    """As those of a compilation, which tells how long it took."""
    ticks = Ticks()
    watch = Stopwatch(ticks)
    with watch.measure("step"):
        ticks.now += 3_000_000_000
        watch.move("compilation", 2.0)

    assert found(watch) == {"step": 1_000_000_000, "compilation": 2_000_000_000}


def test_other_threads_count_nothing():
    """What they do beside the run takes none of its time, but what is timed apart."""
    ticks = Ticks()
    watch = Stopwatch(ticks)

    def work():
        ticks.now += 5

    def beside():
        with watch.measure("checkpoints"):
            ticks.now += 10
        watch.move("compilation", 1.0)
        watch.timed_apart(apart, work)()

    apart = watch.tally("apart")
    thread = threading.Thread(target=beside)
    thread.start()
    thread.join()

    assert (apart.calls, apart.nanoseconds) == (1, 5)
    assert found(watch) == {"start": 15, "apart": 5}
