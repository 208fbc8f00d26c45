"""The contract of a split: which records train, which validate, which test."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from math import fsum

import numpy as np
from attrs import evolve, frozen
from numpy.typing import NDArray

from sigma_core.data._order import Purpose, permutation
from sigma_core.data._sections import Array
from sigma_core.errors import DataError

PARTS = ("training", "validation", "test")
"""What the parts of a split are called, in order."""

Rows = NDArray[np.intp]
"""Places of records, ascending."""


@frozen
class Records:
    """What a split sees of the records: how many there are, single sections of them, and chance."""

    count: int
    column: Callable[[str], Array]
    """One section of all records; raises DataError where there is none of that name."""
    seed: int
    is_shuffled: bool
    """Whether chance decides; else the first records train."""
    where: str
    depth: int = 0
    """How many splits these records have gone through: each has an order of its own."""

    def order(self, count: int) -> Rows:
        """A random order of so many things, by the seed; that of the data where chance has no say."""
        return permutation(count, self.seed, self.depth, Purpose.SPLIT) if self.is_shuffled else np.arange(count)

    def among(self, rows: Rows) -> "Records":
        """The same for some of the records."""
        return evolve(self, count=len(rows), column=lambda name: self.column(name)[rows], depth=self.depth + 1)


@frozen
class Split(ABC):
    """Says of each record which part it is in; a component of kind `splits`."""

    @abstractmethod
    def rows(self, records: Records) -> Mapping[str, Rows]:
        """The records of each part, ascending, `training` first; none is in two parts.

        Raises `DataError` for a split that the records do not allow.
        """


def checked(parts: Mapping[str, Rows], split: str, records: Records) -> dict[str, Rows]:
    """The parts, ascending; raises `DataError` for one that is empty."""
    for name, rows in parts.items():
        if not len(rows):
            raise DataError(
                records.where,
                f"split {split} of {records.count} records leaves no record for {name}",
                "at least one record in each part",
            )
    return {name: np.sort(rows) for name, rows in parts.items()}


def bounds_of(parts: Sequence[float | int], count: int, where: str) -> dict[str, tuple[int, int]]:
    """First and behind-last record of each part, by name.

    Whole numbers are counts. Floats are fractions of `count`, at most 1 together; what they leave is not used. Each
    bound is the sum of the fractions up to there times `count`, rounded to the nearest record (halves to the even one),
    so that fractions which add up to 1 use every record once. Raises `DataError` for any other parts, and for one that
    is empty.
    """
    check_parts(parts, where)
    counts = isinstance(parts[0], int)
    if counts and sum(parts) > count:
        raise DataError(
            where, f"split {in_words(parts)} asks for {sum(parts)} records", f"at most the {count} that there are"
        )
    sums = [fsum(parts[: index + 1]) for index in range(len(parts))]
    ends = [int(end) if counts else round(min(end, 1.0) * count) for end in sums]
    bounds = dict(zip(PARTS, pairwise([0, *ends]), strict=False))
    for name, (start, stop) in bounds.items():
        if start == stop:
            raise DataError(
                where,
                f"split {in_words(parts)} of {count} records leaves no record for {name}",
                "at least one record in each part",
            )
    return bounds


def check_parts(parts: Sequence[float | int], where: str) -> None:
    """Raise `DataError` unless these are one to three fractions, or as many counts."""
    text = in_words(parts)
    if not 1 <= len(parts) <= len(PARTS):
        raise DataError(where, f"split {text} has {len(parts)} parts", f"one to three: {', '.join(PARTS)}")
    counts = all(isinstance(part, int) and not isinstance(part, bool) for part in parts)
    fractions = all(isinstance(part, float) for part in parts)
    if not (counts or fractions):
        raise DataError(
            where,
            f"split {text} is neither all fractions nor all counts",
            "all fractions such as 0.8, 0.2, or all counts such as 800, 200",
        )
    if any(not part >= 0 for part in parts):
        raise DataError(where, f"split {text} has a part that is not positive", "positive fractions or counts")
    # A little above 1 is rounding: 0.7 + 0.2 + 0.1 and the like.
    if fractions and fsum(parts) > 1 + 1e-9:
        raise DataError(where, f"the fractions of split {text} add up to {fsum(parts):g}", "at most 1")


def in_words(parts: Sequence[float | int]) -> str:
    """The parts as Python writes them."""
    return f"({', '.join(str(part) for part in parts)})"
