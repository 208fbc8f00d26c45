"""A graph: an immutable, typed program of array operations over placeholders."""

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from attrs import field, frozen

from sigma_core.errors import TraceError
from sigma_core.graph._record import as_value
from sigma_core.graph._value import Value
from sigma_core.graph.operations import Literal
from sigma_core.graph.operations._control import signatures


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

    def describe(self, name: str = "") -> str:
        """The program as text: one line per node, with its layer, and what is returned; bodies stand behind it.

        A body is called by the node and the attribute that hold it, `%12.body`, within the program's own `name`.
        """
        numbers = {node.index: number for number, node in enumerate(self.nodes)}
        bodies: dict[str, Graph] = {}
        lines = []
        for number, node in enumerate(self.nodes):
            held = {key: each for key, each in node.attributes.items() if isinstance(each, Graph)}
            called = {key: f"{name}%{number}.{key}" for key in held}
            bodies |= {called[key]: each for key, each in held.items()}
            lines.append(_line(node, numbers, called))
        outputs = zip(self.output_names, self.outputs, strict=True)
        lines.append("return " + ", ".join(f"{name}=%{numbers[value.index]}" for name, value in outputs))
        behind = [
            f"\n{called}({', '.join(body.input_names)}):\n{body.describe(called)}" for called, body in bodies.items()
        ]
        return "\n".join([*lines, *behind])


def _line(node: Value, numbers: dict[int, int], bodies: Mapping[str, str]) -> str:
    arguments = [f"%{numbers[each.index]}" for each in node.inputs]
    # A placeholder's shape and dtype stand in front already.
    hidden = ("shape", "dtype") if node.operation.name == "placeholder" else ()
    named = ((name, attribute) for name, attribute in node.attributes.items() if name not in hidden)
    arguments += [f"{name}={bodies.get(name) or _attribute(attribute)}" for name, attribute in named]
    text = f"%{numbers[node.index]}: {_type(node)} = {node.operation.name}({', '.join(arguments)})"
    return f"{text}  # {node.scope}" if node.scope else text


def _type(node: Value) -> str:
    if node.operation.is_bundle:
        return f"({', '.join(f'{dtype}{list(shape)}' for shape, dtype in signatures(node))})"
    return f"{node.dtype}[{'weak' if node.weak else ', '.join(str(size) for size in node.shape)}]"


def _attribute(attribute: Any) -> str:
    if isinstance(attribute, Literal):
        array = attribute.array
        return str(array.item()) if array.ndim == 0 else f"array{list(array.shape)}"
    return str(attribute)
