"""Functions that bring their own derivatives."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextvars import ContextVar
from typing import Any

import numpy as np
from attrs import evolve, frozen

from sigma_core.errors import DerivativeError, TraceError
from sigma_core.graph._batching import batched
from sigma_core.graph._gradients import cotangents
from sigma_core.graph._record import cast, named_value, placeholder, record
from sigma_core.graph._replay import substituted
from sigma_core.graph._scope import place, place_of
from sigma_core.graph._structure import Structure, flatten, members, paths, unflatten
from sigma_core.graph._trace import is_static
from sigma_core.graph._value import Value
from sigma_core.graph.control._bodies import born, closures, named, parameter, picks, typed
from sigma_core.graph.control._call import call
from sigma_core.graph.operations._control import Parts, signatures
from sigma_core.graph.transforms._arguments import check_function, described, on_arrays_too

Rule = Callable[[Any, Any, Any], Any]
_is_reading: ContextVar[bool] = ContextVar("is_reading", default=False)
"""Whether rules run to be read, and not those of functions inside, which may be the same."""
_SUM = "np.sum over axes that are too many, np.broadcast_to where some are missing"


def custom_derivative(
    function: Callable[..., Any], reverse: Rule | None = None, forward: Rule | None = None
) -> Callable[..., Any]:
    """The function, differentiated by rules of one's own in place of its parts.

    `reverse(inputs, outputs, cotangents)` returns what the inputs are due, `forward(inputs, outputs, tangents)` how the
    outputs move. `inputs` is the tuple of all arguments and `outputs` the result, both as the function has them;
    `cotangents` are built as the result and `tangents` as `inputs`. What a rule returns is built as the other side: a
    tuple with one part per argument, or the same containers as the result; None, also in place of a whole part, stands
    for zeros. Integers and truth values have no derivative, and None is given for them.

    A rule that is linear in its last argument is enough: the other mode transposes it. Rules are NumPy on values, and
    are differentiated themselves for derivatives of higher order. They may close over values, and run once when the
    function is called, for these to be known. Raises DerivativeError where a rule returns something of another
    structure, shape or dtype, where one that is not linear would have to be transposed, and for derivatives by what the
    function closes over.
    """
    if reverse is None and forward is None:
        raise TraceError("custom_derivative", "neither a reverse nor a forward rule is given", "one of them")

    check_function("what custom_derivative is to differentiate", function)
    for rule in (reverse, forward):
        if rule is not None:
            check_function("a rule of custom_derivative", rule)

    def called(*arguments: Any, **keywords: Any) -> Any:
        if keywords:
            # Rules are given arguments by their positions.
            raise TraceError(
                place(),
                f"a function with a custom derivative was given {next(iter(keywords))!r} by keyword",
                "arguments by position, as its rules have them",
            )
        leaves, structure = flatten(arguments)
        static = tuple(leaf if is_static(leaf) else None for leaf in leaves)
        name = getattr(function, "__name__", type(function).__name__)

        def rules(
            built: Structure, given: Sequence[Value], results: Sequence[Value], captured: Sequence[Value]
        ) -> OwnRules:
            own = OwnRules(name, reverse, forward, structure, static, built, tuple(captured), len(captured))
            known = {value.index for value in captured}
            more = [value for value in own.read(given, results) if value.index not in known]
            return evolve(own, held=(*captured, *more))

        return call(function, arguments, rules)

    return on_arrays_too(called)


class Rules(ABC):
    """Both rules of a call, over its inputs and results one by one."""

    @abstractmethod
    def cotangents(self, inputs: Sequence[Value], outputs: Sequence[Value], given: Sequence[Any]) -> list[Any]:
        """What each input is due; None is zero, here and there."""

    @abstractmethod
    def tangents(self, inputs: Sequence[Value], outputs: Sequence[Value], given: Sequence[Any]) -> list[Any]:
        """How each output moves; None is zero, here and there."""

    @abstractmethod
    def own(self, node: Value, positions: Iterable[int]) -> Sequence[Value]:
        """The inputs; raises DerivativeError where derivatives by what the function closes over are asked for."""

    def reverse(self, positions: tuple[int, ...], given: Parts, node: Value) -> list[Any]:
        """The rule of a call."""
        due = self.cotangents(self.own(node, positions), picks(node), given)
        # What only a rule reads is no part of the function.
        return [due[position] if position < len(due) else None for position in positions]

    def forward(self, given: tuple[Any, ...], node: Value) -> Parts:
        """The rule of a call."""
        inputs = self.own(node, [position for position, tangent in enumerate(given) if tangent is not None])
        return Parts(self.tangents(inputs, picks(node), given))

    def mapped(self, node: Value, flags: tuple[bool, ...]) -> "MappedRules":
        """Those of the call mapped over axis 0 of inputs."""
        return MappedRules(self, node, flags)


@frozen(eq=False)
class OwnRules(Rules):
    """The rules as they were given, and how arguments and results are built."""

    name: str
    reverse_rule: Rule | None
    forward_rule: Rule | None
    structure: Structure
    static: tuple[Any, ...]
    """The arguments that are no arrays; None in the places of others."""
    built: Structure
    held: tuple[Value, ...]
    """What the function closes over, and then what only the rules do: inputs of the call, behind the arguments."""
    closures: int
    """How many of these are the function's."""

    @property
    def count(self) -> int:
        """The number of arguments that are arrays."""
        return sum(leaf is None for leaf in self.static)

    def read(self, given: Sequence[Value], results: Sequence[Value]) -> list[Value]:
        """What the rules close over: in a loop or branch, or mapped, other values stand for it.

        They are run to know that. What goes wrong then is told when a derivative is asked for.
        """
        if _is_reading.get():
            return []
        token = _is_reading.set(True)
        try:
            inputs, outputs = ([parameter(value, "read") for value in values] for values in (given, results))
            along, due = ([_moved(value) for value in values] for values in (inputs, outputs))
            parts = [] if self.reverse_rule is None else self.cotangents(inputs, outputs, due)
            parts += [] if self.forward_rule is None else self.tangents(inputs, outputs, along)
        except Exception:  # noqa: BLE001  # rules are anybody's
            return []
        finally:
            _is_reading.reset(token)
        return closures([part for part in parts if part is not None], born(inputs, outputs))

    def own(self, node: Value, positions: Iterable[int]) -> Sequence[Value]:
        """Behind the arguments stands what the function closes over."""
        if any(self.count <= position < self.count + self.closures for position in positions):
            raise DerivativeError(
                place(),
                f"the custom derivative of {self.name} was asked for one by a value that {self.name} closes over",
                "derivatives by its arguments",
                "hand the value over as an argument",
            )
        return node.inputs

    def cotangents(self, inputs: Sequence[Value], outputs: Sequence[Value], given: Sequence[Any]) -> list[Any]:
        """By the reverse rule, or the forward one transposed."""
        if self.reverse_rule is None:
            return self._transposed(lambda start: self.tangents(inputs, outputs, start), inputs[: self.count], given)
        due = self.reverse_rule(
            self._arguments(inputs), unflatten(self.built, outputs), unflatten(self.built, _completed(given, outputs))
        )
        leaves = self._leaves(self.structure, due, "reverse", "argument")
        found = [leaf for leaf, static in zip(leaves, self.static, strict=True) if static is None]
        names = [name for name, static in zip(paths(self.structure), self.static, strict=True) if static is None]
        parts = [
            self._checked(self.reverse_rule, leaf, value, f"the cotangent of {named('argument', name)}")
            for leaf, value, name in zip(found, inputs[: self.count], names, strict=True)
        ]
        return self._standing(parts, inputs)

    def tangents(self, inputs: Sequence[Value], outputs: Sequence[Value], given: Sequence[Any]) -> list[Any]:
        """By the forward rule, or the reverse one transposed."""
        if self.forward_rule is None:
            return self._transposed(lambda start: self.cotangents(inputs, outputs, start), outputs, given[: self.count])
        moved = self.forward_rule(
            self._arguments(inputs),
            unflatten(self.built, outputs),
            self._arguments(_completed(given[: self.count], inputs[: self.count]), static=False),
        )
        parts = [
            self._checked(self.forward_rule, leaf, value, f"the tangent of {named('result', name)}")
            for leaf, value, name in zip(
                self._leaves(self.built, moved, "forward", "result"), outputs, paths(self.built), strict=True
            )
        ]
        return self._standing(parts, inputs)

    def _transposed(
        self, linear: Callable[[list[Any]], list[Any]], domain: Sequence[Value], given: Sequence[Any]
    ) -> list[Any]:
        """The transpose of a linear function: its derivative, which is the same everywhere, in reverse mode."""
        zeros = _completed([None] * len(domain), domain)
        start = [record("identity", zero) if zero is not None else None for zero in zeros]
        moved = [each for each in start if each is not None]
        results = zip(linear(start), given, strict=True)
        pairs = [(part, each) for part, each in results if part is not None and each is not None]
        found = cotangents([part for part, _ in pairs], moved, [each for _, each in pairs])
        if _depends(found, moved):
            word, other = ("reverse", "forward") if self.forward_rule is None else ("forward", "reverse")
            raise DerivativeError(
                place_of(self.reverse_rule or self.forward_rule),
                f"the {word} rule of {self.name} is not linear in its last argument, so the {other} mode has no rule",
                "a linear rule, which serves both modes",
                f"give custom_derivative a {other} rule as well, or take derivatives in {word} mode alone",
            )
        rest = iter(found)
        return [None if each is None else next(rest) for each in start]

    def _standing(self, parts: list[Any], inputs: Sequence[Value]) -> list[Any]:
        """What the rules made, of the inputs that now stand for what they close over."""
        pairs = zip(self.held, inputs[self.count :], strict=False)
        replaced = {old.index: new for old, new in pairs if new is not old}
        found = iter(substituted([part for part in parts if part is not None], replaced))
        return [None if part is None else next(found) for part in parts]

    def _arguments(self, values: Iterable[Any], *, static: bool = True) -> Any:
        rest = iter(values)
        return unflatten(
            self.structure, [next(rest) if leaf is None else leaf if static else None for leaf in self.static]
        )

    def _leaves(self, structure: Structure, thing: Any, rule: str, word: str, path: str = "") -> list[Any]:
        """What a rule returned, leaf by leaf; None for each leaf of what is None."""
        if thing is None:
            return [None] * len(paths(structure))
        names, parts = members(thing)
        if structure.kind == "leaf" and names is None:
            return [thing]
        if structure.kind == "leaf" or type(thing) is not structure.kind or set(names or ()) != set(structure.names):
            where = f" in place of {named(word, path)}" if path else ""
            raise DerivativeError(
                place_of(self.reverse_rule if rule == "reverse" else self.forward_rule),
                f"the {rule} rule of {self.name} returned {described(thing)}{where}",
                _built(structure, word, is_whole=not path),
            )
        by_name = dict(zip(names or (), parts, strict=True))
        return [
            leaf
            for name, part in zip(structure.names, structure.parts, strict=True)
            for leaf in self._leaves(part, by_name[name], rule, word, f"{path}.{name}" if path else str(name))
        ]

    def _checked(self, rule: Rule | None, leaf: Any, value: Value, what: str) -> Any:
        if leaf is None or value.dtype.kind != "f":
            return None
        part = named_value(leaf, f"the custom derivative of {self.name}: {what}")
        part = cast(part, value.dtype) if part.weak else part
        if (part.shape, part.dtype) != (value.shape, value.dtype):
            raise DerivativeError(
                place_of(rule),
                f"the custom derivative of {self.name}: {what} is {typed(part)}",
                typed(value),
                _SUM if part.shape != value.shape else f"astype({str(value.dtype)!r})",
            )
        return part


