"""Records gathered into memory that is used again and again."""

from collections.abc import Mapping, Sequence

import numpy as np

from sigma_core.backends import Codes
from sigma_core.data._augmentation import Augmentation, Augmenter
from sigma_core.data._narrow import narrowed
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
        self._coded: frozenset[int] = frozenset()

    @property
    def is_augmented(self) -> bool:
        """Whether records are changed, so that batches cannot be views of them."""
        return bool(self._augmented)

    @property
    def record_bytes(self) -> int:
        """Bytes of a record that are gathered, over all sections."""
        gathered = (array.nbytes for number, array in enumerate(self.arrays) if number not in self._coded)
        return max(sum(gathered) // len(self.arrays[0]), 1)

    def narrow(self) -> dict[str, Codes]:
        """Leave floats that come of codes to others, but where augmenters are to see them."""
        made = {number: narrowed(each) for number, each in enumerate(self.arrays) if number not in self._augmented}
        found = {number: codes for number, codes in made.items() if codes is not None}
        self._coded = frozenset(found)
        return {self.names[number]: codes for number, codes in found.items()}

    def buffers(self, records: int) -> tuple[Array | None, ...]:
        """Memory for so many records, by section; none for those that others read by the numbers of records."""
        return tuple(
            None if number in self._coded else np.empty((records, *array.shape[1:]), array.dtype)
            for number, array in enumerate(self.arrays)
        )

    def gather(self, rows: Array, buffers: Sequence[Array | None], epoch: int) -> None:
        """Put records into the beginnings of buffers, as they are in an epoch."""
        count = len(rows)
        for array, buffer in zip(self.arrays, buffers, strict=True):
            if buffer is None:
                continue
            # Rows are known to be in range; "clip" spares the buffer that "raise" needs when there is an `out`.
            array.take(rows, axis=0, out=buffer[:count], mode="clip")
        for number in self._augmented:
            buffer = buffers[number]
            assert buffer is not None  # noqa: S101  # what is augmented is gathered
            buffer[:count] = self._augmentation(self.names[number], buffer[:count], rows, epoch)

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
