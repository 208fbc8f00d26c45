"""Bodies of control operations as programs of their own, over memory that is known before they run."""

from collections.abc import Callable, Iterable, Sequence
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
from attrs import define, field, frozen

from sigma_core.backends.planned._program import PlannedProgram
from sigma_core.backends.planning import bundle_of
from sigma_core.graph import Graph, Signature, Value, placeholder, signatures, substituted

if TYPE_CHECKING:
    from sigma_core.backends.planned._writer import Writer

Step = Callable[[], Any]
"""One run of a body."""


@frozen(eq=False)
class Part:
    """A body as a program of which all inputs and outputs are bound."""

    program: PlannedProgram

    @classmethod
    def of(cls, writer: "Writer", body: Graph, outputs: Sequence[Value]) -> "Part":
        """Compile a body for some of its outputs."""
        inputs = [placeholder(value.shape, value.dtype, f"in{place}") for place, value in enumerate(body.inputs)]
        targets = [placeholder(value.shape, value.dtype, f"out{place}") for place, value in enumerate(outputs)]
        renamed = substituted(outputs, {old.index: new for old, new in zip(body.inputs, inputs, strict=True)})
        graph = Graph((*inputs, *targets), renamed)
        donations = {place: f"out{place}" for place in range(len(targets))}
        program = writer.compile_body(graph, bound=graph.input_names, donations=donations)
        writer.beside.append(program.source)
        return cls(program)

    def step(self, inputs: Sequence[Any], outputs: Sequence[Any], blocks: Sequence[Any]) -> Step:
        """A run of the body from and to these arrays; steps that share their blocks never run at the same time."""
        bound = {f"in{place}": array for place, array in enumerate(inputs)}
        bound |= {f"out{place}": array for place, array in enumerate(outputs)}
        return self.program.instantiate(bound, blocks).run


@define(eq=False)
class Lines:
    """The lines of one control operation, and the arrays that only they use."""

    writer: "Writer"
    node: Value
    lines: list[str] = field(factory=list)
    end: int = 0
    """Bytes of scratch memory that are taken."""

    def bind(self, word: str, thing: Any) -> str:
        """The name of what is there when the source runs."""
        return self.writer.bind(f"{word}_{self.writer.order[self.node.index]}", thing)

    def like(self, value: Value) -> str:
        """The name of an array like a value."""
        return self._scratch(value.shape, value.dtype)

    def blocks(self, part: Part) -> str:
        """The source of the memory of a body's instances."""
        return tuple_of(self._scratch((size,), np.uint8) for size in part.program.sizes)

    def inputs(self, carries: int = 0) -> list[str]:
        """Names of the inputs: behind carries, which are copied anyway, arrays that stay in one place."""
        names = [self.writer.array(value) for value in self.node.inputs[:carries]]
        for value in self.node.inputs[carries:]:
            arrangement, name = self.writer.arrangement, self.writer.array(value)
            if not arrangement.is_static(value) or not arrangement.layout[value.index].flags.c_contiguous:
                copy = self.like(value)
                self.lines.append(f"copyto({copy}, {name})")
                name = copy
            names.append(name)
        return names

    def results(self) -> list[str]:
        """Names of the places of the results."""
        memory, at = self.writer.array(self.node), self.writer.bind("array_at", array_at)
        names = []
        for number, ((shape, dtype), start) in enumerate(
            zip(signatures(self.node), bundle_of(self.node).places, strict=True)
        ):
            names.append(f"{memory}_{number}")
            self.writer.setup.append(f"{names[-1]} = {at}({memory}, {start}, ({shape}, dtype({str(dtype)!r})))")
        return names

    def _scratch(self, shape: tuple[int, ...], dtype: Any) -> str:
        name, self.end = self.writer.scratch(shape, dtype, self.end)
        return name


def array_at(memory: Any, start: int, types: Signature) -> Any:
    """An array that begins at a byte of memory."""
    shape, dtype = types
    return memory[start : start + prod(shape) * dtype.itemsize].view(dtype).reshape(shape)


def tuple_of(names: Iterable[str]) -> str:
    """The source of a tuple."""
    return f"({''.join(f'{name}, ' for name in names)})"
