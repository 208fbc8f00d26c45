"""How parameters are improved: an optimiser, and what is done around it."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from attrs import evolve, field, fields, frozen

from sigma_core.training._modifier import Modifier
from sigma_core.training._optimiser import Optimiser
from sigma_core.training._schedule import Schedule

Settings = Mapping[str, float]


def settings_of(component: Any) -> tuple[str, ...]:
    """The settings of an optimiser or modifier: its attrs fields."""
    return tuple(each.name for each in fields(type(component)))


def floats_of(component: Any) -> tuple[str, ...]:
    """Those settings that hold floats, which are hyperparameters of the compiled step."""
    return tuple(name for name in settings_of(component) if isinstance(getattr(component, name), float))


@frozen
class Hyperparameter:
    """A float setting of a component that can be changed while a run goes on."""

    owner: Any
    """The component whose validators know what it may be."""
    setting: str

    @property
    def value(self) -> float:
        """What it begins with."""
        return float(getattr(self.owner, self.setting))

    def check(self, value: float) -> None:
        """Raise whatever the component raises for a value that it does not take."""
        evolve(self.owner, **{self.setting: value})


@frozen(eq=False, slots=False)
class Method:
    """Everything that makes new parameters out of gradients."""

    optimiser: Optimiser
    groups: Mapping[str, Settings] = field(factory=dict)
    """What the optimiser has in place of its own settings, by pattern of the parameters."""
    modifiers: Mapping[str, Modifier] = field(factory=dict)
    """What changes gradients before it and parameters after it, by name, in this order."""
    accumulation: int = 1
    """Batches whose gradients go into one update."""
    schedules: Mapping[str, Schedule] = field(factory=dict)
    """What a hyperparameter is multiplied by, by identifier."""

    @cached_property
    def optimisers(self) -> Mapping[str | None, Optimiser]:
        """The optimiser as it is for each group, and for parameters in none."""
        # An attrs class, which the abstract base cannot tell the type checker.
        own: Any = self.optimiser
        given = enumerate(self.groups.values(), 1)
        return {None: own, **{f"group_{number}": evolve(own, **settings) for number, settings in given}}

    @cached_property
    def hyperparameters(self) -> Mapping[str, Hyperparameter]:
        """All by identifier: `optimiser.learning_rate`, `optimiser.group_1.learning_rate`, `modifiers.l2.factor`."""
        found = {f"optimiser.{name}": Hyperparameter(self.optimiser, name) for name in floats_of(self.optimiser)}
        for group, settings in zip(list(self.optimisers)[1:], self.groups.values(), strict=True):
            for name in settings:
                found[f"optimiser.{group}.{name}"] = Hyperparameter(self.optimisers[group], name)
        for given, modifier in self.modifiers.items():
            found |= {f"modifiers.{given}.{name}": Hyperparameter(modifier, name) for name in floats_of(modifier)}
        return found

    @property
    def factors(self) -> tuple[str, ...]:
        """Identifiers of what the schedules give: `schedules.optimiser.learning_rate`."""
        return tuple(f"schedules.{identifier}" for identifier in self.schedules)

    def factor_of(self, *identifiers: str) -> str | None:
        """The factor of a hyperparameter; of several identifiers the first that has a schedule counts."""
        return next((f"schedules.{each}" for each in identifiers if each in self.schedules), None)
