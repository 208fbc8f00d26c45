"""A split of a part of a split: folds within folds."""

from collections.abc import Mapping

from attrs import frozen

from sigma_core.data.splits._split import PARTS, Records, Rows, Split
from sigma_core.data.splits.fractions import Fractions
from sigma_core.errors import DataError
from sigma_core.registry import component


@frozen
class Nested(Split):
    """What an outer split sets apart tests; what it leaves to train on is split again by an inner one.

    `{ use = "nested", outer = { use = "k_fold", fold = 2 }, inner = { use = "k_fold", fold = 4 } }`. Raises `DataError`
    for splits of which one or the other has three parts.
    """

    outer: Split | tuple[float | int, ...] = component("splits", plain=tuple[float | int, ...])
    """Its second part tests."""
    inner: Split | tuple[float | int, ...] = component("splits", plain=tuple[float | int, ...])
    """Its parts train and validate."""

    def rows(self, records: Records) -> Mapping[str, Rows]:
        """`training`, `validation` and `test`."""
        outer = as_split(self.outer).rows(records)
        training = outer[PARTS[0]]
        inner = as_split(self.inner).rows(records.among(training))
        for name, parts in (("outer", outer), ("inner", inner)):
            if len(parts) != 2:
                raise DataError(
                    f"{records.where}, split", f"the {name} split has {len(parts)} parts", "two: training, validation"
                )
        return {
            "training": training[inner["training"]],
            "validation": training[inner["validation"]],
            "test": outer["validation"],
        }


def as_split(value: Split | tuple[float | int, ...]) -> Split:
    """Fractions or counts as a split; a split as it is."""
    return value if isinstance(value, Split) else Fractions(tuple(value))
