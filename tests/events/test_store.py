"""The run store: written in batches, readable meanwhile, and never the end of a run."""

import math
import sqlite3
from contextlib import closing
from pathlib import PurePosixPath, PureWindowsPath

import pytest

from sigma_core.errors import RunDirectoryError, StorageError
from sigma_core.events import (
    Bus,
    EpochEnded,
    IterationEnded,
    LogRecorded,
    RunStarted,
    RunStore,
    StoredEvent,
    SubscriberFailed,
    ValidationEnded,
    _reading,
)

WAIT = 10.0
STARTED = RunStarted(run="digits-1", directory="runs/digits-1", epoch=0, iteration=0)


def ended(iteration, loss):
    return IterationEnded(epoch=1, iteration=iteration, scores={"loss": loss})


@pytest.fixture
def bus():
    bus = Bus(time=lambda: 100.0)
    yield bus
    bus.close(WAIT)


def test_events_come_back_as_they_were(tmp_path, bus):
    """An event is stored with its time, kind, schema, place and payload."""
    store = RunStore.create(tmp_path / "runs" / "digits-1")
    store.attach(bus)
    bus.publish(STARTED)
    bus.publish(LogRecorded(level="info", text="hello", time=1.0, logger="sigma"))
    store.close()
    first = StoredEvent(
        id=1,
        time=100.0,
        kind="run_started",
        schema=1,
        epoch=0,
        iteration=0,
        payload={"run": "digits-1", "directory": "runs/digits-1", "epoch": 0, "iteration": 0, "commands": 0},
    )
    read = RunStore.open(tmp_path / "runs" / "digits-1")
    everything = list(read.events())
    assert everything[0] == first
    assert [(each.kind, each.epoch, each.iteration) for each in everything] == [
        ("run_started", 0, 0),
        ("log_recorded", None, None),
    ]
    assert list(read.events("run_started")) == [first]
    assert list(read.events("run_paused")) == []
    read.close()


def test_scores_are_time_series(tmp_path, bus):
    """Each score is a series under its identifier; NaN and infinity survive; a repeated iteration replaces."""
    store = RunStore.create(tmp_path)
    store.attach(bus)
    for iteration, loss in enumerate((0.5, math.nan, math.inf, 0.25), start=1):
        bus.publish(ended(iteration, loss))
    bus.publish(ended(1, 0.75))
    bus.publish(ValidationEnded(name="validation", epoch=1, iteration=4, scores={"accuracy": 0.9}))
    bus.publish(EpochEnded(epoch=1, iteration=4, iterations_per_epoch=4, scores={"training.loss": 0.4}))
    store.close()
    read = RunStore.open(tmp_path)
    assert read.names() == ("epoch.training.loss", "training.loss", "validation.accuracy")
    iterations, values = read.metrics("training.loss")
    assert iterations == [1, 2, 3, 4]
    assert values[0] == 0.75
    assert math.isnan(values[1])
    assert values[2:] == [math.inf, 0.25]
    assert read.metrics("validation.accuracy") == ([4], [0.9])
    assert read.metrics("missing") == ([], [])
    read.close()
    with RunStore.open(tmp_path) as again:
        assert again.metrics("epoch.training.loss") == ([4], [0.4])


def test_a_store_is_readable_while_it_is_written(tmp_path, bus):
    """Another process sees what is written so far, without waiting for the run."""
    store = RunStore.create(tmp_path)
    read = RunStore.open(tmp_path)
    assert list(read.events()) == []
    subscription = store.attach(bus)
    bus.publish(STARTED)
    subscription.close(WAIT)
    assert [event.kind for event in read.events()] == ["run_started"]
    store.close()
    assert [event.kind for event in read.events()] == ["run_started"]
    read.close()


def test_a_finished_run_is_one_file(tmp_path, bus):
    """After closing there are no companions that a copy could forget."""
    store = RunStore.create(tmp_path)
    store.attach(bus)
    bus.publish(STARTED)
    store.close()
    assert [path.name for path in tmp_path.iterdir()] == ["run.db"]


def test_an_existing_run_is_not_written_over(tmp_path):
    """A directory that holds a run is refused."""
    RunStore.create(tmp_path / "digits-1").close()
    with pytest.raises(RunDirectoryError) as caught:
        RunStore.create(tmp_path / "digits-1")
    assert str(caught.value) == (
        f"run directory {str(tmp_path / 'digits-1')!r}: holds a run already\n"
        "  expected: a new or empty directory\n"
        "  to do:    choose another name for the run, or remove the directory"
    )


