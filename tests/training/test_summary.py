"""Runs in a few words: whatever state they are in, and whatever has become of their files."""

import json
import math
import os
import shutil
import socket
import sqlite3
import sys
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from sigma_core.errors import RunDirectoryError, SettingError, StorageError
from sigma_core.events import (
    Bus,
    EpochEnded,
    IterationEnded,
    RunEnded,
    RunInterrupted,
    RunPaused,
    RunReset,
    RunResumed,
    RunStarted,
    RunStore,
)
from sigma_core.training import RunSummary, delete_run, set_tags, summaries, summary, tags_of
from sigma_core.training._presence import FILE, Presence

STORED = Path(__file__).parents[1] / "events" / "stored"
AT = {"epoch": 1, "iteration": 2}
STARTED = RunStarted(run="one", directory=None, epoch=1, iteration=0)
SECOND = IterationEnded(**AT, scores={"loss": 0.5})
EPOCH = EpochEnded(epoch=1, iteration=3, iterations_per_epoch=3, scores={"training.loss": 0.25})
ENDED = RunEnded(run="one", directory=None, epoch=1, epochs=1, iteration=3, seconds=5.0, ended_because="interrupted")
NO_RUN = "\n  expected: the directory of a run\n  to do:    `sigma train` makes one for each run, under runs/"


def write(directory, *events):
    """The store of a run in which this has happened, a second apart, committed."""
    directory.mkdir(parents=True, exist_ok=True)
    with RunStore.create(directory) as store, closing(Bus()) as bus:
        store.attach(bus)
        for event in events:
            bus.publish(event)
        store.flush()
    with closing(sqlite3.connect(directory / "run.db")) as connection:
        connection.execute("UPDATE events SET time = 100 + id")
        connection.commit()
    return directory


@contextmanager
def present(directory):
    """As if its process were there."""
    presence = Presence.take(directory)
    try:
        yield
    finally:
        presence.release()


def test_a_run_that_has_ended(make, tmp_path):
    """Its end says all."""
    path = tmp_path / "one"
    run = make().run(directory=path)
    found = summary(path)
    with RunStore.open(path) as store:
        assert (found.started, found.changed) == (store.last("run_started").time, store.last().time)
    assert (found.name, found.directory, found.status, found.goes_on) == ("one", path, "ended", False)
    assert (found.epochs, found.iterations, found.ended_because) == (2, 6, "2 epochs")
    assert (found.seconds, found.scores) == (run.seconds, run.scores)
    assert (found.problem, found.process, found.tags) == (None, None, ())


@pytest.mark.parametrize(
    ("events", "said"),
    [
        ([STARTED], ("running", 0, 0, {})),
        ([STARTED, SECOND], ("running", 0, 2, {})),
        ([STARTED, SECOND, RunPaused(**AT)], ("paused", 0, 2, {})),
        ([STARTED, SECOND, RunPaused(**AT), RunResumed(**AT)], ("running", 0, 2, {})),
        ([STARTED, EPOCH, RunPaused(**AT), ENDED, STARTED], ("running", 1, 0, {"training.loss": 0.25})),
        ([STARTED, EPOCH], ("running", 1, 3, {"training.loss": 0.25})),
        ([STARTED, EPOCH, RunReset(epoch=1, iteration=3)], ("running", 0, 0, {})),
        ([], ("running", 0, 0, {})),
    ],
)
def test_a_run_that_goes_on(tmp_path, events, said):
    """And the same one when its process is gone without a word."""
    path = write(tmp_path / "one", *events)
    with present(path):
        found = summary(path)
        assert (found.status, found.epochs, found.iterations, found.scores) == said
        assert (found.goes_on, found.process, found.problem) == (True, os.getpid(), None)
    stale = summary(path)
    assert (stale.epochs, stale.iterations, stale.scores) == said[1:]
    assert (stale.status, stale.problem, stale.process) == ("stale", "its process ended without a word", None)


