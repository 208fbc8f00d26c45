"""A graph: an immutable, typed program of array operations over placeholders."""

from collections.abc import Iterable
from functools import cached_property
from typing import Any

from attrs import field, frozen

from sigma_core.errors import TraceError
from sigma_core.graph._record import as_value
from sigma_core.graph._value import Value
from sigma_core.graph.operations import Literal


def reachable(outputs: Iterable[Value]) -> tuple[Value, ...]:
    """The values that outputs are made of, in order: every value behind its inputs."""
    seen: dict[int, Value] = {}
    waiting = list(outputs)
    while waiting:
        value = waiting.pop()
        if value.index not in seen:
            seen[value.index] = value
            waiting.extend(value.inputs)
    return tuple(seen[index] for index in sorted(seen))


def _values(values: Iterable[Any]) -> tuple[Value, ...]:
    return tuple(as_value(value) for value in values)


def _names(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(names)


@frozen(eq=False)
class Graph:
    """A program from placeholders to outputs; raises TraceError when a value comes from elsewhere."""

    inputs: tuple[Value, ...] = field(converter=_values)
    outputs: tuple[Value, ...] = field(converter=_values)
    output_names: tuple[str, ...] = field(converter=_names)

    @output_names.default
    def _numbered(self) -> tuple[str, ...]:
        return tuple(str(position) for position in range(len(self.outputs)))

    def __attrs_post_init__(self) -> None:
        known = {value.index for value in self.inputs}
        for node in self.nodes:
            if node.operation.name == "placeholder" and node.index not in known:
                raise TraceError(
                    "graph",
                    f"its outputs need placeholder {node.attributes['name']!r}, which is not among its inputs",
                    remedy="give it as an input, or keep values inside the function that is traced",
                )

    @cached_property
    def nodes(self) -> tuple[Value, ...]:
        """All values behind the outputs, placeholders and constants included, in the order of the program."""
        return reachable(self.outputs)

    @property
    def input_names(self) -> tuple[str, ...]:
        """Names of the placeholders, in order."""
        return tuple(value.attributes["name"] for value in self.inputs)

    def describe(self) -> str:
        """The program as text: one line per node, with its layer."""
        numbers = {node.index: number for number, node in enumerate(self.nodes)}
        lines = [_line(node, numbers) for node in self.nodes]
        outputs = zip(self.output_names, self.outputs, strict=True)
        lines.append("return " + ", ".join(f"{name}=%{numbers[value.index]}" for name, value in outputs))
        return "\n".join(lines)


def _line(node: Value, numbers: dict[int, int]) -> str:
    shape = "weak" if node.weak else ", ".join(str(size) for size in node.shape)
    arguments = [f"%{numbers[each.index]}" for each in node.inputs]
    # A placeholder's shape and dtype stand in front already.
    hidden = ("shape", "dtype") if node.operation.name == "placeholder" else ()
    named = ((name, attribute) for name, attribute in node.attributes.items() if name not in hidden)
    arguments += [f"{name}={_attribute(attribute)}" for name, attribute in named]
    text = f"%{numbers[node.index]}: {node.dtype}[{shape}] = {node.operation.name}({', '.join(arguments)})"
    return f"{text}  # {node.scope}" if node.scope else text


def _attribute(attribute: Any) -> str:
    if isinstance(attribute, Literal):
        array = attribute.array
        return str(array.item()) if array.ndim == 0 else f"array{list(array.shape)}"
    return str(attribute)
