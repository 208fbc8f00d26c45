"""Nested containers of arrays, taken apart and put together: tuples, lists, dicts, data classes and None."""

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import attrs
from attrs import frozen


@frozen
class Structure:
    """The shape of a nested container: what remains when its leaves are taken out."""

    kind: Any
    """list, tuple, dict, a class, None for an empty place, or "leaf"."""
    names: tuple[Any, ...] = ()
    parts: tuple["Structure", ...] = ()

    def filled(self, leaves: Iterator[Any]) -> Any:
        """The container with leaves from an iterator in the places of the old ones."""
        if self.kind == "leaf":
            return next(leaves)
        if self.kind is None:
            return None
        return _built(self.kind, self.names, [part.filled(leaves) for part in self.parts])


def _built(kind: Any, names: Sequence[Any], parts: Sequence[Any]) -> Any:
    """A container of these parts; not by the constructors of subclasses, which may want something else."""
    if hasattr(kind, "_fields"):
        return kind(*parts)
    if issubclass(kind, tuple):
        return tuple.__new__(kind, parts)
    if issubclass(kind, list):
        return kind(parts)
    by_name = dict(zip(names, parts, strict=True))
    if not issubclass(kind, dict):
        return kind(**by_name)
    made = kind()
    made.update(by_name)
    return made


_LEAF = Structure("leaf")


def flatten(thing: Any) -> tuple[list[Any], Structure]:
    """The leaves of a container in order, and its structure; dicts in order of their keys' insertion."""
    if thing is None:
        return [], Structure(None)
    names, inner = members(thing)
    if names is None:
        return [thing], _LEAF
    leaves: list[Any] = []
    parts = []
    for member in inner:
        inside, structure = flatten(member)
        leaves += inside
        parts.append(structure)
    return leaves, Structure(type(thing), names, tuple(parts))


def unflatten(structure: Structure, leaves: Iterable[Any]) -> Any:
    """The container of that structure with these leaves."""
    return structure.filled(iter(leaves))


def leaves_as(structure: Structure, thing: Any) -> list[Any] | None:
    """The leaves of a container in the order of a structure; None when it is built otherwise, save for dicts' order."""
    if structure.kind is None:
        return [] if thing is None else None
    if structure.kind == "leaf":
        return None if thing is None or members(thing)[0] is not None else [thing]
    names, inner = members(thing)
    if type(thing) is not structure.kind or names is None or set(names) != set(structure.names):
        return None
    by_name = dict(zip(names, inner, strict=True))
    found = [leaves_as(part, by_name[name]) for name, part in zip(structure.names, structure.parts, strict=True)]
    return None if None in found else [leaf for leaves in found if leaves is not None for leaf in leaves]


def paths(structure: Structure, prefix: str = "") -> list[str]:
    """A dotted name for each leaf: `0.weights`."""
    if structure.kind == "leaf":
        return [prefix]
    names = [f"{prefix}.{name}" if prefix else str(name) for name in structure.names]
    return [path for name, part in zip(names, structure.parts, strict=True) for path in paths(part, name)]


def members(thing: Any) -> tuple[tuple[Any, ...] | None, Iterable[Any]]:
    """The names and members of a container; names are None for a leaf."""
    if isinstance(thing, dict):
        return tuple(thing), thing.values()
    if isinstance(thing, tuple | list):
        return tuple(range(len(thing))), thing
    if dataclasses.is_dataclass(thing) and not isinstance(thing, type):
        init = [each.name for each in dataclasses.fields(thing) if each.init]
        return tuple(init), [getattr(thing, name) for name in init]
    # Values are attrs classes themselves, but leaves.
    if attrs.has(type(thing)) and not hasattr(thing, "__array_ufunc__"):
        fields = [field for field in attrs.fields(type(thing)) if field.init]
        return tuple(field.alias for field in fields), [getattr(thing, field.name) for field in fields]
    return None, ()
