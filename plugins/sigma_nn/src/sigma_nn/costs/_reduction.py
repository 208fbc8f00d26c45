"""How a cost makes one loss of the elements of a record.

Every cost has a field `reduction = reduction()`, which says how its elements become the loss of a record: "mean" is
the mean over the elements that count, "sum" their sum. The cost of a batch is always the mean over its records, which
`Cost.forward` takes.
"""

from typing import Any

import numpy as np

from sigma_core.extend import ShapeError, Value
from sigma_nn._settings import choice


def reduction() -> Any:
    """A field that holds "mean" or "sum"."""
    return choice("mean", "sum", default="mean")


def over_record(elements: Value, mask: Value | None, reduction: str) -> Value:
    """One number for each record, (batch,), of the elements (batch, ...) that count.

    The mask has the leading axes of the elements. What does not count has no part in the derivative either. A record
    in which nothing counts gives 0. Raises ShapeError for a mask of more axes than the elements.
    """
    axes = tuple(range(1, elements.ndim))
    if mask is None:
        return (np.mean if reduction == "mean" else np.sum)(elements, axis=axes)
    counts = counting(mask, elements)
    total = np.sum(np.where(counts, elements, 0.0), axis=axes)
    if reduction == "sum":
        return total
    return total / np.maximum(np.sum(counts.astype(elements.dtype), axis=axes), 1.0)


def counting(mask: Value, elements: Value) -> Value:
    """Whether each of the elements, (batch, ...), counts: the mask, true or not 0, along the axes that it lacks."""
    if mask.ndim > elements.ndim:
        raise ShapeError(
            "mask",
            f"records of the mask have {mask.ndim - 1} axes; there are losses with {elements.ndim - 1}",
            "no axis of classes: an element for each loss",
            "leave out the last axis of the mask",
        )
    extended = mask.reshape((*mask.shape, *(1,) * (elements.ndim - mask.ndim)))
    return np.broadcast_to(extended if mask.dtype == bool else extended != 0, elements.shape)
