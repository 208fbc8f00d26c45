"""The commands that had a part in the last state of a run, read from its store, to be given again at their places."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from attrs import evolve

from sigma_core.errors import RunDirectoryError
from sigma_core.events import StoredEvent
from sigma_core.registry import Composer
from sigma_core.training._checkpoint import checksum
from sigma_core.training._commands import Attach, Command, Load, Resume, Save, Stop, read
from sigma_core.training._hook_changes import made
from sigma_core.training._keeping import CHECKPOINTS, LAST, PREVIOUS, REGULAR
from sigma_core.training._steering import Scripted


class _Mark(NamedTuple):
    """Something that is to be done without a command of that time, behind so many of them."""

    commands: int
    iteration: int
    does: Command


class History:
    """What led to the last state of a run: the commands that were applied, and what is to be done beside them.

    What was done behind a checkpoint from which the run went on is not part of it.
    """

    def __init__(self, events: Iterable[StoredEvent]) -> None:
        self.commands: list[StoredEvent] = []
        self.marks: list[_Mark] = []
        self.saved: set[str] = set()
        """Where checkpoints were written."""
        self.places: set[str] = set()
        """The directory of the run, as it was called then."""
        # Those before were followed by another part of the run, so that none of them has ended it.
        self._ended = 0
        self._whole = -1
        has_begun = False
        for event in events:
            said = event.payload
            if event.kind == "run_started":
                self.places.add(str(said["directory"]))
                if has_begun:
                    # Runs of before that did not say how many there were.
                    self._go_on(event.iteration or 0, said.get("commands", len(self.commands)))
                has_begun = True
            elif event.kind == "command_applied":
                self.commands.append(event)
                if _leads_elsewhere(event):
                    self._whole = -1
            elif event.kind == "epoch_ended":
                self._whole = event.iteration or 0
            elif event.kind == "checkpoint_saved":
                self.saved.add(said["path"])
                if Path(said["path"]).parts[-2:] == (CHECKPOINTS, LAST):
                    self.marks.append(_Mark(said.get("commands", 0), event.iteration or 0, Save(said["path"])))

    def _go_on(self, iteration: int, count: int) -> None:
        del self.commands[count:]
        self.marks = [mark for mark in self.marks if mark[:2] <= (count, iteration)]
        # A run that was paused when it ended went on without a word.
        self.marks.append(_Mark(count, iteration, Resume()))
        self._ended = count
        if self._whole > iteration:
            self._whole = -1

    def steps(self) -> Iterable[tuple[int, StoredEvent | _Mark]]:
        """All of it in order, each with how often the run had gone on from elsewhere by then."""
        turn = 0
        marks = sorted(self.marks, key=lambda mark: mark[:2])
        for number, event in enumerate((*self.commands, None)):
            while marks and marks[0].commands == number:
                yield turn, marks.pop(0)
            if event is not None:
                if not (number < self._ended and event.payload["command"]["command"] == "stop"):
                    yield turn, event
                turn += _leads_elsewhere(event)

    def end(self, end: StoredEvent) -> Scripted:
        """A command to end where the run did, if its criterion does not: it may have looked at a clock."""
        at = end.iteration or 0
        turn = sum(map(_leads_elsewhere, self.commands))
        return Scripted(turn, at, "epoch" if self._whole == at else "iteration", Stop(end.payload["ended_because"]))


class Script:
    """A history as commands for another run, which keeps in a directory of its own what this one saved and loaded.

    Raises RunDirectoryError for a checkpoint that was loaded and is gone or has changed, unless the run saved it.
    """

    def __init__(
        self, directory: Path, place: Path, history: History, composer: Composer, hooks: Mapping[str, Any]
    ) -> None:
        self._directory, self._place = directory, place
        self._history, self._composer, self._hooks = history, composer, hooks
        self._homes = {Path(home).absolute() for home in (str(directory), *history.places)}
        self._elsewhere: dict[Path, Path] = {}
        self._saved = {self._key(path) for path in history.saved}
        self._lacking: set[str | None] = {REGULAR}
        self.missing: list[str] = []
        """Hooks that were attached and that nobody can make."""
        steps = list(history.steps())
        loads = [self._loaded(step) for _, step in steps if _is(step, "load")]
        self._needed = {self._key(load.path) for load in loads if Path(load.path).is_relative_to(place.parent)}
        self.commands = tuple(self._written(steps))
        self.count = sum(not isinstance(each.command, Save) for each in self.commands)

    def _written(self, steps: Iterable[tuple[int, StoredEvent | _Mark]]) -> Iterable[Scripted]:
        for turn, step in steps:
            if isinstance(step, _Mark):
                if not isinstance(step.does, Save) or self._is_needed(step.does.path):
                    yield Scripted(turn, step.iteration, "iteration", self._moved(step.does))
            elif step.payload["origin"] != "hook":
                command = self._command(step)
                if command is not None:
                    yield Scripted(turn, step.iteration or 0, step.payload["moment"], command)

    def _command(self, event: StoredEvent) -> Command | None:
        values = event.payload["command"]
        kind = values["command"]
        if kind == "attach":
            name = event.payload.get("result") or values.get("name")
            hook = made(name, values["hook"], self._composer, self._hooks)
            if hook is None:
                self._lacking.add(name)
                self.missing.append(f"{name!r} ({values['hook']['unregistered']})")
            return None if hook is None else Attach(hook, name)
        if kind == "load":
            return self._loaded(event)
        if (kind == "detach" and values["name"] in self._lacking) or (
            kind == "save" and not self._is_needed(values["path"])
        ):
            return None
        return self._moved(read(values, self._composer))

    def _loaded(self, event: Any) -> Load:
        """From where it was loaded, if the same still lies there; else from where it is saved again."""
        values = event.payload["command"]
        command = Load(values["path"], tuple(values.get("patterns", ())))
        try:
            is_same = checksum(command.path) == event.payload.get("result")
        except OSError as error:
            is_same, found = False, f"is gone: {error}"
        else:
            found = "has changed since it was loaded"
        if is_same:
            return command
        if self._key(command.path) not in self._saved:
            raise RunDirectoryError(
                f"run {str(self._directory)!r}",
                f"the checkpoint {command.path} {found}",
                "the checkpoints that it loaded, as they were",
                "put it back, or replay another run",
            )
        return Load(str(self._new(command.path)), command.patterns)

    def _moved(self, command: Command) -> Command:
        return evolve(command, path=str(self._new(command.path))) if isinstance(command, Save) else command

    def _is_needed(self, path: str) -> bool:
        return self._key(path) in self._needed or (self._key(path).name == LAST and bool(self._needed & self._regular))

    @property
    def _regular(self) -> set[Path]:
        return {Path(CHECKPOINTS, LAST), Path(CHECKPOINTS, PREVIOUS)}

    def _key(self, path: str) -> Path:
        """What tells checkpoints apart: the place within the run's directory, or the whole path."""
        whole = Path(path).absolute()
        for home in (self._place, *self._homes):
            if whole.is_relative_to(home):
                return whole.relative_to(home)
        for old, new in self._elsewhere.items():
            if whole == new:
                return old
        return whole

    def _new(self, path: str) -> Path:
        key = self._key(path)
        if not key.is_absolute():
            return self._place / key
        return self._elsewhere.setdefault(key, self._place.parent / f"elsewhere-{len(self._elsewhere) + 1}")


def _is(step: StoredEvent | _Mark, kind: str) -> bool:
    return (
        isinstance(step, StoredEvent)
        and step.payload["command"]["command"] == kind
        and (step.payload["origin"] != "hook")
    )


def _leads_elsewhere(event: StoredEvent) -> bool:
    values = event.payload["command"]
    return values["command"] == "reset" or (values["command"] == "load" and not values.get("patterns"))
