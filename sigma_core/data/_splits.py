"""Splits: which records train, which validate, which test."""

from collections.abc import Sequence
from itertools import pairwise
from math import fsum

from sigma_core.errors import DataError

PARTS = ("training", "validation", "test")
"""What the parts of a split are called, in order."""


def split_bounds(split: Sequence[float | int], records: int, where: str) -> dict[str, tuple[int, int]]:
    """First and behind-last record of each part, by name.

    Whole numbers are counts. Floats are fractions of `records`, at most 1 together; what they leave is not used. Each
    bound is the sum of the fractions up to there times `records`, rounded to the nearest record (halves to the even
    one), so that fractions which add up to 1 use every record once. Raises `DataError` for any other split and for one
    that leaves a part empty.
    """
    _check(split, records, where)
    if isinstance(split[0], int):
        ends = [sum(int(part) for part in split[: count + 1]) for count in range(len(split))]
    else:
        ends = [round(min(fsum(split[: count + 1]), 1.0) * records) for count in range(len(split))]
    bounds = dict(zip(PARTS, pairwise([0, *ends]), strict=False))
    for name, (start, stop) in bounds.items():
        if start == stop:
            raise DataError(
                where,
                f"split {_text(split)} of {records} records leaves no record for {name}",
                "at least one record in each part",
            )
    return bounds


def _check(split: Sequence[float | int], records: int, where: str) -> None:
    text = _text(split)
    if not 1 <= len(split) <= len(PARTS):
        raise DataError(where, f"split {text} has {len(split)} parts", f"one to three: {', '.join(PARTS)}")
    counts = all(isinstance(part, int) and not isinstance(part, bool) for part in split)
    fractions = all(isinstance(part, float) for part in split)
    if not (counts or fractions):
        raise DataError(
            where,
            f"split {text} is neither all fractions nor all counts",
            "all fractions such as 0.8, 0.2, or all counts such as 800, 200",
        )
    if any(not part >= 0 for part in split):
        raise DataError(where, f"split {text} has a part that is not positive", "positive fractions or counts")
    if counts and sum(split) > records:
        raise DataError(where, f"split {text} asks for {sum(split)} records", f"at most the {records} that there are")
    # A little above 1 is rounding: 0.7 + 0.2 + 0.1 and the like.
    if fractions and fsum(split) > 1 + 1e-9:
        raise DataError(where, f"the fractions of split {text} add up to {fsum(split):g}", "at most 1")


def _text(split: Sequence[float | int]) -> str:
    return f"({', '.join(str(part) for part in split)})"
