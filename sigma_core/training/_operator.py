"""Operators coordinate workers: the contract, and the local one."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from attrs import Attribute, field, frozen

from sigma_core.errors import SettingError
from sigma_core.registry import component, component_table
from sigma_core.training._filling import Arrays
from sigma_core.training._merger import Average, Merger
from sigma_core.training._merging import Merging
from sigma_core.training._schedule import Position
from sigma_core.training._state import TrainingState
from sigma_core.training._synchronous import Synchronous
from sigma_core.training._team import Team
from sigma_core.training._worker import Task, Worker

MODES = ("synchronous", "merge")
MOST = 256
"""Workers of one process."""


class Operator(ABC):
    """Distributes a training over workers; a component of kind `operators`."""

    @abstractmethod
    def team(self, task: Task, state: TrainingState) -> Team:
        """Workers that begin with `state`."""


class _Alone(Team):
    """A team of one."""

    def __init__(self, worker: Worker) -> None:
        self.worker = worker
        self.step = worker.step

    @property
    def names(self) -> tuple[str, ...]:
        return self.worker.names

    def score(self, batch: Sequence[Any]) -> dict[str, np.ndarray]:
        return self.worker.score(batch)

    def predict(self, batch: Mapping[str, Any]) -> dict[str, np.ndarray]:
        return self.worker.predict(batch)

    def prepare(self, batch: Sequence[Any]) -> None:
        self.worker.executable(batch)

    def pull(self, names: Iterable[str] | None = None) -> Arrays:
        return self.worker.pull(names)

    def copied(self, memory: Mapping[str, np.ndarray]) -> Arrays:
        return self.worker.pull(memory=memory)

    def part(self, name: str, elements: slice) -> np.ndarray:
        return self.worker.part(name, elements)

    def push(self, arrays: Mapping[str, Any]) -> None:
        self.worker.push(arrays)

    def close(self) -> None:
        pass


def _embedded(merger: Any) -> Any:
    """The merger of that name, the default, where nobody composes."""
    return Average() if merger == "average" else merger


def _check_workers(_: Any, attribute: "Attribute[int]", value: Any) -> None:
    if not isinstance(value, int | np.integer) or isinstance(value, bool) or not 1 <= value <= MOST:
        raise SettingError(
            f"operator local, {attribute.name}", repr(value), f"a whole number from 1 to {MOST}", "give such a number"
        )


def _check_mode(_: Any, attribute: "Attribute[str]", value: Any) -> None:
    if value not in MODES:
        raise SettingError(
            f"operator local, {attribute.name}", repr(value), " or ".join(map(repr, MODES)), "give one of these"
        )


def _check_every(_: Any, attribute: "Attribute[str]", value: Any) -> None:
    where = f"operator local, {attribute.name}"
    try:
        Position(0, 1).iterations_of(value)
    except SettingError as error:
        raise SettingError(
            where, repr(value), "a number above 0 with iterations or epochs", 'write "100 iterations" or "1 epochs"'
        ) from error


def _check_mergers(_: Any, attribute: "Attribute[Any]", value: Any) -> None:
    is_table = isinstance(value, Mapping)
    if not is_table or not all(isinstance(mergers, tuple) and len(mergers) == 1 for mergers in value.values()):
        raise SettingError(
            f"operator local, {attribute.name}",
            repr(value),
            "a table of patterns with one merger each",
            'write { "**.biases" = "max" }',
        )


@frozen
class LocalOperator(Operator):
    """Workers in this process: one in the thread of the trainer, the others in threads of their own.

    Each worker takes an equal part of every batch. In mode `synchronous` their gradients are averaged, weighted by
    records, for one update of what all of them share, so that they train as one worker would. In mode `merge` each of
    them updates parameters of its own; `every` so many iterations or epochs `merger`, or of the patterns in `mergers`
    the most specific one, makes one network of theirs, with which all of them go on.
    """

    workers: int = field(default=1, validator=_check_workers)
    mode: str = field(default="synchronous", validator=_check_mode)
    every: str = field(default="1 epochs", validator=_check_every)
    merger: Merger = component("mergers", "average", converter=_embedded)
    mergers: Mapping[str, tuple[Merger, ...]] = component_table("mergers", validator=_check_mergers)

    def team(self, task: Task, state: TrainingState) -> Team:
        """A team of so many workers. Raises IdentifierError for a pattern of `mergers` without any parameter."""
        if self.workers == 1:
            return _Alone(Worker(task, state))
        if self.mode == "synchronous":
            return Synchronous(task, state, self.workers)
        mergers = {pattern: merger for pattern, (merger,) in self.mergers.items()}
        return Merging(task, state, self.workers, every=self.every, merger=self.merger, mergers=mergers)
