"""What transformed functions are given: which leaves vary, and what comes back."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from attrs import frozen

from sigma_core.errors import DerivativeError, TraceError
from sigma_core.graph._record import as_value, named_value, record
from sigma_core.graph._scope import place
from sigma_core.graph._structure import Structure, flatten, paths, unflatten
from sigma_core.graph._trace import is_static, trace_with
from sigma_core.graph._value import Value

Argument = int | Sequence[int]
"""The position of an argument, or those of several."""


def on_arrays_too(function: Callable[..., Any]) -> Callable[..., Any]:
    """Trace and evaluate when no argument is a value; record otherwise."""

    def either(*arguments: Any, **keywords: Any) -> Any:
        if any_value(arguments, keywords):
            return function(*arguments, **keywords)
        traced = trace_with(function, arguments, keywords)
        # A function may close over values of a trace around it, and then becomes part of that.
        return traced.run() if traced.is_closed else traced.inlined()

    return either


def any_value(arguments: tuple[Any, ...], keywords: Mapping[str, Any]) -> bool:
    """Whether some argument is a value, so that a trace goes on around."""
    return any(isinstance(leaf, Value) for leaf in flatten((arguments, dict(keywords)))[0])


@frozen(eq=False)
class Varied:
    """The leaves of some arguments under new names, so that what a function closes over does not vary with them."""

    arguments: tuple[Any, ...]
    positions: tuple[int, ...]
    is_single: bool
    leaves: tuple[Value, ...]
    structure: Structure

    @property
    def complete(self) -> tuple[Any, ...]:
        """All arguments, the new names among them."""
        arguments = list(self.arguments)
        for position, part in zip(self.positions, unflatten(self.structure, self.leaves), strict=True):
            arguments[position] = part
        return tuple(arguments)

    def container(self, leaves: Sequence[Any]) -> Any:
        """One thing per leaf as the arguments have them: a tuple for several, or for one as it is itself."""
        parts = unflatten(self.structure, leaves)
        return parts[0] if self.is_single else parts


def varied(arguments: tuple[Any, ...], argument: Argument | None = None) -> Varied:
    """The arguments at these positions as what derivatives are taken by; None stands for all.

    Raises DerivativeError for positions that there are not, TraceError for leaves that are no numbers.
    """
    count = len(arguments)
    chosen, is_single = (tuple(range(count)), False) if argument is None else _positions(argument)
    for position in chosen:
        if not -count <= position < count:
            raise DerivativeError(
                place(),
                f"a derivative by argument {position} of a function that was given {count}",
                f"{-count} to {count - 1}" if count else "arguments by position",
            )
    positions = tuple(position % count for position in chosen)
    if len(set(positions)) < len(positions):
        raise DerivativeError(place(), f"a derivative by arguments {chosen}, of which two are one", "each once")
    leaves, structure = flatten(tuple(arguments[position] for position in positions))
    names = [
        name for position, part in zip(positions, structure.parts, strict=True) for name in paths(part, str(position))
    ]
    return Varied(arguments, positions, is_single, tuple(map(_renamed, leaves, names)), structure)


def _positions(argument: Any) -> tuple[tuple[int, ...], bool]:
    """Positions as they were asked for, and whether it was one alone; raises DerivativeError for what is none."""
    is_single = isinstance(argument, str) or not isinstance(argument, Iterable)
    positions = (argument,) if is_single else tuple(argument)
    for position in positions:
        if isinstance(position, bool) or not isinstance(position, int | np.integer):
            raise DerivativeError(
                place(),
                f"a derivative by argument {position!r}",
                "the position of an argument, from 0 on, or a tuple of positions",
            )
    return tuple(int(position) for position in positions), is_single


def check_function(what: str, function: Any) -> None:
    """Raise TraceError for what cannot be called, such as the result of a function in its place."""
    if not callable(function):
        raise TraceError(
            place(), f"{what} is {described(function)}", "a function", "give the function itself, not what it returns"
        )


def check_tuple(what: str, arguments: Any) -> None:
    """Raise DerivativeError unless these are several things in a row: an array would be taken apart."""
    if not isinstance(arguments, tuple | list):
        raise DerivativeError(
            place(),
            f"the {what} are {described(arguments)}",
            "a tuple with one for each argument of the function: (x,) for a single one",
        )


def _renamed(leaf: Any, name: str) -> Value:
    if is_static(leaf):
        raise TraceError(place(), f"there is no derivative by {leaf!r}", "arrays and numbers")
    value = as_value(leaf)
    if value.dtype.kind != "f":
        raise DerivativeError(
            place(),
            f"there is no derivative by argument {name}, of dtype {value.dtype}",
            "floating-point numbers",
            "convert it with astype, or give it by keyword",
        )
    return record("identity", value, weak=value.weak)


def parted(result: Any, *, has_aux: bool) -> tuple[Any, Any]:
    """What a function returned, as the part to be differentiated and the auxiliary one; raises DerivativeError."""
    if not has_aux:
        return result, None
    if not isinstance(result, tuple) or len(result) != 2:
        raise DerivativeError(
            place(), f"has_aux is set, but the function returned {described(result)}", "a pair: result, auxiliary"
        )
    return result


def outputs_of(result: Any) -> tuple[list[Value], Structure]:
    """The leaves of a result that is to be differentiated; raises DerivativeError for what has no derivative."""
    leaves, structure = flatten(result)
    names = paths(structure)
    values = [
        named_value(leaf, f"result {name}" if name else "the result") for leaf, name in zip(leaves, names, strict=True)
    ]
    for value, name in zip(values, names, strict=True):
        if value.dtype.kind != "f":
            raise DerivativeError(
                place(),
                f"there is no derivative of result{f' {name}' if name else ''}, of dtype {value.dtype}",
                "floating-point numbers",
                "return it as auxiliary, with has_aux=True",
            )
    return values, structure


def described(thing: Any) -> str:
    """What was returned, in a few words."""
    if isinstance(thing, Value):
        return f"{thing.dtype} of shape {thing.shape}"
    if isinstance(thing, tuple | list | dict):
        return f"a {type(thing).__name__} of {len(thing)}"
    name = type(thing).__name__
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"
