"""Fractions, or counts, of the records."""

from collections.abc import Mapping

from attrs import field, frozen

from sigma_core.data.splits._split import Records, Rows, Split, bounds_of, checked, in_words


def parts_of(value: tuple[float | int, ...]) -> tuple[float | int, ...]:
    """As they are written in a recipe, or as any sequence in Python."""
    return tuple(value)


@frozen
class Fractions(Split):
    """So much for each part, of all records: `[0.8, 0.2]`, or `[800, 200]` as counts."""

    parts: tuple[float | int, ...] = field(converter=parts_of)
    """For training, validation and test; what they leave is not used."""

    def rows(self, records: Records) -> Mapping[str, Rows]:
        """The first of a random order, the next of it, and so on."""
        order = records.order(records.count)
        bounds = bounds_of(self.parts, records.count, records.where)
        chosen = {part: order[start:stop] for part, (start, stop) in bounds.items()}
        return checked(chosen, in_words(self.parts), records)
