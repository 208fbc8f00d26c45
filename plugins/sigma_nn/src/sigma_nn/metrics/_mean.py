"""The mean of something over all elements of a pass that count, whatever its batches."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from sigma_core.extend import Value
from sigma_nn.costs._reduction import counting


def summed(elements: Value, mask: Value | None) -> Mapping[str, Value]:
    """What a metric adds up for a mean of the elements, (batch, ...): the `total` of those that count, their `number`.

    The mask has the leading axes of the elements. Raises ShapeError for one of more axes.
    """
    if mask is None:
        return {"total": np.sum(elements), "number": np.sum(np.ones_like(elements, dtype=np.int64))}
    counts = counting(mask, elements)
    return {"total": np.sum(np.where(counts, elements, 0)), "number": np.sum(counts)}


def mean(totals: Mapping[str, NDArray[np.float64]]) -> float:
    """The mean, from the totals of a pass; NaN where nothing counted."""
    return float(totals["total"] / totals["number"]) if totals["number"] else float("nan")
