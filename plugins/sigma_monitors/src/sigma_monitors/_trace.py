"""A number that is looked at again and again, over the whole of a run, in a few points."""

from math import fsum


class Trace:
    """Means of equally many looks each: whenever there are too many points, two become one.

    So it always reaches from the beginning until now, and old parts are as wide as new ones.
    """

    def __init__(self, points: int) -> None:
        self._points = points
        self.clear()

    def clear(self) -> None:
        """Begin anew."""
        self._means: list[float] = []
        self._open: list[float] = []
        self._width = 1

    def add(self, value: float) -> None:
        """A look."""
        self._open.append(value)
        if len(self._open) < self._width:
            return
        self._means.append(_mean(self._open))
        self._open.clear()
        if len(self._means) == 2 * self._points:
            self._means = [_mean(self._means[first : first + 2]) for first in range(0, len(self._means), 2)]
            self._width *= 2

    @property
    def values(self) -> list[float]:
        """At most `points` of them, the last perhaps of fewer looks."""
        means = [*self._means, *([_mean(self._open)] if self._open else [])]
        if len(means) <= self._points:
            return means
        return [_mean(means[first : first + 2]) for first in range(0, len(means), 2)][: self._points]


def _mean(values: list[float]) -> float:
    return fsum(values) / len(values)