def test_pauses_are_no_running_time(tmp_path):
    """The time of a pause that goes on is none either."""
    events = [STARTED, RunPaused(**AT), RunResumed(**AT), RunPaused(**AT), RunReset(**AT)]
    path = write(tmp_path / "one", *events)
    assert (summary(path).started, summary(path).changed, summary(path).seconds) == (101.0, 105.0, 2.0)


@pytest.mark.parametrize("signal", [None, "SIGINT"])
def test_how_a_run_has_ended(tmp_path, signal):
    """Of one that was gone on with, the last end counts."""
    interrupted = [RunInterrupted(**AT, signal="SIGINT")]
    path = write(tmp_path / "one", STARTED, *interrupted, ENDED, STARTED, *(interrupted if signal else []), ENDED)
    found = summary(path)
    assert (found.status, found.seconds, found.epochs) == ("ended" if signal is None else "interrupted", 5.0, 1)


def test_a_run_that_failed(make, hook, tmp_path):
    """What it failed of is the problem."""

    def fail(event, trainer):
        del event, trainer
        raise ValueError("no room\nleft")

    with pytest.raises(Exception, match="no room"):
        make(hooks=[hook(epoch_ended=fail)]).run(directory=tmp_path / "run")
    found = summary(tmp_path / "run")
    assert (found.status, found.iterations, found.epochs) == ("failed", 3, 1)
    assert "no room" in found.problem
    assert "left" not in found.problem


def test_a_killed_process_is_named(tmp_path):
    """By its lock, which it could not take away."""
    path = write(tmp_path / "one", STARTED)
    (path / FILE).write_text('{"process": 12, "host": "' + socket.gethostname() + '"}')
    found = summary(path)
    assert (found.status, found.process) == ("stale", 12)
    assert found.problem == f"process 12 on {socket.gethostname()} ended without a word"


@pytest.mark.parametrize("stored", ["version-1.sqlite", "version-2.sqlite"])
def test_runs_of_earlier_versions(tmp_path, stored):
    """What they did not keep is not there."""
    shutil.copy(STORED / stored, tmp_path / "run.db")
    found = summary(tmp_path)
    assert (found.status, found.iterations, found.total_epochs, found.total_iterations) == ("ended", 4, None, None)


def test_a_store_that_is_half_written_is_told(make, tmp_path):
    """Wherever it breaks off, a list of runs has a line for it; a run that goes on is never called damaged."""
    path = tmp_path / "runs" / "one"
    make().run(directory=path)
    whole = (path / "run.db").read_bytes()
    told = set()
    for length in range(0, len(whole), len(whole) // 40):
        for rest in (b"", os.urandom(len(whole) - length)):
            (path / "run.db").write_bytes(whole[:length] + rest)
            (found,) = summaries(tmp_path / "runs")
            told.add(found.status)
            assert (found.status == "damaged") == (found.problem is not None)
            with present(path):
                assert summary(path).status in ("running", "paused")
    assert "damaged" in told


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"epochs": "one"}, "its store says epochs = 'one'"),
        ({"epochs": True}, "its store says epochs = True"),
        ({"iteration": 1.5}, "its store says iterations = 1.5"),
        ({"seconds": None}, "its store says seconds = None"),
        ({"seconds": math.inf}, "its store says seconds = inf"),
        ({"scores": [1]}, "its store says scores = [1]"),
        ({"ended_because": 5}, "its store says ended_because = 5"),
    ],
)
def test_a_store_that_says_nonsense_is_damaged(tmp_path, change, problem):
    """Whoever shows runs, or sorts them, need not look at what their numbers are."""
    write(tmp_path, STARTED, SECOND, EPOCH, ENDED)
    with closing(sqlite3.connect(tmp_path / "run.db")) as connection, connection:
        (payload,) = connection.execute("SELECT payload FROM events WHERE kind = 'run_ended'").fetchone()
        changed = json.dumps(json.loads(payload) | change)
        connection.execute("UPDATE events SET payload = ? WHERE kind = 'run_ended'", (changed,))
    found = summary(tmp_path)
    assert (found.status, found.problem) == ("damaged", problem)


