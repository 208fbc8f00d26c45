"""The bell that wakes a run: heard once, and never a trap for the handler of a signal."""

import signal
import threading

import pytest

from sigma_core.training._bell import Bell


def test_what_was_rung_before_is_heard_once() -> None:
    bell, heard = Bell(), []
    for _ in range(3):
        bell.ring()
    bell.wait(60)
    thread = threading.Thread(target=lambda: heard.append(bell.wait(60)))
    thread.start()
    assert not heard
    bell.ring()
    thread.join()
    assert heard == [None]


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timers that send signals")
def test_a_signal_may_come_while_its_own_thread_rings_or_waits() -> None:
    """With a lock that is not reentrant this never ends."""
    bell, signals = Bell(), [0]

    def handle(*_: object) -> None:
        signals[0] += 1
        bell.ring()

    before = signal.signal(signal.SIGALRM, handle)
    signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
    try:
        while signals[0] < 500:
            bell.ring()
            bell.wait(1)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
