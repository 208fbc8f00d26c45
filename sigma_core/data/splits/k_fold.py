"""One of several folds: cross-validation, a run for each."""

from collections.abc import Mapping

import numpy as np
from attrs import field, frozen

from sigma_core.data.splits._allocation import balanced_folds, by_class, codes_of
from sigma_core.data.splits._split import Records, Rows, Split, checked
from sigma_core.errors import DataError
from sigma_core.registry import fields


@frozen
class KFold(Split):
    """Validates with one fold of several, trains with the others: `{ use = "k_fold", folds = 5, fold = 1 }`.

    Each record is in one fold, whatever `fold` is, as long as the seed stays. Folds differ by a record at most; by
    `stratify` they have every class in proportion, by `group` they share no group and are as even as these allow.
    Raises `DataError` for more folds than records or groups.
    """

    folds: int = fields.integer(default=5, at_least=2)
    fold: int = field(default=1)
    """Which one validates, from 1."""
    stratify: str = ""
    """The section that holds classes; without it, chance alone decides."""
    group: str = field(default="")
    """The section that tells the group of a record."""

    @fold.validator
    def _check_fold(self, _: object, value: int) -> None:
        if not 1 <= value <= self.folds:
            raise ValueError(f"there is no fold {value}: they count from 1 to {self.folds}")

    @group.validator
    def _check_group(self, _: object, value: str) -> None:
        if value and self.stratify:
            raise ValueError("folds are stratified or grouped, not both")

    def rows(self, records: Records) -> Mapping[str, Rows]:
        """`training` and `validation`."""
        is_validated = self._folds(records) == self.fold - 1
        parts = {"training": np.flatnonzero(~is_validated), "validation": np.flatnonzero(is_validated)}
        return checked(parts, f"into {self.folds} folds", records)

    def _folds(self, records: Records) -> Rows:
        """The fold of each record, from 0."""
        if self.group:
            codes, groups = codes_of(records, self.group, "groups")
            self._check_enough(groups, "groups", records)
            return balanced_folds(codes, groups, self.folds, records)
        self._check_enough(records.count, "records", records)
        folds = np.empty(records.count, np.intp)
        if self.stratify:
            order = by_class(codes_of(records, self.stratify, "classes")[0], records)
            folds[order] = np.arange(records.count) % self.folds
            return folds
        for fold, rows in enumerate(np.array_split(records.order(records.count), self.folds)):
            folds[rows] = fold
        return folds

    def _check_enough(self, count: int, what: str, records: Records) -> None:
        if count < self.folds:
            raise DataError(
                f"{records.where}, split", f"there are {count} {what} for {self.folds} folds", f"at most {count} folds"
            )
