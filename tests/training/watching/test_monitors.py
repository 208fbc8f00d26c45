"""What monitors do that are fed from the store of a run."""

import threading

import pytest

from sigma_core.events import SubscriberFailed
from sigma_core.training import Stop, _feeding, watch


@pytest.mark.parametrize(
    ("method", "calls"),
    [
        ("start", ["start"]),
        ("receive", ["start", "receive", "stop"]),
        ("refresh", None),
        ("stop", None),
    ],
)
def test_a_monitor_that_raises_ends_alone(run, told, method, calls, witness, few, told_of, raising):
    """It is told of once, by its name; the others go on."""
    path, inside = run
    broken, other = few({method: raising(ValueError("no ink"))}), witness()
    watched = watch(path, [broken, other], tell=told.append)
    assert told_of(other.told) == told_of(inside.told)
    assert watched.failures == (SubscriberFailed(subscriber="few", reason="ValueError: no ink"),)
    assert told == ["monitor 'few' failed and has ended: ValueError: no ink"]
    assert calls in (None, broken.calls)
    assert broken.calls.count("stop") == (method != "start")


def test_where_every_monitor_has_failed_watching_ends(run, told, witness, living, raising):
    """Nobody would see the rest."""
    path, _ = run
    monitor = witness({"start": raising(SystemExit(1))})
    with living(path):
        watched = watch(path, [monitor], tell=told.append)
    assert watched.failures[0].reason == "SystemExit: 1"


def test_only_the_first_failure_is_told(run, told, witness, raising):
    """One that fails and then cannot be stopped either says why it failed at first."""
    path, _ = run
    monitor = witness({"receive": raising(ValueError("no ink")), "stop": raising(OSError("closed already"))})
    watched = watch(path, [monitor], tell=told.append)
    assert [failure.reason for failure in watched.failures] == ["ValueError: no ink"]
    assert len(told) == 1


@pytest.mark.parametrize("method", ["start", "receive", "refresh", "stop"])
def test_a_monitor_that_hangs_ends_alone(run, told, method, monkeypatch, witness, few, told_of):
    """It is given up; what its thread does later is nobody's concern."""
    path, inside = run
    now, release = [0.0], threading.Event()
    monkeypatch.setattr(_feeding, "monotonic", lambda: now[0])

    def hang(_):
        # The other one has done all it had to do before the time goes on.
        while "stop" not in other.calls:
            release.wait(0.01)
        now[0] = 61.0
        release.wait(60)

    hanging, other = few({method: hang}), witness()
    watched = watch(path, [hanging, other], tell=told.append)
    release.set()
    reason = f"it has not come back from `{method}` for 60 seconds"
    assert watched.failures == (SubscriberFailed(subscriber="few", reason=reason),)
    assert told == [f"monitor 'few' failed and has ended: {reason}"]
    assert told_of(other.told) == told_of(inside.told)


def test_a_monitor_that_fails_at_its_key_ends_alone(run, told, latest):
    """The key is its own function."""

    class Keyless(latest):
        def key(event):  # noqa: N805  # a function of the event, not a method
            raise KeyError(event.epoch)

    path, _ = run
    assert [failure.reason for failure in watch(path, [Keyless()], tell=told.append).failures] == ["KeyError: 1"]


def test_what_is_sent_to_a_run_that_has_ended_is_told(run, told, witness, told_of):
    """Once for each thing that is said; the monitor goes on."""
    path, inside = run
    monitor = witness({"receive": lambda witness: witness.send(Stop("enough"))})
    watched = watch(path, [monitor], tell=told.append)
    assert told == [f"monitor 'witness': stop was not taken: run {str(path)!r}: it has ended: 3 epochs"]
    assert told_of(monitor.told) == told_of(inside.told)
    assert watched.failures == ()