@frozen(eq=False)
class MappedRules(Rules):
    """The rules of one element, mapped over all."""

    single: Rules
    node: Value
    """The call for one element."""
    flags: tuple[bool, ...]
    """Which of its inputs are mapped; all results are."""

    def own(self, node: Value, positions: Iterable[int]) -> Sequence[Value]:
        """As for one element."""
        self.single.own(self.node, positions)
        return node.inputs

    def cotangents(self, inputs: Sequence[Value], outputs: Sequence[Value], given: Sequence[Any]) -> list[Any]:
        """What is not mapped is due the sum over all."""
        due = self._all(self.single.cotangents, inputs, outputs, given, [True] * len(given))
        return [
            part if part is None or flag else np.sum(part, axis=0) for part, flag in zip(due, self.flags, strict=False)
        ]

    def tangents(self, inputs: Sequence[Value], outputs: Sequence[Value], given: Sequence[Any]) -> list[Any]:
        """An input that is not mapped moves alike for all."""
        return self._all(self.single.tangents, inputs, outputs, given, self.flags)

    def _all(
        self,
        rule: Callable[..., list[Any]],
        inputs: Sequence[Value],
        outputs: Sequence[Value],
        given: Sequence[Any],
        flags: Sequence[bool],
    ) -> list[Any]:
        one_in = [parameter(value, "input") for value in self.node.inputs[: len(inputs)]]
        one_out = [placeholder(*types, "output") for types in signatures(self.node)]
        targets = one_out if flags is not self.flags else one_in
        one_given = [
            None if each is None else placeholder(value.shape, value.dtype, "given")
            for each, value in zip(given, targets, strict=True)
        ]
        parts = rule(one_in, one_out, one_given)
        every: list[tuple[Any, Any, bool]] = [
            *zip(one_in, inputs, self.flags, strict=False),
            *((one, value, True) for one, value in zip(one_out, outputs, strict=True)),
            *(each for each in zip(one_given, given, flags, strict=False) if each[0] is not None),
        ]
        size = next(value.shape[0] for _, value, flag in every if flag)
        known = [part for part in parts if part is not None]
        same = substituted(known, {one.index: value for one, value, flag in every if not flag})
        found = batched(same, {one.index: value for one, value, flag in every if flag}, size)
        rest: Iterator[Any] = iter(
            np.broadcast_to(value, (size, *value.shape)) if part is None else part
            for part, value in zip(found, same, strict=True)
        )
        return [None if part is None else next(rest) for part in parts]


