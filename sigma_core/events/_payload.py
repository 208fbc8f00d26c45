"""Events as plain JSON values and as measurements, for stores and for other processes."""

import math
from collections.abc import Callable, Mapping
from functools import partial
from operator import attrgetter
from os import PathLike, fspath
from typing import Any

from attrs import fields

from sigma_core.errors import SigmaError
from sigma_core.events._epoch import EpochEnded, ValidationEnded
from sigma_core.events._event import Event
from sigma_core.events._iteration import IterationEnded
from sigma_core.events._values import ValuesPublished

_readers: dict[type, tuple[tuple[str, ...], Callable[[Event], Any]]] = {}
# Nearly all values are of these very classes, which JSON writes as they are.
_PLAIN = frozenset({str, int, bool, type(None)})


class RecordedError(Exception):
    """An error that a store tells of: of whatever class it was, its text is known."""


def plain(value: Any) -> Any:  # noqa: PLR0911  # one line for each kind of value reads as the table it is
    """The value in JSON's terms.

    JSON has no NaN and no infinity, so they become "NaN", "Infinity" and "-Infinity"; arrays become nested lists,
    exceptions their text, and any other object the name of its class.
    """
    if type(value) in _PLAIN or isinstance(value, (str, int)):
        return value
    if isinstance(value, float):
        return _plain_float(value)
    if type(value) is dict:
        return {key if type(key) is str else str(key): plain(item) for key, item in value.items()}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    if isinstance(value, BaseException):
        return str(value) if isinstance(value, SigmaError | RecordedError) else f"{type(value).__name__}: {value}"
    if isinstance(value, PathLike):
        return fspath(value)
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    return f"{type(value).__module__}.{type(value).__qualname__}"


def _plain_float(value: float) -> float | str:
    if math.isfinite(value):
        # Subclasses (numpy.float64) would be written by their own repr.
        return float(value)
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def values_of(event: Event) -> dict[str, Any]:
    """The event's fields as they are."""
    event_type = type(event)
    reader = _readers.get(event_type)
    if reader is None:
        names = tuple(attribute.name for attribute in fields(event_type))
        # One call reads all of them; that for a single one gives no tuple, and that for none does not exist.
        reader = _readers[event_type] = names, attrgetter(*names) if len(names) > 1 else partial(_each, names)
    names, read = reader
    return dict(zip(names, read(event), strict=True))


def _each(names: tuple[str, ...], event: Event) -> tuple[Any, ...]:
    return tuple(getattr(event, name) for name in names)


def payload(event: Event) -> dict[str, Any]:
    """The event's fields in JSON's terms."""
    return {name: plain(value) for name, value in values_of(event).items()}


def measurements(event: Event) -> list[tuple[str, int, float]]:
    """The event's scores as points of time series: (identifier, iteration, value).

    The identifier says where the score was taken: `training.loss` after an iteration, `epoch.training.loss` over an
    epoch, `validation.accuracy` on the validation data of that name. Values that a hook publishes have names of its
    own. Scores that are not one number are left out.
    """
    scores: Mapping[str, Any]
    if isinstance(event, IterationEnded):
        scores = {f"training.{name}": value for name, value in event.scores.items()}
    elif isinstance(event, ValidationEnded):
        scores = {f"{event.name}.{name}": value for name, value in event.scores.items()}
    elif isinstance(event, EpochEnded):
        # Its other scores are those of the validations before it, which are stored already.
        scores = {f"epoch.{name}": value for name, value in event.scores.items() if name.startswith("training.")}
    elif isinstance(event, ValuesPublished):
        scores = event.values
    else:
        return []
    iteration = event.iteration
    return [(name, iteration, float(value)) for name, value in scores.items() if isinstance(value, (int, float))]
