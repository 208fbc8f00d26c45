"""Fill in what is missing."""

from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np
from attrs import Attribute, field, frozen

from sigma_core.extend import Array, DataError, FittedState, Preprocessor, fields, joined

_STATISTICS = ("mean", "median", "most_frequent")


@frozen
class Fill(Preprocessor):
    """Put a number in the place of each NaN: one that is given, or a statistic of that feature in the training records.

    `median` and `most_frequent` (of several, the least) need the section in memory. Raises `DataError` for a feature
    that the training records never have. Infinity stays, and is refused as ever.
    """

    value: float | str = field(default="mean")
    """A number, or one of mean, median and most_frequent."""

    takes_missing_values: ClassVar[bool] = True

    @value.validator
    def _check_value(self, attribute: "Attribute[Any]", value: Any) -> None:
        if value not in _STATISTICS and not (fields.is_plain(value, int | float) and np.isfinite(value)):
            raise fields.refusal(self, attribute, value, f"a finite number, or one of {', '.join(_STATISTICS)}")

    def fit(self, blocks: Iterable[Array]) -> FittedState:
        """`values`: an array of the shape of one record, or the number that was given."""
        match self.value:
            case "mean":
                values = _means(blocks)
            case "median":
                values = _by_feature(joined(blocks), np.median)
            case "most_frequent":
                values = _by_feature(joined(blocks), _mode)
            case number:
                return {"values": float(number)}
        missing = np.argwhere(np.isnan(values))
        if len(missing):
            raise DataError(
                "preprocessor fill",
                f"{len(missing)} features have no value in any training record, the first of them "
                f"{', '.join(str(place) for place in missing[0]) or 'the only one'}",
                "a value in at least one",
                "leave the feature out, or give a number: value = 0",
            )
        return {"values": values}

    def apply(self, array: Array, state: FittedState) -> Array:
        """Records of the same shape and dtype; whole numbers, which cannot be missing, as they are."""
        if array.dtype.kind != "f":
            return array
        return np.where(np.isnan(array), np.asarray(state["values"]), array).astype(array.dtype, copy=False)


def _means(blocks: Iterable[Array]) -> Array:
    sums: Any = 0.0
    counts: Any = 0
    for block in blocks:
        sums = sums + np.nansum(block, axis=0, dtype=np.float64)
        counts = counts + (~np.isnan(block)).sum(axis=0)
    with np.errstate(invalid="ignore"):
        return np.asarray(sums / counts)


def _by_feature(array: Array, statistic: Any) -> Array:
    """The statistic of what is there of each feature, NaN where nothing is."""
    table = array.reshape(len(array), -1)
    present = [column[~np.isnan(column)] for column in table.T]
    return np.array([statistic(each) if len(each) else np.nan for each in present]).reshape(array.shape[1:])


def _mode(values: Array) -> Any:
    found, counts = np.unique(values, return_counts=True)
    return found[counts.argmax()]