def _moved(value: Value) -> Value | None:
    """A tangent or cotangent of something like the value."""
    return placeholder(value.shape, value.dtype, "read") if value.dtype.kind == "f" else None


def _completed(given: Sequence[Any], values: Sequence[Value]) -> list[Any]:
    """Zeros in the places of None, but for what has no derivative."""
    return [
        None if value.dtype.kind != "f" else np.zeros_like(value) if each is None else each
        for each, value in zip(given, values, strict=True)
    ]


def _depends(values: Iterable[Value], others: Iterable[Value]) -> bool:
    """Whether values are made of others, as far as can be seen: not through loops, branches and calls."""
    wanted, seen, waiting = {each.index for each in others}, set(), list(values)
    while waiting:
        value = waiting.pop()
        if value.index in wanted:
            return True
        if value.index not in seen and not value.operation.is_bundle:
            seen.add(value.index)
            waiting.extend(value.inputs)
    return False


def _built(structure: Structure, word: str, *, is_whole: bool) -> str:
    if structure.kind == "leaf":
        return "an array, or None for zeros"
    names = ", ".join(str(name) for name in structure.names)
    if is_whole and word == "argument":
        return f"a tuple with one part for each of {len(structure.names)} arguments, None for zeros"
    return f"a {structure.kind.__name__} of {names}, or None for zeros"
