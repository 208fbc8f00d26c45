"""Records gathered into memory that is used again and again."""

from collections.abc import Mapping, Sequence

import numpy as np

from sigma_core.data._augmentation import Augmentation, Augmenter
from sigma_core.data._narrow import Narrow, narrowed
from sigma_core.data._order import Rows
from sigma_core.data._sections import Array, Sections

NO_AUGMENTERS: Mapping[str, Sequence[Augmenter]] = {}


class Gathering:
    """The sections that batches hold, in their order, with what changes their records at random."""

    def __init__(
        self, data: Sections, names: Sequence[str], augmenters: Mapping[str, Sequence[Augmenter]], seed: int
    ) -> None:
        self.names = tuple(names)
        self.arrays = tuple(data[name] for name in names)
        self._augmentation = Augmentation(data, augmenters, seed)
        self._augmented = [number for number, name in enumerate(names) if augmenters.get(name)]

    @property
    def is_augmented(self) -> bool:
        """Whether records are changed, so that batches cannot be views of them."""
        return bool(self._augmented)

    @property
    def record_bytes(self) -> int:
        """Bytes of a record, over all sections."""
        return max(sum(array.nbytes for array in self.arrays) // len(self.arrays[0]), 1)

    def narrow(self) -> dict[str, Narrow]:
        """Have whole numbers in place of the floats that come of them, but where augmenters are to see floats."""
        arrays, found = list(self.arrays), {}
        for number, (name, array) in enumerate(zip(self.names, self.arrays, strict=True)):
            made = None if number in self._augmented else narrowed(array)
            if made is not None:
                arrays[number], found[name] = made
        self.arrays = tuple(arrays)
        return found

    def buffers(self, records: int) -> tuple[Array, ...]:
        """Memory for so many records."""
        return tuple(np.empty((records, *array.shape[1:]), array.dtype) for array in self.arrays)

    def gather(self, rows: Rows, buffers: Sequence[Array], epoch: int) -> None:
        """Put records into the beginnings of buffers, as they are in an epoch."""
        if isinstance(rows, slice):
            rows = np.arange(rows.start, rows.stop)
        count = len(rows)
        for array, buffer in zip(self.arrays, buffers, strict=True):
            # Rows are known to be in range; "clip" spares the buffer that "raise" needs when there is an `out`.
            array.take(rows, axis=0, out=buffer[:count], mode="clip")
        for number in self._augmented:
            buffer = buffers[number][:count]
            buffer[...] = self._augmentation(self.names[number], buffer, rows, epoch)

    def cut(self, rows: Array, epoch: int, lengths: Sequence[int | None]) -> tuple[Array, ...]:
        """Records as they are in an epoch, sections up to a length along their second axis, in memory of their own."""
        found = []
        for number, (name, array, length) in enumerate(zip(self.names, self.arrays, lengths, strict=True)):
            if number in self._augmented:
                whole = self._augmentation(name, array[rows], rows, epoch)
                found.append(whole if length is None else np.ascontiguousarray(whole[:, :length]))
            else:
                found.append(array[rows] if length is None else array[:, :length][rows])
        return tuple(found)
