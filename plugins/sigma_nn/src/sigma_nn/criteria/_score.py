"""What criteria that look at a score have in common."""

import re
from typing import Any

from attrs import Attribute, field, frozen

from sigma_core.extend import Criterion, Moment
from sigma_nn._settings import refusal

_IDENTIFIER = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")


def _check(instance: Any, attribute: "Attribute[str]", value: Any) -> None:
    if not isinstance(value, str) or not _IDENTIFIER.fullmatch(value):
        raise refusal(instance, attribute, value, "the identifier of a score, such as validation.loss")


def score_identifier() -> Any:
    """A field that holds the identifier of a score, such as `validation.loss`."""
    return field(validator=_check)


@frozen
class ScoreCriterion(Criterion):
    """A criterion over one score, `value`, after each epoch."""

    value: str = score_identifier()

    @property
    def moment(self) -> Moment:
        """After each epoch."""
        return "epoch"

    @property
    def requires(self) -> tuple[str, ...]:
        """The score."""
        return (self.value,)
