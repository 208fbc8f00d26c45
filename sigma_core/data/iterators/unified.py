"""All records as one batch."""

from collections.abc import Mapping, Sequence

from attrs import frozen

from sigma_core.data._augmentation import Augmenter
from sigma_core.data._batches import Batches
from sigma_core.data._gathering import NO_AUGMENTERS
from sigma_core.data._iterator import Iterator
from sigma_core.data._minibatches import Minibatches
from sigma_core.data._sections import Sections, records_of


@frozen
class Unified(Iterator):
    """One batch an epoch: all records, in their order, not copied; the setting `batch_size` is not looked at."""

    def batches(
        self,
        data: Sections,
        batch_size: int,  # noqa: ARG002
        seed: int,
        *,
        sections: Sequence[str] | None = None,
        augment: Mapping[str, Sequence[Augmenter]] = NO_AUGMENTERS,
    ) -> Batches:
        """The arrays themselves, unless they are augmented."""
        records = records_of(data) if data else 1
        return Minibatches(data, records, seed, sections=sections, shuffle=False, augment=augment)
