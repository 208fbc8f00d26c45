"""The contract of a dataset, and the road from its records to data that can be trained on."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from attrs import frozen

from sigma_core.data._blocks import sliced
from sigma_core.data._data import Data, check_part
from sigma_core.data._order import Purpose, permutation
from sigma_core.data._preprocessor import EVERY_SECTION, FittedPreprocessor, Preprocessor, RecordsPreprocessor
from sigma_core.data._sections import Array, Sections, check_aligned, check_finite, check_known, records_of
from sigma_core.data._splits import PARTS, split_bounds
from sigma_core.errors import DataError
from sigma_core.registry import component_table


@frozen(kw_only=True)
class Dataset(ABC):
    """Records, with how they are split and preprocessed; a component of kind `datasets`."""

    split: tuple[int | float, ...] | None = None
    """Fractions or counts of the records for training, validation and test; without a split, all train."""
    preprocess: Mapping[str, tuple[Preprocessor | RecordsPreprocessor, ...]] = component_table("preprocessors")
    """Preprocessors by section, `*` for all at once, applied in this order, fitted on the training records alone."""
    augment: Mapping[str, tuple[Any, ...]] = component_table("augmenters")
    """Augmenters by section, applied to batches of training records alone, anew in each epoch."""
    shuffle: bool = True
    """Whether chance, by the seed, decides which records each part of a split gets; else the first ones train."""

    @abstractmethod
    def load(self, environment: Any) -> Sections:
        """All records, as arrays of shape (records, ...).

        `environment` has `paths.cache`, a folder for what had better not be fetched twice, and `log`. Raises
        `DataError` when the records are missing or damaged.
        """

    def blocks(self, environment: Any, records: int | None = None) -> Iterator[Sections]:
        """The same records in order, at most `records` at a time; unless overridden, slices of what `load` gives.

        To be overridden by datasets that are larger than memory.
        """
        return sliced(self.load(environment), records)

    def load_validation(self, environment: Any) -> Mapping[str, Sections]:  # noqa: ARG002  # for datasets that bring some
        """Further validation records by name, for data that comes with some of its own; none unless overridden."""
        return {}

    def prepare(self, environment: Any, seed: int) -> Data:
        """Load, check, split and preprocess; a pure function of the records and of `seed`.

        Raises `DataError` for sections of unequal length, values that are not finite or no numbers, a split that does
        not fit, and preprocessors of sections that do not exist.
        """
        where = f"dataset {type(self).__name__}"
        loaded = self.load(environment)
        self._check_raw(loaded, where)
        raw = self._parts(loaded, seed, where)
        for name, sections in self.load_validation(environment).items():
            if name in raw:
                raise DataError(
                    where,
                    f"{name!r} names both a part of the split and records given apart",
                    "a name that is not taken",
                )
            place = f"{where}, {name}"
            self._check_raw(sections, place)
            check_known(loaded, sections, place)
            raw[name] = sections
        return self._preprocessed(raw, where)

    def _check_raw(self, sections: Sections, where: str) -> None:
        check_aligned(sections, where)
        check_finite({name: array for name, array in sections.items() if not self._may_be_missing(name)}, where)

    def _may_be_missing(self, section: str) -> bool:
        """Whether the first preprocessor that gets a section is one that takes missing values."""
        chains = (chain for key, chain in self.preprocess.items() if key in (section, EVERY_SECTION))
        first = next((preprocessor for chain in chains for preprocessor in chain), None)
        return first is not None and first.takes_missing_values

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
        # Chance decides the part and not the order, which stays that of the data: epochs shuffle, and records that come
        # in order can be read in order.
        chosen = {part: np.sort(order[start:stop]) for part, (start, stop) in bounds.items()}
        if len(chosen[PARTS[0]]) == records:
            return {PARTS[0]: dict(loaded)}
        return {part: {name: array[rows] for name, array in loaded.items()} for part, rows in chosen.items()}

    def _preprocessed(self, raw: dict[str, Sections], where: str) -> Data:
        parts: dict[str, dict[str, Array]] = {part: dict(sections) for part, sections in raw.items()}
        training = parts[PARTS[0]]
        fitted: dict[str, tuple[FittedPreprocessor, ...]] = {}
        for key, preprocessors in self.preprocess.items():
            check_place(key, preprocessors, training, where)
            for preprocessor in preprocessors:
                is_whole = key == EVERY_SECTION
                seen: Any = training if is_whole else training[key]
                one = FittedPreprocessor(preprocessor, preprocessor.fit([seen]))
                fitted[key] = (*fitted.get(key, ()), one)
                for part in parts.values():
                    if part is not training and preprocessor.is_for_training_only:
                        continue
                    if is_whole:
                        changed = dict(one.apply(part))
                        part.clear()
                        part.update(changed)
                    else:
                        part[key] = one.apply(part[key])
        for part in parts.values():
            for name, array in part.items():
                # Contiguous and of native byte order: iterators gather records straight into buffers of this kind.
                part[name] = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("="))
        for name, sections in parts.items():
            check_part(sections, f"{where}, {name} after preprocessing" if fitted else f"{where}, {name}")
        return Data(parts.pop(PARTS[0]), parts, fitted, self.augment)


def check_place(key: str, preprocessors: Sequence[Any], sections: Sections, where: str) -> None:
    """Raise `DataError` for preprocessors of a section that there is not, and for those under a key not for them."""
    place = f"{where}, preprocess"
    if key != EVERY_SECTION:
        check_known([key], sections, place)
    kind = RecordsPreprocessor if key == EVERY_SECTION else Preprocessor
    for preprocessor in preprocessors:
        if not isinstance(preprocessor, kind):
            raise DataError(
                f"{place}.{key}" if key != EVERY_SECTION else f'{place}."*"',
                f"{type(preprocessor).__name__} is no {kind.__name__}",
                "preprocessors of all sections at once" if key == EVERY_SECTION else "preprocessors of one section",
                "put those of all sections under the key *, those of one under its name",
            )
