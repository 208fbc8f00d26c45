"""Long kernels in parts: each part once, by whoever is free, and nobody waits for a thread that has not begun."""

import os
import threading
import time

import numpy as np
import pytest
from sigma_numba import _parts
from sigma_numba._parts import LONG, MOST, Worker, count_of, parted, workers


@pytest.fixture
def team(monkeypatch):
    """Workers of a test's own, so many as it says."""

    def team(count):
        monkeypatch.setattr(_parts, "_workers", [Worker().start() for _ in range(count)])

    return team


def calls(function, count):
    """A call in so many parts whose function is told the number of the part."""
    memory = np.zeros(count)
    call = parted(lambda address: function(numbers[address]), count, (memory, 0, memory.itemsize))
    numbers = {address: part for part, address in enumerate(call.addresses)}
    return call


@pytest.mark.parametrize("helpers", [1, 3])
def test_each_part_runs_once(team, helpers):
    """At every call, and all have run when it returns."""
    team(helpers)
    done = []
    call = calls(lambda part: (time.sleep(0.001), done.append(part)), 8)
    for times in range(1, 20):
        call()
        assert sorted(done) == sorted(list(range(8)) * times)


def test_several_threads_share_the_work(team):
    """Where there are cores for them."""
    team(1)
    threads = set()
    call = calls(lambda part: (time.sleep(0.01), threads.add(threading.get_ident())), 8)
    call()
    assert len(threads) == 2


def test_nobody_waits_for_a_thread_that_has_not_begun(team, monkeypatch):
    """The caller does all of it."""
    team(0)
    idle = Worker()
    idle.awake.acquire()
    monkeypatch.setattr(_parts, "_workers", [idle])
    done = []
    call = calls(done.append, 4)
    for _ in range(3):
        call()
    assert done == [0, 1, 2, 3] * 3


def test_calls_from_several_threads_do_not_disturb_each_other(team):
    """Each has all of its own parts done."""
    team(2)
    done = {number: [] for number in range(4)}

    def run(number):
        call = calls(lambda part: (time.sleep(0.0005), done[number].append(part)), 5)
        for times in range(1, 10):
            call()
            assert sorted(done[number]) == sorted(list(range(5)) * times)

    threads = [threading.Thread(target=run, args=(number,)) for number in done]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [len(parts) for parts in done.values()] == [45] * 4


@pytest.mark.parametrize(("variable", "count"), [("OPENBLAS_NUM_THREADS", 2), ("OMP_NUM_THREADS", 1)])
def test_there_are_as_many_threads_as_the_user_wants(monkeypatch, variable, count):
    """The caller is one of them."""
    monkeypatch.setattr(_parts, "_workers", [])
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    monkeypatch.setenv(variable, str(count))
    assert len(workers()) == count - 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks here")
@pytest.mark.filterwarnings("ignore:This process")
def test_a_child_has_threads_of_its_own(team):
    """Those of its parent do not live there."""
    team(1)
    child = os.fork()
    if not child:
        done = []
        calls(done.append, 4)()
        os._exit(0 if sorted(done) == [0, 1, 2, 3] else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_parts_are_equal_and_not_too_short():
    """A few records more or less make no parts of other sizes."""
    assert count_of(64, LONG / 100) == 1
    assert count_of(64, LONG) == MOST
    assert count_of(64, LONG / 32) == 8
    assert count_of(61, LONG) == 1
    assert count_of(60, LONG) == 15
