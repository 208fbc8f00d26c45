"""What an environment blocks: distributions by name, components by `kind:name`, both with wildcards."""

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import TypeVar

from attrs import evolve, frozen

from sigma_core.registry._distributions import PLUGINS, Component, Distribution, Status, canonical
from sigma_core.registry._kinds import kind_of

Thing = TypeVar("Thing", Component, Distribution)


@frozen
class Block:
    """One pattern; with a colon it names components (`optimisers:adam*`, `plugins:*`), else distributions."""

    text: str
    kind: str
    name: str

    @classmethod
    def parse(cls, text: str) -> "Block":
        """The pattern that a text means; a kind that does not exist raises `UnknownComponentError`."""
        kind, colon, name = text.partition(":")
        if not colon:
            return cls(text, "", canonical(text))
        if kind != PLUGINS and not set(kind) & set("*?["):
            kind = kind_of(kind).name
        return cls(text, kind, name)

    def covers(self, thing: Component | Distribution) -> bool:
        """Whether a component or a distribution is meant; a component also goes with its distribution."""
        if not self.kind:
            name = thing.name if isinstance(thing, Distribution) else thing.distribution
            return fnmatchcase(canonical(name), self.name)
        return (
            isinstance(thing, Component) and fnmatchcase(thing.kind, self.kind) and fnmatchcase(thing.name, self.name)
        )


def blocked(thing: Thing, blocks: Iterable[Block]) -> Thing:
    """The same, with status and reason if one of the patterns covers it."""
    for block in blocks:
        if block.covers(thing):
            return evolve(thing, status=Status.BLOCKED, reason=f"blocked here by '{block.text}'")
    return thing
