"""The contract of a dataset, and the road from its records to data that can be trained on."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from attrs import field, frozen
from numpy.typing import DTypeLike

from sigma_core.data._augmentation import Augmenter
from sigma_core.data._blocks import sliced
from sigma_core.data._data import Data
from sigma_core.data._description import Description, described
from sigma_core.data._preparation import prepared
from sigma_core.data._preprocessor import EVERY_SECTION, Preprocessor, RecordsPreprocessor
from sigma_core.data._sections import Sections
from sigma_core.data.splits import Split, as_split
from sigma_core.registry import component, component_table


def _positive(_: Any, __: Any, value: str | int) -> None:
    if not isinstance(value, str) and value < 1:
        raise ValueError(f"{value} is no number of records: at least one, or auto, or all")


@frozen(kw_only=True)
class Dataset(ABC):
    """Records, with how they are split and preprocessed; a component of kind `datasets`."""

    split: tuple[int | float, ...] | Split | None = component("splits", default=None, plain=tuple[int | float, ...])
    """Fractions or counts of the records for training, validation and test, or a split; without one, all train."""
    preprocess: Mapping[str, tuple[Preprocessor | RecordsPreprocessor, ...]] = component_table("preprocessors")
    """Preprocessors by section, `*` for all at once, applied in this order, fitted on the training records alone."""
    augment: Mapping[str, tuple[Augmenter, ...]] = component_table("augmenters")
    """Augmenters by section, applied to batches of training records alone, anew in each epoch."""
    shuffle: bool = True
    """Whether chance, by the seed, decides which records each part of a split gets; else the first ones train."""
    cache: Literal["auto", "memory", "disk"] = "auto"
    """Where prepared records are kept: on the disk, mapped and shared by processes, where `auto` finds them large."""
    block: Literal["auto", "all"] | int = field(default="auto", validator=_positive)
    """How many records are read at a time: as the files have them, all at once, or so many."""

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

    def fingerprint(self, environment: Any) -> str | None:  # noqa: ARG002  # for datasets that read without sources
        """What tells the content of this dataset from any other, beyond settings, code and sources.

        None unless overridden: then the disk cache is shared by processes only if there is a source that tells.
        """
        return None

    def describe(self, environment: Any = None) -> Description:
        """What is in the records as they are read, before they are split and preprocessed; missing values, too."""
        further = self.load_validation(environment)
        return described({"records": self.blocks(environment)} | {name: [part] for name, part in further.items()})

    def prepare(self, environment: Any, seed: int, dtype: DTypeLike | None = None) -> Data:
        """Read, check, split and preprocess; a pure function of the records and of `seed`.

        Floats are cast to `dtype`, where one is given. What is large goes through the disk cache, block by block, with
        the same numbers. Raises `DataError` for sections of unequal length, values that are not finite or no numbers, a
        split that does not fit, and preprocessors of sections that do not exist; StorageError when the disk refuses.
        """
        return prepared(self, environment, seed, dtype)

    def may_miss(self, section: str) -> bool:
        """Whether values of a section may be missing: the first preprocessor that gets it is one that takes them."""
        chains = (chain for key, chain in self.preprocess.items() if key in (section, EVERY_SECTION))
        first = next((preprocessor for chain in chains for preprocessor in chain), None)
        return first is not None and first.takes_missing_values

    @property
    def is_streamed(self) -> bool:
        """Whether it reads block by block, and so may be larger than memory."""
        return type(self).blocks is not Dataset.blocks

    @property
    def brings_validation(self) -> bool:
        """Whether it may bring validation records of its own."""
        return type(self).load_validation is not Dataset.load_validation

    @property
    def split_component(self) -> Split | None:
        """The split, also where it is given as fractions or counts alone."""
        return None if self.split is None else as_split(self.split)
