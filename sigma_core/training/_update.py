"""The update, traced: from gradients to new parameters and slots."""

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
from attrs import field, frozen

from sigma_core.training._calls import updated
from sigma_core.training._layout import Layout
from sigma_core.training._method import Method, settings_of
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
    _made: dict[str, Any] = field(factory=dict, init=False)

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
            identifier = own if own in live else shared
            settings[name] = self._value(identifier) if identifier in live else getattr(optimiser, name)
        return SimpleNamespace(**settings)

    def _value(self, identifier: str) -> Any:
        # Groups share what they do not override.
        if identifier not in self._made:
            self._made[identifier] = self.scalar(identifier)
        return self._made[identifier]


def joined(pieces: Sequence[Any]) -> Any:
    """One vector of all pieces, whatever their shapes."""
    if len(pieces) == 1 and pieces[0].ndim == 1:
        return pieces[0]
    return np.concatenate([piece.reshape(-1) for piece in pieces])