def test_a_directory_that_cannot_be_made_is_a_storage_error(tmp_path):
    """What the operating system refuses is told in its own words."""
    (tmp_path / "file").write_text("")
    path = tmp_path / "file" / "digits-1" / "run.db"
    with pytest.raises(StorageError) as caught:
        RunStore.create(path.parent)
    assert str(caught.value) == (
        f"run store {str(path)!r}: cannot be written: {caught.value.__cause__}\n"
        "  expected: a directory that can be written, with room left\n"
        "  to do:    free some space or choose another directory for runs; the training itself is not affected"
    )
    assert isinstance(caught.value.__cause__, OSError)


@pytest.mark.parametrize(
    ("pragma", "message"),
    [("query_only = ON", "attempt to write a readonly database"), ("max_page_count = 1", "database or disk is full")],
)
def test_a_disk_that_refuses_is_reported_and_the_run_goes_on(tmp_path, bus, pragma, message):
    """A read-only or full disk disables the store; what was written before stays whole."""
    store = RunStore.create(tmp_path)
    failures = bus.subscribe("failures", [SubscriberFailed])
    # SQLite's own limits stand for the disk's, because a test cannot rely on permissions when it runs as root.
    store._connection.execute(f"PRAGMA {pragma}")
    store.attach(bus)
    for _ in range(200):
        bus.publish(LogRecorded(level="info", text="x" * 1000, time=0.0, logger="sigma"))
    assert failures.wait(WAIT)
    (failure,) = failures.drain()
    assert failure.subscriber == "run store"
    assert failure.reason == (
        f"run store {str(tmp_path / 'run.db')!r}: cannot be written: {message}\n"
        "  expected: a directory that can be written, with room left\n"
        "  to do:    free some space or choose another directory for runs; the training itself is not affected"
    )
    bus.publish(STARTED)
    store.close()
    read = RunStore.open(tmp_path)
    assert list(read.events()) == []
    read.close()


def test_a_directory_without_a_run_is_told(tmp_path):
    """Opening something else is the user's fault, with the way to a run."""
    with pytest.raises(RunDirectoryError) as caught:
        RunStore.open(tmp_path)
    assert str(caught.value) == (
        f"run directory {str(tmp_path)!r}: has no run.db\n"
        "  expected: the directory of a run\n"
        "  to do:    `sigma train` makes one for each run, under runs/"
    )


def overwrite_format(directory, statement):
    RunStore.create(directory).close()
    with closing(sqlite3.connect(directory / "run.db")) as connection:
        connection.execute(statement)
        connection.commit()


@pytest.mark.parametrize(
    ("spoil", "found"),
    [
        (
            lambda directory: (directory / "run.db").write_bytes(b"not a database" * 100),
            "cannot be read: file is not a database",
        ),
        (lambda directory: overwrite_format(directory, "UPDATE meta SET value = '4'"), "has format 4"),
        (lambda directory: overwrite_format(directory, "DELETE FROM meta"), "has no format"),
        (lambda directory: overwrite_format(directory, "DROP TABLE meta"), "cannot be read: no such table: meta"),
    ],
)
def test_a_store_that_cannot_be_read_is_told(tmp_path, spoil, found):
    """A file that is damaged or of another format is not guessed at."""
    spoil(tmp_path)
    with pytest.raises(RunDirectoryError) as caught:
        RunStore.open(tmp_path)
    assert str(caught.value) == (
        f"run store {str(tmp_path / 'run.db')!r}: {found}\n"
        "  expected: an SQLite file that a run wrote, of format 1 to 3\n"
        "  to do:    if it is damaged, take the run from a copy; if it is newer, read it with a newer sigma-core"
    )


@pytest.mark.parametrize(
    ("path", "address"),
    [
        (PurePosixPath("/runs/50 % off?"), "file:///runs/50%20%25%20off%3F/run.db?mode=ro"),
        (PureWindowsPath("C:/runs/a#1"), "file:///C:/runs/a%231/run.db?mode=ro"),
        (PureWindowsPath(r"\\server\share\runs"), "file:////server/share/runs/run.db?mode=ro"),
    ],
)
def test_a_store_is_found_wherever_it_lies(path, address):
    """Whatever the names are made of, and in a network folder of Windows."""
    assert _reading.address(path / "run.db", "ro") == address


def test_names_of_folders_may_hold_anything(tmp_path):
    """What means something in an address as well."""
    RunStore.create(tmp_path / "50 %20 #1 é").close()
    with RunStore.open(tmp_path / "50 %20 #1 é") as read:
        assert list(read.events()) == []


def test_an_open_store_cannot_write(tmp_path):
    """Reading is read-only at the level of SQLite."""
    RunStore.create(tmp_path).close()
    read = RunStore.open(tmp_path)
    with pytest.raises(sqlite3.OperationalError):
        read._connection.execute("DELETE FROM events")
    read.close()
