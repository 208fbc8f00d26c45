"""The team: kernels and matrix products share one set of threads, and none of them is lost."""

import ctypes
import os
import subprocess
import sys
import threading

import numpy as np
import pytest
from sigma_numba import _team
from sigma_numba._memory import CHUNKS, parted, shared
from sigma_numba._team import Team, find_library, team

RANGE = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)
EACH = ctypes.CFUNCTYPE(None, ctypes.c_void_p)


def address_of(function):
    return ctypes.cast(function, ctypes.c_void_p).value


@pytest.fixture
def members(monkeypatch):
    """A team of a test's own, of so many threads, beside the matrix library's."""
    made = []

    def members(count):
        own = Team(_team._engine(), None)
        own.grow(count)
        monkeypatch.setattr(_team, "_known", own)
        made.append(own)
        return own

    yield members
    for each in made:
        each.stop()


@pytest.mark.parametrize("count", [1, 2, 5])
@pytest.mark.parametrize("length", [1, 16, 100, 1000])
def test_a_range_is_covered_once_at_every_call(members, count, length):
    """By neighbouring parts, of whole lines of the cache but for the last."""
    members(count)
    found = []
    kernel = RANGE(lambda _table, begin, end: found.append((begin, end)))
    call = shared(address_of(kernel), length, (np.zeros(1), 0))
    for _ in range(20):
        found.clear()
        call()
        parts = sorted(found)
        assert [part[0] for part in parts] == [0, *(part[1] for part in parts[:-1])]
        assert parts[-1][1] == length
        assert len(parts) <= CHUNKS * count


@pytest.mark.parametrize("count", [1, 2, 3])
def test_each_table_is_used_once_at_every_call(members, count):
    """A table holds the addresses of one part's memory."""
    members(count)
    memory = np.arange(7.0)
    found = []
    kernel = EACH(
        lambda table: found.append(ctypes.c_double.from_address(ctypes.c_int64.from_address(table).value).value)
    )
    call = parted(address_of(kernel), 7, (memory, 0, memory.itemsize))
    for _ in range(20):
        found.clear()
        call()
        assert sorted(found) == list(memory)


def test_several_threads_take_part(members):
    """Each does one part."""
    members(3)
    together = threading.Barrier(3, timeout=20)
    kernel = RANGE(lambda *_: together.wait())
    shared(address_of(kernel), 96, (np.zeros(1), 0))()


def test_who_is_held_up_does_fewer_chunks(members):
    """One is held up by a chunk of its own, the caller does the others."""
    members(2)
    let_go, done = threading.Event(), []

    def kernel(_table, begin, _end):
        if threading.current_thread() is not threading.main_thread():
            assert let_go.wait(20)
            return
        done.append(begin)
        if len(done) == 3:
            let_go.set()

    kernel = RANGE(kernel)
    shared(address_of(kernel), 1024, (np.zeros(1), 0))()
    assert len(done) >= 3


def test_each_end_of_a_range_is_one_threads(members):
    """So what lies there stays in the cache of one core from kernel to kernel."""
    members(2)
    together, of_caller, of_worker = threading.Barrier(2, timeout=20), [], []

    def kernel(_table, begin, _end):
        together.wait()
        (of_caller if threading.current_thread() is threading.main_thread() else of_worker).append(begin)

    kernel = RANGE(kernel)
    call = shared(address_of(kernel), 64, (np.zeros(1), 0))
    for _ in range(3):
        call()
    assert of_caller == [0, 16] * 3
    assert of_worker == [48, 32] * 3


def test_several_callers_share_a_team(members):
    """One call after the other."""
    members(2)
    total = np.zeros(64, np.int64)

    def count(_table, begin, end):
        total[begin:end] += 1

    kernel = RANGE(count)

    def caller():
        call = shared(address_of(kernel), 64, (np.zeros(1), 0))
        for _ in range(50):
            call()

    callers = [threading.Thread(target=caller) for _ in range(4)]
    for each in callers:
        each.start()
    for each in callers:
        each.join()
    assert set(total) == {200}


def test_callers_that_keep_apart_do_all_of_their_kernels(members):
    """All parts, once, on the thread that calls, while anybody wants that; later the team takes part again."""
    own = members(3)
    found = []
    kernel = RANGE(lambda _table, begin, end: found.append((begin, end, threading.get_ident())))
    call = shared(address_of(kernel), 1000, (np.zeros(1), 0))
    with own.apart():
        with own.apart():
            call()
        call()
    spans = sorted((begin, end) for begin, end, _ in found)

    assert spans[0][0] == 0
    assert spans[-1][1] == 1000
    assert len(spans) == 2 * len(set(spans))
    assert {thread for _, _, thread in found} == {threading.get_ident()}
    assert own._word("apart").value == 0


def test_a_team_that_has_ended_leaves_the_work_to_the_caller(members):
    """All parts, one after the other."""
    own = members(3)
    found = []
    kernel = RANGE(lambda _table, begin, end: found.append((begin, end, threading.get_ident())))
    call = shared(address_of(kernel), 96, (np.zeros(1), 0))
    own.stop()
    call()
    assert found == [(start, start + 16, threading.get_ident()) for start in range(0, 96, 16)]
    assert not own.threads


def test_the_matrix_library_hands_its_products_to_the_team():
    """They stay equal, alone and from several threads at once, bit for bit."""
    if find_library() is None:
        pytest.skip("NumPy's matrix library is no OpenBLAS with threads")
    random = np.random.default_rng(1)
    a = random.standard_normal((257, 193))
    team().stop()
    expected = a @ a.T
    assert team().size == find_library().threads
    wrong = []

    def products():
        wrong.extend(1 for _ in range(30) if not np.array_equal(a @ a.T, expected))

    threads = [threading.Thread(target=products) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert not wrong


SCRIPT = """
import os, sys
import numpy as np
from sigma_numba._team import team
a = np.ones((300, 300))
before = team().size
{}
"""
FORK = """
child = os.fork()
if child == 0:
    right = (a @ a == 300).all() and team().size == before and (a @ a == 300).all()
    os._exit(0 if right else 1)
sys.exit(os.waitpid(child, 0)[1])
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_process_has_a_team_of_its_own():
    """Its parent's threads are not in it."""
    assert ran(FORK) == 0


def test_a_process_ends_while_its_team_waits():
    """Without a word."""
    assert ran("a @ a") == 0


def ran(text):
    done = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", SCRIPT.format(text)],
        timeout=60,
        capture_output=True,
        check=False,
    )
    assert done.stderr == b""
    return done.returncode
