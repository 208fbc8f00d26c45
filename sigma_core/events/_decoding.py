"""Events out of what a store keeps of them, for whoever looks at a run from outside it."""

from collections.abc import Callable, Mapping
from typing import Any

from attrs import NOTHING, fields

from sigma_core.events._event import Event, name_of_event
from sigma_core.events._payload import RecordedError
from sigma_core.events._stored import StoredEvent

_NUMBERS = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}
# By class of event: each field, how it is read, and whether it must be there.
_readers: dict[type, tuple[tuple[str, Callable[[Any], Any], bool], ...]] = {}


def classes_of(events: tuple[type[Event], ...]) -> dict[str, type[Event]]:
    """Classes of events by their names in stores; a base class stands for all that derive from it."""
    found: dict[str, type[Event]] = {}
    for kind in events:
        found |= {name_of_event(kind): kind} | classes_of(tuple(kind.__subclasses__()))
    return found


def decoded(stored: StoredEvent, kind: type[Event]) -> Event | None:
    """The event of that class; None where a field is missing, as in a store of an earlier version.

    As it was published, but for what JSON has no words for: of errors the text is known, of objects their class.
    """
    values = {}
    if kind not in _readers:
        _readers[kind] = tuple((each.name, _reader(each), each.default is NOTHING) for each in fields(kind))
    for name, read, is_required in _readers[kind]:
        if name in stored.payload:
            values[name] = read(stored.payload[name])
        elif is_required:
            return None
    return kind(**values)


def _reader(attribute: Any) -> Callable[[Any], Any]:
    if attribute.metadata.get("scores"):
        return _numbers
    if isinstance(attribute.type, type) and issubclass(attribute.type, BaseException):
        return RecordedError
    return _number if attribute.type is float else _as_it_is


def _as_it_is(value: Any) -> Any:
    return value


def _number(value: Any) -> Any:
    return _NUMBERS.get(value, value) if isinstance(value, str) else value


def _numbers(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _numbers(each) for name, each in value.items()}
    return [_numbers(each) for each in value] if isinstance(value, list) else _number(value)
