"""What kernels of single nodes have in common: how their operands lie, and the line that calls them."""

from collections.abc import Mapping, Sequence

import numpy as np
from attrs import frozen

from sigma_core.extend import HostBackend, Value, Writer
from sigma_numba._memory import Memory

LONG = 10_000
"""Elements from which on a kernel lets other threads run: ten microseconds or so."""


@frozen(eq=False)
class Operand:
    """A value as a kernel sees it."""

    value: Value
    steps: tuple[int, ...]
    """Elements from one to the next along each axis."""
    place: str
    """Source of its memory."""


def operand(writer: Writer, value: Value) -> Operand:
    """A value where it lies."""
    layout = writer.arrangement.layout[value.index]
    return Operand(value, tuple(step // value.dtype.itemsize for step in layout.strides), Memory(writer).place(value))


def packed(writer: Writer, value: Value, lines: list[str], start: int = 0) -> tuple[Operand, int]:
    """A value in C order: copied, by one more line, if it does not lie so; and the end of scratch memory."""
    if writer.arrangement.layout[value.index].flags.c_contiguous:
        return operand(writer, value), start
    name, end = writer.scratch(value.shape, value.dtype, start)
    lines.append(f"copyto({name}, {writer.array(value)})")
    steps = [1]
    for size in reversed(value.shape[1:]):
        steps.insert(0, steps[0] * size)
    return Operand(value, tuple(steps), f"({name}, 0)"), end


def neighbours(writer: Writer, value: Value, lines: list[str]) -> tuple[Operand, int]:
    """A value whose last axis is contiguous: copied, if it is not."""
    given = operand(writer, value)
    return (given, 0) if given.steps[-1] == 1 or value.shape[-1] == 1 else packed(writer, value, lines)


def left_to_numpy(writer: Writer, node: Value) -> Sequence[str]:
    """The lines of a node that this backend has no kernel for, as NumPy's backend has them."""
    return HostBackend.kernels.get(node.operation.name, HostBackend.others)(writer, node)


def call(writer: Writer, source: Sequence[str], operands: Sequence[Operand], node: Value) -> str:
    """The line that calls a kernel, whose arguments are the operands and the node's own memory."""
    given = [*operands, operand(writer, node)]
    function = _function(writer, source, given)
    name = f"call_{writer.order[node.index]}"
    writer.setup.append(f"{name} = prepared({function}, {', '.join(each.place for each in given)})")
    return f"{name}()"


def call_in_parts(
    writer: Writer, source: Sequence[str], operands: Mapping[Operand, int], node: Value, count: int
) -> str:
    """The line that calls a kernel once for each part.

    Operands, the result among them, have elements from where one part begins to where the next does.
    """
    kernel = named(writer, source, [each.value.dtype for each in operands])
    name = f"call_{writer.order[node.index]}"
    places = (f"(*{each.place}, {step * each.value.dtype.itemsize})" for each, step in operands.items())
    writer.setup.append(f"{name} = parted(addresses[{kernel!r}], {count}, {', '.join(places)})")
    return f"{name}()"


def _function(writer: Writer, source: Sequence[str], operands: Sequence[Operand]) -> str:
    """Source of the compiled kernel."""
    functions = "releasing" if max(each.value.size for each in operands) > LONG else "functions"
    return f"{functions}[{named(writer, source, [each.value.dtype for each in operands])!r}]"


def named(writer: Writer, source: Sequence[str], dtypes: Sequence[np.dtype]) -> str:
    """The name under which a kernel is compiled."""
    text = "\n".join([*source, ""])
    name: str = writer.unit.name_of(text, tuple(dtypes))
    if f"# {name}\n{text}" not in writer.beside:
        writer.beside.append(f"# {name}\n{text}")
    writer.names |= writer.unit.names_of_code()
    return name
