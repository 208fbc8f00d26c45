"""The family of backends that plan memory and write Python, with the seams between its members."""

from abc import abstractmethod
from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from attrs import frozen

from sigma_core.backends._checks import check_names
from sigma_core.backends._contract import NO_DONATIONS, Backend
from sigma_core.backends.planned._kernels import KERNELS, Kernel, registered_kernel
from sigma_core.backends.planned._numbers import root
from sigma_core.backends.planned._program import PlannedProgram
from sigma_core.backends.planned._statements import by_statement, statement
from sigma_core.backends.planned._writer import Writer
from sigma_core.backends.planning import Arrangement, Instruction, Overwrites, arrange, overwrites, place
from sigma_core.graph import OPERATIONS, Graph, Value, inline_all_calls, optimise


@frozen
class PlannedBackend(Backend):
    """A graph is optimised, arranged, scheduled, given places in memory, and written as a straight line of Python.

    A derived class says how memory is had (`block`), what is computed together (`schedule`), how that is written
    (`write_cluster`), which kernels single nodes have (`kernels`), and what the source may refer to (`namespace`).
    """

    numbers: ClassVar[bool] = True
    """Whether 0-d floating-point results are computed in Python, as NumPy's scalars: on the host, and one by one."""

    fused: ClassVar[bool] = True
    """Whether a cluster is one loop, for the estimates of `sigma graph`; else it is calls that share the cache."""

    kernels: ClassVar[Mapping[str, Kernel]] = KERNELS
    """Kernels by name of the operation."""

    others: ClassVar[Kernel] = staticmethod(by_statement(statement))
    """The kernel of every other operation: its ufunc or its implementation is called."""

    overwrites: ClassVar[Overwrites] = staticmethod(overwrites)
    """Whether a node of an instruction may be written where a node of the same instruction reads."""

    def compile(
        self, graph: Graph, *, bound: Collection[str] = (), donations: Mapping[int, str] = NO_DONATIONS
    ) -> PlannedProgram:
        """Optimise, plan, write and compile."""
        unit = self.begin()
        program = self.compile_part(graph, unit, bound=bound, donations=donations)
        self.finish(unit)
        return program

    def compile_part(
        self, graph: Graph, unit: Any, *, bound: Collection[str] = (), donations: Mapping[int, str] = NO_DONATIONS
    ) -> PlannedProgram:
        """A program that is compiled together with others of one unit: the bodies of its control operations."""
        check_names(graph, bound, donations)
        graph = self.prepare(graph)
        arrangement = arrange(graph, bound, numbers=self.numbers)
        instructions = self.schedule(arrangement)
        placement = place(arrangement, instructions, donations, type(self).overwrites)
        writer = Writer(self, arrangement, placement, self.namespace(), unit)
        text = writer.write(instructions)
        exec(compile(text, f"<{self.name} program>", "exec"), writer.names)  # noqa: S102  # our own source
        return PlannedProgram(
            source="\n".join([*writer.beside, text]),
            nodes=len(graph.nodes),
            sizes=writer.sizes,
            bound=tuple(value for value in graph.inputs if arrangement.is_bound(value)),
            arguments=tuple(value for value in graph.inputs if not arrangement.is_bound(value)),
            donated=frozenset(donations.values()),
            placement=placement,
            fused=self.fused,
            block=self.block,
            make=writer.names["instantiate"],
        )

    # Seams

    def prepare(self, graph: Graph) -> Graph:
        """The program as it will be planned: optimised, and with operations of the backend's own if it has any."""
        return inline_all_calls(optimise(graph))

    def begin(self) -> Any:
        """What one compilation gathers, for a program and its bodies together: `writer.unit` when they are written."""
        return None

    def finish(self, unit: Any) -> None:
        """Compile what was gathered; no program of the unit is instantiated before."""

    @abstractmethod
    def block(self, size: int) -> Any:
        """Memory of so many bytes, aligned for whatever is computed there."""

    @abstractmethod
    def schedule(self, arrangement: Arrangement) -> tuple[Instruction, ...]:
        """What is computed together, and in which order: every computed node once, behind all that it reads."""

    @abstractmethod
    def write_cluster(self, writer: Writer, instruction: Instruction) -> Sequence[str]:
        """The lines of a call that compute an instruction of which the schedule says that it is a cluster."""

    def kernel(self, node: Value) -> Kernel:
        """What computes a node that is in no cluster: a plugin's kernel, the backend's, or its implementation."""
        name = node.operation.name
        return registered_kernel(self.name, name) or self.kernels.get(name) or type(self).others

    def namespace(self) -> dict[str, Any]:
        """Names that the source may use: implementations and ufuncs of all operations, and some of NumPy's own.

        Among them are `ndarray`, by which arrays are laid over blocks, `copyto`, `broadcast_to` and `concatenate`.
        """
        names: dict[str, Any] = {name: operation.implementation for name, operation in OPERATIONS.items()}
        names |= {operation.ufunc.__name__: operation.ufunc for operation in OPERATIONS.values() if operation.ufunc}
        names |= {name: getattr(np, name) for name in ("broadcast_to", "concatenate", "copyto", "dtype", "ndarray")}
        return names | {"root": root} | {np.dtype(code).name: np.dtype(code).type for code in "?bBhHiIlLqQefd"}

    def constant(self, array: np.ndarray[Any, Any]) -> Any:
        """A constant of the program on the device; it is read only."""
        return array
