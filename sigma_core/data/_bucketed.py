"""Minibatches of sequences that are about as long, cut where the longest of them ends."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sigma_core.data._augmentation import Augmenter
from sigma_core.data._batches import Batch, Batches
from sigma_core.data._gathering import NO_AUGMENTERS, Gathering
from sigma_core.data._order import Kept, Purpose, permutation
from sigma_core.data._sections import Array, Sections, check_known
from sigma_core.errors import DataError

# Lengths are looked at in so many steps at most, so that the best limits are found in no time.
_STEPS = 256
BUCKETS = 8


class Bucketed(Batches):
    """Batches of `batch_size` records out of one bucket, each of which holds sequences of similar lengths.

    `bucket` is the section that tells lengths: a mask, (records, time), true where there is a step, or whole numbers,
    (records,). Every section whose second axis is that of time is cut off behind the longest sequence of the bucket;
    `cut` names them where that is not meant. There are up to `buckets`, with the limits that leave the least padding.
    Which records come together, and in which order the buckets take turns, is a function of (seed, epoch) alone, where
    there is `shuffle`; else batches follow the data, bucket by bucket. The last one of each bucket holds what is left.
    """

    def __init__(  # noqa: PLR0913  # settings, all but the first by name
        self,
        data: Sections,
        batch_size: int,
        seed: int = 0,
        *,
        bucket: str,
        buckets: int = BUCKETS,
        cut: Sequence[str] | None = None,
        sections: Sequence[str] | None = None,
        shuffle: bool = True,
        drop_last: bool = False,
        augment: Mapping[str, Sequence[Augmenter]] = NO_AUGMENTERS,
    ) -> None:
        super().__init__(data, batch_size, sections)
        self.seed, self.bucket, self.shuffle, self.drop_last = seed, bucket, shuffle, drop_last
        where = "iterator Bucketed"
        check_known((bucket, *(cut or ())), data, f"{where}, bucket")
        if batch_size < 1:
            raise DataError(where, f"batch_size is {batch_size}", "a positive number of records")
        lengths, time = _lengths(bucket, data, where)
        self.limits = limits(lengths, buckets)
        """How long the sequences of each bucket are at most."""
        self._cut = tuple(
            name in cut if cut is not None else data[name].ndim > 1 and data[name].shape[1] == time
            for name in self.names
        )
        # The last limit is the longest length, so that each has its bucket.
        of_bucket = np.searchsorted(self.limits, lengths)
        self._rows = [np.flatnonzero(of_bucket == number) for number in range(len(self.limits))]
        counts = [len(rows) // batch_size if drop_last else -(-len(rows) // batch_size) for rows in self._rows]
        self.iterations_per_epoch = sum(counts)
        if not self.iterations_per_epoch:
            raise DataError(
                where,
                f"batches of {batch_size} with the last dropped leave none of {self.records} records",
                f"batch_size of at most {max(map(len, self._rows))}, or drop_last=False",
            )
        # Every batch of an epoch as (bucket, first of its records), before they are shuffled.
        self._parts = np.array(
            [(number, part * batch_size) for number, count in enumerate(counts) for part in range(count)]
        )
        self._gathering = Gathering(data, self.names, augment, seed)
        self._epochs = Kept(self._plan, 2)

    def identity(self) -> dict[str, Any]:
        """With the seed, what is shuffled and the limits."""
        own = {"seed": self.seed, "shuffle": self.shuffle, "drop_last": self.drop_last}
        return super().identity() | own | {"bucket": self.bucket, "limits": self.limits}

    @property
    def shorter(self) -> Sequence[Mapping[str, tuple[int, ...]]]:
        """Those of each bucket."""
        shapes = [
            (name, array.shape[1:], cut)
            for name, array, cut in zip(self.names, self._gathering.arrays, self._cut, strict=True)
        ]
        return [
            {name: (min(limit, shape[0]), *shape[1:]) for name, shape, cut in shapes if cut} for limit in self.limits
        ]

    def make(self, epoch: int, index: int, room: Any) -> Sequence[Batch]:  # noqa: ARG002  # each has memory of its own
        """One batch of one bucket, in memory of its own."""
        rows, parts = self._epochs(epoch)
        number, first = parts[index]
        chosen = rows[number][first : first + self.batch_size]
        return [self._gathering.cut(chosen, epoch, [self.limits[number] if cut else None for cut in self._cut])]

    def _plan(self, epoch: int) -> tuple[list[NDArray[np.intp]], NDArray[np.intp]]:
        """The records of each bucket in their order, and the batches in theirs."""
        if not self.shuffle:
            return self._rows, self._parts
        rows = [
            own[permutation(len(own), self.seed, epoch, Purpose.BUCKETS, number + 1)]
            for number, own in enumerate(self._rows)
        ]
        return rows, self._parts[permutation(len(self._parts), self.seed, epoch, Purpose.BUCKETS)]


def _lengths(bucket: str, data: Sections, where: str) -> tuple[NDArray[np.intp], int]:
    """How long each record is, and how long the axis of time is."""
    section = data[bucket]
    time = max((array.shape[1] for array in data.values() if array.ndim > 1), default=0)
    if section.ndim == 2 and section.dtype.kind in "biu":
        time = section.shape[1]
        is_step = section.astype(bool)
        return np.where(is_step.any(axis=1), time - np.argmax(is_step[:, ::-1], axis=1), 1), time
    if section.ndim != 1 or section.dtype.kind not in "iu":
        raise DataError(
            where,
            f"section {bucket!r} holds {section.dtype} of shape {section.shape}, which tells no lengths",
            "a mask, (records, time), or whole numbers, (records,)",
            "name the mask that pad_sequences gives",
        )
    wrong = np.flatnonzero((section < 1) | (section > time))
    if len(wrong):
        raise DataError(
            where,
            f"in section {bucket!r} record {wrong[0]} is {section[wrong[0]]} long",
            f"lengths from 1 to {time}, that of the longest section",
            "give the number of steps of each record",
        )
    return section.astype(np.intp), time


def limits(lengths: Array, buckets: int) -> list[int]:
    """Lengths up to which sequences share a bucket, the longest last, so that the least is padded.

    Found by dynamic programming: the cheapest way to have the sequences up to some length in so many buckets ends in
    one bucket, before which there is the cheapest way to have the others in one less.
    """
    longest = int(lengths.max())
    step = -(-longest // _STEPS)
    counts = np.bincount(-(-lengths // step))
    ends = np.flatnonzero(counts)
    below = np.cumsum(counts[ends])
    # Where a bucket begins: behind none of the lengths, or behind one of them.
    begins = np.concatenate([[0], below[:-1]])
    costs = (below[None, :] - begins[:, None]) * ends[None, :].astype(float)
    costs[np.tril_indices(len(ends), -1)] = np.inf
    best, ways = costs[0], []
    for _ in range(1, min(buckets, len(ends))):
        total = np.concatenate([[0.0], best[:-1]])[:, None] + costs
        total[0] = costs[0]
        ways.append(np.argmin(total, axis=0))
        best = total.min(axis=0)
    found, last = [], len(ends) - 1
    for way in [*reversed(ways), np.zeros(len(ends), int)]:
        found.append(min(int(ends[last]) * step, longest))
        last = int(way[last]) - 1
        if last < 0:
            break
    return found[::-1]
