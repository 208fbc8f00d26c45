"""Leave records out of the training."""

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from attrs import Attribute, field, frozen

from sigma_core.extend import Array, DataError, FittedState, RecordsPreprocessor, Sections, fields, listed


@frozen(kw_only=True)
class Filter(RecordsPreprocessor):
    """Keep the training records of which a section is as it should be: `Filter(section="targets", keep=[0, 1])`.

    Every value of a record has to pass. Records to validate on and to predict for stay, whatever they are. Raises
    `DataError` where there is no such section, and for a function that does not give a boolean for each record.
    """

    section: str = "inputs"
    keep: tuple[Any, ...] | None = field(default=None, converter=lambda value: value and fields.as_several(value))
    """Values that may occur."""
    least: float | None = None
    """The least value that may occur."""
    most: float | None = field(default=None)
    """The greatest value that may occur."""
    missing: bool = False
    """Whether records with missing values (NaN) are kept."""
    function: Callable[[Array], Array] | None = None
    """In Python, a function of the section that says for each record whether it is kept: (records,) of booleans."""

    is_for_training_only: ClassVar[bool] = True
    takes_missing_values: ClassVar[bool] = True

    @most.validator
    def _check_range(self, attribute: "Attribute[Any]", value: float | None) -> None:
        least = getattr(self, "least", None)
        if value is not None and least is not None and value < least:
            raise fields.refusal(self, attribute, value, f"a number of at least {least}, which is the least")

    def apply(self, sections: Sections, state: FittedState) -> Sections:
        """The sections with the records that pass."""
        if self.section not in sections:
            raise DataError(
                "preprocessor filter",
                f"there is no section {self.section!r}",
                f"one of {listed(sections, self.section)}",
                "name one of these",
            )
        passes = self._passes(sections[self.section])
        return sections if passes.all() else {name: array[passes] for name, array in sections.items()}

    def _passes(self, array: Array) -> Array:
        table = array.reshape(len(array), -1)
        passes = np.ones(table.shape, bool)
        if table.dtype.kind == "f" and not self.missing:
            passes &= ~np.isnan(table)
        if self.keep is not None:
            passes &= np.isin(table, np.array(self.keep))
        if (self.least, self.most) != (None, None) and table.dtype.kind not in "biuf":
            raise DataError(
                "preprocessor filter",
                f"section {self.section!r} holds {table.dtype} values, which are neither small nor great",
                "numbers, for least and most",
                "name the values that may occur: keep",
            )
        if self.least is not None:
            passes &= table >= self.least
        if self.most is not None:
            passes &= table <= self.most
        kept = passes.all(axis=1)
        if self.function is None:
            return kept
        chosen = np.asarray(self.function(array))
        if chosen.shape != kept.shape or chosen.dtype != bool:
            raise DataError(
                "preprocessor filter",
                f"the function gave {chosen.dtype} of shape {chosen.shape}",
                f"a boolean for each of {len(array)} records",
                "give whether each record is kept",
            )
        return kept & chosen
