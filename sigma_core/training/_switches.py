"""Switches of a criterion among the values of a trainer: `criteria.NAME`, true or false."""

from collections.abc import Mapping
from typing import Any

from sigma_core.errors import IdentifierError, listed

_PREFIX = "criteria."


def is_switch(identifier: Any) -> bool:
    """Whether an identifier is one of a switch, be there such a one or not."""
    return isinstance(identifier, str) and identifier.startswith(_PREFIX)


def name_of(identifier: str) -> str:
    """The name of a switch without its prefix."""
    return identifier.removeprefix(_PREFIX)


def identified(switches: Mapping[str, bool]) -> dict[str, bool]:
    """Whether each switch is on, by identifier."""
    return {f"{_PREFIX}{name}": is_on for name, is_on in switches.items()}


def checked(identifier: str, value: Any) -> bool:
    """A value that a switch can be set to. Raises IdentifierError for another."""
    if not isinstance(value, bool):
        raise IdentifierError(identifier, f"it cannot be set to {value!r}", "True or False", "give such a value")
    return value


def unknown(known: Mapping[str, bool], identifier: str) -> IdentifierError:
    """What to say of a switch that is not there."""
    if known:
        return IdentifierError(identifier, "there is no such switch", listed(known, identifier), "use one of these")
    return IdentifierError(
        identifier,
        "the criterion of this run has no switch",
        "a criterion with a switch",
        f'write stop = "20 epochs | {name_of(identifier)} switch", say',
    )
