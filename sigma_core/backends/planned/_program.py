"""Generated code as a program, and a program with its memory as an executable."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from attrs import Factory, field, frozen

from sigma_core.backends._checks import check_arguments, check_bound
from sigma_core.backends._contract import Executable, Program
from sigma_core.backends._plan import Plan
from sigma_core.backends.planning import Placement, description
from sigma_core.graph import Value

Run = Callable[..., tuple[Any, ...]]


@frozen(eq=False)
class PlannedExecutable(Executable):
    """A generated function over its own memory."""

    run: Run
    """The program without its checks: what the body of a loop is called by."""
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
class PlannedProgram(Program):
    """Generated source, compiled to a function that makes executables."""

    source: str
    nodes: int
    sizes: tuple[int, ...]
    """Bytes of each block of memory."""
    bound: tuple[Value, ...]
    arguments: tuple[Value, ...]
    donated: frozenset[str]
    placement: Placement = field(repr=False)
    fused: bool
    """Whether a cluster is one loop."""
    block: Callable[[int], Any] = field(repr=False)
    """(bytes) -> memory of the device."""
    make: Callable[..., Run] = field(repr=False)
    """(bound arrays by name, blocks, refusal of arguments) -> function of the arguments."""

    bytes: int = field(init=False, default=Factory(lambda self: sum(self.sizes), takes_self=True))

    @property
    def plan(self) -> Plan:
        """What is computed together, and where everything lies."""
        return description(self.placement, fused=self.fused)

    def allocate(self) -> tuple[Any, ...]:
        """The blocks of memory for an executable."""
        return tuple(self.block(size) for size in self.sizes)

    def instantiate(self, bound: Mapping[str, Any], memory: Sequence[Any] | None = None) -> PlannedExecutable:
        """Make all views; executables that never run at the same time may share the `memory` of one `allocate`.

        What they return besides donated outputs lies in that memory too.
        """
        check_bound(self.bound, bound, self.donated)
        refuse = partial(check_arguments, self.arguments)
        return PlannedExecutable(
            self.make(bound, self.allocate() if memory is None else memory, refuse), self.arguments
        )
