"""One build of a component from settings: every setting is checked, every fault is kept with its place."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, time
from functools import partial
from types import SimpleNamespace
from typing import Any

import attrs
from attrs import evolve, frozen

from sigma_core.errors import PluginFailedError, SettingError, SigmaError, listed
from sigma_core.registry._annotations import seen
from sigma_core.registry._components import ComponentRegistry
from sigma_core.registry._conform import conform
from sigma_core.registry._fields import several
from sigma_core.registry._kinds import Kind, kind_of
from sigma_core.registry._settings import Argument, Slot, arguments_of, said

Place = tuple[str | int, ...]
# What a recipe can write and that is no component: neither a name nor a table.
SCALARS = (bool, int, float, complex, bytes, list, tuple, set, frozenset, type(None), date, time)
MISSING = object()


@frozen
class Fault:
    """An error, and the keys that lead to its place inside the value that was given."""

    place: Place
    error: SigmaError


@frozen
class Build:
    """One call of `build`: whatever does not fit is added to `faults`, and `MISSING` stands in its place."""

    registry: ComponentRegistry
    faults: list[Fault]

    def value(self, kind: Kind, value: Any, place: Place, where: str) -> Any:
        """A component from anything."""
        if isinstance(value, str):
            return self.table(kind, value, {}, place, place)
        if isinstance(value, Mapping):
            return self.mapping(kind, value, place, where)
        expected = f"the name of {kind.article}, a table with `use`, or the object itself"
        if isinstance(value, SCALARS):
            return self.fault(place, SettingError(where, seen(value), expected))
        if isinstance(value, type):
            call = f"call it: {value.__name__}(...)"
            return self.fault(place, SettingError(where, f"{value.__name__} is a class", expected, call))
        known = self.registry.registrations(value)
        if known and not any(entry.kind in kind.names for entry in known):
            found = f"{type(value).__name__} is {kind_of(known[0].kind).article}"
            return self.fault(place, SettingError(where, found, kind.article))
        return self.object(value, place, str(known[0]) if known else type(value).__name__)

    def mapping(self, kind: Kind, value: Mapping[str, Any], place: Place, where: str) -> Any:
        """A component from a table with `use`."""
        settings = dict(value)
        name = settings.pop("use", MISSING)
        if name is MISSING:
            expected = f"`use` with one of {listed(self.registry.names(kind.name))}"
            return self.fault(place, SettingError(where, "the table has no `use`", expected))
        if not isinstance(name, str):
            return self.fault((*place, "use"), SettingError(f"{where}, use", seen(name), f"the name of {kind.article}"))
        return self.table(kind, name, settings, place, (*place, "use"))

    def table(self, kind: Kind, name: str, settings: Mapping[str, Any], place: Place, named_at: Place) -> Any:
        """A component from its name and settings."""
        try:
            entry = self.registry.find(kind.name, name)
            target = self.registry.get(kind.name, name)
        except SigmaError as error:
            return self.fault(named_at, error)
        arguments = {argument.name: argument for argument in arguments_of(target)}
        before = len(self.faults)
        values = {
            key: self.setting(arguments[key], given, (*place, key), f"{entry}, {key}")
            if key in arguments
            else self.fault((*place, key), _unknown(str(entry), key, arguments))
            for key, given in settings.items()
        }
        for argument in arguments.values():
            if argument.required and argument.name not in settings:
                missing = f"the setting '{argument.name}' is missing"
                self.fault(place, SettingError(str(entry), missing, argument.type_name))
        make = partial(target, **{key: value for key, value in values.items() if value is not MISSING})
        made = self.made(make, arguments, place, str(entry), whole=len(self.faults) == before)
        # Its defaults may name components, and converters may have put names into its fields.
        return MISSING if made is MISSING else self.object(made, place, str(entry))

    def object(self, value: Any, place: Place, where: str) -> Any:
        """An object as it is; where its fields name components, the same with these built."""
        if not attrs.has(type(value)):
            return value
        slots = {argument.name: argument for argument in arguments_of(type(value)) if argument.slot}
        before = len(self.faults)
        changed = {}
        for name, argument in slots.items():
            kept = getattr(value, argument.attribute)
            built = self.setting(argument, kept, (*place, name), f"{where}, {name}")
            if built is not MISSING and not _identical(built, kept):
                changed[name] = built
        if not changed and len(self.faults) == before:
            return value
        return self.made(partial(evolve, value, **changed), slots, place, where, whole=len(self.faults) == before)

    def setting(self, argument: Argument, value: Any, place: Place, where: str) -> Any:
        """The value of one setting, of the right type."""
        if value is None and argument.optional:
            return None
        if argument.slot is not None:
            return self.filled(argument.slot, value, place, where)
        return self.checked(partial(argument.checked, value, where), place)

    def checked(self, check: "partial[Any]", place: Place) -> Any:
        """The value of a setting that is no component."""
        try:
            return check()
        except SettingError as error:
            return self.fault(place, error)

    def filled(self, slot: Slot, value: Any, place: Place, where: str) -> Any:
        """The component, or the components, of one field."""
        kind = kind_of(slot.kind)
        if slot.keyed:
            return self.keyed(kind, value, place, where)
        if slot.many:
            return self.several(kind, value, place, where, slot.text)
        if slot.plain is not None and isinstance(value, list | tuple):
            return self.checked(partial(conform, value, slot.plain, where=where), place)
        return self.one(kind, value, place, where, slot.text)

    def one(self, kind: Kind, value: Any, place: Place, where: str, text: Callable[[str], Any] | None) -> Any:
        """A component from anything; with `text`, a text is no name but what that function makes a component of."""
        if text is not None and isinstance(value, str):
            value = self.made(partial(text, value), {}, place, where, whole=True)
        return MISSING if value is MISSING else self.value(kind, value, place, where)

    def several(
        self, kind: Kind, value: Any, place: Place, where: str, text: Callable[[str], Any] | None = None
    ) -> Any:
        """A tuple of components."""
        # A single one that stands without brackets is at the place of the setting itself.
        inside = isinstance(value, list | tuple)
        built = tuple(
            self.one(kind, item, (*place, index) if inside else place, f"{where}[{index}]" if inside else where, text)
            for index, item in enumerate(several(value))
        )
        return MISSING if MISSING in map(_marker, built) else built

    def keyed(self, kind: Kind, value: Any, place: Place, where: str) -> Any:
        """A table of tuples of components."""
        if not isinstance(value, Mapping):
            return self.fault(place, SettingError(where, seen(value), f"a table of {kind.name}"))
        built = {key: self.several(kind, items, (*place, key), f"{where}.{key}") for key, items in value.items()}
        return MISSING if MISSING in map(_marker, built.values()) else built

    def made(
        self, make: "partial[Any]", arguments: Mapping[str, Argument], place: Place, where: str, *, whole: bool
    ) -> Any:
        """The component, if all its settings are there; else what its validators say of those that are."""
        failure: SigmaError | None = None
        if whole:
            try:
                return make()
            except SigmaError as error:
                failure = error
            except (TypeError, ValueError) as error:
                failure = _caused(SettingError(where, said(error)), error)
            except Exception as error:  # noqa: BLE001 - a plugin's constructor can raise anything
                failure = _caused(PluginFailedError(where, f"it raised {type(error).__name__}: {error}"), error)
        before = len(self.faults)
        self.validate(arguments, make.keywords, place, where)
        if failure is not None and len(self.faults) == before:
            self.fault(place, failure)
        return MISSING

    def validate(self, arguments: Mapping[str, Argument], values: Mapping[str, Any], place: Place, where: str) -> None:
        """Run each validator by itself, so that all of them are heard and not only the first that raises."""
        others = SimpleNamespace(**{argument.attribute: argument.default for argument in arguments.values()})
        vars(others).update({arguments[key].attribute: value for key, value in values.items()})
        for key, value in values.items():
            try:
                arguments[key].validate(value, others, f"{where}, {key}")
            except SigmaError as error:
                self.fault((*place, key), error)

    def fault(self, place: Place, error: SigmaError) -> Any:
        """Note an error; returns the marker of what is missing."""
        self.faults.append(Fault(place, error))
        return MISSING


def _marker(value: Any) -> Any:
    """The value's identity only: a component's own `==` is not to be asked."""
    return MISSING if value is MISSING else None


def _identical(built: Any, kept: Any) -> bool:
    if isinstance(built, tuple) and isinstance(kept, tuple):
        return len(built) == len(kept) and all(one is other for one, other in zip(built, kept, strict=True))
    if isinstance(built, dict) and isinstance(kept, dict):
        return all(_identical(built[key], kept[key]) for key in built)
    return built is kept


def _unknown(where: str, key: str, arguments: Iterable[str]) -> SettingError:
    return SettingError(where, f"there is no setting '{key}'", listed(arguments, str(key)))


def _caused(error: SigmaError, cause: Exception) -> SigmaError:
    error.__cause__ = cause
    return error
