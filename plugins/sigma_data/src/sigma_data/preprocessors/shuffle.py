"""Shuffle sections, aligned with each other."""

from typing import Any

import numpy as np
from attrs import frozen

from sigma_core.extend import DataError, FittedState, RecordsPreprocessor, Sections, check_known, fields


@frozen
class Shuffle(RecordsPreprocessor):
    """Put what lies along one axis into a random order, the same in all sections: records, features, steps of time.

    Along axis 0 these are the training records. Any other axis has one order for all records, of training, validation
    and prediction alike, as in permuted MNIST. Epochs are shuffled by the iterator, without this. Raises `DataError`
    for sections that do not have the axis or differ in its length.
    """

    axis: int = fields.integer(default=0, at_least=0)
    """0 is that of the records, 1 the first of a record."""
    sections: tuple[str, ...] = fields.texts(default=("inputs",))
    """Which sections are shuffled along an axis of records' own; along axis 0 all are."""
    seed: int = fields.integer(default=0, at_least=0)

    @property
    def is_for_training_only(self) -> bool:  # type: ignore[override]  # depends on the axis
        """Whether it is the order of the records, which is that of the answers when they are predicted for."""
        return self.axis == 0

    @property
    def needs_all_records(self) -> bool:  # type: ignore[override]  # depends on the axis
        """Whether records change places."""
        return self.axis == 0

    def apply(self, sections: Sections, state: FittedState) -> Sections:
        """The sections, in the new order."""
        chosen = tuple(sections) if self.axis == 0 else tuple(name for name in self.sections if name in sections)
        if not chosen:
            check_known(self.sections, sections, "preprocessor shuffle")
        lengths = {name: self._length(name, sections[name]) for name in chosen}
        if len(set(lengths.values())) > 1:
            found = ", ".join(f"{name} {length}" for name, length in lengths.items())
            raise DataError(
                "preprocessor shuffle",
                f"sections differ along axis {self.axis}: {found}",
                "sections of one length",
                "name sections that share the axis",
            )
        order = np.random.Generator(np.random.Philox(key=self.seed)).permutation(lengths[chosen[0]])
        return {
            name: array.take(order, axis=self.axis) if name in lengths else array for name, array in sections.items()
        }

    def _length(self, name: str, array: Any) -> int:
        if array.ndim <= self.axis:
            raise DataError(
                "preprocessor shuffle",
                f"section {name!r} of shape {array.shape} has no axis {self.axis}",
                f"an axis from 0 to {array.ndim - 1}",
                "name another axis, or other sections",
            )
        return int(array.shape[self.axis])