@pytest.mark.parametrize("time", ["soon", math.inf, -math.inf, b"\0"])
def test_a_store_with_times_that_are_none_is_damaged(tmp_path, time):
    write(tmp_path / "one", STARTED, SECOND, EPOCH, ENDED)
    write(tmp_path / "two", STARTED, SECOND)
    with closing(sqlite3.connect(tmp_path / "one" / "run.db")) as connection, connection:
        connection.execute("UPDATE events SET time = ?", (time,))
    assert {run.name: run.status for run in summaries(tmp_path)} == {"one": "damaged", "two": "stale"}


def test_runs_are_listed_newest_first(tmp_path):
    """What is no run is left out."""
    runs = [write(tmp_path / name, *([STARTED] * count)) for name, count in (("a", 2), ("b", 3), ("c", 1))]
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("no run")
    (tmp_path / "nowhere").symlink_to(tmp_path / "gone")
    assert [run.name for run in summaries(tmp_path)] == ["b", "a", "c"]
    assert summaries(tmp_path) == sorted(map(summary, runs), key=lambda run: -run.changed)
    assert summaries(tmp_path / "empty") == []


def test_a_folder_that_is_none_is_told(tmp_path):
    """Missing, or no folder at all."""
    (tmp_path / "file").write_text("no run")
    for name, found in (("gone", "it is not there"), ("file", "it cannot be read: Not a directory")):
        with pytest.raises(RunDirectoryError) as caught:
            summaries(tmp_path / name)
        if name == "gone" or sys.platform != "win32":
            assert str(caught.value) == (
                f"folder of runs {str(tmp_path / name)!r}: {found}\n"
                "  expected: a folder that holds the directories of runs\n"
                "  to do:    `sigma train` makes one, runs/, for those that it keeps"
            )


def test_what_is_no_run_has_no_summary(tmp_path):
    """In the words of the system, where it has some."""
    with pytest.raises(RunDirectoryError) as caught:
        summary(tmp_path)
    assert str(caught.value) == f"run directory {str(tmp_path)!r}: it has no run.db{NO_RUN}"
    with pytest.raises(RunDirectoryError) as caught:
        summary(tmp_path / "gone")
    assert str(caught.value) == (
        f"run directory {str(tmp_path / 'gone')!r}: it cannot be read: No such file or directory{NO_RUN}"
    )


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="nothing is forbidden to the superuser")
def test_a_run_that_may_not_be_looked_into(tmp_path):
    """It may be one, and the others are listed."""
    path = write(tmp_path / "one", STARTED)
    path.chmod(0)
    try:
        (found,) = summaries(tmp_path)
    finally:
        path.chmod(0o700)
    assert (found.status, "Permission denied" in found.problem) == ("damaged", True)


def test_tags_are_kept_with_a_run(tmp_path):
    """Each once, in order; others take their place; also while it goes on."""
    path = write(tmp_path / "one", STARTED)
    assert tags_of(path) == ()
    with present(path):
        set_tags(path, ["good", "größer als", "good"])
    assert tags_of(path) == summary(path).tags == ("good", "größer als")
    set_tags(path, [])
    assert tags_of(path) == ()
    assert sorted(file.name for file in path.iterdir()) == ["run.db", "tags.json"]


