"""Minibatches: small batches in a new, seeded order each epoch."""

from collections.abc import Generator, Sequence
from typing import Any

import numpy as np

from sigma_core.data._iterator import Batch, Iterator
from sigma_core.data._order import Purpose, permutation
from sigma_core.data._sections import Array, Sections
from sigma_core.errors import DataError

# Small batches are gathered several at a time, up to about this many bytes, which stay in the processor's cache.
_BLOCK_BYTES = 1 << 18
_BLOCK_BATCHES = 64


class Minibatches(Iterator):
    """Batches of `batch_size` records, gathered into buffers that are used again and again.

    The order of epoch e is a function of (seed, e) alone. Without `shuffle` batches follow the data and are views of
    it. The last batch of an epoch holds what is left, unless `drop_last`.
    """

    def __init__(  # noqa: PLR0913  # settings, all but the first by name
        self,
        data: Sections,
        batch_size: int,
        seed: int = 0,
        *,
        sections: Sequence[str] | None = None,
        shuffle: bool = True,
        drop_last: bool = False,
    ) -> None:
        super().__init__(data, batch_size, sections)
        self.seed = seed
        self.shuffle = shuffle
        self.drop_last = drop_last
        if batch_size < 1:
            raise DataError("iterator Minibatches", f"batch_size is {batch_size}", "a positive number of records")
        if not drop_last:
            # Buffers are for what there is, not for what was asked for.
            batch_size = min(batch_size, self.records)
            self.batch_size = batch_size
        whole, rest = divmod(self.records, batch_size)
        self.iterations_per_epoch = whole + bool(rest and not drop_last)
        if not self.iterations_per_epoch:
            raise DataError(
                "iterator Minibatches",
                f"batches of {batch_size} with the last dropped leave none of {self.records} records",
                f"batch_size of at most {self.records}, or drop_last=False",
            )
        self._used = whole * batch_size if drop_last else self.records
        self._ahead = 1
        self._rotation: list[_Block] = []
        self._next_block = 0

    def reserve(self, ahead: int) -> None:
        """Leave each batch as it is until `ahead` more have been asked for and the next of them is.

        Ends an iteration that is under way.
        """
        self._turn += 1
        self._ahead = ahead
        self._rotation.clear()

    def _identity(self) -> dict[str, Any]:
        return super()._identity() | {"seed": self.seed, "shuffle": self.shuffle, "drop_last": self.drop_last}

    def _batches(self, epoch: int, start: int) -> Generator[Batch]:
        return self._shuffled(epoch, start) if self.shuffle else self._in_order(start)

    def _in_order(self, start: int) -> Generator[Batch]:
        size = self.batch_size
        for first in range(start * size, self._used, size):
            yield tuple(array[first : first + size] for array in self._arrays)

    def _shuffled(self, epoch: int, start: int) -> Generator[Batch]:
        order = permutation(self.records, self.seed, epoch, Purpose.EPOCH)[: self._used]
        if not self._rotation:
            self._allocate()
        span = len(self._rotation[0].batches) * self.batch_size
        for first in range(start * self.batch_size, self._used, span):
            block = self._rotation[self._next_block]
            self._next_block = (self._next_block + 1) % len(self._rotation)
            yield from block.gather(self._arrays, order[first : first + span])

    def _allocate(self) -> None:
        record_bytes = sum(array.nbytes for array in self._arrays) // self.records
        batch_bytes = max(record_bytes * self.batch_size, 1)
        batches = max(1, min(_BLOCK_BYTES // batch_bytes, _BLOCK_BATCHES, self.iterations_per_epoch))
        # The last batch of a block is overwritten when all other blocks have been given and one more is asked for.
        blocks = 1 + -(-self._ahead // batches)
        self._rotation = [_Block(self._arrays, self.batch_size, batches) for _ in range(blocks)]
        self._next_block = 0


class _Block:
    """Buffers for several batches, which are views of them that are made once."""

    def __init__(self, arrays: Sequence[Array], batch_size: int, batches: int) -> None:
        self.batch_size = batch_size
        self.buffers = tuple(np.empty((batches * batch_size, *array.shape[1:]), array.dtype) for array in arrays)
        self.batches = [
            tuple(buffer[first : first + batch_size] for buffer in self.buffers)
            for first in range(0, batches * batch_size, batch_size)
        ]

    def gather(self, arrays: Sequence[Array], indices: Array) -> Generator[Batch]:
        """The records at `indices`, of which there are at most as many as the buffers hold, batch by batch."""
        count = len(indices)
        for array, buffer in zip(arrays, self.buffers, strict=True):
            # Indices are known to be in range; "clip" spares the buffer that "raise" needs when there is an `out`.
            array.take(indices, axis=0, out=buffer[:count], mode="clip")
        whole, rest = divmod(count, self.batch_size)
        yield from self.batches[:whole]
        if rest:
            yield tuple(buffer[count - rest : count] for buffer in self.buffers)
