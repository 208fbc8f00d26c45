"""A registry: values by dotted identifier, seen as nested mappings that nobody can change through them."""

import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from copy import deepcopy
from types import MappingProxyType
from typing import Any, Protocol, Self

from sigma_core.registry._identifiers import Resolver, unknown, words_of

NO_TAGS: Mapping[str, Collection[str]] = MappingProxyType({})


class Source(Protocol):
    """What holds the values of a registry, by their whole identifiers."""

    @property
    def names(self) -> Sequence[str]:
        """All identifiers, in order."""

    @property
    def tags(self) -> Mapping[str, Collection[str]]:
        """Tags by identifier, or by the first words of one."""

    def read(self, names: Sequence[str]) -> Mapping[str, Any]:
        """These values, all of one moment; arrays are copies."""


class _Kept:
    """Values that stay as they are."""

    def __init__(self, values: Mapping[str, Any], tags: Mapping[str, Collection[str]]) -> None:
        self._values = {name: _locked(value) for name, value in values.items()}
        self.names = tuple(self._values)
        self.tags = tags

    def read(self, names: Sequence[str]) -> Mapping[str, Any]:
        return {name: self._values[name] for name in names}


class Registry(Mapping[str, Any]):
    """Values by identifier, to be read only; arrays cannot be written to.

    It is a mapping of whole identifiers to values. What lies below some first words is a registry too:
    `registry["network.layers.dense_1.weights"]` is `registry["network.layers"]["dense_1.weights"]`. What is not there
    raises `UnknownIdentifierError`, a `KeyError`, with the nearest identifier.
    """

    def __init__(self, source: Source, prefix: str = "") -> None:
        self._source = source
        self._prefix = prefix

    @classmethod
    def of(cls, values: Mapping[str, Any], tags: Mapping[str, Collection[str]] = NO_TAGS) -> Self:
        """A registry of these values, which are its own from now on."""
        return cls(_Kept(values, tags))

    @property
    def identifier(self) -> str:
        """Where this registry is; empty for the root."""
        return self._prefix.removesuffix(".")

    @property
    def parent(self) -> Self | None:
        """The registry that this one lies in, or None for the root."""
        if not self._prefix:
            return None
        above = self.identifier.rpartition(".")[0]
        return type(self)(self._source, f"{above}." if above else "")

    @property
    def root(self) -> Self:
        """The registry that has no parent."""
        return type(self)(self._source)

    def __getitem__(self, identifier: str) -> Any:
        name = f"{self._prefix}{identifier}"
        if name in self._source.names:
            return _locked(self._source.read([name])[name])
        words_of(identifier)
        if not self._has_below(name):
            raise unknown(identifier, self, f"identifier '{name}'")
        return type(self)(self._source, f"{name}.")

    def __contains__(self, identifier: object) -> bool:
        name = f"{self._prefix}{identifier}"
        return name in self._source.names or self._has_below(name)

    def __iter__(self) -> Iterator[str]:
        return (name.removeprefix(self._prefix) for name in self._source.names if name.startswith(self._prefix))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return f"<Registry {self.identifier or 'root'!r}: {', '.join(self) or 'nothing'}>"

    def tags(self, identifier: str = "") -> frozenset[str]:
        """The tags of a value or registry, or of this one."""
        return frozenset(self._source.tags.get(f"{self._prefix}{identifier}".removesuffix("."), ()))

    def resolve(self, pattern: str) -> tuple[str, ...]:
        """Identifiers, from here, of the values that a pattern means; `UnknownIdentifierError` if it means none."""
        return Resolver(self, self._tags_below()).resolve(pattern)

    def snapshot(self, pattern: str = "**") -> "Registry":
        """The values that a pattern means as they are now, never to change, as a registry of their own.

        Raises `UnknownIdentifierError` if it means none.
        """
        return Registry.of(deepcopy(self._read(self.resolve(pattern))), self._tags_below())

    def copy(self) -> dict[str, Any]:
        """All values by identifier as they are now, deeply copied: they are the caller's, to be changed at will."""
        return deepcopy(self._read(tuple(self)))

    def __deepcopy__(self, memo: dict[int, Any]) -> "Registry":
        return Registry.of(self.copy(), self._tags_below())

    def _read(self, identifiers: Sequence[str]) -> dict[str, Any]:
        """Several at once, so that they are of one moment."""
        found = self._source.read([f"{self._prefix}{name}" for name in identifiers])
        return {name: found[f"{self._prefix}{name}"] for name in identifiers}

    def _tags_below(self) -> dict[str, Collection[str]]:
        tags = self._source.tags.items()
        return {name.removeprefix(self._prefix): those for name, those in tags if name.startswith(self._prefix)}

    def _has_below(self, name: str) -> bool:
        return any(other.startswith(f"{name}.") for other in self._source.names)


def _locked(value: Any) -> Any:
    """An array that can be read only, through a view, of which nobody can take that back; anything else as it is."""
    numpy = sys.modules.get("numpy")  # without it there is no array to protect
    if numpy is None or not isinstance(value, numpy.ndarray):
        return value
    value.flags.writeable = False
    return value.view()
