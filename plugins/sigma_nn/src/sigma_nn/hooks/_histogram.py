"""Histograms of whatever numbers there are: also of none, of one again and again, and of what is no number."""

from typing import Any

import numpy as np

from sigma_core.extend import Array

# What is larger is brought down while it is looked at, as the difference of two such, or a square, may be no number.
_LARGE, _SCALE = 2.0**500, 2.0**-600


def histogram(array: Array, bins: int) -> dict[str, Any]:
    """`edges` (bins + 1) and `counts` (bins) of the finite numbers, `mean`, `deviation`, `minimum`, `maximum`.

    All in float64; bins are equally wide, from the smallest number to the largest, as those of `numpy.histogram`, and
    wider where these are too close for that many. `not_finite` is how many are NaN or infinite. Where there is no
    finite number there is no bin either, and the rest is NaN.
    """
    numbers = np.asarray(array, np.float64).reshape(-1)
    finite = numbers[np.isfinite(numbers)]
    missing = {"not_finite": numbers.size - finite.size}
    if not finite.size:
        nothing = dict.fromkeys(("mean", "deviation", "minimum", "maximum"), float("nan"))
        return {"edges": [], "counts": [], **nothing, **missing}
    scale = _SCALE if np.abs(finite).max() > _LARGE else 1.0
    scaled = finite * scale
    counts, edges = _binned(scaled, bins, has_units=scale == 1.0)
    edges = edges / scale
    # What is next to nothing beside the rest is nothing where that is brought down.
    edges[0], edges[-1] = min(edges[0], finite.min()), max(edges[-1], finite.max())
    return {
        "edges": edges.tolist(),
        "counts": counts.tolist(),
        "mean": float(scaled.mean() / scale),
        "deviation": float(scaled.std() / scale),
        "minimum": float(finite.min()),
        "maximum": float(finite.max()),
        **missing,
    }


def _binned(finite: Array, bins: int, *, has_units: bool) -> tuple[Array, Array]:
    lowest, highest = float(finite.min()), float(finite.max())
    # Around a single number NumPy has one unit.
    if has_units or lowest != highest:
        try:
            return np.histogram(finite, bins)
        except ValueError:
            # They are so close that there are not as many numbers between them as there are to be edges.
            pass
    margin = max(abs(lowest), abs(highest), 2.0**-900) * 2.0**-30
    # Towards zero, where there is room.
    return np.histogram(finite, bins, range=(lowest - margin, highest) if highest > 0 else (lowest, highest + margin))
