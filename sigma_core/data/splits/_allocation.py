"""Records dealt out to parts: evenly over classes, or group by group."""

from collections.abc import Mapping

import numpy as np

from sigma_core.data.splits._split import Records, Rows
from sigma_core.errors import DataError


def codes_of(records: Records, section: str, what: str) -> tuple[Rows, int]:
    """A number from 0 for each record, by the value of a section, and how many there are.

    Records of several values, such as one-hot rows, count by all of them. Raises `DataError` for a section in which no
    value occurs twice: there is nothing to tell classes by.
    """
    values = records.column(section)
    flat = values.reshape(len(values), -1)
    if flat.shape[1] == 1:
        known, codes = np.unique(flat[:, 0], return_inverse=True)
    else:
        known, codes = np.unique(flat, axis=0, return_inverse=True)
    if len(known) == len(values) > 1:
        raise DataError(
            f"{records.where}, split",
            f"section {section!r} has another value in each of its {len(values)} records",
            f"a section of {what}",
            "name one by the setting section",
        )
    return codes.reshape(-1), len(known)


def by_class(codes: Rows, records: Records) -> Rows:
    """All records, class by class, in each by chance: what is taken at even distances has every class in proportion."""
    order = records.order(len(codes))
    return order[np.argsort(codes[order], kind="stable")]


def evenly(order: Rows, sizes: Mapping[str, int]) -> dict[str, Rows]:
    """For each part so many, at even distances of what those before have left."""
    chosen, rest = {}, order
    for part, size in sizes.items():
        steps = np.arange(len(rest) + 1) * size // max(len(rest), 1)
        is_chosen = np.diff(steps).astype(bool)
        chosen[part], rest = rest[is_chosen], rest[~is_chosen]
    return chosen


def group_by_group(
    codes: Rows, groups: int, bounds: Mapping[str, tuple[int, int]], records: Records
) -> dict[str, Rows]:
    """Whole groups, by chance, until a part has as many records as it should, or nearly; each part has a group.

    Raises `DataError` where there are fewer groups than parts.
    """
    if groups < len(bounds):
        raise DataError(
            f"{records.where}, split",
            f"there are {groups} groups for {len(bounds)} parts",
            "a group for each part",
            "give fewer parts, or smaller groups",
        )
    order = records.order(groups)
    place = np.empty(groups, np.intp)
    place[order] = np.arange(groups)
    ends = np.concatenate([[0], np.cumsum(np.bincount(codes, minlength=groups)[order])])
    chosen, start = {}, 0
    for index, (part, (_, stop)) in enumerate(bounds.items()):
        nearest = int(np.argmin(np.abs(ends - stop)))
        # At least one group for this part, and one for each that follows.
        end = min(max(nearest, start + 1), groups - (len(bounds) - 1 - index))
        chosen[part] = np.flatnonzero((place[codes] >= start) & (place[codes] < end))
        start = end
    return chosen


def balanced_folds(codes: Rows, groups: int, folds: int, records: Records) -> Rows:
    """A fold for each record: the largest group first, each to the fold that has the fewest records by then."""
    order = records.order(groups)
    sizes = np.bincount(codes, minlength=groups)
    largest_first = order[np.argsort(-sizes[order], kind="stable")]
    load, fold_of = np.zeros(folds, np.intp), np.empty(groups, np.intp)
    for group in largest_first:
        fold_of[group] = fold = int(np.argmin(load))
        load[fold] += sizes[group]
    return fold_of[codes]
