"""A registry: a nested mapping from dotted identifiers to values, with tags, types, parents and read-only views."""

import sys
from collections.abc import Iterator, Mapping, MutableMapping
from copy import deepcopy
from threading import RLock
from types import MappingProxyType
from typing import Any, Self

from attrs import define, field

from sigma_core.errors import IdentifierError, SigmaError, UnknownIdentifierError
from sigma_core.registry._conform import conform
from sigma_core.registry._identifiers import Resolver, unknown, words_of

NOTHING_YET: Mapping[str, Any] = MappingProxyType({})


@define(eq=False)
class _Tree:
    """What all registries of one tree share. Values are kept flat; a registry is a prefix of their identifiers."""

    values: dict[str, Any] = field(factory=dict)
    types: dict[str, Any] = field(factory=dict)
    tags: dict[str, frozenset[str]] = field(factory=dict)
    lock: Any = field(factory=RLock)


class RegistryView(Mapping[str, Any]):
    """A registry that can be read only; arrays in it are handed out as read-only views of the same memory.

    `view["network.layers"]` is a view too; iteration and length are those of the names right below, `flat` has every
    value. Each call is whole to other threads. What is not there raises `UnknownIdentifierError`, a `KeyError`.
    """

    def __init__(self, tree: _Tree, prefix: str) -> None:
        self._tree = tree
        self._prefix = prefix

    @property
    def identifier(self) -> str:
        """Where this registry is in its tree; empty for the root."""
        return self._prefix.removesuffix(".")

    @property
    def parent(self) -> Self | None:
        """The registry that this one lies in, or None for the root."""
        if not self._prefix:
            return None
        above = self.identifier.rpartition(".")[0]
        return self._of(f"{above}." if above else "")

    @property
    def root(self) -> Self:
        """The registry that has no parent."""
        return self._of("")

    def __getitem__(self, identifier: str) -> Any:
        name = self._name(identifier)
        with self._tree.lock:
            if name in self._tree.values:
                return self._handed_out(self._tree.values[name])
            if not self._below(name):
                raise unknown(identifier, self.flat(), f"identifier '{name}'")
        return self._of(f"{name}.")

    def __contains__(self, identifier: object) -> bool:
        name = f"{self._prefix}{identifier}"
        with self._tree.lock:
            return name in self._tree.values or bool(self._below(name))

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(name.partition(".")[0] for name in self.flat()))

    def __len__(self) -> int:
        return len({name.partition(".")[0] for name in self.flat()})

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.flat()!r})"

    def flat(self) -> dict[str, Any]:
        """Every value by its identifier from here, in the order in which they were first set."""
        with self._tree.lock:
            return {name: self._handed_out(value) for name, value in self._within(self._tree.values).items()}

    def tags(self, identifier: str = "") -> frozenset[str]:
        """The tags of a value or registry, or of this one."""
        return self._tree.tags.get(self._name(identifier) if identifier else self.identifier, frozenset())

    def resolve(self, pattern: str) -> tuple[str, ...]:
        """Identifiers of the values that a pattern means; raises `UnknownIdentifierError` if it means none."""
        with self._tree.lock:
            return Resolver(self._within(self._tree.values), self._within(self._tree.tags)).resolve(pattern)

    def view(self) -> "RegistryView":
        """The same, to be read only: what changes here is seen there."""
        return RegistryView(self._tree, self._prefix)

    def copy(self) -> "Registry":
        """A deep copy of this registry and all below it, as the root of a tree of its own."""
        with self._tree.lock:
            tree = _Tree(
                deepcopy(self._within(self._tree.values)),
                self._within(self._tree.types),
                self._within(self._tree.tags) | ({"": self.tags()} if self.tags() else {}),
            )
        made = Registry.__new__(Registry)
        RegistryView.__init__(made, tree, "")
        return made

    def snapshot(self) -> "RegistryView":
        """All values as they are now, never to change; safe to take in one thread while another one writes."""
        return self.copy().view()

    def __deepcopy__(self, memo: dict[int, Any]) -> "RegistryView":
        return self.copy()

    def _within(self, table: dict[str, Any]) -> dict[str, Any]:
        """The part of a table that is of identifiers below this one, by their names from here."""
        return {name.removeprefix(self._prefix): v for name, v in table.items() if name.startswith(self._prefix)}

    def _name(self, identifier: str) -> str:
        """An identifier from here as one from the root; raises `IdentifierError` if it is malformed."""
        words_of(identifier)
        return f"{self._prefix}{identifier}"

    def _below(self, name: str) -> list[str]:
        return [other for other in self._tree.values if other.startswith(f"{name}.")]

    def _of(self, prefix: str) -> Self:
        """A registry of the same tree and sort."""
        made = type(self).__new__(type(self))
        RegistryView.__init__(made, self._tree, prefix)  # a registry's own would begin a new tree
        return made

    def _handed_out(self, value: Any) -> Any:
        numpy = sys.modules.get("numpy")  # without it there is no array to protect
        if numpy is None or not isinstance(value, numpy.ndarray):
            return value
        view = value.view()
        view.flags.writeable = False
        return view


