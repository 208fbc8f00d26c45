"""Data that is ready to train on: split, preprocessed and checked."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Self

import numpy as np
from attrs import evolve, field, frozen
from numpy.typing import DTypeLike

from sigma_core.data._augmentation import Augmenter
from sigma_core.data._description import Description, described, walked
from sigma_core.data._finite import check_finite
from sigma_core.data._frames import to_arrow, to_pandas
from sigma_core.data._preprocessor import EVERY_SECTION, FittedPreprocessor, misfits
from sigma_core.data._sections import Array, Sections, check_aligned, check_numeric, records_of
from sigma_core.errors import DataError, listed

_NO_PREPROCESSING: Mapping[str, tuple[FittedPreprocessor, ...]] = MappingProxyType({})

_RAW = ("records as the dataset has them", "give raw records, as they are before preprocessing")


def _read_only(sections: Sections) -> Sections:
    return MappingProxyType(dict(sections))


def _all_read_only(parts: Mapping[str, Sections]) -> Mapping[str, Sections]:
    return MappingProxyType({name: _read_only(sections) for name, sections in parts.items()})


@frozen(eq=False)
class Data:
    """Training records, named validation records, and the preprocessing that both went through."""

    training: Sections = field(converter=_read_only)
    validation: Mapping[str, Sections] = field(factory=dict, converter=_all_read_only)
    """By name: `validation` and `test` for the further parts of a split."""
    preprocessing: Mapping[str, tuple[FittedPreprocessor, ...]] = field(default=_NO_PREPROCESSING)
    """Fitted preprocessors by section, `*` for all at once, in the order in which they are applied."""
    augmentation: Mapping[str, tuple[Augmenter, ...]] = field(factory=dict)
    """Augmenters by section, for whoever makes batches of the training records."""
    is_stand_in: bool = False
    """Whether only the form of the records is known: there is one of each part, which stands for all."""

    @classmethod
    def from_arrays(cls, training: Sections, validation: Mapping[str, Sections] | None = None) -> Self:
        """Data out of arrays that need neither split nor preprocessing; raises `DataError` where they do not fit."""
        parts = {"training": training, **(validation or {})}
        prepared = {name: {key: np.asarray(array) for key, array in part.items()} for name, part in parts.items()}
        for name, part in prepared.items():
            check_part(part, f"{name} data")
        return cls(prepared.pop("training"), prepared)

    @property
    def records(self) -> int:
        """Number of training records."""
        return records_of(self.training)

    @property
    def sections(self) -> tuple[str, ...]:
        """Names of the sections."""
        return tuple(self.training)

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shape of one record, by section."""
        return {name: array.shape[1:] for name, array in self.training.items()}

    @property
    def dtypes(self) -> dict[str, np.dtype]:
        """Dtype by section."""
        return {name: array.dtype for name, array in self.training.items()}

    @property
    def classes(self) -> dict[str, Array]:
        """What the whole numbers of sections stand for, in their order, where a preprocessor has learnt that.

        Preprocessors that number classes have them as `classes` in their state; of one of all sections at once they are
        those of the sections that it names, or else of all.
        """
        found: dict[str, Array] = {}
        for key, chain in self.preprocessing.items():
            for fitted in chain:
                learnt = np.asarray(fitted.state.get("classes", ()))
                if learnt.ndim == 1 and learnt.size:
                    of = getattr(fitted.preprocessor, "sections", self.sections) if key == EVERY_SECTION else (key,)
                    found |= {section: learnt for section in of if section in self.training}
        return found

    def preprocess(self, sections: Sections, where: str = "records") -> dict[str, Array]:
        """Raw sections, treated as the training records were; those without preprocessing stay as they are.

        What is for training alone is left out. Raises `DataError` for records that a preprocessor does not take.
        """
        processed = dict(sections)
        for key, chain in self.preprocessing.items():
            for fitted in chain:
                if fitted.preprocessor.is_for_training_only:
                    continue
                if key == EVERY_SECTION:
                    processed = dict(_applied(fitted, processed, where))
                elif key in processed:
                    processed[key] = _applied(fitted, processed[key], f"{where}, section {key!r}")
        return processed

    def cast(self, dtype: DTypeLike) -> Self:
        """The same data with every section of floats in `dtype`; sections that are so already are not copied.

        Raises `DataError` for numbers that `dtype` cannot hold.
        """

        def floats(sections: Sections, where: str) -> dict[str, Array]:
            return {name: cast_floats(array, dtype, name, where) for name, array in sections.items()}

        validation = {name: floats(part, name) for name, part in self.validation.items()}
        return evolve(self, training=floats(self.training, "training"), validation=validation)

    def to_pandas(self, part: str = "training") -> Any:
        """The records of a part as a DataFrame of pandas: `inputs.0` and so on are the columns of vectors.

        Raises `DataError` for a part that there is not, PluginUnavailableError where pandas is not installed.
        """
        return to_pandas(self._part(part))

    def to_arrow(self, part: str = "training") -> Any:
        """The same as a table of Arrow, for which pyarrow has to be installed."""
        return to_arrow(self._part(part))

    def _part(self, name: str) -> Sections:
        parts = {"training": self.training, **self.validation}
        if name not in parts:
            raise DataError("data", f"there is no part {name!r}", f"one of {listed(parts, name)}")
        return parts[name]

    def describe(self) -> Description:
        """What is in each part: numbers of records, shapes, ranges, classes; as a text, in a few lines."""
        return described({name: walked(part) for name, part in {"training": self.training, **self.validation}.items()})


def _applied(fitted: FittedPreprocessor, records: Any, where: str) -> Any:
    """What becomes of raw records; whatever does not fit is a fault of theirs."""
    given = {"": records} if isinstance(records, np.ndarray) else records
    with misfits(fitted.preprocessor, given, where, *_RAW):
        return fitted.apply(records)


def cast_floats(array: Array, dtype: DTypeLike | None, section: str, part: str) -> Array:
    """Floats in `dtype`, anything else as it is; raises `DataError` for numbers that `dtype` cannot hold."""
    if dtype is None or array.dtype.kind != "f" or array.dtype == dtype:
        return array
    with np.errstate(over="ignore"):
        cast = array.astype(dtype, copy=False)
    if array.dtype.itemsize > cast.dtype.itemsize and not np.isfinite(cast).all():
        raise DataError(
            f"{part} data, section {section!r}",
            f"it holds {array[~np.isfinite(cast)].flat[0]:.4g}, which is too large for {cast.dtype}",
            f"numbers up to {np.finfo(cast.dtype).max:.4g}",
            "scale them, as normalise does, or train in float64",
        )
    return cast


def check_part(sections: Sections, where: str) -> None:
    """Raise `DataError` unless the sections are aligned, numeric and finite: fit to be trained on."""
    check_aligned(sections, where)
    check_numeric(sections, where)
    check_finite(sections, where)
