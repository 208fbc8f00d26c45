"""Parts that have every class in proportion."""

from collections.abc import Mapping

from attrs import field, frozen

from sigma_core.data.splits._allocation import by_class, codes_of, evenly
from sigma_core.data.splits._split import Records, Rows, Split, bounds_of, checked, in_words
from sigma_core.data.splits.fractions import parts_of


@frozen
class Stratified(Split):
    """Fractions or counts of the records, and of each class alike: `{ use = "stratified", parts = [0.8, 0.2] }`.

    Of a class of m records a part of k in n has m k / n, rounded up or down. Raises `DataError` where the section has
    no classes.
    """

    parts: tuple[float | int, ...] = field(converter=parts_of)
    """For training, validation and test; what they leave is not used."""
    section: str = "targets"
    """What holds the classes."""

    def rows(self, records: Records) -> Mapping[str, Rows]:
        """The parts are as large as those of fractions."""
        bounds = bounds_of(self.parts, records.count, records.where)
        codes, _ = codes_of(records, self.section, "classes")
        sizes = {part: stop - start for part, (start, stop) in bounds.items()}
        return checked(evenly(by_class(codes, records), sizes), in_words(self.parts), records)
