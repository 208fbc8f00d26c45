"""Fields of components whose values are checked where they enter; `sigma_core.extend.fields`.

    rate: float = fields.number(default=0.5, at_least=0, below=1)

Each raises SettingError with the component, the field, what it was given and what is allowed. The check is a validator,
not part of a converter, so that a composer can run all of them and report every fault at once.
"""

import operator
from collections.abc import Callable
from math import isfinite
from numbers import Integral, Real
from typing import Any

from attrs import NOTHING, Attribute, field, has
from attrs.validators import optional

from sigma_core.errors import SettingError
from sigma_core.registry._limits import LIMITS, Limits

_WORDS: dict[str, tuple[str, Callable[[float, float], bool]]] = {
    "above": ("above", operator.gt),
    "at_least": ("of at least", operator.ge),
    "at_most": ("of at most", operator.le),
    "below": ("below", operator.lt),
}


def number(*, default: Any = NOTHING, **bounds: float) -> Any:
    """A field that holds a finite float within bounds, which are any of `above`, `at_least`, `at_most` and `below`.

    Integers become floats: hyperparameters must be floats to stay changeable in the compiled step.
    """

    def check(instance: Any, attribute: "Attribute[float]", value: Any) -> None:
        if not is_plain(value, Real) or not isfinite(value) or not _within(value, bounds):
            raise refusal(instance, attribute, value, f"a finite number{_worded(bounds)}")

    told = {LIMITS: Limits.of_bounds(**bounds)}
    validator = optional(check) if default is None else check
    return field(default=default, converter=_as_float, validator=validator, metadata=told)


def integer(*, default: Any = NOTHING, **bounds: int) -> Any:
    """A field that holds an integer within bounds, which are any of `above`, `at_least` and `below`."""

    def check(instance: Any, attribute: "Attribute[int]", value: Any) -> None:
        if not is_plain(value, Integral) or not _within(value, bounds):
            raise refusal(instance, attribute, value, f"an integer{_worded(bounds)}")

    told = {LIMITS: Limits.of_bounds(**bounds)}
    # What may be left out is None, and that needs no check.
    validator = optional(check) if default is None else check
    return field(default=default, converter=_as_integer, validator=validator, metadata=told)


def numbers(*, default: Any = NOTHING, word: str | None = None, **bounds: float) -> Any:
    """A field that holds a tuple of finite floats within bounds, which are those of `number`, or else a word."""
    or_word = "" if word is None else f", or {word!r}"

    def check(instance: Any, attribute: "Attribute[Any]", value: Any) -> None:
        if word is not None and value == word:
            return
        is_tuple = isinstance(value, tuple) and len(value) > 0
        if not is_tuple or not all(is_plain(each, Real) and isfinite(each) and _within(each, bounds) for each in value):
            raise refusal(instance, attribute, value, f"finite numbers{_worded(bounds)}{or_word}")

    return field(default=default, converter=_as_floats, validator=optional(check) if default is None else check)


def choice(*options: str, default: Any = NOTHING) -> Any:
    """A field that holds one of the words."""

    def check(instance: Any, attribute: "Attribute[str]", value: Any) -> None:
        if value not in options:
            raise refusal(instance, attribute, value, "one of " + ", ".join(repr(option) for option in options))

    return field(default=default, validator=check, metadata={LIMITS: Limits(choices=options)})


def sizes(*, default: Any = NOTHING) -> Any:
    """A field that holds an integer of at least 1 for all axes, or a tuple with one for each."""

    def check(instance: Any, attribute: "Attribute[Any]", value: Any) -> None:
        several = value if isinstance(value, tuple) else (value,)
        if not several or not all(is_plain(each, Integral) and each >= 1 for each in several):
            raise refusal(instance, attribute, value, "an integer of at least 1, or one for each axis")

    # What may be left out is None, and that needs no check.
    return field(default=default, converter=as_tuples, validator=optional(check) if default is None else check)


def extents(*, may_be_open: bool = False) -> Any:
    """A field that holds the shape of a record: an integer of at least 1 for each axis; -1 for one that may be open."""

    def check(instance: Any, attribute: "Attribute[Any]", value: Any) -> None:
        is_shape = isinstance(value, tuple) and len(value) > 0 and all(is_plain(each, Integral) for each in value)
        sized = [each for each in value if each != -1 or not may_be_open] if is_shape else []
        if not is_shape or not all(each > 0 for each in sized) or len(value) - len(sized) > 1:
            expected = "positive integers, one for each axis of a record"
            raise refusal(instance, attribute, value, f"{expected}; one may be -1" if may_be_open else expected)

    return field(converter=_as_extents, validator=check)


def texts(*, default: Any = NOTHING) -> Any:
    """A field that holds a tuple of texts, at least one; a single one needs no brackets."""

    def check(instance: Any, attribute: "Attribute[tuple[str, ...]]", value: Any) -> None:
        if not value or not all(isinstance(each, str) and each for each in value):
            raise refusal(instance, attribute, value, "texts, at least one")

    return field(default=default, converter=as_several, validator=check)


def refusal(instance: Any, attribute: "Attribute[Any]", value: Any, expected: str, reason: str = "") -> SettingError:
    """The error that a validator raises: `Dropout.rate: 1.5`, why, what is expected."""
    found = f"{value!r}: {reason}" if reason else repr(value)
    return SettingError(place_of(instance, attribute), found, expected)


def place_of(instance: Any, attribute: "Attribute[Any]") -> str:
    """Where a setting stands: `Dropout.rate`."""
    # A composer that runs validators one by one hands them no component; it knows itself where it is.
    owner = f"{type(instance).__name__}." if has(type(instance)) else ""
    return f"{owner}{attribute.name}"


def _as_float(value: float) -> float:
    return float(value) if is_plain(value, Real) else value


def _as_floats(value: Any) -> Any:
    """Lists, as recipes have them, and arrays as tuples of floats, so that components are hashable."""
    is_several = isinstance(value, list | tuple) or hasattr(value, "tolist")
    return tuple(_as_float(each) for each in value) if is_several else value


def _as_integer(value: int) -> int:
    return int(value) if is_plain(value, Integral) else value


def as_tuples(value: Any) -> Any:
    """Lists, as recipes have them, as tuples, so that components are hashable."""
    return tuple(as_tuples(each) for each in value) if isinstance(value, list | tuple) else value


def _as_extents(value: Any) -> Any:
    return (value,) if isinstance(value, Integral) else as_tuples(value)


def as_several(value: Any) -> tuple[Any, ...]:
    """A list or tuple as a tuple, anything else as its only item."""
    return tuple(value) if isinstance(value, list | tuple) else (value,)


def is_plain(value: Any, kind: type) -> bool:
    """Whether a value is of a kind of number and no boolean, which Python counts among the whole ones."""
    return isinstance(value, kind) and not isinstance(value, bool)


def _within(value: Any, bounds: dict[str, Any]) -> bool:
    return all(_WORDS[word][1](value, bound) for word, bound in bounds.items())


def _worded(bounds: dict[str, Any]) -> str:
    return " and".join(f" {_WORDS[word][0]} {bound}" for word, bound in bounds.items())
