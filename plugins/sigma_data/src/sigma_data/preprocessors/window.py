"""Windows over records that follow each other in time."""

from typing import ClassVar

import numpy as np
from attrs import frozen

from sigma_core.extend import DataError, FittedState, RecordsPreprocessor, Sections, fields, records_of


@frozen
class Window(RecordsPreprocessor):
    """Every `length` records in a row become one record: (records, ...) to (windows, length, ...).

    Of the sections in `single` a window has one value: that `ahead` records behind its last one, what is to be
    foretold. Windows do not cross the parts of a split; records have to be in order, so the dataset's `shuffle` off.
    Raises `DataError` where there are fewer records than one window takes.
    """

    length: int = fields.integer(at_least=1)
    stride: int = fields.integer(default=1, at_least=1)
    """How many records the next window begins behind the one before."""
    ahead: int = fields.integer(default=1, at_least=0)
    """How far behind the last record of a window its single values are; 0 is that of the last record itself."""
    single: tuple[str, ...] = fields.texts(default=("targets",))
    """Sections that have one value a window."""

    needs_all_records: ClassVar[bool] = True

    def apply(self, sections: Sections, state: FittedState) -> Sections:
        """The windows, as views of the records where that is possible."""
        ahead = self.ahead if any(name in sections for name in self.single) else 0
        records, needed = records_of(sections), self.length + ahead
        if records < needed:
            raise DataError(
                "preprocessor window",
                f"there are {records} records",
                f"at least the {needed} of one window" + (f", {ahead} of them ahead" if ahead else ""),
                "give more records, or shorter windows",
            )
        count = (records - needed) // self.stride + 1
        made = {}
        for name, array in sections.items():
            if name in self.single:
                made[name] = array[needed - 1 :: self.stride][:count]
            else:
                view = np.lib.stride_tricks.sliding_window_view(array, self.length, axis=0)
                made[name] = np.moveaxis(view, -1, 1)[:: self.stride][:count]
        return made
