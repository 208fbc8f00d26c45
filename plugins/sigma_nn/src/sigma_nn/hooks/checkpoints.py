"""Checkpoints: saved now and then, the best and the newest of them kept."""

import shutil
from collections.abc import Mapping
from math import isnan, nan
from pathlib import Path
from string import Formatter
from typing import Any, ClassVar

from attrs import Attribute, define, field

from sigma_core.extend import RunStarted, SettingError, hookimpl
from sigma_nn._settings import choice, integer, refusal
from sigma_nn.criteria._goal import GOALS, seeks_maximum
from sigma_nn.hooks._triggered import TriggeredHook, numbers_at

_POSITION = ("epoch", "iteration")


class _Names(Formatter):
    """Fills `{validation.loss:.3f}` from a dictionary: a dot is part of the name, and no attribute is ever read."""

    def get_field(self, field_name: str, args: Any, kwargs: Any) -> tuple[Any, str]:  # as Formatter has it
        return kwargs[field_name], field_name


def _parts(pattern: str) -> list[str]:
    return [name for _, name, _, _ in _Names().parse(pattern) if name is not None]


def _check_pattern(instance: Any, attribute: "Attribute[str]", value: Any) -> None:
    expected = 'a name with values in braces, such as "{epoch:03}-{validation.loss:.3f}"'
    try:
        names = dict.fromkeys(_parts(value), 1)
        example = _Names().vformat(value, (), names)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise refusal(instance, attribute, value, expected, str(error)) from error
    if not example.strip(". ") or any(mark in value for mark in "/\\\0") or "" in names:
        raise refusal(instance, attribute, value, expected)


@define(eq=False)
class CheckpointFolder:
    """Finds the folder for the checkpoints of a run when that starts."""

    directory: str | None
    path: Path = field(init=False, factory=Path)

    @hookimpl(phase="modify")
    def sigma_run_started(self, event: RunStarted) -> None:
        """Find the folder."""
        if self.directory is None and event.directory is None:
            raise SettingError(
                "Checkpoints.directory",
                "the run has no directory",
                "a folder",
                "give one, or run(directory=...)",
            )
        self.path = Path(self.directory) if self.directory else Path(str(event.directory)) / "checkpoints"


@define(eq=False)
class Checkpoints(TriggeredHook):
    """Save a checkpoint each time, and keep those that are among the `best` by `score` or among the `newest`.

    Without either, all are kept. `name` is filled with `epoch`, `iteration`, and scores or hyperparameters by
    identifier; a score that there has not been is NaN. They lie in `directory`, by default the folder `checkpoints` of
    the run's directory. Nothing is removed or written over but what this hook has written, before a resume too; with
    the goal `auto`, larger is better for accuracy, precision, recall, F1 and AUC. Raises SettingError where there is no
    directory.
    """

    phase: ClassVar[str] = "persist"

    name: str = field(default="{epoch:03}-{iteration:06}", validator=_check_pattern)
    score: str | None = None
    best: int | None = integer(default=None, at_least=1)
    newest: int | None = integer(default=None, at_least=1)
    goal: str = choice(*GOALS, default="auto")
    directory: str | None = None

    _folder: CheckpointFolder = field(init=False, repr=False)
    _written: list[dict[str, Any]] = field(init=False, factory=list, repr=False)

    def __attrs_post_init__(self) -> None:
        self._folder = CheckpointFolder(self.directory)
        if (self.best is None) != (self.score is None):
            raise SettingError(
                "Checkpoints.best",
                f"best = {self.best}, score = {self.score!r}",
                "both, or neither",
                'say by which score they are the best: score = "validation.loss"',
            )

    @property
    def required_hooks(self) -> tuple[CheckpointFolder, ...]:
        """Whoever finds the folder."""
        return (self._folder,)

    @property
    def required_numbers(self) -> tuple[str, ...]:
        """What its names and its score are made of."""
        return (*(name for name in _parts(self.name) if name not in _POSITION), *filter(None, [self.score]))

    @property
    def written(self) -> tuple[Path, ...]:
        """The checkpoints that are there, the oldest first."""
        return tuple(self._path(each) for each in self._written)

    @property
    def best_written(self) -> Path | None:
        """The best of them, where there is a score."""
        return self._path(self._ranked()[0]) if self._written and self.score else None

    def act(self, event: Any, trainer: Any) -> None:
        """Save, then remove what is neither among the best nor among the newest."""
        position = {"epoch": event.epoch, "iteration": event.iteration}
        values = dict.fromkeys(self.required_numbers, nan) | numbers_at(self.required_numbers, event, trainer)
        record = {"name": self._free(position | values), "score": values[self.score] if self.score else None}
        # Before it is saved, so that a run which goes on from it knows that this is its own.
        self._written.append(record)
        trainer.save(self._path(record))
        for old in [each for each in self._written if not self._is_kept(each)]:
            self._written.remove(old)
            shutil.rmtree(self._path(old), ignore_errors=True)

    def _free(self, values: Mapping[str, Any]) -> str:
        """A name that nobody has taken."""
        name, number = _Names().vformat(self.name, (), values), 1
        free = name
        while self._path({"name": free}).exists():
            number += 1
            free = f"{name}-{number}"
        return free

    def _path(self, record: Mapping[str, Any]) -> Path:
        return self._folder.path / record["name"]

    def _is_kept(self, record: dict[str, Any]) -> bool:
        if self.best is None and self.newest is None:
            return True
        is_new = self.newest is not None and record in self._written[-self.newest :]
        return is_new or (self.best is not None and record in self._ranked()[: self.best])

    def _ranked(self) -> list[dict[str, Any]]:
        """The best first; what is not a number comes last, and of equals the older one is the better."""
        sign = -1.0 if seeks_maximum(self.goal, str(self.score)) else 1.0
        return sorted(self._written, key=lambda each: (isnan(each["score"]), sign * each["score"]))

    def state(self) -> dict[str, Any]:
        """What it has written."""
        return {"version": 1, "written": self._written}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on with what has been written."""
        self._written = list(state["written"])
