"""The contract of a team: the workers of one training."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from sigma_core.hooks import SCOPES
from sigma_core.training._crew import Crew
from sigma_core.training._filling import Arrays


class Team(ABC):
    """The workers of one training, as an operator has set them up."""

    step: Callable[[Sequence[Any]], Sequence[Any]]
    """One iteration over a batch; an attribute, so that a single worker's own method costs no detour."""

    size: int = 1
    """How many workers there are."""

    has_networks: bool = False
    """Whether each of several workers has parameters of its own."""

    hook_scopes: Collection[str] = SCOPES
    """Which hooks the loop calls once; those of the other scopes it has each worker call, by `each`.

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
        """A copy of the training state's arrays: all, or those of the given names.

        All are everything that decides how the training goes on; what a worker has apart from the first one is called
        `workers.<number>.<name>`, counted from 2.
        """

    def copied(self, memory: Mapping[str, np.ndarray]) -> Arrays:  # noqa: ARG002  # a team may do without
        """As `pull` of all arrays, perhaps into the `memory` of an earlier such copy, of which nobody has need.

        Memory that is new is found by the system page by page, which takes as long again as to fill it.
        """
        return self.pull()

    def part(self, name: str, elements: slice) -> np.ndarray:
        """A copy of some elements of a vector, as the first worker has it."""
        whole: np.ndarray = self.pull([name])[name]
        return whole[elements]

    @abstractmethod
    def push(self, arrays: Mapping[str, Any]) -> None:
        """Put arrays in place of the training state's, on every worker that has none of its own among them."""

    @abstractmethod
    def close(self) -> None:
        """Let the workers go."""

    def rest(self) -> None:
        """Hold no threads between two runs; the next step may start them again."""
        self.close()

    def each(self, function: Callable[[int], object]) -> None:
        """Call a function in each worker with its number, counted from 0, and wait for all of them."""
        for number in range(self.size):
            function(number)

    def outputs(self, worker: int) -> tuple[tuple[str, ...], Sequence[Any]]:  # noqa: ARG002  # for teams of several
        """Names of what a worker's own part of the last step gave, and what it gave; nothing for a worker without."""
        return (), ()


class CrewTeam(Team):
    """Several workers, each in a thread of its own."""

    hook_scopes = ("run",)
    _crew: Crew

    def close(self) -> None:
        """End the threads."""
        self._crew.dismiss()

    def each(self, function: Callable[[int], object]) -> None:
        """In the threads of the workers."""
        self._crew.run([partial(function, number) for number in range(self.size)])
