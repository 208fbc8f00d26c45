"""What is no run, and what else cannot be watched."""

import os
import sqlite3
import sys
from contextlib import closing

import pytest

from sigma_core.environment import Environment
from sigma_core.errors import ComponentError, RunDirectoryError, SettingError, UnknownComponentError
from sigma_core.training import _following, watch

RUN = "\n  expected: an SQLite file that a run wrote, of format 1 to 3\n  to do:    "
REMEDY = "if it is damaged, take the run from a copy; if it is newer, read it with a newer sigma-core"


def test_what_is_no_run_is_told(tmp_path):
    """Whatever it is."""
    with pytest.raises(RunDirectoryError) as caught:
        watch(tmp_path, [])
    assert str(caught.value) == (
        f"run directory {str(tmp_path)!r}: has no run.db\n"
        "  expected: the directory of a run\n"
        "  to do:    `sigma train` makes one for each run, under runs/"
    )


def test_a_store_of_a_newer_version_is_told(run, witness):
    """It may hold what is not known here."""
    path, _ = run
    with closing(sqlite3.connect(path / "run.db", isolation_level=None)) as connection:
        connection.execute("UPDATE meta SET value = '9' WHERE key = 'format'")
    monitor = witness()
    with pytest.raises(RunDirectoryError) as caught:
        watch(path, [monitor])
    assert str(caught.value) == f"run store {str(path / 'run.db')!r}: has format 9{RUN}{REMEDY}"
    assert monitor.calls == []


def test_a_store_that_holds_something_else_is_told(run, witness):
    """Where the events end that a run wrote; monitors are stopped."""
    path, _ = run
    with closing(sqlite3.connect(path / "run.db", isolation_level=None)) as connection:
        connection.execute("UPDATE events SET payload = '[1]' WHERE kind = 'run_ended'")
    monitor = witness()
    with pytest.raises(RunDirectoryError) as caught:
        watch(path, [monitor])
    assert str(caught.value) == (
        f"run store {str(path / 'run.db')!r}: it holds what no run has written, behind event 0: run_ended is list\n"
        "  expected: events of a run\n"
        "  to do:    take the run from a copy"
    )
    assert monitor.calls[-1] == "stop"


def test_a_damaged_store_ends_in_an_error_or_is_told_as_far_as_it_is_whole(run, told, witness):
    """Cut off anywhere, or overwritten from there on."""
    path, _ = run
    whole = (path / "run.db").read_bytes()
    told_of_damage, environment = 0, Environment()
    for length in range(0, len(whole), len(whole) // 20):
        for rest in (b"", os.urandom(len(whole) - length)):
            (path / "run.db").write_bytes(whole[:length] + rest)
            try:
                watch(path, [witness()], tell=told.append, environment=environment)
            except RunDirectoryError:
                told_of_damage += 1
    assert told_of_damage > 10


def test_a_run_that_has_not_begun_and_never_will_is_told(tmp_path, witness, living, write):
    """Or has not so far, and nobody is to wait."""
    path = write(tmp_path / "one")
    where = f"run {str(path)!r}"
    with pytest.raises(RunDirectoryError) as caught:
        watch(path, [witness()])
    assert str(caught.value) == (
        f"{where}: it has not begun, and no process is at work on it\n"
        "  expected: a run that has begun\n"
        "  to do:    `sigma resume` begins it again"
    )
    with living(path), pytest.raises(RunDirectoryError) as caught:
        watch(path, [witness()], follow=False)
    assert str(caught.value) == (
        f"{where}: it has not begun yet\n"
        "  expected: a run that has begun\n"
        "  to do:    try again, or wait for it: leave --no-follow out"
    )


def test_a_store_that_is_not_made_in_time_is_told(tmp_path, monkeypatch, living):
    """A process that has taken the directory may be at something else."""
    monkeypatch.setattr(_following, "_MAKING", 0.0)
    with living(tmp_path / "one"), pytest.raises(RunDirectoryError, match=r"^run directory '.*one': has no run\.db\n"):
        watch(tmp_path / "one", [])


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="nothing is forbidden to the superuser")
@pytest.mark.parametrize("name", [".", "run.db"])
def test_what_may_not_be_read_is_told(run, name):
    """The folder, or the file in it; in the words of the system."""
    path, _ = run
    (path / name).chmod(0)
    try:
        with pytest.raises(RunDirectoryError) as caught:
            watch(path, [])
    finally:
        (path / name).chmod(0o700)
    assert str(caught.value) == (
        f"run store {str(path / 'run.db')!r}: cannot be read: Permission denied\n"
        "  expected: a file that you may read, in a folder that you may read\n"
        "  to do:    have whoever owns it give you leave"
    )


@pytest.mark.parametrize("interval", [0, -1.0, float("nan"), float("inf"), "1"])
def test_what_is_no_interval_is_refused(run, interval):
    """Before anything is read."""
    with pytest.raises(SettingError) as caught:
        watch(run[0], [], interval=interval)
    assert str(caught.value) == (
        f"watch, interval: {interval!r}\n"
        "  expected: a number of seconds above 0\n"
        "  to do:    0.25 is four looks a second"
    )


def test_what_is_no_patience_is_refused(run):
    """As well."""
    with pytest.raises(SettingError) as caught:
        watch(run[0], [], patience=0)
    assert str(caught.value) == "watch, patience: 0\n  expected: a number of seconds above 0"


def test_an_unknown_monitor_is_told_with_the_nearest(run):
    """One by name needs no list."""
    with pytest.raises(UnknownComponentError) as caught:
        watch(run[0], "consol")
    assert str(caught.value).splitlines()[0] == "monitors 'consol': there is no such monitor"
    assert "(nearest: console)" in str(caught.value)
    with pytest.raises(ComponentError) as caught:
        watch(run[0], [object()])
    assert str(caught.value) == (
        "monitors: an object of type object is none of them\n"
        "  expected: an object of a class that derives from Monitor\n"
        "  to do:    derive it from sigma_core.extend.Monitor"
    )


def test_by_default_a_person_is_told_on_standard_error(run, capsys, witness, raising):
    """Beside what monitors print."""
    path, _ = run
    watch(path, [witness({"start": raising(ValueError("no ink"))})])
    out, err = capsys.readouterr()
    assert (out, err) == ("", "monitor 'witness' failed and has ended: ValueError: no ink\n")


def test_a_directory_may_be_named_as_text(run):
    """As everywhere."""
    assert watch(str(run[0]), []).directory == run[0]
