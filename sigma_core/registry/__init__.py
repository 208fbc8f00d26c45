"""Components from entry points, their composition from settings, and registries of identified parameters."""

from sigma_core.registry import fields
from sigma_core.registry._build import Fault
from sigma_core.registry._components import ComponentRegistry
from sigma_core.registry._composition import Composer
from sigma_core.registry._conform import conform
from sigma_core.registry._description import Description, Setting
from sigma_core.registry._distributions import Component, Distribution, Status
from sigma_core.registry._fields import component, component_table, components
from sigma_core.registry._identifiers import (
    Resolver,
    matches,
    most_specific,
    resolve,
    snake_case,
    specificity,
    words_of,
)
from sigma_core.registry._kinds import KINDS, Kind, kind_of
from sigma_core.registry._limits import Limits, limits_of
from sigma_core.registry._parameters import Registry
from sigma_core.registry._tables import plain

__all__ = [
    "KINDS",
    "Component",
    "ComponentRegistry",
    "Composer",
    "Description",
    "Distribution",
    "Fault",
    "Kind",
    "Limits",
    "Registry",
    "Resolver",
    "Setting",
    "Status",
    "component",
    "component_table",
    "components",
    "conform",
    "fields",
    "kind_of",
    "limits_of",
    "matches",
    "most_specific",
    "plain",
    "resolve",
    "snake_case",
    "specificity",
    "words_of",
]
