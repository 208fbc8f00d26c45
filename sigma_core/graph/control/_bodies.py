"""Bodies of control operations: functions traced by themselves, with what they close over made inputs."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from operator import index
from typing import Any

from sigma_core.errors import ShapeError, TraceError
from sigma_core.graph._graph import Graph
from sigma_core.graph._record import cast, common_dtype, constant, named_value, placeholder, record
from sigma_core.graph._replay import substituted
from sigma_core.graph._scope import place
from sigma_core.graph._structure import Structure, flatten, leaves_as, paths
from sigma_core.graph._value import Value
from sigma_core.graph.operations._control import signatures


def values_of(container: Any, word: str) -> tuple[list[Value], Structure]:
    """The leaves of a container, each called by such a word, as values; raises TraceError."""
    leaves, structure = flatten(container)
    return [
        named_value(leaf, named(word, path)) for leaf, path in zip(leaves, paths(structure), strict=True)
    ], structure


def typed(value: Value) -> str:
    """Dtype and shape, for messages."""
    return f"{value.dtype}{list(value.shape)}"


def named(word: str, path: str) -> str:
    """A leaf of a container, for messages."""
    return f"{word} {path!r}" if path else f"the {word}"


def parameter(value: Value, name: str) -> Value:
    """A placeholder for something like the value."""
    return placeholder(value.shape, value.dtype, name, weak=value.weak)


def born(*groups: Sequence[Value]) -> int:
    """Where a body begins: whatever it reads that is older than its placeholders is of the trace around it."""
    return min((value.index for values in groups for value in values), default=constant(0).index)


def closures(outputs: Iterable[Value], born: int) -> list[Value]:
    """Values older than `born` that the outputs read, in order; numbers and what repeats them stay in the body."""
    found: dict[int, Value] = {}
    seen: set[int] = set()
    waiting = list(outputs)
    while waiting:
        value = waiting.pop()
        if value.index in seen or is_plain(value):
            continue
        seen.add(value.index)
        # A bundle is no array that could be handed in; its results are.
        source = value.inputs[0] if value.operation.name == "pick" else value
        if source.index < born:
            found[value.index] = value
        else:
            waiting.extend(value.inputs)
    return [found[index] for index in sorted(found)]


def is_plain(value: Value) -> bool:
    """Whether a value is a constant of the program, or one that is repeated: bodies have their own."""
    while value.operation.name == "broadcast_to":
        (value,) = value.inputs
    return value.operation.name == "constant"


def closed(inputs: Sequence[Value], captured: Sequence[Value], *bodies: Sequence[Value]) -> list[Graph]:
    """Bodies as graphs of the same inputs, behind which stand placeholders for what they close over."""
    held = [parameter(value, f"constant.{number}") for number, value in enumerate(captured)]
    replaced = {old.index: new for old, new in zip(captured, held, strict=True)}
    return [Graph((*inputs, *held), substituted(outputs, replaced)) for outputs in bodies]


def steady(loop: str, structure: Structure, carries: Sequence[Value], returned: Any) -> tuple[list[Value], list[Value]]:
    """The carries and what a step makes of them, brought to equal types; raises ShapeError where that cannot be.

    Python numbers take the type of what they meet, as everywhere: a carry that starts as 0.0 becomes what the body
    makes of it. Where a carry changed here, the body is to be traced again.
    """
    leaves = leaves_as(structure, returned)
    if leaves is None:
        raise TraceError(
            place(),
            f"the carry that the body of {loop} returns is not built as the one it is given",
            "the same nested containers",
        )
    names = paths(structure)
    outputs = [
        named_value(leaf, f"{named('carry', path)} that the body of {loop} returns")
        for leaf, path in zip(leaves, names, strict=True)
    ]
    started, made = list(carries), list(outputs)
    for number, (path, old, new) in enumerate(zip(names, carries, outputs, strict=True)):
        if (old.shape, old.dtype) == (new.shape, new.dtype) and (new.weak or not old.weak):
            continue
        if old.shape == new.shape and old.weak:
            started[number] = cast(old, new.dtype, weak=True) if new.weak else record("cast", old, dtype=new.dtype)
        elif old.shape == new.shape and new.weak and common_dtype(old, new) == old.dtype:
            made[number] = cast(new, old.dtype)
        else:
            raise ShapeError(
                place(),
                f"{named('carry', path)} of {loop} changes from {typed(old)} to {typed(new)} in a step",
                "a carry of one shape and dtype",
                "start from what a step gives, or cast with astype",
            )
    return started, made


def steps_of(loop: str, number: Any) -> int:
    """How many steps a loop is told to make; raises ShapeError for what is no number of steps."""
    if not isinstance(number, Value):
        with suppress(TypeError):
            if not isinstance(number, bool) and (steps := index(number)) >= 0:
                return steps
    raise ShapeError(
        place(),
        f"{loop} over {number!r} steps",
        "a whole number, 0 or more",
        "while_loop, where it is known only when the program runs" if isinstance(number, Value) else "",
    )


def picks(bundle: Value, weak: Iterable[bool] = ()) -> list[Value]:
    """All results of a bundle; the first as weak as is said, the others not."""
    flags = [*weak]
    flags += [False] * (len(signatures(bundle)) - len(flags))
    return [record("pick", bundle, weak=flag, position=number) for number, flag in enumerate(flags)]
