"""The backend."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

import numpy as np
from attrs import define, field, frozen

from sigma_core.extend import (
    Arrangement,
    Codes,
    Graph,
    HostBackend,
    Instruction,
    Reader,
    Writer,
)
from sigma_numba._clusters import overwrites, schedule
from sigma_numba._direct import direct
from sigma_numba._kernel import KernelSource
from sigma_numba._kernels import KERNELS
from sigma_numba._memory import Memory, parted, prepared, shared
from sigma_numba._reader import reader
from sigma_numba._store import compiled
from sigma_numba._team import team

LONG = 50_000
"""Elements times nodes from which on a kernel lets other threads run: ten microseconds or so."""


@define(eq=False)
class Unit:
    """The kernels of a program and of its bodies, which are compiled together."""

    kernels: dict[str, tuple[str, tuple[np.dtype, ...]]] = field(factory=dict)
    """By name: source and dtypes of the arguments."""
    names: dict[tuple[str, tuple[np.dtype, ...]], str] = field(factory=dict)
    functions: dict[str, Any] = field(factory=dict)
    """By name, once they are compiled."""
    releasing: dict[str, Any] = field(factory=dict)
    """The same, letting other threads run meanwhile."""

    addresses: dict[str, int] = field(factory=dict)
    """Where they are, for code that calls them by itself."""

    def names_of_code(self) -> dict[str, Any]:
        """What the source of a program that calls kernels refers to; filled when they are compiled."""
        return {"functions": self.functions, "releasing": self.releasing, "addresses": self.addresses}

    def name_of(self, source: str, dtypes: tuple[np.dtype, ...]) -> str:
        """The name of a kernel whose source calls it `kernel`; equal kernels are one."""
        known = self.names.get((source, dtypes))
        if known is None:
            known = self.names[source, dtypes] = f"kernel_{len(self.names)}"
            self.kernels[known] = (source.replace("def kernel(", f"def {known}(", 1), dtypes)
        return known


@frozen
class NumbaBackend(HostBackend):
    """Runs graphs on the CPU: whatever can be computed together is one compiled loop, the rest is NumPy's.

    Compiled code is kept in the folder that the environment variable SIGMA_CACHE names, or in the user's cache folder.
    """

    name: ClassVar[str] = "numba"
    numbers: ClassVar[bool] = False
    kernels: ClassVar[Mapping[str, Any]] = {**HostBackend.kernels, **KERNELS}
    overwrites: ClassVar[Any] = staticmethod(overwrites)

    @contextmanager
    def sharing(self, workers: int) -> Iterator[None]:
        """Each worker runs its kernels alone."""
        with HostBackend.sharing(self, workers), team().apart():
            yield

    def prepare(self, graph: Graph) -> Graph:
        """With kernels in place of products with the windows of a convolution."""
        return direct(super().prepare(graph))

    def reader(self, codes: Codes, records: int) -> Reader:
        """By one compiled loop."""
        return reader(codes, self.empty((records, *codes.array.shape[1:]), codes.dtype))

    def begin(self) -> Unit:
        """No kernels yet."""
        return Unit()

    def finish(self, unit: Unit) -> None:
        """All kernels at once, from the cache if they are there."""
        if unit.kernels:
            loaded = compiled(unit.kernels)
            unit.functions.update(loaded.functions)
            unit.releasing.update(loaded.releasing)
            unit.addresses.update(loaded.addresses)

    def schedule(self, arrangement: Arrangement) -> tuple[Instruction, ...]:
        """Whatever fits one iteration space and is not read too early."""
        return schedule(arrangement)

    def write_cluster(self, writer: Writer, instruction: Instruction) -> Sequence[str]:
        """The call of a kernel."""
        cluster = instruction.plan
        memory = Memory(writer)
        kernel = KernelSource(writer.arrangement, cluster, writer.placement.outside, memory.key)
        sources = kernel.write()
        places, end = [], 0
        for argument in kernel.arguments.values():
            if argument.value is None:
                array, end = writer.scratch((argument.length,), argument.dtype, end)
                places.append(f"({array}, 0)")
            else:
                places.append(memory.place(argument.value))
        dtypes = tuple(argument.dtype for argument in kernel.arguments.values())
        calls = []
        for number, source in enumerate(sources):
            line = ""
            name = writer.unit.name_of(source, dtypes)
            writer.beside.append(f"# {name}\n{source}")
            calls.append(f"call_{writer.order[instruction.nodes[0].index]}{'_numbers' * number}")
            if kernel.shared and not number:
                line = ", line=1" * bool(kernel.parts)
                made = f"shared(addresses[{name!r}], {kernel.shared}"
            else:
                is_long = cluster.size * len(cluster.nodes) > LONG and not number
                made = f"prepared({'releasing' if is_long else 'functions'}[{name!r}]"
            writer.setup.append(f"{calls[-1]} = {made}, {', '.join(places)}{line})")
        writer.names |= writer.unit.names_of_code()
        return [f"{call}()" for call in calls]

    def namespace(self) -> dict[str, Any]:
        """With the making of calls; the names of compiled code are taken before inputs are given theirs."""
        calls = {"prepared": prepared, "parted": parted, "shared": shared}
        return super().namespace() | calls | Unit().names_of_code()
