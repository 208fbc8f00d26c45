"""What every event is: an immutable record of a moment in the life of a run."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from attrs import Attribute, evolve, field, fields, frozen

from sigma_core.registry import snake_case

# By event class, because events are built and published in the training loop.
_names: dict[type, str] = {}
_score_fields: dict[type, tuple[str, ...]] = {}


def name_of_event(event_type: type) -> str:
    """The event's name in hooks, stores and documents: IterationEnded -> "iteration_ended"."""
    if event_type not in _names:
        _names[event_type] = snake_case(event_type.__name__)
    return _names[event_type]


def scores() -> Any:
    """An attrs field for scores by name, which may be lazy: a value is read from its device when it is looked up."""
    return field(factory=dict, metadata={"scores": True})


def _find_score_fields(event_type: type) -> tuple[str, ...]:
    attributes: tuple[Attribute[Any], ...] = fields(event_type)
    names = tuple(attribute.name for attribute in attributes if attribute.metadata.get("scores"))
    _score_fields[event_type] = names
    return names


def _is_plain(mapping: Mapping[str, Any]) -> bool:
    if type(mapping) is not dict:
        return False
    # A loop, because `all` over a generator takes three times as long for one score.
    for value in mapping.values():  # noqa: SIM110
        if type(value) is not float:
            return False
    return True


def _number(value: Any) -> Any:
    # Anything that counts as one number becomes a float here and now; a matrix (a confusion matrix, say) stays, and so
    # do texts and tables that hooks publish.
    is_more = isinstance(value, list | str | Mapping) or getattr(value, "ndim", 0) > 0
    return value if is_more else float(value)


@frozen(kw_only=True)
class Event:
    """A record of what happened; the argument of the hook of the same name and the message on the bus.

    `schema` is the version of the event's fields, written with every stored event.
    """

    schema: ClassVar[int] = 1

    def materialised(self) -> Self:
        """The same event with every lazy score read: plain dictionaries of floats, safe to hand to other threads.

        Raises whatever reading a score raises, for example an error of the device that computes it.
        """
        event_type = type(self)
        names = _score_fields.get(event_type)
        if names is None:
            names = _find_score_fields(event_type)
        event = self
        for name in names:
            mapping = getattr(self, name)
            if not _is_plain(mapping):
                event = evolve(event, **{name: {key: _number(value) for key, value in mapping.items()}})
        return event
