"""Put the axes of records in another order."""

from typing import Any

import numpy as np
from attrs import Attribute, field, frozen

from sigma_core.extend import Array, DataError, FittedState, Preprocessor, fields


@frozen
class Permute(Preprocessor):
    """The axes of each record in another order: `Permute((2, 0, 1))` makes (channels, height, width) of images.

    Axes are those of a record, counted from 0, as np.transpose takes them. Raises SettingError unless each is named
    once, `DataError` for records of more axes or fewer.
    """

    axes: tuple[int, ...] = field(converter=fields.as_tuples)

    @axes.validator
    def _check_axes(self, attribute: "Attribute[Any]", axes: Any) -> None:
        is_each_once = isinstance(axes, tuple) and sorted(axes, key=str) == sorted(range(len(axes)), key=str)
        if not is_each_once or not axes:
            raise fields.refusal(self, attribute, axes, "each axis of a record once, counted from 0")

    def apply(self, array: Array, state: FittedState) -> Array:
        """Records of shape (records, ...), as a view."""
        if array.ndim - 1 != len(self.axes):
            raise DataError(
                "preprocessor permute",
                f"records of shape {array.shape[1:]} for axes {self.axes}",
                f"records of {len(self.axes)} axes",
                "name each axis of a record once",
            )
        return np.transpose(array, (0, *(axis + 1 for axis in self.axes)))
