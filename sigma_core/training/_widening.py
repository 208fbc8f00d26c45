"""Batches of which some sections are whole numbers of one byte, for programs that are to see floats.

The floats are made by a program of their own, so that the program of a step is the same, bit for bit, whatever it is
given: as a part of it, what makes them would change what is computed together, and so how sums are rounded.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from attrs import frozen

from sigma_core.backends import Executable
from sigma_core.data import Narrow
from sigma_core.graph import Graph, placeholder
from sigma_core.training._programs import StepGraph

CODES = np.dtype(np.uint8)


def widening_pass(narrow: Narrow, shape: tuple[int, ...]) -> StepGraph:
    """The floats of codes of that shape."""
    codes = placeholder(shape, CODES, "codes")
    return StepGraph(Graph((codes,), (narrow.widened(codes),), ("floats",)), frozenset(), {}, ("floats",))


@frozen(eq=False)
class Widening:
    """Makes floats of the codes in a batch, and runs with them what takes floats."""

    run: Callable[..., Sequence[Any]]
    widen: Sequence[Executable | None]
    """What makes the floats, for each section of a batch that holds codes."""

    def __call__(self, *batch: Any) -> Sequence[Any]:
        """What it gives."""
        given = [array if widen is None else widen(array)[0] for array, widen in zip(batch, self.widen, strict=True)]
        return self.run(*given)
