"""Commands of other processes, and who runs where, within one process."""

import json
import os
import socket
import sqlite3
import time
from contextlib import closing

import pytest

from sigma_core.errors import ExpressionError, HookRegistrationError, RunDirectoryError, StorageError, TrainerError
from sigma_core.training import _mailbox, holder_of
from sigma_core.training._mailbox import _from_json, _in_json
from sigma_core.training._presence import FILE, Presence


def test_only_one_process_runs_in_a_directory(tmp_path):
    """Who it is stands in the message; what a killed run has left is taken over."""
    (tmp_path / FILE).write_text("left by a kill, and no JSON")
    assert holder_of(tmp_path) is None
    presence = Presence.take(tmp_path)
    holder = holder_of(tmp_path)
    assert (holder.process, holder.host, holder.is_alive) == (os.getpid(), socket.gethostname(), True)
    with pytest.raises(RunDirectoryError) as caught:
        Presence.take(tmp_path)
    assert str(caught.value) == (
        f"run directory {str(tmp_path)!r}: it is in use by process {os.getpid()} on {socket.gethostname()}\n"
        "  expected: a directory in which nothing runs\n"
        "  to do:    stop that run first (`sigma run stop`), or choose another directory"
    )
    presence.release()
    assert holder_of(tmp_path) is None
    Presence.take(tmp_path).release()
    assert list(tmp_path.iterdir()) == []


def test_a_run_on_another_host_lives_while_its_heart_beats(tmp_path):
    """Where the lock cannot be seen."""
    path = tmp_path / FILE
    path.write_text(json.dumps({"process": 7, "host": "elsewhere.invalid"}))
    assert holder_of(tmp_path).is_alive
    os.utime(path, (time.time() - 100, time.time() - 100))
    assert not holder_of(tmp_path).is_alive


@pytest.mark.skipif(os.name == "nt", reason="Windows has no locks that can be shared")
def test_whoever_looks_is_taken_for_nobody_who_runs(tmp_path):
    """A run that was killed is known as such by all who look at the same time."""
    import fcntl

    path = tmp_path / FILE
    path.write_text(json.dumps({"process": 7, "host": socket.gethostname()}))
    with path.open() as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        assert not holder_of(tmp_path).is_alive


def test_a_directory_that_cannot_be_claimed_is_told(tmp_path):
    """In the system's words."""
    with pytest.raises(StorageError) as caught:
        Presence.take(tmp_path / "missing")
    assert str(caught.value) == (
        f"{tmp_path / 'missing' / FILE}: cannot be written: {caught.value.__cause__}\n"
        "  expected: a folder that can be written\n"
        "  to do:    choose another folder"
    )


def test_what_is_no_command_is_refused_by_the_run(make, hook, tmp_path):
    """Text that is no JSON, a command that there is not; the run goes on."""
    directory = tmp_path / "run"

    def ask(text):
        with closing(sqlite3.connect(directory / "commands.db", timeout=10)) as connection, connection:
            return connection.execute("INSERT INTO commands (command) VALUES (?)", (text,)).lastrowid

    def answered(number):
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with closing(sqlite3.connect(directory / "commands.db", timeout=10)) as connection:
                (answer,) = connection.execute("SELECT answer FROM commands WHERE id = ?", (number,)).fetchone()
            if answer is not None:
                return json.loads(answer)["error"]
            time.sleep(0.02)
        raise AssertionError("no answer")

    seen = []

    def ended(event, trainer):
        if event.iteration == 1:
            seen.extend(answered(ask(text)) for text in ("{", '{"command": "dance"}', "[1]", "[" * 10**5))

    assert make("1 epochs", hooks=[hook(iteration_ended=ended)]).run(directory=directory).iterations == 3
    assert [error["class"] for error in seen] == ["SettingError"] * 4
    assert seen[0]["found"].startswith("no JSON: ")
    assert seen[1]["found"] == "there is no command 'dance'"
    assert seen[2]["found"] == "there is no command None"
    assert seen[3]["found"].startswith("no JSON: ")
    assert sorted(path.name for path in directory.iterdir()) == [
        "checkpoints",
        "plugins.json",
        "recipe.toml",
        "run.db",
    ]


def test_errors_go_over_whole():
    """With the caret under a fault, and with all faults of a report."""
    fault = ExpressionError("trigger", "there is no unit 'epoch5'", text="3 epoch5", column=2)
    report = HookRegistrationError("plugin 'mine'", "cannot be registered", faults=(fault, fault))
    for error in (fault, report):
        assert str(_from_json(json.loads(json.dumps(_in_json(error))))) == str(error)


def test_a_run_without_a_mailbox_is_deaf(make, hook, tmp_path):
    """Such as one whose file somebody has removed."""
    directory = tmp_path / "run"
    seen = []

    def ended(event, trainer):
        if event.iteration == 1:
            (directory / _mailbox.FILE).rename(directory / "elsewhere")
            with pytest.raises(Exception) as caught:  # noqa: PT011  # its message is what counts
                _mailbox.send(directory, {"command": "pause"}, timeout=0.1)
            seen.append(str(caught.value))

    make("1 epochs", hooks=[hook(iteration_ended=ended)]).run(directory=directory)
    assert seen == [
        (
            f"run {str(directory)!r}: unable to open database file\n"
            "  expected: a run that takes commands\n"
            "  to do:    try again, perhaps with a longer --timeout"
        )
    ]


def test_a_command_that_was_taken_is_not_called_withdrawn(make, hook, tmp_path):
    """It is applied when the run comes to it, so it is not to be given again."""
    directory = tmp_path / "run"
    seen = []

    def ended(event, trainer):
        if event.iteration == 1:
            while "has taken" not in "".join(seen):
                command = {"command": "set_value", "identifier": "optimiser.learning_rate", "value": 0.25}
                with pytest.raises(TrainerError) as caught:
                    _mailbox.send(directory, command, timeout=1.0)
                seen.append(str(caught.value))

    trainer = make("1 epochs", hooks=[hook(iteration_ended=ended)])
    trainer.run(directory=directory)
    assert trainer.get("optimiser.learning_rate") == 0.25
    assert seen[-1] == (
        f"run {str(directory)!r}: it has not answered within 1 seconds; "
        "it has taken the command, and applies it at the end of what it is at\n"
        "  expected: an iteration, or a validation, that ends by then\n"
        "  to do:    wait for that instead of giving the command again, or give a longer --timeout next time"
    )


def test_a_mailbox_that_cannot_be_made_is_told(make, hook, tmp_path):
    """Before the run begins."""
    directory = tmp_path / "run"
    directory.mkdir()
    (directory / _mailbox.FILE).mkdir()
    with pytest.raises(StorageError) as caught:
        _mailbox.Mailbox(directory, None, None)
    assert str(caught.value) == (
        f"{directory / _mailbox.FILE}: cannot be written: {caught.value.__cause__}\n"
        "  expected: a folder that can be written, with room left\n"
        "  to do:    free some space or choose another with --directory"
    )
