"""Bodies of control operations: functions traced by themselves, with what they close over made inputs."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from attrs import frozen

from sigma_core.errors import ShapeError, TraceError
from sigma_core.graph._graph import Graph
from sigma_core.graph._record import as_value, cast, common_dtype, constant, placeholder, record
from sigma_core.graph._replay import substituted
from sigma_core.graph._scope import place
from sigma_core.graph._structure import Structure, flatten, paths, unflatten
from sigma_core.graph._trace import trace_with
from sigma_core.graph._value import Value
from sigma_core.graph.operations._control import signatures


def at_once(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, evaluated where no argument is a value of a trace, and recorded otherwise."""

    def either(*arguments: Any) -> Any:
        if any(isinstance(leaf, Value) for leaf in flatten(arguments)[0]):
            return function(*arguments)
        traced = trace_with(function, arguments)
        # A function may close over values of a trace around it, and then becomes part of that.
        return traced.run() if traced.is_closed else traced.inlined()

    return either


def values_of(container: Any) -> tuple[list[Value], Structure]:
    """The leaves of a container as values."""
    leaves, structure = flatten(container)
    return [as_value(leaf) for leaf in leaves], structure


def typed(value: Value) -> str:
    """Dtype and shape, for messages."""
    return f"{value.dtype}{list(value.shape)}"


def named(word: str, path: str) -> str:
    """A leaf of a container, for messages."""
    return f"{word} {path!r}" if path else f"the {word}"


def parameter(value: Value, name: str) -> Value:
    """A placeholder for something like the value."""
    return placeholder(value.shape, value.dtype, name, weak=value.weak)


@frozen(eq=False)
class Tracing:
    """A function of a body, run on values: what it returned. Values older than `born` are of the trace around it."""

    born: int
    outputs: list[Value]
    structure: Structure


def trace_body(function: Callable[..., Any], *arguments: tuple[Structure, Sequence[Value]]) -> Tracing:
    """Run a function on containers of placeholders, which were made for this."""
    given = [value.index for _, values in arguments for value in values]
    born = min(given, default=constant(0).index)
    results, structure = flatten(function(*(unflatten(built, values) for built, values in arguments)))
    return Tracing(born, [as_value(result) for result in results], structure)


def closures(outputs: Iterable[Value], born: int) -> list[Value]:
    """Values older than `born` that the outputs read, in order; numbers and what repeats them stay in the body."""
    found: dict[int, Value] = {}
    seen: set[int] = set()
    waiting = list(outputs)
    while waiting:
        value = waiting.pop()
        if value.index in seen or _is_plain(value):
            continue
        seen.add(value.index)
        # A bundle is no array that could be handed in; its results are.
        source = value.inputs[0] if value.operation.name == "pick" else value
        if source.index < born:
            found[value.index] = value
        else:
            waiting.extend(value.inputs)
    return [found[index] for index in sorted(found)]


def _is_plain(value: Value) -> bool:
    while value.operation.name == "broadcast_to":
        (value,) = value.inputs
    return value.operation.name == "constant"


def closed(inputs: Sequence[Value], outputs: Sequence[Value], captured: Sequence[Value]) -> Graph:
    """The body as a graph of its inputs, behind which stand placeholders for what it closes over."""
    held = [parameter(value, f"constant.{number}") for number, value in enumerate(captured)]
    replaced = substituted(outputs, {old.index: new for old, new in zip(captured, held, strict=True)})
    return Graph((*inputs, *held), replaced)


def steady(
    body: str, structure: Structure, carries: Sequence[Value], returned: Structure, outputs: Sequence[Value]
) -> tuple[list[Value], list[Value]]:
    """The carries and what a step makes of them, brought to equal types; raises ShapeError where that cannot be.

    Python numbers take the type of what they meet, as everywhere: a carry that starts as 0.0 becomes what the body
    makes of it. Where a carry changed here, the body is to be traced again.
    """
    if returned != structure:
        raise TraceError(
            place(),
            f"the carry that the body of {body} returns is not built as the one it is given",
            "the same nested containers",
        )
    started, made = list(carries), list(outputs)
    for number, (path, old, new) in enumerate(zip(paths(structure), carries, outputs, strict=True)):
        if (old.shape, old.dtype) == (new.shape, new.dtype) and (new.weak or not old.weak):
            continue
        if old.shape == new.shape and old.weak:
            started[number] = cast(old, new.dtype, weak=True) if new.weak else record("cast", old, dtype=new.dtype)
        elif old.shape == new.shape and new.weak and common_dtype(old, new) == old.dtype:
            made[number] = cast(new, old.dtype)
        else:
            raise ShapeError(
                place(),
                f"{named('carry', path)} of {body} changes from {typed(old)} to {typed(new)} in a step",
                "a carry of one shape and dtype",
                "start from what a step gives, or cast with astype",
            )
    return started, made


def picks(bundle: Value, weak: Iterable[bool] = ()) -> list[Value]:
    """All results of a bundle; the first as weak as is said, the others not."""
    flags = [*weak]
    flags += [False] * (len(signatures(bundle)) - len(flags))
    return [record("pick", bundle, weak=flag, position=number) for number, flag in enumerate(flags)]
