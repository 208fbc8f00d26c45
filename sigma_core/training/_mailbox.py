"""Commands from other processes: a small SQLite file in the run's directory, which a thread of the run looks into.

It is a file of its own, beside `run.db`, so that the run's store has one writer and never waits for another process. It
is there while the run goes on; what came of each command is in the store for ever.
"""

import json
import sqlite3
import threading
import time
from collections.abc import Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sigma_core import errors
from sigma_core.errors import FaultsError, RunDirectoryError, SigmaError, StorageError, TrainerError, UserError
from sigma_core.events import RunStore, plain
from sigma_core.training._commands import read
from sigma_core.training._presence import Presence, holder_of

if TYPE_CHECKING:
    from sigma_core.training._loop import Loop

FILE = "commands.db"
_SCHEMA = """
CREATE TABLE commands (
    id INTEGER PRIMARY KEY AUTOINCREMENT, command TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'waiting', answer TEXT
)
"""
_INTERVAL = 0.2
_SAID = ("where", "found", "expected", "remedy", "line", "text", "column")
"""What goes over of an error, where it has it."""


class Mailbox:
    """Hands commands of other processes to a run, and its answers back; says meanwhile that it lives."""

    def __init__(self, directory: Path, loop: "Loop", presence: Presence) -> None:
        self._path = directory / FILE
        self._loop = loop
        self._presence = presence
        self._answers: list[tuple[str, int]] = []
        self._is_ending = threading.Event()
        try:
            # Whole when others first see it, and in place of what a run that was killed has left.
            made = directory / f".{FILE}.partial"
            made.unlink(missing_ok=True)
            with closing(sqlite3.connect(made)) as connection:
                connection.execute(_SCHEMA)
            made.replace(self._path)
            self._connection = sqlite3.connect(self._path, timeout=0.05, isolation_level=None, check_same_thread=False)
        except (OSError, sqlite3.Error) as error:
            raise StorageError(
                str(self._path),
                f"cannot be written: {error}",
                "a folder that can be written, with room left",
                "free some space or choose another with --directory",
            ) from error
        self._thread = threading.Thread(target=self._live, name="sigma commands", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Give the last answers and take no more."""
        self._is_ending.set()
        self._thread.join(5.0)
        # A reader of another process may have it at this moment; then what is waited for is told later, if at all.
        with suppress(sqlite3.Error, OSError):
            self._look()
        self._connection.close()
        with suppress(OSError):
            self._path.unlink(missing_ok=True)

    def _live(self) -> None:
        while not self._is_ending.wait(_INTERVAL):
            self._presence.beat()
            with suppress(sqlite3.Error):
                self._look()

    def _look(self) -> None:
        while self._answers:
            self._connection.execute("UPDATE commands SET state = 'done', answer = ? WHERE id = ?", self._answers[0])
            del self._answers[0]
        if self._is_ending.is_set():
            return
        rows = self._connection.execute("SELECT id, command FROM commands WHERE state = 'waiting' ORDER BY id")
        for number, text in rows.fetchall():
            taken = self._connection.execute(
                "UPDATE commands SET state = 'taken' WHERE id = ? AND state = 'waiting'", (number,)
            )
            if taken.rowcount:
                self._take(number, text)

    def _take(self, number: int, text: str) -> None:
        def answer(result: Any, error: SigmaError | None) -> None:
            said = {"result": plain(result), "iteration": self._loop.clock.iteration, "error": _in_json(error)}
            self._answers.append((json.dumps(said), number))

        try:
            command = read(json.loads(text), self._loop.trainer.environment.composer)
        except SigmaError as error:
            answer(None, error)
        except (ValueError, RecursionError) as error:
            answer(None, errors.SettingError("command", f"no JSON: {error}", "a command in JSON"))
        else:
            self._loop.send(command, "command line", answer)


def send(directory: Path | str, command: Mapping[str, Any], timeout: float = 10.0) -> dict[str, Any]:
    """Have the run in a directory apply a command; the answer, with `result` and `iteration`.

    `command` is in JSON's terms, `{"command": "set_value", "identifier": ..., "value": ...}`; it may hold arrays. Words
    are `pause`, `resume`, `step_once`, `stop`, `reset`, `get_value`, `set_value`, `set_values`, `predict`, `save`,
    `load`, `attach` and `detach`; what else they take are the fields of the commands in `sigma_core.extend`.

    Raises SettingError for what JSON cannot write, RunDirectoryError where there is no run or it has ended,
    TrainerError if it does not answer within `timeout` seconds, and what it was refused for.
    """
    directory = Path(directory)
    where = f"run {str(directory)!r}"
    text = _text_of(command)
    check_lives(directory)
    try:
        connection = sqlite3.connect(
            f"{(directory / FILE).absolute().as_uri()}?mode=rw", uri=True, timeout=timeout, isolation_level=None
        )
    except sqlite3.Error as error:
        raise _deaf(where, str(error)) from error
    with closing(connection):
        try:
            number = connection.execute("INSERT INTO commands (command) VALUES (?)", (text,)).lastrowid
            found = _awaited(connection, number, timeout, directory, where)
        except sqlite3.Error as error:
            check_lives(directory)
            raise _deaf(where, str(error)) from error
    if found["error"] is not None:
        raise _from_json(found["error"])
    return found


def _text_of(command: Mapping[str, Any]) -> str:
    try:
        return json.dumps(command, default=_listed)
    except (TypeError, ValueError) as error:
        raise errors.SettingError(
            "command", str(error), "what JSON can write, and arrays", "give such values"
        ) from error


def _listed(value: Any) -> Any:
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"an object of type {type(value).__name__} is no JSON")


def _awaited(
    connection: sqlite3.Connection, number: int | None, timeout: float, directory: Path, where: str
) -> dict[str, Any]:
    """What a command was answered. Raises TrainerError if that is not in time, RunDirectoryError if the run ends."""
    deadline = time.monotonic() + timeout
    while True:
        # In this order, because the last thing that a run does before it lets go is to answer.
        lives = _lives(directory)
        row = connection.execute("SELECT answer FROM commands WHERE id = ?", (number,)).fetchone()
        if row is not None and row[0] is not None:
            return dict(json.loads(row[0]))
        if not lives:
            check_lives(directory)
        if time.monotonic() > deadline:
            withdrawn = connection.execute(
                "UPDATE commands SET state = 'withdrawn' WHERE id = ? AND state = 'waiting'", (number,)
            )
            said = f"it has not answered within {timeout:g} seconds"
            if withdrawn.rowcount:
                raise _deaf(where, f"{said}; the command is withdrawn")
            raise TrainerError(
                where,
                f"{said}; it has taken the command, and applies it at the end of what it is at",
                "an iteration, or a validation, that ends by then",
                "wait for that instead of giving the command again, or give a longer --timeout next time",
            )
        time.sleep(0.02)


def _lives(directory: Path) -> bool:
    holder = holder_of(directory)
    return holder is not None and holder.is_alive


def check_lives(directory: Path) -> None:
    """Raise RunDirectoryError unless a run goes on in this directory."""
    holder = holder_of(directory)
    if holder is not None and holder.is_alive:
        return
    with RunStore.open(directory) as store:
        end = store.last("run_ended")
    if holder is not None:
        found = f"it does not run: process {holder.process} on {holder.host} ended without a word"
    elif end is not None:
        found = f"it has ended: {end.payload['ended_because']}"
    else:
        found = "it does not run"
    raise RunDirectoryError(
        f"run {str(directory)!r}", found, "a run that goes on", "`sigma runs` lists runs and how they fare"
    )


def _deaf(where: str, found: str) -> TrainerError:
    return TrainerError(where, found, "a run that takes commands", "try again, perhaps with a longer --timeout")


def _in_json(error: SigmaError | None) -> dict[str, Any] | None:
    if error is None:
        return None
    said = {name: getattr(error, name) for name in _SAID if hasattr(error, name)}
    faults = {"faults": list(map(_in_json, error.faults))} if isinstance(error, FaultsError) else {}
    return {"class": type(error).__name__, **said, **faults}


def _from_json(said: Mapping[str, Any]) -> SigmaError:
    kind = getattr(errors, said["class"], UserError)
    data: dict[str, Any] = {name: said[name] for name in _SAID if name in said}
    if "faults" in said:
        data["faults"] = tuple(map(_from_json, said["faults"]))
    error: SigmaError = kind(**data)
    return error
