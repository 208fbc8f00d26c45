"""Values of a training by identifier: hyperparameters and parameters of the network."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from sigma_core.errors import IdentifierError, listed
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
        self._factors = method.factors
        self._shapes: dict[str, tuple[int, ...]] = dict.fromkeys((*self._live, *self._factors), ())
        self._parameters = {name: spec.shape for name, spec in network.parameters.items()}
        self._dtype = network.dtype
        self._layout = layout
        self._resolver = Resolver(self.names, {name: spec.tags for name, spec in network.parameters.items()})

    @property
    def names(self) -> tuple[str, ...]:
        """All identifiers."""
        return (*self._shapes, *self._parameters)

    def get(self, identifier: str) -> Any:
        """A float, a copy of an array, or for a pattern a dictionary of these.

        Raises IdentifierError where nothing matches.
        """
        known = {**self._shapes, **self._parameters}
        if identifier in known:
            return self._read(identifier)
        if not isinstance(identifier, str):
            raise _unknown(identifier, known)
        found = {name: self._read(name) for name in self._resolver.find(identifier)}
        if not found:
            raise _unknown(identifier, known)
        return found

    def checked(self, identifier: str, value: Any) -> np.ndarray:
        """The value as an array that `put` takes.

        Raises IdentifierError for one that does not fit, SettingError for one that the optimiser refuses.
        """
        known = {**self._shapes, **self._parameters}
        if identifier not in known:
            raise _unknown(identifier, known)
        if identifier in self._factors:
            raise IdentifierError(
                identifier,
                "it is what a schedule gives",
                "a hyperparameter or a parameter",
                f"set {identifier.partition('.')[2]}, which it is multiplied by",
            )
        shape = known[identifier]
        try:
            array = np.asarray(value)
            # Whatever is no number by itself, as a Decimal, is asked to become one.
            array = array.astype(np.float64, casting="safe" if array.dtype.kind == "c" else "unsafe")
            # A parameter is kept in the network's dtype, which may hold less.
            with np.errstate(over="ignore"):
                kept = array if identifier in self._shapes else array.astype(self._dtype)
            fits = array.shape == shape and bool(np.isfinite(kept).all())
        except (TypeError, ValueError, OverflowError):
            fits = False
        if not fits:
            kind = "a finite number" if shape == () else f"finite numbers of shape {shape}"
            raise IdentifierError(identifier, f"it cannot be set to {value!r}", kind, "give such a value")
        if identifier in self._shapes:
            self._live[identifier].check(float(array))
        return array

    def put(self, identifier: str, value: Any) -> None:
        """Write a value that has been checked."""
        if identifier in self._shapes:
            self._team.push({identifier: value})
            return
        self.fill({identifier: value})

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

    def _read(self, identifier: str) -> Any:
        if identifier in self._shapes:
            return float(self._team.pull([identifier])[identifier])
        arrays = self._team.pull(["parameters", "fixed"])
        return self._layout.views(arrays["parameters"], arrays["fixed"])[identifier].copy()


def _unknown(identifier: Any, known: Any) -> IdentifierError:
    if not isinstance(identifier, str):
        return IdentifierError(repr(identifier), "it is no text", listed(known), "use one of these")
    return IdentifierError(identifier, "there is no such value", listed(known, identifier), "use one of these")
