"""Undivided: the whole of the data as one batch."""

from collections.abc import Generator, Sequence

from sigma_core.data._iterator import Batch, Iterator
from sigma_core.data._sections import Sections, records_of


class Undivided(Iterator):
    """One batch per epoch: the arrays themselves, in their order, not copied."""

    iterations_per_epoch = 1

    def __init__(self, data: Sections, *, sections: Sequence[str] | None = None) -> None:
        super().__init__(data, records_of(data) if data else 0, sections)

    def _batches(self, epoch: int, start: int) -> Generator[Batch]:  # noqa: ARG002  # one batch, whatever the place
        if not start:
            yield self._arrays
