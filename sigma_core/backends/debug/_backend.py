"""The component `debug`: slow, and exact about where things go wrong."""

from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from typing import Any, ClassVar

import numpy as np
from attrs import Factory, frozen

from sigma_core.backends._checks import check_arguments
from sigma_core.backends._contract import NO_DONATIONS, Backend, Executable, Program
from sigma_core.backends._plan import Plan
from sigma_core.backends.debug._faults import looks, not_finite
from sigma_core.backends.debug._walk import walk
from sigma_core.backends.numpy import NumpyBackend
from sigma_core.errors import OperationError
from sigma_core.graph import Graph, Value
from sigma_core.registry import component


def _embedded(inner: Any) -> Any:
    """The backend of that name, the default, where nobody composes."""
    return NumpyBackend() if inner == NumpyBackend.name else inner


@frozen
class DebugBackend(Backend):
    """Runs every node by itself in NumPy and checks it, then the program of another backend, whose results count.

    The first NaN or infinity that an output sees is a NumericalError that names operation, layer and iteration. An
    operation that gives another shape or dtype than it says is an OperationError; so is a backend that gives NaN where
    NumPy gives none. In all cases the arrays are as they were before, so that the parameters are those that led there.
    """

    inner: Backend = component("backends", "numpy", converter=_embedded)

    name: ClassVar[str] = "debug"
    keeps_lines: ClassVar[bool] = True

    def compile(
        self, graph: Graph, *, bound: Collection[str] = (), donations: Mapping[int, str] = NO_DONATIONS
    ) -> "DebugProgram":
        """The program of the inner backend, beside the graph as it was traced."""
        program = self.inner.compile(graph, bound=bound, donations=donations)
        return DebugProgram(self.inner, program, graph, frozenset(bound), frozenset(donations.values()))

    def sharing(self, workers: int) -> AbstractContextManager[None]:
        """As the inner backend does it."""
        return self.inner.sharing(workers)

    def staged(self, array: Any) -> Any:
        """As the inner backend does."""
        return self.inner.staged(array)

    def array(self, array: Any) -> Any:
        """As the inner backend has it."""
        return self.inner.array(array)

    def write(self, array: Any, values: Any) -> None:
        """As the inner backend does it."""
        self.inner.write(array, values)

    def to_numpy(self, array: Any) -> np.ndarray[Any, Any]:
        """As the inner backend does it."""
        return self.inner.to_numpy(array)


@frozen(eq=False)
class DebugProgram(Program):
    """A program of the inner backend, and the graph before any pass."""

    backend: Backend
    program: Program
    graph: Graph
    bound: frozenset[str]
    donated: frozenset[str]

    source: str | None = Factory(lambda self: self.program.source, takes_self=True)
    nodes: int = Factory(lambda self: self.program.nodes, takes_self=True)
    bytes: int = Factory(lambda self: self.program.bytes, takes_self=True)

    @property
    def plan(self) -> Plan | None:
        """The inner program's."""
        return self.program.plan

    def instantiate(self, bound: Mapping[str, Any]) -> "DebugExecutable":
        """An executable of the inner backend, over the arrays that are checked too."""
        executable = self.program.instantiate(bound)
        arguments = tuple(value for value in self.graph.inputs if value.attributes["name"] not in self.bound)
        return DebugExecutable(self.backend, executable, self.graph, bound, self.donated, arguments)


@frozen(eq=False)
class DebugExecutable(Executable):
    """Runs a call twice: node by node to check it, and as the inner backend does."""

    backend: Backend
    executable: Executable
    graph: Graph
    bound: Mapping[str, Any]
    donated: frozenset[str]
    arguments: tuple[Value, ...]

    def __call__(self, *inputs: Any) -> tuple[Any, ...]:
        """The inner backend's outputs; raises NumericalError or OperationError."""
        check_arguments(self.arguments, inputs)
        given = dict(self.bound) | {
            value.attributes["name"]: array for value, array in zip(self.arguments, inputs, strict=True)
        }
        expected, cause = walk(self.graph, [self.backend.to_numpy(given[name]) for name in self.graph.input_names])
        if cause is not None:
            raise not_finite(cause)
        # Outputs may be views of arrays that the call updates.
        finite = [_is_finite(array) for array in expected]
        before = {name: self.backend.array(self.bound[name]) for name in self.donated}
        try:
            # What NumPy would warn of has been looked at.
            with np.errstate(all="ignore"):
                outputs = self.executable(*inputs)
            named = zip(self.graph.output_names, self.graph.outputs, outputs, finite, strict=True)
            for name, value, output, was_finite in named:
                self._compare(name, value, self.backend.to_numpy(output), was_finite=was_finite)
        except Exception:
            for name, array in before.items():
                self.backend.write(self.bound[name], array)
            raise
        return outputs

    def _compare(self, name: str, value: Value, output: np.ndarray[Any, Any], *, was_finite: bool) -> None:
        is_typed = (output.shape, output.dtype) == (value.shape, value.dtype)
        if is_typed and (_is_finite(output) or not was_finite):
            return
        raise OperationError(
            f"backend {self.backend.name!r}",
            f"output {name!r} is {looks(output)}",
            "finite numbers, as node by node in NumPy" if is_typed else f"{value.dtype}{list(value.shape)}",
            "report it to whoever wrote the backend; use another one until then",
            operation=value.operation.name,
            layer=value.scope,
        )


def _is_finite(array: Any) -> bool:
    return np.asarray(array).dtype.kind != "f" or bool(np.isfinite(array).all())