class Registry(RegistryView, MutableMapping[str, Any]):
    """Values by identifier: `registry["optimiser.learning_rate"]` is `registry["optimiser"]["learning_rate"]`.

    Registries come to be as values are put below them; a mapping that is set becomes one, in place of what was there.
    """

    def __init__(self, values: Mapping[str, Any] = NOTHING_YET) -> None:
        super().__init__(_Tree(), "")
        self.update(values)

    def __setitem__(self, identifier: str, value: Any) -> None:
        """Raises `IdentifierError` where a value and a registry would share a name, `SettingError` for a wrong type."""
        name = self._name(identifier)
        with self._tree.lock:
            if isinstance(value, Mapping):
                self._replace(identifier, name, value)
                return
            self._check_free(name)
            self._tree.values[name] = self._typed(name, value)

    def __delitem__(self, identifier: str) -> None:
        name = self._name(identifier)
        with self._tree.lock:
            if identifier not in self:
                raise unknown(identifier, self.flat(), f"identifier '{name}'")
            for table in (self._tree.values, self._tree.types, self._tree.tags):
                for gone in [other for other in table if other == name or other.startswith(f"{name}.")]:
                    del table[gone]

    def add(self, identifier: str, value: Any, *, type: Any = None, tags: tuple[str, ...] = ()) -> None:  # noqa: A002
        """Set a new value and say of which type it stays, and what tags it carries.

        Raises `IdentifierError` if there is one already, `SettingError` if the value is not of the type.
        """
        name = self._name(identifier)
        with self._tree.lock:
            if identifier in self:
                raise IdentifierError(f"identifier '{name}'", "it is there already", "a new one", "set it instead")
            self[identifier] = value if type is None else conform(value, type, where=f"identifier '{name}'")
            if type is not None:
                self._tree.types[name] = type
            if tags:
                self.tag(identifier, *tags)

    def pop(self, identifier: str, *default: Any) -> Any:
        """Take a value out, or a registry as a tree of its own; raises as reading does if there is no default."""
        with self._tree.lock:
            if identifier not in self and default:
                return default[0]
            value = self[identifier]
            taken = value.copy() if isinstance(value, Registry) else value
            del self[identifier]
            return taken

    def popitem(self) -> tuple[str, Any]:
        """Take out the first name and what it stands for; raises `KeyError` from an empty registry."""
        with self._tree.lock:
            first = next(iter(self), None)
            if first is None:
                raise UnknownIdentifierError(f"registry '{self.identifier}'", "it is empty")
            return first, self.pop(first)

    def tag(self, identifier: str, *tags: str) -> None:
        """Give tags to a value, or to a registry; raises `UnknownIdentifierError` if there is none."""
        name = self._name(identifier)
        with self._tree.lock:
            if identifier not in self:
                raise unknown(identifier, self.flat(), f"identifier '{name}'")
            self._tree.tags[name] = self.tags(identifier) | set(tags)

    def set(self, pattern: str, value: Any) -> tuple[str, ...]:
        """Set every value that a pattern means, or none if it is of a wrong type for one; returns their identifiers."""
        with self._tree.lock:
            found = self.resolve(pattern)
            typed = {f"{self._prefix}{name}": self._typed(f"{self._prefix}{name}", value) for name in found}
            self._tree.values.update(typed)
            return found

    def _replace(self, identifier: str, name: str, values: Mapping[str, Any]) -> None:
        """Put a mapping in place of what is below a name; types and tags stay, as they are of the identifiers."""
        # Copied first: it may be a part of this very registry.
        values = dict(values.flat() if isinstance(values, RegistryView) else values)
        before = dict(self._tree.values)
        for gone in self._below(name):
            del self._tree.values[gone]
        try:
            for key, value in values.items():
                self[f"{identifier}.{key}"] = value
        except SigmaError:  # all of it or nothing
            self._tree.values.clear()
            self._tree.values.update(before)
            raise

    def _check_free(self, name: str) -> None:
        if self._below(name):
            raise IdentifierError(f"identifier '{name}'", "it is a registry", "a mapping", "set the values below it")
        words = name.split(".")
        for count in range(1, len(words)):
            above = ".".join(words[:count])
            if above in self._tree.values:
                raise IdentifierError(f"identifier '{name}'", f"'{above}' is a value", "a registry", "delete it first")

    def _typed(self, name: str, value: Any) -> Any:
        annotation = self._tree.types.get(name)
        return value if annotation is None else conform(value, annotation, where=f"identifier '{name}'")

    def _handed_out(self, value: Any) -> Any:
        return value
