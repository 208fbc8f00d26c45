"""A time series as charts need it: no longer than can be drawn, and cheap to add to."""

import numpy as np
from attrs import field, frozen

from sigma_core.extend import thinned

POINTS = 4096
"""About as many points as a series is kept with; twice as many before it is thinned again."""


@frozen(eq=False)
class Curve:
    """A series of any length, of which peaks stay and the rest may be thinned out; both arrays of shape (points,).

    It is thinned along its iterations: by its points, what was thinned before would be again each time that more come.
    It never changes, so that whoever draws it needs no lock: with more points it is another one.
    """

    iterations: np.ndarray = field(factory=lambda: np.empty(0, np.int64))
    values: np.ndarray = field(factory=lambda: np.empty(0))
    is_thinned: bool = False
    is_rough: bool = False
    """Whether iterations were run again whose neighbours had been thinned out: a peak among these may be missing."""

    def extended(self, iterations: np.ndarray, values: np.ndarray) -> "Curve":
        """With newer points behind; those of iterations that were run again take the place of the earlier ones."""
        if not iterations.size:
            return self
        is_thinned, is_rough = self.is_thinned, self.is_rough
        if self.iterations.size and iterations[0] <= self.iterations[-1]:
            is_rough = is_rough or (is_thinned and not self._ends_with(iterations, values))
            keep = ~np.isin(self.iterations, iterations)
            iterations = np.concatenate([self.iterations[keep], iterations])
            order = iterations.argsort(kind="stable")
            iterations, values = iterations[order], np.concatenate([self.values[keep], values])[order]
        else:
            iterations = np.concatenate([self.iterations, iterations])
            values = np.concatenate([self.values, values])
        if iterations.size > 2 * POINTS:
            kept = thinned(values, POINTS, iterations)
            iterations, values, is_thinned = iterations[kept], values[kept], True
        return Curve(iterations, values, is_thinned, is_rough)

    def _ends_with(self, iterations: np.ndarray, values: np.ndarray) -> bool:
        """Whether those of the points that are no newer are the last ones of it: they were only read once more."""
        ours, theirs = self.iterations >= iterations[0], iterations <= self.iterations[-1]
        return np.array_equal(self.iterations[ours], iterations[theirs]) and np.array_equal(
            self.values[ours], values[theirs], equal_nan=True
        )

    def drawn(self, points: int) -> tuple[np.ndarray, np.ndarray]:
        """At most so many points of it, peaks among them."""
        if self.values.size <= points:
            return self.iterations, self.values
        kept = thinned(self.values, points, self.iterations)
        return self.iterations[kept], self.values[kept]


def smoothed(values: np.ndarray, weight: float) -> np.ndarray:
    """The exponential moving average, without the pull of its start; NaN is passed over and stays where it is.

    With `weight` w of the past in [0, 1): m_t = w m_(t-1) + (1 - w) x_t, divided by 1 - w^t (Kingma and Ba, 2015).
    """
    if not weight:
        return values
    mean, share, found = 0.0, 1.0, values.copy()
    for place, value in enumerate(values.tolist()):
        if np.isfinite(value):
            mean = weight * mean + (1 - weight) * value
            share *= weight
            found[place] = mean / (1 - share)
    return found