def test_what_is_no_tag_is_refused(tmp_path):
    """Nothing is written then."""
    path = write(tmp_path / "one", STARTED)
    for tag in ("", " a", "a\n", "\x1b[31m", 65 * "a", 3):
        with pytest.raises(SettingError) as caught:
            set_tags(path, ["good", tag])
        assert str(caught.value) == (
            f"run {str(path)!r}, tags: {tag!r}\n"
            "  expected: a text of 1 to 64 characters that can be seen, without space around it\n"
            "  to do:    write it so"
        )
    assert tags_of(path) == ()
    with pytest.raises(RunDirectoryError) as caught:
        set_tags(tmp_path, ["good"])
    assert str(caught.value) == f"run directory {str(tmp_path)!r}: it holds no run{NO_RUN}"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('["good"', "it cannot be read: Expecting ',' delimiter: line 1 column 8 (char 7)"),
        ('{"good": 1}', "it cannot be read: it holds something else"),
        ("[1]", "it cannot be read: it holds something else"),
    ],
)
def test_tags_that_cannot_be_read_are_told(tmp_path, text, found):
    """In a list of runs, as what is wrong with this one."""
    path = write(tmp_path / "one", STARTED)
    (path / "tags.json").write_text(text)
    with pytest.raises(RunDirectoryError) as caught:
        tags_of(path)
    assert str(caught.value) == (
        f"{path / 'tags.json'}: {found}\n"
        "  expected: a list of texts in JSON\n"
        "  to do:    remove it, or give the run its tags anew"
    )
    assert summary(path).problem is not None
    set_tags(path, ["good"])
    assert tags_of(path) == ("good",)


def test_runs_are_found_by_text():
    """Whatever is said of them, in any case."""
    run = RunSummary(
        name="Digits-1",
        directory=Path("runs"),
        status="failed",
        started=0,
        changed=0,
        problem="no room",
        tags=("best",),
    )
    assert all(run.matches(text) for text in ("", "digits", "FAILED", "Room", "bes"))
    assert not run.matches("letters")


def test_a_run_is_removed_and_nothing_else(tmp_path):
    """Links in it lead nowhere any more; what they led to is left alone."""
    path, other = write(tmp_path / "one", STARTED), tmp_path / "other"
    other.mkdir()
    (other / "kept").write_text("kept")
    (path / "checkpoints").mkdir()
    (path / "checkpoints" / "link").symlink_to(other)
    delete_run(path)
    assert not path.exists()
    assert (other / "kept").read_text() == "kept"


def test_what_is_not_removed(tmp_path):
    """A run that goes on, a link to one, a folder that is none."""
    path = write(tmp_path / "one", STARTED)
    (tmp_path / "link").symlink_to(path)
    (tmp_path / "folder").mkdir()
    for name, found in (("link", "it is a link"), ("folder", "it holds no run"), ("gone", "it holds no run")):
        with pytest.raises(RunDirectoryError) as caught:
            delete_run(tmp_path / name)
        assert str(caught.value) == f"run directory {str(tmp_path / name)!r}: {found}{NO_RUN}"
    with present(path), pytest.raises(RunDirectoryError) as caught:
        delete_run(path)
    assert str(caught.value).startswith(f"run directory {str(path)!r}: it is in use by process {os.getpid()} on ")
    assert summary(path).status == "stale"


@pytest.mark.parametrize("refusing", ["unlink", "rmtree"])
def test_a_disk_that_refuses_to_remove_is_told(tmp_path, monkeypatch, refusing):
    """Either the run is there as before, or it is none any more."""
    path = write(tmp_path / "one", STARTED)

    unlink = Path.unlink

    def refuse(path, **settings):
        if path.name == "run.lock":
            unlink(path, **settings)
        else:
            raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patched:
        patched.setattr(*((Path, "unlink") if refusing == "unlink" else (shutil, "rmtree")), refuse)
        with pytest.raises(StorageError) as caught:
            delete_run(path)
    assert str(caught.value) == (
        f"run directory {str(path)!r}: cannot be removed: [Errno 13] Permission denied\n"
        "  expected: a folder that can be written, and files that nobody holds open\n"
        "  to do:    close what reads them, or remove the folder by hand"
    )
    assert len(summaries(tmp_path)) == (refusing == "unlink")
