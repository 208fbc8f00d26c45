"""From a graph to kernels: the part of the backend that knows no device.

Everything that touches one goes through a runtime, so that the same programs can be written, and run, without any.
"""

from abc import abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, ClassVar, Protocol

import numpy as np
from attrs import field, frozen

from sigma_core.extend import (
    OPERATIONS,
    Arrangement,
    Executable,
    Graph,
    Instruction,
    PlannedBackend,
    PlannedProgram,
    Program,
    ShapeError,
    Value,
    Writer,
    check_arguments,
)
from sigma_cuda.kernels import KERNELS, Unit, on_host, schedule, write_elements


class Module(Protocol):
    """Compiled kernels."""

    def prepare(self, name: str, threads: int, arrays: Sequence[Any]) -> Callable[[], None]:
        """What starts a kernel with so many threads on these arrays."""


class Runtime(Protocol):
    """A device as programs need it; arrays have `shape`, `dtype`, `flags`, `reshape`, `transpose` and slices."""

    names: Mapping[str, Any]
    """`ndarray(shape, dtype, block, start)`, and NumPy's `copyto`, `broadcast_to`, `concatenate`, `matmul`, argsort as
    `in_order` and sort as `sorted_along`."""

    def as_view(self, implementation: Callable[..., Any]) -> Callable[..., Any]:
        """The implementation of a view, for arrays of the device."""

    def block(self, size: int) -> Any:
        """Memory of so many bytes."""

    def compile(self, source: str) -> Module:
        """A module of CUDA C."""

    def array(self, array: Any) -> Any:
        """A contiguous copy on the device."""

    def put(self, out: Any, array: Any) -> None:
        """Copy an array of the host, or of the device, into one of the device; both are contiguous."""

    def to_numpy(self, array: Any) -> np.ndarray[Any, Any]:
        """A copy on the host."""

    def owns(self, array: Any) -> bool:
        """Whether an array lies on this device."""

    def here(self) -> Any:
        """A context in which this device is the current one."""


@frozen(eq=False)
class KernelExecutable(Executable):
    """A program over memory of the device: the arrays of a call are copied there first, each to its place."""

    runtime: Runtime
    run: Callable[[], tuple[Any, ...]]
    arguments: tuple[Value, ...]
    places: tuple[Any, ...]

    def __call__(self, *inputs: Any) -> tuple[Any, ...]:
        """Copy, and start the kernels; nothing waits for them."""
        fits = len(inputs) == len(self.places) and all(
            getattr(array, "shape", None) == place.shape and getattr(array, "dtype", None) == place.dtype
            for array, place in zip(inputs, self.places, strict=True)
        )
        if not fits:
            check_arguments(self.arguments, inputs)
        with self.runtime.here():
            for place, array in zip(self.places, inputs, strict=True):
                self.runtime.put(place, array)
            return self.run()


@frozen(eq=False)
class KernelProgram(Program):
    """A planned program all of whose inputs have their place on the device, those of a call too."""

    runtime: Runtime
    planned: PlannedProgram = field(repr=False)
    arguments: tuple[Value, ...]

    @property
    def source(self) -> str:
        """The kernels and the calls."""
        return self.planned.source

    @property
    def nodes(self) -> int:
        """Of the graph after its passes."""
        return self.planned.nodes

    @property
    def bytes(self) -> int:
        """Of each executable."""
        return self.planned.bytes + sum(value.nbytes for value in self.arguments)

    @property
    def plan(self) -> Any:
        """What is computed together, and where everything lies."""
        return self.planned.plan

    def instantiate(self, bound: Mapping[str, Any]) -> KernelExecutable:
        """Allocate what is planned and make all views; raises ShapeError for bound arrays that lie elsewhere."""
        for name, array in bound.items():
            if not self.runtime.owns(array):
                raise ShapeError(
                    f"bound array {name!r}",
                    f"a {type(array).__name__} that is not in the memory of the backend's device",
                    "an array of the device",
                    "copy it there with the backend's `array`",
                )
        with self.runtime.here():
            places = tuple(self.runtime.names["ndarray"](value.shape, str(value.dtype)) for value in self.arguments)
            named = {value.attributes["name"]: place for value, place in zip(self.arguments, places, strict=True)}
            made = self.planned.instantiate({**bound, **named})
        return KernelExecutable(self.runtime, made.run, self.arguments, places)


@frozen
class KernelBackend(PlannedBackend):
    """Everything is computed by kernels in the memory of a device, numbers too, so that nothing waits for the host."""

    numbers: ClassVar[bool] = False
    kernels: ClassVar[Mapping[str, Any]] = KERNELS
    others: ClassVar[Any] = staticmethod(on_host)

    @property
    @abstractmethod
    def runtime(self) -> Runtime:
        """The device."""

    def compile(
        self, graph: Graph, *, bound: Collection[str] = (), donations: Mapping[int, str] | None = None
    ) -> KernelProgram:
        """Optimise, plan, write and compile; to the plan, every input is bound."""
        donations = donations or {}
        names = frozenset(graph.input_names)
        # What is wrong with the names is told by the planner, which must see them as they were given.
        is_sound = names.issuperset(bound) and frozenset(bound).issuperset(donations.values())
        with self.runtime.here():
            planned = super().compile(graph, bound=names if is_sound else bound, donations=donations)
        arguments = tuple(value for value in graph.inputs if value.attributes["name"] not in bound)
        return KernelProgram(self.runtime, planned, arguments)

    def begin(self) -> Unit:
        """One module of kernels for a program and its bodies."""
        return Unit()

    def finish(self, unit: Unit) -> None:
        """Compile the module."""
        if unit.sources:
            unit.module = self.runtime.compile(unit.source)

    def block(self, size: int) -> Any:
        """Memory of the device."""
        return self.runtime.block(size)

    def schedule(self, arrangement: Arrangement) -> tuple[Instruction, ...]:
        """Neighbouring element-wise nodes of one shape are one kernel."""
        return schedule(arrangement)

    def write_cluster(self, writer: Writer, instruction: Instruction) -> Sequence[str]:
        """One kernel."""
        return write_elements(writer, instruction.nodes)

    def namespace(self) -> dict[str, Any]:
        """The device's functions in place of NumPy's."""
        views = {each.name: each.implementation for each in OPERATIONS.values() if each.is_view}
        as_views = {name: self.runtime.as_view(implementation) for name, implementation in views.items()}
        return super().namespace() | as_views | dict(self.runtime.names)

    def constant(self, array: np.ndarray[Any, Any]) -> Any:
        """A copy on the device."""
        return self.runtime.array(array)

    def array(self, array: Any) -> Any:
        """A contiguous copy on the device."""
        return self.runtime.array(array)

    def staged(self, array: Any) -> Any:
        """A copy on the device, so that the thread of the run never waits for one."""
        return self.runtime.array(array)

    def write(self, array: Any, values: Any) -> None:
        """Without a detour."""
        with self.runtime.here():
            self.runtime.put(array, values)

    def to_numpy(self, array: Any) -> np.ndarray[Any, Any]:
        """A copy on the host; the device has then finished all that was asked of it."""
        return self.runtime.to_numpy(array)
