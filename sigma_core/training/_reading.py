"""Batches of which some sections are numbers of records, for programs that are to see floats.

The floats are made in front of the program of a step, which so is the same, bit for bit, whatever it is given: as a
part of it, what makes them would change what is computed together, and so how sums are rounded.
"""

from collections.abc import Callable, Sequence
from typing import Any

from attrs import frozen

from sigma_core.backends import Reader


@frozen(eq=False)
class Reading:
    """Reads the records in a batch that are given by their numbers, and runs with them what takes floats."""

    run: Callable[..., Sequence[Any]]
    readers: Sequence[Reader | None]
    """What reads them, for each section of a batch that holds numbers."""

    def __call__(self, *batch: Any) -> Sequence[Any]:
        """What it gives."""
        pairs = zip(batch, self.readers, strict=True)
        return self.run(*[array if read is None else read(array) for array, read in pairs])
