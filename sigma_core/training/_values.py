"""Values of a training by identifier: hyperparameters and parameters of the network."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from sigma_core.errors import IdentifierError, brief, listed
from sigma_core.network import Network
from sigma_core.registry import Resolver
from sigma_core.training._layout import Layout
from sigma_core.training._method import Method
from sigma_core.training._state import replica
from sigma_core.training._team import Team


class Values:
    """Reads and writes what the workers hold, such as `optimiser.learning_rate` or `network.layers.dense_1.weights`."""

    def __init__(self, team: Team, network: Network, layout: Layout, method: Method) -> None:
        self._team = team
        self._live = method.hyperparameters
        self._factors = frozenset(method.factors)
        self._shapes: dict[str, tuple[int, ...]] = dict.fromkeys((*self._live, *method.factors), ())
        self._parameters = {name: spec.shape for name, spec in network.parameters.items()}
        self._dtype = network.dtype
        self._layout = layout
        self._places = {place.identifier: ("parameters", place) for place in layout.trainable}
        self._places |= {place.identifier: ("fixed", place) for place in layout.fixed}
        self.names = (*self._shapes, *self._parameters)
        """All identifiers."""
        self.tags = {name: spec.tags for name, spec in network.parameters.items()}
        self._resolver = Resolver(self.names, self.tags)

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """All shapes by identifier; that of a number is ()."""
        return {**self._shapes, **self._parameters}

    def find(self, pattern: str) -> tuple[str, ...]:
        """The identifiers that a pattern means, perhaps none."""
        return self._resolver.find(pattern)

    def is_given(self, identifier: str) -> bool:
        """Whether it is the factor that a schedule gives, which nobody sets."""
        return identifier in self._factors

    def read(self, identifiers: Iterable[str]) -> dict[str, Any]:
        """Floats, and copies of arrays: of what is asked for and nothing else."""
        wanted = list(identifiers)
        numbers = [name for name in wanted if name in self._shapes]
        pulled = self._team.pull(numbers) if numbers else {}
        return {name: float(pulled[name]) if name in pulled else self._parameter(name) for name in wanted}

    def _parameter(self, identifier: str) -> Any:
        vector, place = self._places[identifier]
        return self._team.part(vector, slice(place.start, place.stop)).reshape(place.shape)

    def checked(self, identifier: str, value: Any, *, fills: bool = False) -> np.ndarray:
        """The value as an array that `put` takes; with `fills`, a number stands for an array of it.

        Raises IdentifierError for one that does not fit, SettingError for one that the optimiser refuses.
        """
        if self.is_given(identifier):
            raise IdentifierError(
                identifier,
                "it is what a schedule gives",
                "a hyperparameter or a parameter",
                f"set {identifier.partition('.')[2]}, which it is multiplied by",
            )
        shape = self._parameters.get(identifier, ())
        try:
            array = np.asarray(value)
            # NumPy would take the word of a text, and 1 for a statement that is true.
            is_number = array.dtype.kind not in "bSU"
            # Whatever is no number by itself, as a Decimal, is asked to become one.
            array = array.astype(np.float64, casting="safe" if array.dtype.kind == "c" else "unsafe")
            if fills and array.shape == ():
                array = np.full(shape, array)
            # A parameter is kept in the network's dtype, which may hold less.
            with np.errstate(over="ignore"):
                kept = array if identifier in self._shapes else array.astype(self._dtype)
            fits = is_number and array.shape == shape and bool(np.isfinite(kept).all())
        except (TypeError, ValueError, OverflowError):
            fits = False
        if not fits:
            numbers = f"finite numbers of shape {shape}"
            kind = "a finite number" if shape == () else f"a finite number, or {numbers}" if fills else numbers
            raise IdentifierError(identifier, f"it cannot be set to {brief(value)}", kind, "give such a value")
        if identifier in self._shapes:
            self._live[identifier].check(float(array))
        return array

    def put(self, values: Mapping[str, Any]) -> None:
        """Write values that have been checked."""
        numbers = {name: value for name, value in values.items() if name in self._shapes}
        arrays = {name: value for name, value in values.items() if name not in self._shapes}
        if numbers:
            self._team.push(numbers)
        if arrays:
            self.fill(arrays)

    def fill(self, values: Mapping[str, Any], starts: Mapping[str, float] = MappingProxyType({})) -> None:
        """Write parameters that have been checked; what `starts` names begins anew for them, as slots do."""
        workers = range(self._team.size if self._team.has_networks else 1)
        names = ("parameters", "fixed", *starts)
        arrays = self._team.pull([replica(name, worker) for worker in workers for name in names])
        for worker in workers:
            named = {name: replica(name, worker) for name in names}
            views = self._layout.views(arrays[named["parameters"]], arrays[named["fixed"]])
            for identifier, value in values.items():
                views[identifier][...] = value
            for place in self._layout.trainable:
                if place.identifier in values:
                    for name, start in starts.items():
                        place.view(arrays[named[name]])[...] = start
        self._team.push(arrays)

    def unknown(self, identifier: Any) -> IdentifierError:
        """What to say of an identifier or pattern that means nothing."""
        where, found = (
            (identifier, "there is no such value")
            if isinstance(identifier, str)
            else (repr(identifier), "it is no text")
        )
        near = identifier if isinstance(identifier, str) else ""
        return IdentifierError(where, found, listed(self.names, near), "use one of these")
