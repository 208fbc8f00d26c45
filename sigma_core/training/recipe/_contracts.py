"""What the components of a training derive from, by kind."""

from collections.abc import Mapping
from typing import Any

from sigma_core.backends import Backend
from sigma_core.data import Augmenter, Dataset, Iterator
from sigma_core.errors import ComponentError
from sigma_core.network import Initialiser, Layer
from sigma_core.registry import Composer, snake_case
from sigma_core.training._criterion import Criterion
from sigma_core.training._merger import Merger
from sigma_core.training._metric import Metric
from sigma_core.training._modifier import Modifier
from sigma_core.training._monitor import Monitor
from sigma_core.training._operator import Operator
from sigma_core.training._optimiser import Optimiser
from sigma_core.training._schedule import Schedule

CONTRACTS: Mapping[str, type] = {
    "layers": Layer,
    "datasets": Dataset,
    "augmenters": Augmenter,
    "iterators": Iterator,
    "optimisers": Optimiser,
    "criteria": Criterion,
    "metrics": Metric,
    "modifiers": Modifier,
    "schedules": Schedule,
    "monitors": Monitor,
    "initialisers": Initialiser,
    "backends": Backend,
    "operators": Operator,
    "mergers": Merger,
}
"""Kinds whose components are objects of one class; hooks are checked when they are registered."""


def check_contract(kind: str, component: Any) -> None:
    """Raise ComponentError for an object that does not derive from the contract of its kind."""
    contract = CONTRACTS.get(kind)
    if contract is not None and not isinstance(component, contract):
        raise ComponentError(
            kind,
            f"an object of type {type(component).__name__} is none of them",
            f"an object of a class that derives from {contract.__name__}",
            f"derive it from sigma_core.extend.{contract.__name__}",
        )


def built(composer: Composer, kind: str, value: Any) -> Any:
    """One component from a name, a table or an object.

    Raises UnknownComponentError, SettingError and whatever else `Composer.build` does, ComponentError for an object of
    another class.
    """
    component = composer.build(kind, value)
    check_contract(kind, component)
    return component


def component_name(component: Any, composer: Composer) -> str:
    """What a metric's scores or a modifier's settings are called after: the component, or the class of what is none."""
    registered = composer.registry.name_of(component)
    return registered[1] if registered else snake_case(type(component).__name__)
