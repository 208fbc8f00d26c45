"""Small batches, in a new, seeded order each epoch."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from attrs import Attribute, field, frozen

from sigma_core.data._augmentation import Augmenter
from sigma_core.data._batches import Batches
from sigma_core.data._bucketed import BUCKETS, Bucketed
from sigma_core.data._gathering import NO_AUGMENTERS
from sigma_core.data._iterator import Iterator
from sigma_core.data._minibatches import WINDOW, Minibatches, Shuffle
from sigma_core.data._sections import Sections
from sigma_core.data.iterators._settings import check_block, check_count
from sigma_core.errors import SettingError

SHUFFLES = ("full", "block", False)


def _check_shuffle(_: Any, attribute: "Attribute[Any]", value: Any) -> None:
    # 0 equals false, and is not meant.
    if value not in SHUFFLES or (not value and value is not False):
        expected = '"full", "block" or false'
        raise SettingError(f"iterator minibatch, {attribute.name}", repr(value), expected, "give one of these")


def _check_block(_: Any, attribute: "Attribute[Any]", value: Any) -> None:
    check_block("minibatch", attribute.name, value)


def _check_count(_: Any, attribute: "Attribute[Any]", value: Any) -> None:
    check_count("minibatch", attribute.name, value)


def _check_bucket(minibatch: "Minibatch", attribute: "Attribute[Any]", value: Any) -> None:
    if value is not None and minibatch.shuffle == "block":
        raise SettingError(
            f"iterator minibatch, {attribute.name}",
            f"{value!r}, with shuffle = 'block'",
            "buckets out of all records",
            'leave bucket out, or write shuffle = "full"',
        )


def _as_shuffle(value: Any) -> Any:
    return "full" if value is True else value


@frozen
class Minibatch(Iterator):
    """Batches of `batch_size` records, each record once an epoch.

    The order of an epoch is a function of the seed and its number alone: the same whatever the threads that make
    batches, and known at once for any epoch.
    """

    shuffle: str | bool = field(default="full", converter=_as_shuffle, validator=_check_shuffle)
    """`full`: any order of all records. `block`: blocks of records that lie together come in random order, some of them
    mixed at a time: for data larger than memory, whose file is then read nearly as it lies. `false`: as they lie."""
    drop_last: bool = False
    """Whether records that do not fill a batch are left out of an epoch; others, most of the time, in each."""
    bucket: str | None = field(default=None, validator=_check_bucket)
    """A section, a mask or lengths: each batch then holds sequences of similar lengths, cut behind the longest."""
    buckets: int = field(default=BUCKETS, validator=_check_count)
    """How many buckets there are at most; each is a shape of batch, for which the step is compiled once."""
    cut: tuple[str, ...] | None = None
    """Sections that a bucket cuts; by default those whose second axis is as long as that of the mask."""
    block: int | str = field(default="auto", validator=_check_block)
    """Records in a block of the shuffle by blocks; `auto` is as many as 2 MiB hold, at most 65,536."""
    window: int = field(default=WINDOW, validator=_check_count)
    """Blocks that are mixed at a time."""

    def batches(
        self,
        data: Sections,
        batch_size: int,
        seed: int,
        *,
        sections: Sequence[str] | None = None,
        augment: Mapping[str, Sequence[Augmenter]] = NO_AUGMENTERS,
    ) -> Batches:
        """Minibatches, from buckets or not."""
        if self.bucket is not None:
            return Bucketed(
                data,
                batch_size,
                seed,
                bucket=self.bucket,
                buckets=self.buckets,
                cut=self.cut,
                sections=sections,
                shuffle=bool(self.shuffle),
                drop_last=self.drop_last,
                augment=augment,
            )
        return Minibatches(
            data,
            batch_size,
            seed,
            sections=sections,
            shuffle=cast("Shuffle", self.shuffle),
            drop_last=self.drop_last,
            block=None if self.block == "auto" else int(self.block),
            window=self.window,
            augment=augment,
        )
