"""Operators coordinate workers: the contract, and the local one."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from attrs import frozen

from sigma_core.hooks import SCOPES
from sigma_core.training._filling import Arrays
from sigma_core.training._state import TrainingState
from sigma_core.training._worker import Task, Worker


class Team(ABC):
    """The workers of one training, as an operator has set them up."""

    step: Callable[[Sequence[Any]], Sequence[Any]]
    """One iteration over a batch; an attribute, so that a single worker's own method costs no detour."""

    hook_scopes: Collection[str] = SCOPES
    """Which hooks the loop calls: those of workers too, unless the team's workers call their own.

    A single worker is the run itself, so its hooks take their place in one order with those of the run.
    """

    @property
    @abstractmethod
    def names(self) -> tuple[str, ...]:
        """Names of what `step` gives, in its order."""

    @abstractmethod
    def score(self, batch: Sequence[Any]) -> dict[str, np.ndarray]:
        """Sums of losses and metrics over one batch."""

    @abstractmethod
    def predict(self, batch: Mapping[str, Any]) -> dict[str, np.ndarray]:
        """What the network predicts for sections of inputs."""

    @abstractmethod
    def prepare(self, batch: Sequence[Any]) -> None:
        """Compile the step for batches of these shapes before the first is run."""

    @abstractmethod
    def pull(self, names: Iterable[str] | None = None) -> Arrays:
        """A copy of the training state's arrays: all, or those of the given names."""

    @abstractmethod
    def push(self, arrays: Mapping[str, Any]) -> None:
        """Put arrays in place of the training state's, on every worker."""

    @abstractmethod
    def close(self) -> None:
        """Let the workers go."""


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

    def push(self, arrays: Mapping[str, Any]) -> None:
        self.worker.push(arrays)

    def close(self) -> None:
        pass


@frozen
class LocalOperator(Operator):
    """One worker in this process, in the thread of the trainer."""

    def team(self, task: Task, state: TrainingState) -> Team:
        """A team of one worker."""
        return _Alone(Worker(task, state))
