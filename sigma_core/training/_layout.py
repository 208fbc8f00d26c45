"""Where each parameter lies in the flat vectors that hold them all."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property
from math import prod
from typing import Any

import numpy as np
from attrs import frozen

from sigma_core.errors import IdentifierError, listed
from sigma_core.network import Parameter, Shape
from sigma_core.registry import matches, most_specific


@frozen
class Place:
    """A parameter's part of a flat vector: elements `start` to `stop`, in C order."""

    identifier: str
    shape: Shape
    start: int

    @property
    def stop(self) -> int:
        """One past the last element."""
        return self.start + prod(self.shape)

    def view(self, flat: Any) -> Any:
        """The parameter as a view of `flat`, an array or a value."""
        return flat[self.start : self.stop].reshape(self.shape)


@frozen
class Span:
    """Trainable parameters that lie side by side and for which the optimiser has the same settings."""

    group: str | None
    """`group_1`, or None for those that have the optimiser's own settings."""
    places: tuple[Place, ...]

    @property
    def elements(self) -> slice:
        """Their part of the vector of trainable parameters."""
        return slice(self.places[0].start, self.places[-1].stop)


@frozen
class Layout:
    """Two flat vectors: the trainable parameters, which the optimiser updates in one pass, and the fixed ones."""

    spans: tuple[Span, ...]
    """The trainable parameters by group, so that each group is updated in one pass, too."""
    fixed: tuple[Place, ...]
    frozen: frozenset[str] = frozenset()
    """Fixed parameters that keep their values whatever a layer tracks."""

    @classmethod
    def of(
        cls, parameters: Mapping[str, Parameter], frozen: Iterable[str] = (), groups: Iterable[str] = ()
    ) -> "Layout":
        """The layout of a network's parameters, in their order.

        `frozen` are patterns of parameters that are not to be trained; of the patterns in `groups` the most specific
        one says to which group a parameter belongs. Raises IdentifierError for a pattern that matches nothing.
        """
        still = frozenset(name for pattern in frozen for name in selected(parameters, pattern, "frozen"))
        names = {pattern: f"group_{number}" for number, pattern in enumerate(groups, 1)}
        for pattern in names:
            selected(trainable(parameters), pattern, "parameter_groups")
        fixed = {name: spec for name, spec in parameters.items() if name in still or not spec.trainable}
        members: dict[str | None, dict[str, Parameter]] = {None: {}, **{group: {} for group in names.values()}}
        for name, spec in parameters.items():
            if name not in fixed:
                group = most_specific(names, name, spec.tags)
                members[None if group is None else names[group]][name] = spec
        return cls._joined({group: _shapes(own) for group, own in members.items()}, _shapes(fixed), still)

    @classmethod
    def described_by(cls, description: Mapping[str, Sequence[str]], shapes: Mapping[str, Sequence[int]]) -> "Layout":
        """The layout that `description` was made from, given the shapes of all parameters."""
        named = {part: {name: tuple(shapes[name]) for name in names} for part, names in description.items()}
        fixed, still = named.pop("fixed"), named.pop("frozen")
        return cls._joined({part.partition(".")[2] or None: own for part, own in named.items()}, fixed, still)

    @classmethod
    def _joined(
        cls, groups: Mapping[str | None, Mapping[str, Shape]], fixed: Mapping[str, Shape], still: Collection[str]
    ) -> "Layout":
        spans: list[Span] = []
        for group, shapes in groups.items():
            start = spans[-1].elements.stop if spans else 0
            if shapes:
                spans.append(Span(group, _places(shapes, start)))
        return cls(tuple(spans), _places(fixed, 0), frozenset(still))

    @cached_property
    def description(self) -> dict[str, list[str]]:
        """What a checkpoint tells of it: identifiers by what they belong to, such as `optimiser.group_1`."""
        groups = {".".join(filter(None, ("optimiser", span.group))): span.places for span in self.spans}
        named = {
            part: [place.identifier for place in places] for part, places in (groups | {"fixed": self.fixed}).items()
        }
        return named | {"frozen": sorted(self.frozen)}

    @property
    def trainable(self) -> tuple[Place, ...]:
        """The trainable parameters in the order of their vector."""
        return tuple(place for span in self.spans for place in span.places)

    @property
    def trainable_size(self) -> int:
        """Elements of the vector of trainable parameters."""
        return self.spans[-1].places[-1].stop if self.spans else 0

    @property
    def fixed_size(self) -> int:
        """Elements of the vector of fixed parameters."""
        return self.fixed[-1].stop if self.fixed else 0

    def piece(self, elements: slice) -> "Layout":
        """The layout of a part of the vector of trainable parameters: those of each group as if they were one."""
        spans: list[Span] = []
        end = 0
        for span in self.spans:
            start, stop = max(span.elements.start, elements.start), min(span.elements.stop, elements.stop)
            if start < stop:
                spans.append(Span(span.group, (Place(f"group {len(spans)}", (stop - start,), end),)))
                end += stop - start
        return Layout(tuple(spans), self.fixed, self.frozen)

    def views(self, trainable: Any, fixed: Any) -> dict[str, Any]:
        """Every parameter by identifier, as views of the two vectors."""
        return {
            **{place.identifier: place.view(trainable) for place in self.trainable},
            **{place.identifier: place.view(fixed) for place in self.fixed},
        }

    def replaced(self, fixed: Any, values: Mapping[str, Any]) -> Any:
        """The vector of fixed parameters with new values in place of some; what lies between stays in one piece."""
        pieces = []
        start = 0
        for place in self.fixed:
            if place.identifier in values:
                pieces += [fixed[start : place.start], values[place.identifier].reshape(-1)]
                start = place.stop
        pieces.append(fixed[start:])
        return np.concatenate([piece for piece in pieces if piece.size])


def trainable(parameters: Mapping[str, Parameter]) -> dict[str, Parameter]:
    """Those parameters that layers declare as trainable, frozen or not."""
    return {name: spec for name, spec in parameters.items() if spec.trainable}


def selected(parameters: Mapping[str, Parameter], pattern: str, where: str) -> list[str]:
    """The identifiers that a pattern matches. Raises IdentifierError where there are none."""
    found = [name for name, spec in parameters.items() if matches(pattern, name, spec.tags)]
    if not found:
        raise IdentifierError(
            f"{where}, pattern {pattern!r}",
            "it matches no parameter",
            listed(parameters, pattern),
            "write a pattern that matches one of these",
        )
    return found


def _shapes(parameters: Mapping[str, Parameter]) -> dict[str, Shape]:
    return {name: spec.shape for name, spec in parameters.items()}


def _places(shapes: Mapping[str, Shape], start: int) -> tuple[Place, ...]:
    places: list[Place] = []
    for identifier, shape in shapes.items():
        places.append(Place(identifier, shape, places[-1].stop if places else start))
    return tuple(places)
