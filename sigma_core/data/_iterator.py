"""The contract of an iterator: how the records of an epoch become batches."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

from sigma_core.data._augmentation import Augmenter
from sigma_core.data._batches import Batches
from sigma_core.data._gathering import NO_AUGMENTERS
from sigma_core.data._sections import Sections


class Iterator(ABC):
    """How the records of an epoch become batches; a component of kind `iterators`, an attrs class of its settings."""

    @abstractmethod
    def batches(
        self,
        data: Sections,
        batch_size: int,
        seed: int,
        *,
        sections: Sequence[str] | None = None,
        augment: Mapping[str, Sequence[Augmenter]] = NO_AUGMENTERS,
    ) -> Batches:
        """Batches of some sections of the data, in that order, of about `batch_size` records.

        `augment` are the augmenters of each section. Raises DataError for data that cannot be given so.
        """
