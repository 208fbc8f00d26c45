"""From settings, as a recipe writes them, to components, and back."""

from typing import Any

from sigma_core.errors import FaultsError
from sigma_core.registry._build import MISSING, Build, Fault, Place
from sigma_core.registry._components import ComponentRegistry
from sigma_core.registry._description import Description, describe
from sigma_core.registry._kinds import kind_of
from sigma_core.registry._tables import table


class Composer:
    """Builds components of one registry from settings, and writes them down as settings again."""

    def __init__(self, registry: ComponentRegistry) -> None:
        self.registry = registry

    def build(self, kind: str, value: Any, *, place: Place = (), faults: list[Fault] | None = None) -> Any:
        """The component that a name, a table with `use`, or an object stands for, with all the components inside it.

        Every setting is checked: its name, its type, what its validator says. All faults are added to `faults`, and
        the result is then None; without such a list a single fault is raised as it is, several as `FaultsError`.
        """
        found: list[Fault] = []
        sort = kind_of(kind)
        built = Build(self.registry, found).value(sort, value, place, sort.name)
        if faults is not None:
            faults += found
        elif len(found) == 1:
            raise found[0].error
        elif found:
            raise FaultsError(sort.name, f"{len(found)} faults", faults=tuple(fault.error for fault in found))
        return None if built is MISSING else built

    def table(self, component: Any) -> dict[str, Any]:
        """The settings that would build this component: `use`, and what differs from its defaults, in plain values.

        Raises `ComponentError` for an object that is not registered or that holds what TOML cannot write.
        """
        return table(self.registry, component)

    def describe(self, kind: str, name: str) -> Description:
        """What there is to know of a component: where it is from, its documentation, its settings. Imports it."""
        return describe(self.registry, kind, name)
