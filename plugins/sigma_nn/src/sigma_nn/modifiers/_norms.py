"""What modifiers that look at norms have in common."""

from typing import Any

import numpy as np

from sigma_core.extend import Value


def square_sum(array: Value) -> Value:
    """The sum of all squares."""
    return np.sum(array * array)


def shrink(square: Value, limit: Any) -> Value:
    """By what to multiply what has this squared norm, so that its norm is at most `limit`: exactly 1 where it is."""
    # The norm is not divided by where it is small, so that zeros stay zeros; nor is a limit that a schedule takes to 0.
    return limit / np.maximum(np.sqrt(square), np.maximum(limit, np.finfo(square.dtype).tiny))
