"""A component described: for the command line, the documentation and the dashboard."""

import inspect
from typing import Any

from attrs import NOTHING, field, frozen

from sigma_core.registry._components import ComponentRegistry
from sigma_core.registry._limits import Limits, limits_of
from sigma_core.registry._settings import arguments_of


@frozen
class Setting:
    """One setting: its type in words, its default (`attrs.NOTHING` if it must be given), the kind if a component.

    `limits` are what is known of what it may be.
    """

    name: str
    type: str
    default: Any
    kind: str | None = None
    limits: Limits = field(factory=Limits)

    @property
    def required(self) -> bool:
        """Whether it has to be given."""
        return self.default is NOTHING


@frozen
class Description:
    """A component: where it is from, the first line of its docstring, all of it, and its settings."""

    kind: str
    name: str
    distribution: str
    version: str
    summary: str
    documentation: str
    settings: tuple[Setting, ...]


def describe(registry: ComponentRegistry, kind: str, name: str) -> Description:
    """The description of a component, which is imported; raises what `ComponentRegistry.get` raises."""
    entry, target = registry.find(kind, name), registry.get(kind, name)
    # A command is an object, of whose purpose its class knows nothing.
    text = getattr(target, "help", "") if entry.kind == "commands" else target.__doc__
    # Not `getdoc`: a class without a docstring would be described by its base.
    documentation = inspect.cleandoc(text or "")
    settings = tuple(
        Setting(
            argument.name,
            argument.type_name,
            argument.default,
            argument.slot.kind if argument.slot else None,
            limits_of(argument.definition, argument.annotation),
        )
        for argument in arguments_of(target)
    )
    summary = documentation.partition("\n")[0]
    return Description(entry.kind, name, entry.distribution, entry.version, summary, documentation, settings)
