"""What a backend is: it compiles graphs to programs, whose executables own their arrays."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any, ClassVar

import numpy as np

from sigma_core.backends._codes import Codes, Reader
from sigma_core.backends._plan import Plan
from sigma_core.graph import Graph, lines_kept

NO_DONATIONS: Mapping[int, str] = {}


class Executable(ABC):
    """A program with its memory, ready to be called; one thread at a time may call it."""

    @abstractmethod
    def __call__(self, *inputs: Any) -> tuple[Any, ...]:
        """The outputs for the arrays of a call, in the order of the graph's placeholders that are not bound.

        The arrays returned belong to the executable, and the next call overwrites them; a donated output is the bound
        array itself. Raises ShapeError for inputs that are not of the shapes and dtypes compiled for.
        """


class Program(ABC):
    """A compiled graph. It owns no arrays, so several workers may share it."""

    source: str | None = None
    """What was generated, for whoever wants to read it."""
    nodes: int = 0
    """Nodes of the graph after its passes."""
    bytes: int = 0
    """Bytes that each executable plans for itself, beside what is bound."""

    @property
    def plan(self) -> Plan | None:
        """What the backend has planned, where it plans; `sigma graph` shows it."""
        return None

    @abstractmethod
    def instantiate(self, bound: Mapping[str, Any]) -> Executable:
        """An executable over the arrays of the bound placeholders, by name, which it keeps and partly writes.

        Raises ShapeError when one is missing, of another shape or dtype, or not contiguous.
        """


class Backend(ABC):
    """Compiles graphs and owns device arrays; a component of kind `backends`."""

    name: ClassVar[str]
    keeps_lines: ClassVar[bool] = False
    """Whether the values of a graph are to remember the user's lines that made them; tracing takes longer then."""

    takes_codes: ClassVar[bool] = False
    """Whether its `reader` is quicker than gathering floats: batches may hold numbers of records instead then."""

    def tracing(self) -> AbstractContextManager[None]:
        """In which graphs for this backend are traced."""
        return lines_kept() if self.keeps_lines else nullcontext()

    def sharing(self, workers: int) -> AbstractContextManager[None]:  # noqa: ARG002  # for those that have threads
        """In which so many threads run executables at the same time: each is to keep to its share of the cores."""
        return nullcontext()

    @abstractmethod
    def compile(
        self, graph: Graph, *, bound: Collection[str] = (), donations: Mapping[int, str] = NO_DONATIONS
    ) -> Program:
        """A program for a graph.

        `bound` names the placeholders whose arrays are given once, at instantiation; the others are arguments of each
        call. `donations` maps positions of outputs to bound placeholders whose arrays receive them in place: all
        outputs see the arrays as they were before the call. Raises ShapeError for names that are not in the graph and
        for donations of another shape or dtype.
        """

    @abstractmethod
    def array(self, array: Any) -> Any:
        """A copy of an array on the backend's device, contiguous."""

    def write(self, array: Any, values: Any) -> None:
        """Put values, of the host or the device, in place of those of a device array of their shape."""
        array[...] = self.array(values)

    def staged(self, array: Any) -> Any:
        """An array of a batch that is made ahead, where calls read it fastest; made by the thread that made the batch.

        The array itself where that is where it lies.
        """
        return array

    def reader(self, codes: Codes, records: int) -> Reader:  # noqa: ARG002  # for those that have memory for them
        """What reads so many records of `codes` by their numbers, which are in range, and makes floats of them.

        Its array, of shape (records, ...), may be overwritten by the next call; one thread at a time may call it.
        """
        return lambda rows: self.array(codes.floats(rows))

    @abstractmethod
    def to_numpy(self, array: Any) -> np.ndarray[Any, Any]:
        """An array of the device on the host; the same array where the device is the host."""
