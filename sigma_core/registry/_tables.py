"""From a component back to the settings that build it."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, time
from enum import Enum
from numbers import Integral, Real
from pathlib import PurePath
from typing import Any

import attrs

from sigma_core.errors import ComponentError
from sigma_core.registry._annotations import seen, written
from sigma_core.registry._components import ComponentRegistry
from sigma_core.registry._settings import Slot, arguments_of


def table(registry: ComponentRegistry, component: Any, kind: str | None = None) -> dict[str, Any]:
    """`use` and each setting that differs from its default, in values that TOML can write.

    Raises `ComponentError` for an object that is not registered, and for values that TOML has no way to write.
    """
    entries = registry.registrations(component)
    if not entries or isinstance(component, type):
        found = (
            f"{component.__name__} is a class"
            if isinstance(component, type)
            else f"{seen(component)}, which is not registered"
        )
        remedy = "register its class as an entry point of its distribution, or with environment.register"
        raise ComponentError(type(component).__name__, found, "a component", remedy)
    entry = next((entry for entry in entries if entry.kind == kind), entries[0])
    settings: dict[str, Any] = {"use": entry.name}
    for argument in arguments_of(type(component)):
        where = f"{entry}, {argument.name}"
        try:
            value = getattr(component, argument.attribute)
        except AttributeError:
            remedy = "make it an attrs class, or keep the setting under its own name"
            raise ComponentError(where, "the setting cannot be read back", "an attribute", remedy) from None
        default = argument.default_of(component)
        if _same(value, default):
            continue
        text = _slot(registry, argument.slot, value, where) if argument.slot else plain(value, where)
        if not (argument.slot and _same(text, _default(default))):
            settings[argument.name] = text
    return settings


def _default(default: Any) -> Any:
    """A component field's default, as its table would be written."""
    return list(default) if isinstance(default, tuple) else default


def _slot(registry: ComponentRegistry, slot: Slot, value: Any, where: str) -> Any:
    if slot.keyed:
        return {key: _several(registry, slot.kind, items, f"{where}.{key}") for key, items in value.items()}
    if slot.many:
        return _several(registry, slot.kind, value, where)
    return _inner(registry, slot.kind, value, where)


def _several(registry: ComponentRegistry, kind: str, items: Iterable[Any], where: str) -> list[Any]:
    return [_inner(registry, kind, item, f"{where}[{index}]") for index, item in enumerate(items)]


def _inner(registry: ComponentRegistry, kind: str, value: Any, where: str) -> Any:
    """A component inside another: its name alone says it all if it has no settings."""
    if value is None or isinstance(value, str | Mapping | list | tuple):
        return plain(value, where)
    settings = table(registry, value, kind)
    return settings["use"] if len(settings) == 1 else settings


def plain(value: Any, where: str) -> Any:
    """A setting's value as TOML writes it; raises `ComponentError` for what it cannot."""
    for types, write in WRITERS.items():
        if isinstance(value, types):
            return write(value, where)
    if type(value).__module__.partition(".")[0] == "numpy":
        if hasattr(value, "newbyteorder") and hasattr(value, "fields"):  # a dtype, or else a structured scalar
            return str(value)
        if type(value).__name__ in ("bool", "bool_"):
            return bool(value)
    remedy = "leave the setting out where None is its default" if value is None else "use plain values or a component"
    raise ComponentError(where, seen(value), "a value that TOML can write", remedy)


def _items(value: Iterable[Any], where: str) -> list[Any]:
    return [plain(item, f"{where}[{index}]") for index, item in enumerate(value)]


# The first that a value is an instance of writes it: True is an integer too, a named member may be text.
WRITERS: dict[Any, Callable[[Any, str], Any]] = {
    Enum: lambda value, _: written(value),
    (str, bool, date, time): lambda value, _: value,
    Integral: lambda value, _: int(value),
    Real: lambda value, _: float(value),
    PurePath: lambda value, _: value.as_posix(),
    Mapping: lambda value, where: {str(key): plain(item, f"{where}.{key}") for key, item in value.items()},
    (set, frozenset): lambda value, where: sorted((plain(item, where) for item in value), key=repr),
    (list, tuple): _items,
}


def _same(value: Any, default: Any) -> bool:
    """Equality that arrays and the like cannot make ambiguous; 1 and True differ."""
    if value is default:
        return True
    if default is attrs.NOTHING or isinstance(value, bool) is not isinstance(default, bool):
        return False
    try:
        return bool(value == default)
    except Exception:  # noqa: BLE001  # an array's, or a plugin's, own idea of comparing
        return False
