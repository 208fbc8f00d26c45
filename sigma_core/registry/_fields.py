"""Fields of attrs classes that hold components."""

from collections.abc import Callable, Mapping
from typing import Any

import attrs
from attrs import NOTHING

from sigma_core.registry._kinds import kind_of
from sigma_core.registry._settings import FACTORY, SLOT, Slot

EMPTY: Any = FACTORY(dict)


def component(
    kind: str,
    default: Any = NOTHING,
    *,
    text: Callable[[str], Any] | None = None,
    plain: Any = None,
    **arguments: Any,
) -> Any:
    """An attrs field for a component: an object, its name, or a table with `use` and settings.

    The field keeps what it is given; `Composer.build` puts the object in its place. With `text`, a text is not a name
    but what that function makes a component of. With `plain`, a list is of that type and stays what it is.
    """
    return _field(Slot(kind_of(kind).name, text=text, plain=plain), default, arguments)


def components(kind: str, default: Any = (), *, text: Callable[[str], Any] | None = None, **arguments: Any) -> Any:
    """An attrs field for a tuple of components, each as in `component`; a single one needs no brackets."""
    return _field(Slot(kind_of(kind).name, many=True, text=text), default, {"converter": several, **arguments})


def component_table(kind: str, default: Any = EMPTY, **arguments: Any) -> Any:
    """An attrs field for a table of tuples of components, each tuple as in `components`; no part of the hash."""
    given = {"converter": several_by_key, "hash": False, **arguments}
    return _field(Slot(kind_of(kind).name, keyed=True), default, given)


def _field(slot: Slot, default: Any, arguments: dict[str, Any]) -> Any:
    metadata = {**arguments.pop("metadata", {}), SLOT: slot}
    return attrs.field(default=default, metadata=metadata, **arguments)


def several(value: Any) -> tuple[Any, ...]:
    """A list or tuple as a tuple, anything else as its only item."""
    return tuple(value) if isinstance(value, list | tuple) else (value,)


def several_by_key(value: Any) -> Any:
    """A table with its values as tuples; what is no table stays as it is, for the composer to refuse."""
    return {key: several(items) for key, items in value.items()} if isinstance(value, Mapping) else value
