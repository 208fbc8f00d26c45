"""The update, traced: from gradients to new parameters and slots."""

from collections.abc import Callable, Collection, Mapping, Sequence
from types import SimpleNamespace
from typing import Any, Literal

import numpy as np
from attrs import field, frozen

from sigma_core.graph import scope
from sigma_core.network import Parameter
from sigma_core.registry import matches
from sigma_core.training._calls import modified, updated
from sigma_core.training._layout import Layout
from sigma_core.training._method import Method, settings_of
from sigma_core.training._modifier import Modifier
from sigma_core.training._optimiser import Slots


class Spread:
    """Something of every trainable parameter, such as its gradient: as one vector, and one by one.

    Either is made of the other where it is asked for.
    """

    def __init__(self, layout: Layout, whole: Any = None, parts: list[Any] | None = None) -> None:
        self.layout = layout
        self._whole, self._parts = whole, parts

    @property
    def whole(self) -> Any:
        """All as one vector."""
        if self._whole is None:
            self._whole = joined(self.parts)
        return self._whole

    @property
    def parts(self) -> list[Any]:
        """One by one, each in its shape, in the order of the layout."""
        if self._parts is None:
            self._parts = [place.view(self._whole) for place in self.layout.trainable]
        return self._parts

    def pieces(self, *, by_parameter: bool) -> list[Any]:
        """Vectors, one for each group of the layout; or the parameters one by one."""
        if by_parameter:
            return self.parts
        if len(self.layout.spans) == 1:
            return [self.whole]
        return [self.whole[span.elements] for span in self.layout.spans]


@frozen(eq=False)
class Update:
    """A method as a step applies it: its hyperparameters are scalar values."""

    method: Method
    scalar: Callable[[str], Any]
    """The placeholder of that name, made anew."""
    declared: Mapping[str, Parameter]
    """The parameters of the network, by whose tags patterns may find them."""
    _made: dict[str, Any] = field(factory=dict, init=False)

    def modified(self, moment: Literal["gradients", "updated"], values: Spread, *others: Spread) -> Spread:
        """What the modifiers make of gradients, or of parameters that have been updated; `others` are shown to them."""
        places = values.layout.trainable
        for name, modifier in self.method.modifiers.items():
            if getattr(type(modifier), moment) is getattr(Modifier, moment):
                continue
            pattern = modifier.parameters
            chosen = [n for n, each in enumerate(places) if matches(pattern, *self._named(each.identifier))]
            if not chosen:
                continue
            is_whole = len(chosen) == len(places) and not modifier.by_parameter
            given = [[each.whole] if is_whole else [each.parts[n] for n in chosen] for each in (values, *others)]
            with scope(f"modifiers.{name}"):
                made = modified(f"modifier {name!r}, {moment}", getattr(modifier, moment), *given, self._fields(name))
            if is_whole:
                values = Spread(values.layout, made[0])
            else:
                changed = dict(zip(chosen, made, strict=True))
                values = Spread(values.layout, parts=[changed.get(n, old) for n, old in enumerate(values.parts)])
        return values

    def improved(self, parameters: Spread, gradients: Spread, slots: Slots, step: Any) -> dict[str, Any]:
        """New `parameters` and `slots.<name>` by name, as flat vectors; `slots` are such vectors.

        The optimiser is called once for each group, or once for each parameter where it must see that in its shape.
        """
        layout, names = parameters.layout, slots.names()
        optimisers, by_parameter = self.method.optimisers, self.method.optimiser.by_parameter
        groups = [span.group for span in layout.spans for _ in (span.places if by_parameter else (span,))]
        settings = {group: self._settings(group) for group in dict.fromkeys(groups)}
        spreads = [parameters, gradients, *(Spread(layout, slot) for slot in vars(slots).values())]
        pieces = zip(*(spread.pieces(by_parameter=by_parameter) for spread in spreads), strict=True)
        found = []
        for group, (parameter, gradient, *kept) in zip(groups, pieces, strict=True):
            own = Slots(**dict(zip(names, kept, strict=True)))
            found.append(updated(optimisers[group], parameter, gradient, own, step, settings[group], slots=names))
        return {name: joined([each[name] for each in found]) for name in found[0]}

    def _settings(self, group: str | None) -> SimpleNamespace:
        """The optimiser's settings for a group: hyperparameters as values, the others as they are."""
        optimiser, live = self.method.optimisers[group], self.method.hyperparameters
        settings = {}
        for name in settings_of(optimiser):
            own, shared = f"optimiser.{group}.{name}", f"optimiser.{name}"
            identifiers = [each for each in (own, shared) if each in live]
            settings[name] = self._value(*identifiers) if identifiers else getattr(optimiser, name)
        return SimpleNamespace(**settings)

    def _fields(self, name: str) -> SimpleNamespace:
        """The settings of a modifier, likewise."""
        modifier, live = self.method.modifiers[name], self.method.hyperparameters
        identifiers = {setting: f"modifiers.{name}.{setting}" for setting in settings_of(modifier)}
        return SimpleNamespace(
            **{
                setting: self._value(identifier) if identifier in live else getattr(modifier, setting)
                for setting, identifier in identifiers.items()
            }
        )

    def _named(self, identifier: str) -> tuple[str, Collection[str]]:
        return identifier, self.declared[identifier].tags

    def _value(self, *identifiers: str) -> Any:
        """The first of the hyperparameters, times its factor or, where it has no schedule, that of the next."""
        factor = self.method.factor_of(*identifiers)
        value = self._placeholder(identifiers[0])
        return value if factor is None else value * self._placeholder(factor)

    def _placeholder(self, name: str) -> Any:
        # Groups share what they do not override.
        if name not in self._made:
            self._made[name] = self.scalar(name)
        return self._made[name]


def joined(pieces: Sequence[Any]) -> Any:
    """One vector of all pieces, whatever their shapes."""
    if len(pieces) == 1 and pieces[0].ndim == 1:
        return pieces[0]
    return np.concatenate([piece.reshape(-1) for piece in pieces])
