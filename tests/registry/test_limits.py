"""What a setting may be, in data."""

from enum import Enum
from typing import Literal, NewType

import attrs
import pytest
from attrs import field, frozen, validators

from sigma_core.errors import SettingError
from sigma_core.registry import Limits, fields, limits_of

Mode = NewType("Mode", Literal["sum", "mean"])


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


@frozen
class Part:
    rate: float = fields.number(default=0.5, above=0, at_most=1)
    share: float | None = fields.number(default=None, at_least=0, below=1)
    size: int = fields.integer(default=3, at_least=1)
    mode: str = fields.choice("mean", "sum", default="mean")
    both: float = field(default=1.0, validator=validators.and_(validators.gt(0), validators.le(2)))
    maybe: int | None = field(default=None, validator=validators.optional([validators.ge(1), validators.lt(9)]))
    one_of: str = field(default="a", validator=validators.in_(["a", "b"]))
    none_of: str = field(default="c", validator=validators.not_(validators.in_(["a", "b"])))
    colour: Colour = field(default=Colour.RED, validator=validators.in_(Colour))
    own: float = field(default=1.0, validator=lambda part, attribute, value: None)
    plain: float = 1.0


def of(name):
    return limits_of(attrs.fields_dict(Part)[name])


@pytest.mark.parametrize(
    ("name", "limits"),
    [
        ("rate", Limits(0, 1, excludes_minimum=True)),
        ("share", Limits(0, 1, excludes_maximum=True)),
        ("size", Limits(1)),
        ("mode", Limits(choices=("mean", "sum"))),
        ("both", Limits(0, 2, excludes_minimum=True)),
        ("maybe", Limits(1, 9, excludes_maximum=True)),
        ("one_of", Limits(choices=("a", "b"))),
        ("none_of", Limits()),
        ("colour", Limits(choices=("red", "blue"))),
        ("own", Limits()),
        ("plain", Limits()),
    ],
)
def test_limits_are_those_of_the_field(name, limits):
    """Of the kernel's fields and of validators of attrs; what a function of one's own checks is not known."""
    assert of(name) == limits


@pytest.mark.parametrize("name", ["rate", "share", "size"])
def test_limits_are_what_a_field_checks(name):
    """What they exclude is refused, and what they include is not."""
    limits = of(name)
    for bound, is_excluded in [
        (limits.minimum, limits.excludes_minimum),
        (limits.maximum, limits.excludes_maximum),
    ]:
        if bound is not None and is_excluded:
            with pytest.raises(SettingError, match=rf"^Part\.{name}: "):
                Part(**{name: bound})
        elif bound is not None:
            assert getattr(Part(**{name: bound}), name) == bound


@pytest.mark.parametrize(
    ("annotation", "choices"),
    [(Literal["a", "b"], ("a", "b")), (Mode, ("sum", "mean")), (Colour, ("red", "blue")), (float, None), (None, None)],
)
def test_choices_are_those_of_the_type(annotation, choices):
    """Of whatever has no field, too, as a parameter of a function."""
    assert limits_of(None, annotation).choices == choices
