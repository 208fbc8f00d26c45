"""Time series with fewer points that look the same when they are drawn."""

import numpy as np

FEWEST = 4


def thinned(values: np.ndarray, points: int, along: np.ndarray | None = None) -> np.ndarray:
    """The places of at most `points` values, in order: of the first, the last, and the extremes of parts between.

    `values` is of shape (length,), longer than `points`, which is at least 4. All but the ends are cut into parts of
    equal length, and of each the smallest and the largest value are kept; NaN only where a part has nothing else. So
    no peak is lost, however narrow (after Jugel et al., M4: A Visualization-Oriented Time Series Data Aggregation,
    VLDB 2014). What lies unevenly, such as what was thinned before, is cut into parts of equal length `along` whole
    numbers that ascend, of the same shape.
    """
    inner, parts = values[1:-1], (points - 2) // 2
    if along is None or along[-1] - along[0] == len(along) - 1:
        inside = _of_even(inner, parts)
    else:
        inside = _of_uneven(inner, (along[1:-1] - along[0]) * parts // (along[-1] - along[0]))
    places: np.ndarray = np.sort(np.concatenate([np.array([0, len(values) - 1]), 1 + inside]))
    # Not np.unique, which imports all of numpy.ma when it is first called: as long as all else here takes together.
    is_first: np.ndarray = np.append(True, places[1:] != places[:-1])
    return np.asarray(places[is_first])


def _of_even(values: np.ndarray, parts: int) -> np.ndarray:
    """Where the extremes of so many parts stand, of equally many values each."""
    width = -(-len(values) // parts)
    whole = len(values) // width * width
    kept: list[np.ndarray] = []
    for first, table in ((0, values[:whole].reshape(-1, width)), (whole, values[whole:].reshape(1, -1))):
        if table.size:
            starts = first + np.arange(len(table)) * width
            kept.extend(starts + extreme for extreme in _extremes(table))
    return np.concatenate(kept)


def _of_uneven(values: np.ndarray, parts: np.ndarray) -> np.ndarray:
    """Where the extremes of the parts stand; `parts` has the number of each value's, in ascending order."""
    is_first = np.append(True, parts[1:] != parts[:-1])
    starts, number = np.flatnonzero(is_first), np.cumsum(is_first) - 1
    kept = []
    for extreme in (np.fmin, np.fmax):
        found = extreme.reduceat(values, starts)
        # Of a part that is NaN all over, its first value.
        places = np.flatnonzero((values == found[number]) | (is_first & np.isnan(found)[number]))
        kept.append(places[np.append(True, number[places[1:]] != number[places[:-1]])])
    return np.concatenate(kept)


def _extremes(table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where the smallest and the largest value of each row stands."""
    is_missing = np.isnan(table)
    if not is_missing.any():
        return table.argmin(axis=1), table.argmax(axis=1)
    return np.where(is_missing, np.inf, table).argmin(axis=1), np.where(is_missing, -np.inf, table).argmax(axis=1)
