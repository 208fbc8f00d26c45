"""What a setting may be, in data: bounds and choices, for whoever makes an editor of it."""

from collections.abc import Iterator
from enum import Enum
from typing import Any, Literal, get_args, get_origin

from attrs import evolve, frozen

from sigma_core.registry._annotations import bare, written

LIMITS = "sigma.limits"
"""Where fields of `sigma_core.extend.fields` keep theirs in the metadata."""


@frozen
class Limits:
    """The least and the largest number, None where there is no such; the values that may be chosen, None for any.

    What is excluded is a bound that a value comes near to and never is.
    """

    minimum: float | None = None
    maximum: float | None = None
    excludes_minimum: bool = False
    excludes_maximum: bool = False
    choices: tuple[Any, ...] | None = None

    @classmethod
    def of_bounds(
        cls,
        *,
        above: float | None = None,
        at_least: float | None = None,
        at_most: float | None = None,
        below: float | None = None,
    ) -> "Limits":
        """Those of a field that is bounded by these words."""
        return cls(
            minimum=at_least if above is None else above,
            maximum=at_most if below is None else below,
            excludes_minimum=above is not None,
            excludes_maximum=below is not None,
        )


def limits_of(attribute: Any, annotation: Any = None) -> Limits:
    """The limits of an attrs field, or of whatever else is annotated so, as far as they are told.

    They are told by the fields of `sigma_core.extend.fields`, by the validators of attrs, by literals and by
    enumerations; a validator that is a function of its own tells nothing.
    """
    told = getattr(attribute, "metadata", {}).get(LIMITS)
    limits = told if isinstance(told, Limits) else Limits()
    for validator in _each(getattr(attribute, "validator", None)):
        limits = _narrowed(limits, validator)
    if limits.choices is None:
        limits = evolve(limits, choices=_choices(annotation))
    return limits


def _each(validator: Any) -> Iterator[Any]:
    """The validators that one is made of; those of attrs have no public names, but have had these in all versions."""
    match type(validator).__name__:
        case "_AndValidator":
            for each in validator._validators:  # noqa: SLF001  # as above
                yield from _each(each)
        case "_OptionalValidator":
            yield from _each(validator.validator)
        case "_NumberValidator" | "_InValidator":
            yield validator


def _narrowed(limits: Limits, validator: Any) -> Limits:
    match getattr(validator, "compare_op", None):
        case ">=" | ">" as operator:
            return evolve(limits, minimum=validator.bound, excludes_minimum=operator == ">")
        case "<=" | "<" as operator:
            return evolve(limits, maximum=validator.bound, excludes_maximum=operator == "<")
    return evolve(limits, choices=_written(validator.options))


def _choices(annotation: Any) -> tuple[Any, ...] | None:
    plain = bare(annotation)
    if get_origin(plain) is Literal:
        return get_args(plain)
    return _written(plain) if isinstance(plain, type) and issubclass(plain, Enum) else None


def _written(options: Any) -> tuple[Any, ...]:
    return tuple(written(option) if isinstance(option, Enum) else option for option in options)
