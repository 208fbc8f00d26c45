"""The kernels of one compilation, gathered into one module of CUDA C."""

from collections.abc import Sequence
from typing import Any

from attrs import define, field, frozen

from sigma_core.extend import Arrangement, Writer
from sigma_cuda.kernels._elements import PRELUDE
from sigma_cuda.kernels._text import Parameter, kernel

OPTIONS = ("--std=c++14",)
"""Of the compiler."""


@define(eq=False)
class Unit:
    """Kernels of a program and of the bodies of its control operations, compiled at once."""

    sources: list[str] = field(factory=list)
    module: Any = None
    """What the runtime made of the source; None until it is compiled."""

    _largest: dict[Arrangement, int] = field(factory=dict, init=False)

    def largest(self, arrangement: Arrangement) -> int:
        """Elements of the largest array of a program: which offsets its kernels may come to."""
        if arrangement not in self._largest:
            sizes = (arrangement.layout[root.index].size for root in arrangement.root.values())
            self._largest[arrangement] = max(sizes, default=0)
        return self._largest[arrangement]

    @property
    def source(self) -> str:
        """The whole module."""
        return "\n".join([PRELUDE, *self.sources])


@frozen(eq=False)
class Launch:
    """One kernel of a unit: called with its arrays, once they are there, it gives what a call of the program does."""

    unit: Unit
    name: str
    threads: int

    def __call__(self, *arrays: Any) -> Any:
        """A function without arguments that starts the kernel."""
        return self.unit.module.prepare(self.name, self.threads, arrays)


def launch(
    writer: Writer, word: str, threads: int, arrays: Sequence[tuple[str, Parameter]], body: Sequence[str]
) -> list[str]:
    """Write a kernel into the unit, and the line that starts it; `arrays` are names in the program, in their order."""
    if not threads:
        return []
    unit: Unit = writer.unit
    name = f"{word}_{len(unit.sources)}"
    parameters = [parameter for _, parameter in arrays]
    text = kernel(name, threads, parameters, body, largest=unit.largest(writer.arrangement))
    unit.sources.append(text)
    writer.beside.append(text)
    made = writer.bind(name, Launch(unit, name, threads))
    # Bound, so that no array of the program takes the name; each instantiation gives it a meaning of its own.
    start = writer.bind(f"start_{name}", None)
    writer.setup.append(f"{start} = {made}({', '.join(array for array, _ in arrays)})")
    return [f"{start}()"]
