"""Fields of components whose values are checked where they enter: those of the kernel, and some of networks, hooks."""

from numbers import Integral
from typing import Any

from attrs import NOTHING, Attribute, field

from sigma_core.extend import ExpressionError, Trigger, check_span, fields

choice, extents, integer, number, numbers = fields.choice, fields.extents, fields.integer, fields.number, fields.numbers
place_of, refusal, sizes, texts = fields.place_of, fields.refusal, fields.sizes, fields.texts


def margins(*, default: Any) -> Any:
    """A field that holds "same", "valid", or numbers of elements: one for all sides, or for each axis one or a pair."""

    def check(instance: Any, attribute: "Attribute[Any]", value: Any) -> None:
        several = value if isinstance(value, tuple) else (value,)
        sides = [side for each in several for side in (each if isinstance(each, tuple) and len(each) == 2 else (each,))]
        if value not in ("same", "valid") and not (
            sides and all(fields.is_plain(side, Integral) and side >= 0 for side in sides)
        ):
            raise refusal(
                instance,
                attribute,
                value,
                "'same', 'valid', an integer of at least 0, or for each axis one or a pair of them",
            )

    return field(default=default, converter=fields.as_tuples, validator=check)


def span(*, default: Any = NOTHING) -> Any:
    """A field that holds a length of time: a number of iterations, of epochs or of runs, as text."""

    def check(instance: Any, attribute: "Attribute[str]", value: Any) -> None:
        check_span(value, place_of(instance, attribute))

    return field(default=default, validator=check)


def spans(*, default: Any = NOTHING) -> Any:
    """A field that holds a tuple of lengths of time; a single one needs no brackets."""

    def check(instance: Any, attribute: "Attribute[tuple[str, ...]]", value: Any) -> None:
        for each in value:
            check_span(each, place_of(instance, attribute))

    return field(default=default, converter=fields.as_several, validator=check)


def moment(*, default: Any = "1 epochs") -> Any:
    """A field, given by name, that holds the text of a trigger: when a hook acts."""

    def check(instance: Any, attribute: "Attribute[str]", value: Any) -> None:
        if not isinstance(value, str):
            raise refusal(instance, attribute, value, 'the text of a trigger, such as "every 2 epochs"')
        try:
            Trigger.parse(value)
        except ExpressionError as error:
            error.where = place_of(instance, attribute)
            raise

    return field(default=default, validator=check, kw_only=True)
