"""The contract of a dataset, and the road from its records to data that can be trained on."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import numpy as np
from attrs import frozen

from sigma_core.data._data import Data, check_part
from sigma_core.data._order import Purpose, permutation
from sigma_core.data._preprocessor import FittedPreprocessor, Preprocessor
from sigma_core.data._sections import Array, Sections, check_aligned, check_finite, check_known, records_of
from sigma_core.data._splits import PARTS, split_bounds
from sigma_core.errors import DataError
from sigma_core.registry import component_table


@frozen(kw_only=True)
class Dataset(ABC):
    """Records, with how they are split and preprocessed; a component of kind `datasets`."""

    split: tuple[int | float, ...] | None = None
    """Fractions or counts of the records for training, validation and test; without a split, all train."""
    preprocess: Mapping[str, tuple[Preprocessor, ...]] = component_table("preprocessors")
    """Preprocessors by section, applied one after the other, fitted on the training records alone."""
    shuffle: bool = True
    """Whether the records are put into a random, seeded order before they are split."""

    @abstractmethod
    def load(self, environment: Any) -> Sections:
        """All records, as arrays of shape (records, ...).

        `environment` has `paths.cache`, a folder for what had better not be fetched twice, and `log`. Raises
        `DataError` when the records are missing or damaged.
        """

    def load_validation(self, environment: Any) -> Mapping[str, Sections]:  # noqa: ARG002  # for datasets that bring some
        """Further validation records by name, for data that comes with some of its own; none unless overridden."""
        return {}

    def prepare(self, environment: Any, seed: int) -> Data:
        """Load, check, shuffle, split and preprocess; a pure function of the records and of `seed`.

        Raises `DataError` for sections of unequal length, values that are not finite or no numbers, a split that does
        not fit, and preprocessors of sections that do not exist.
        """
        where = f"dataset {type(self).__name__}"
        loaded = self.load(environment)
        _check_raw(loaded, where)
        check_known(self.preprocess, loaded, f"{where}, preprocess")
        raw = self._parts(loaded, seed, where)
        for name, sections in self.load_validation(environment).items():
            if name in raw:
                raise DataError(
                    where,
                    f"{name!r} names both a part of the split and records given apart",
                    "a name that is not taken",
                )
            place = f"{where}, {name}"
            _check_raw(sections, place)
            check_known(loaded, sections, place)
            raw[name] = sections
        return self._preprocessed(raw, where)

    def _parts(self, loaded: Sections, seed: int, where: str) -> dict[str, Sections]:
        records = records_of(loaded)
        bounds = {PARTS[0]: (0, records)} if self.split is None else split_bounds(self.split, records, where)
        if not self.shuffle:
            # Slices: nothing is copied, so records that are mapped from disk stay there.
            return {
                part: {name: array[start:stop] for name, array in loaded.items()}
                for part, (start, stop) in bounds.items()
            }
        order = permutation(records, seed, 0, Purpose.SPLIT)
        return {
            part: {name: array[order[start:stop]] for name, array in loaded.items()}
            for part, (start, stop) in bounds.items()
        }

    def _preprocessed(self, raw: dict[str, Sections], where: str) -> Data:
        parts: dict[str, dict[str, Array]] = {part: {} for part in raw}
        fitted: dict[str, tuple[FittedPreprocessor, ...]] = {}
        for name in raw[PARTS[0]]:
            arrays = {part: sections[name] for part, sections in raw.items()}
            chain = []
            for preprocessor in self.preprocess.get(name, ()):
                one = FittedPreprocessor(preprocessor, preprocessor.fit(arrays[PARTS[0]]))
                arrays = {part: one.apply(array) for part, array in arrays.items()}
                chain.append(one)
            if chain:
                fitted[name] = tuple(chain)
            for part, array in arrays.items():
                # Contiguous and of native byte order: iterators gather records straight into buffers of this kind.
                parts[part][name] = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("="))
        for part, sections in parts.items():
            check_part(sections, f"{where}, {part} after preprocessing" if fitted else f"{where}, {part}")
        return Data(parts.pop(PARTS[0]), parts, fitted)


def _check_raw(sections: Sections, where: str) -> None:
    check_aligned(sections, where)
    check_finite(sections, where)
