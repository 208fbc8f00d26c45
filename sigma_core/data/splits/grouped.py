"""Parts that share no group."""

from collections.abc import Mapping

from attrs import field, frozen

from sigma_core.data.splits._allocation import codes_of, group_by_group
from sigma_core.data.splits._split import Records, Rows, Split, bounds_of, checked, in_words
from sigma_core.data.splits.fractions import parts_of


@frozen
class Grouped(Split):
    """Whole groups, such as all records of a patient: `{ use = "grouped", parts = [0.8, 0.2], section = "patients" }`.

    Parts are as near to their fractions or counts as whole groups allow, and each has at least one. Raises `DataError`
    where there are fewer groups than parts.
    """

    parts: tuple[float | int, ...] = field(converter=parts_of)
    """For training, validation and test."""
    section: str = "groups"
    """What tells the group of a record."""

    def rows(self, records: Records) -> Mapping[str, Rows]:
        """Chance, by the seed, decides which groups."""
        bounds = bounds_of(self.parts, records.count, records.where)
        codes, groups = codes_of(records, self.section, "groups")
        return checked(group_by_group(codes, groups, bounds, records), in_words(self.parts), records)
