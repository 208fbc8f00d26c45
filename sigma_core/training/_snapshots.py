"""What a background hook is given of an event: copies of the values that it requires, made at that moment."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

from attrs import evolve

from sigma_core.errors import UnknownIdentifierError
from sigma_core.events import Event, IterationEnded
from sigma_core.registry import Registry, matches
from sigma_core.training._values import Values


class Required(Registry):
    """Values that were asked for beforehand: of one that was not, it is said how to."""

    def __getitem__(self, identifier: str) -> Any:
        try:
            return super().__getitem__(identifier)
        except UnknownIdentifierError as error:
            error.remedy = f"name it in `requires`, as @hookimpl(background=True, requires=[{identifier!r}])"
            raise


def taken(event: Event, patterns: Sequence[str], scores: Mapping[str, Any], values: Values) -> tuple[Event, Registry]:
    """The event and the values that patterns mean, of which nothing changes any more.

    Of the scores of an iteration, which the next one overwrites, the event has those that are required.
    """
    found: dict[str, Any] = {}
    if isinstance(event, IterationEnded):
        found = _chosen(event.scores, patterns)
        event = evolve(event, scores=Required.of(found))
    names = dict.fromkeys(name for pattern in patterns for name in values.find(pattern))
    return event, Required.of({**found, **_chosen(scores, patterns), **values.read(names)}, values.tags)


def _chosen(scores: Mapping[str, Any], patterns: Sequence[str]) -> dict[str, Any]:
    names = [name for name in scores if any(matches(pattern, name) for pattern in patterns)]
    return {name: deepcopy(scores[name]) for name in names}
