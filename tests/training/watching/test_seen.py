"""What monitors see that are fed from the store of a run."""

import shutil
import threading
from collections import Counter
from pathlib import Path

import pytest

from sigma_core.events import (
    EpochEnded,
    EpochStarted,
    IterationEnded,
    LogRecorded,
    RunEnded,
    RunPaused,
    RunReset,
    RunResumed,
    RunStore,
    payload,
)
from sigma_core.training import _feeding, watch

STORED = Path(__file__).parents[2] / "events" / "stored"


def test_a_monitor_sees_what_it_would_have_seen_in_the_process_of_the_run(run, told, witness, told_of):
    """The same run, the same events in the same order, and it is started and stopped once."""
    path, inside = run
    monitor = witness()
    watched = watch(path, [monitor], tell=told.append)
    assert told_of(monitor.told) == told_of(inside.told)
    assert monitor.runs == inside.runs
    assert (monitor.calls[0], monitor.calls[-1]) == ("start", "stop")
    assert Counter(monitor.calls)["start"] == Counter(monitor.calls)["stop"] == 1
    assert watched.directory == path
    assert payload(watched.ended) == payload(inside.told[-1])
    assert (watched.failures, told) == ((), [])


def test_only_what_is_wanted_is_handed_over(run, witness, epochs, told_of):
    """By several monitors, each its own; by none as well."""
    path, inside = run
    every, epochs = witness(), epochs()
    watch(path, [every, epochs])
    assert told_of(every.told) == told_of(inside.told)
    assert told_of(epochs.told) == told_of(event for event in inside.told if isinstance(event, EpochEnded))
    assert watch(path, []).ended is not None


def test_the_progress_is_that_of_the_moment(run, witness, epochs):
    """When an epoch begins or the run ends, also long afterwards; its seconds are those of the run."""
    path, inside = run
    monitor = epochs()
    monitor_of_all = witness()
    watch(path, [monitor, monitor_of_all])
    begins = [place[1:3] for place in monitor_of_all.places if place[0] is EpochStarted]
    assert begins == [(1, 0), (2, 3), (3, 6)]
    kind, *place, seconds = monitor_of_all.places[-1]
    assert (kind, place, seconds) == (RunEnded, [3, 9], inside.told[-1].seconds)
    assert [place[3] for place in monitor_of_all.places] == sorted(place[3] for place in monitor_of_all.places)
    # Of one that wants few events the place is that of what has happened meanwhile.
    assert monitor.places[-1][1:3] == (3, 9)


def test_nothing_is_dropped_and_batches_are_no_longer_than_wanted(run, monkeypatch, few, told_of):
    """However slow a monitor is: what it has not received yet is in the store."""
    monkeypatch.setattr(_feeding, "_AHEAD", 1)
    path, inside = run
    monitor = few({"receive": lambda _: threading.Event().wait(0.15)})
    watch(path, [monitor])
    assert told_of(monitor.told) == told_of(inside.told)
    assert max(monitor.batches) == 3


def test_a_monitor_that_wants_the_newest_gets_these(run, newest, latest):
    """Of each class, or of each key, in the order in which they happened."""
    path, _ = run
    newest, latest = newest(), latest()
    watch(path, [newest, latest])
    assert [event.iteration for event in newest.told if isinstance(event, IterationEnded)] == [3, 6, 9]
    assert [event.iteration for event in latest.told] == [3, 6, 9]


def test_a_run_that_was_gone_on_with_is_told_as_several(make, tmp_path, told, witness, told_of):
    """As to a monitor that was there each time."""
    path, inside = tmp_path / "run", witness()
    make("2 epochs").run(directory=path, monitors=[inside])
    make("2 epochs").run(directory=path, monitors=[inside], resume=True, stop="3 epochs")
    monitor = witness()
    watched = watch(path, [monitor], tell=told.append)
    assert told_of(monitor.told) == told_of(inside.told)
    assert monitor.runs == inside.runs
    assert [run.total_iterations for run in monitor.runs] == [6, 9]
    assert [call for call in monitor.calls if call != "receive"] == ["start", "stop", "start", "stop"]
    assert watched.ended.iteration == 9
    with RunStore.open(path) as store:
        _, before = (event.payload["seconds"] for event in store.events("run_described"))
    ends = [place[3] for place in monitor.places if place[0] is RunEnded]
    assert ends == [event.seconds for event in inside.told if isinstance(event, RunEnded)]
    assert ends[0] > 0.0 < before < ends[1]
    assert told == []


def test_pauses_do_not_count(tmp_path, witness, write, start):
    """In the seconds of the progress, until the run says itself how many there were."""
    place = {"epoch": 1, "iteration": 2}
    path = write(
        tmp_path / "one",
        start(),
        EpochStarted(epoch=1, iteration=0, iterations_per_epoch=2),
        RunPaused(**place),
        RunResumed(**place),
        EpochStarted(epoch=2, iteration=2, iterations_per_epoch=2),
        RunPaused(epoch=2, iteration=3),
        LogRecorded(level="info", text="waiting", time=0.0, logger="sigma"),
        RunResumed(epoch=2, iteration=3),
        RunReset(epoch=2, iteration=3),
        EpochStarted(epoch=1, iteration=0, iterations_per_epoch=2),
        RunEnded(
            run="one", directory=None, epoch=1, epochs=0, iteration=1, seconds=2.5, ended_because="stopped", scores={}
        ),
    )
    monitor = witness()
    watch(path, [monitor])
    assert [place[1:] for place in monitor.places] == [(1, 0, 1.0), (2, 2, 3.0), (1, 0, 6.0), (1, 1, 2.5)]


@pytest.mark.parametrize("version", [1, 2])
def test_of_stores_of_earlier_versions_the_totals_are_unknown(version, tmp_path, witness):
    """How long an epoch is they tell with the first."""
    (tmp_path / "old").mkdir()
    shutil.copyfile(STORED / f"version-{version}.sqlite", tmp_path / "old" / "run.db")
    monitor = witness()
    watch(tmp_path / "old", [monitor])
    (run,) = monitor.runs
    assert run.directory == str(tmp_path / "old")
    assert run.total_iterations is None


def test_a_run_that_was_killed_is_told_of_to_its_last_event(tmp_path, told, witness, killed):
    """And that it ended without a word; nobody waits for a run that was dead when watching began."""
    path = killed(tmp_path / "run")
    monitor = witness()
    watched = watch(path, [monitor], tell=told.append)
    assert watched.ended is None
    (text,) = told
    process = (path / "run.lock").read_text()
    assert text.startswith(f"run {str(path)!r}: process ")
    assert text.split()[3] in process
    assert text.endswith(" ended without a word")
    assert monitor.calls[-1] == "stop"
    assert monitor.progress.iteration == 4
    (path / "run.lock").unlink()
    told.clear()
    watch(path, [witness()], tell=told.append, follow=False)
    assert told == [f"run {str(path)!r}: its process ended without a word"]


def test_a_run_that_was_killed_and_gone_on_with_is_told_as_two(make, tmp_path, told, witness, killed):
    """The first without an end."""
    path = killed(tmp_path / "run")
    make("3 epochs").run(directory=path, resume=True)
    monitor = witness()
    watched = watch(path, [monitor], tell=told.append)
    assert [call for call in monitor.calls if call != "receive"] == ["start", "stop", "start", "stop"]
    assert [type(event).__name__ for event in monitor.told].count("RunDescribed") == 2
    assert (watched.ended.iteration, told) == (9, [])
