"""The embedded backend."""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

import numpy as np
from attrs import field, frozen
from attrs.validators import ge

from sigma_core.backends._checks import check_arguments, check_bound, check_names
from sigma_core.backends._contract import NO_DONATIONS, Backend, Executable, Program
from sigma_core.backends.numpy._source import Source
from sigma_core.backends.planning import arrange, place, schedule
from sigma_core.graph import Graph, Value, optimise

Run = Callable[..., tuple[Any, ...]]


@frozen(eq=False)
class NumpyExecutable(Executable):
    """A generated function over its own memory."""

    run: Run
    arguments: tuple[Value, ...]

    def __call__(self, *inputs: Any) -> tuple[Any, ...]:
        """Run the program."""
        try:
            return self.run(*inputs)
        except (AttributeError, TypeError):
            # The source takes for granted that it is given arrays, and as many as it needs.
            check_arguments(self.arguments, inputs)
            raise


@frozen(eq=False)
class NumpyProgram(Program):
    """Generated source, compiled to a function that makes executables."""

    source: str
    nodes: int
    bytes: int
    bound: tuple[Value, ...]
    arguments: tuple[Value, ...]
    donated: frozenset[str]
    make: Callable[[Mapping[str, Any], Callable[[Sequence[Any]], None]], Run] = field(repr=False)

    def instantiate(self, bound: Mapping[str, Any]) -> NumpyExecutable:
        """Allocate what is planned and make all views."""
        check_bound(self.bound, bound, self.donated)
        return NumpyExecutable(self.make(bound, partial(check_arguments, self.arguments)), self.arguments)


@frozen
class NumpyBackend(Backend):
    """Runs graphs with NumPy on the CPU: prepared calls into planned memory, long element-wise chains part by part."""

    part: int = field(default=32768, validator=ge(1), kw_only=True)
    """Elements of an array that a chain of element-wise operations works on at a time: so it stays in the cache."""

    name: ClassVar[str] = "numpy"

    def compile(
        self, graph: Graph, *, bound: Collection[str] = (), donations: Mapping[int, str] = NO_DONATIONS
    ) -> NumpyProgram:
        """Optimise, plan, write and compile."""
        check_names(graph, bound, donations)
        graph = optimise(graph)
        arrangement = arrange(graph, bound)
        instructions = schedule(arrangement, smallest=2 * self.part)
        placement = place(arrangement, instructions, donations)
        source = Source(arrangement, placement, self.part)
        text = source.write(instructions)
        exec(compile(text, "<numpy program>", "exec"), source.names)  # noqa: S102  # our own source
        return NumpyProgram(
            source=text,
            nodes=len(graph.nodes),
            bytes=sum(placement.sizes),
            bound=tuple(value for value in graph.inputs if arrangement.is_bound(value)),
            arguments=tuple(value for value in graph.inputs if not arrangement.is_bound(value)),
            donated=frozenset(donations.values()),
            make=source.names["instantiate"],
        )

    def array(self, array: Any) -> np.ndarray[Any, Any]:
        """A contiguous copy."""
        return np.array(array, order="C")

    def to_numpy(self, array: Any) -> np.ndarray[Any, Any]:
        """The array itself."""
        return np.asarray(array)
