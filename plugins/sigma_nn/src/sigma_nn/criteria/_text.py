"""The text form of criteria, which `parse_criterion` reads back."""

from typing import Any

from attrs import fields

from sigma_core.extend import Criterion


def arguments(criterion: Criterion, *, behind: int) -> str:
    """The settings behind the first `behind` ones, as words; those at the end that are defaults are left out."""
    values = [(getattr(criterion, field.name), field.default) for field in fields(type(criterion))[behind:]]
    while values and values[-1][0] == values[-1][1]:
        values.pop()
    return "".join(f" {number_text(value)}" for value, _ in values)


def number_text(value: Any) -> str:
    """A number as people write it: `2` for 2.0, else as Python does; truth values as recipes do."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)
