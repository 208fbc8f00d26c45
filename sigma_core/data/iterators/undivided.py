"""Each block of the data as one batch."""

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import Attribute, field, frozen

from sigma_core.data._augmentation import Augmenter
from sigma_core.data._batches import Batches
from sigma_core.data._gathering import NO_AUGMENTERS
from sigma_core.data._iterator import Iterator
from sigma_core.data._minibatches import Minibatches
from sigma_core.data._sections import Sections, records_of
from sigma_core.data.iterators._settings import check_block

_BLOCK_BYTES = 1 << 26


def _check(_: Any, attribute: "Attribute[Any]", value: Any) -> None:
    check_block("undivided", attribute.name, value)


@frozen
class Undivided(Iterator):
    """Blocks of records that lie together, each as one batch, in their order, not copied.

    The setting `batch_size` is not looked at.
    """

    block: int | str = field(default="auto", validator=_check)
    """Records in a block; `auto` is as many as 64 MiB hold."""

    def batches(
        self,
        data: Sections,
        batch_size: int,  # noqa: ARG002
        seed: int,
        *,
        sections: Sequence[str] | None = None,
        augment: Mapping[str, Sequence[Augmenter]] = NO_AUGMENTERS,
    ) -> Batches:
        """The data's blocks; the last one holds what is left."""
        records = self._block(data, sections) if self.block == "auto" else int(self.block)
        return Minibatches(data, records, seed, sections=sections, shuffle=False, augment=augment)

    @staticmethod
    def _block(data: Sections, sections: Sequence[str] | None) -> int:
        """Of the data alone, so that batches are the same on any machine."""
        used = [data[name] for name in (data if sections is None else sections) if name in data]
        size = sum(array.nbytes for array in used)
        return max(1, records_of(data) * _BLOCK_BYTES // max(size, 1)) if used else 1
