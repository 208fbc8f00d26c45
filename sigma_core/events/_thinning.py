"""Time series with fewer points that look the same when they are drawn."""

import numpy as np

FEWEST = 4


def thinned(values: np.ndarray, points: int) -> np.ndarray:
    """The places of at most `points` values, in order: of the first, the last, and the extremes of parts between.

    `values` is of shape (length,), longer than `points`, which is at least 4. All but the ends are cut into parts of
    equal length, and of each the smallest and the largest value are kept; NaN only where a part has nothing else. So
    no peak is lost, however narrow (after Jugel et al., M4: A Visualization-Oriented Time Series Data Aggregation,
    VLDB 2014).
    """
    inner = values[1:-1]
    width = -(-len(inner) // ((points - 2) // 2))
    whole = len(inner) // width * width
    kept = [np.array([0, len(values) - 1])]
    for first, table in ((1, inner[:whole].reshape(-1, width)), (1 + whole, inner[whole:].reshape(1, -1))):
        if table.size:
            starts = first + np.arange(len(table)) * width
            kept.extend(starts + extreme for extreme in _extremes(table))
    places: np.ndarray = np.sort(np.concatenate(kept))
    # Not np.unique, which imports all of numpy.ma when it is first called: as long as all else here takes together.
    is_first: np.ndarray = np.append(True, places[1:] != places[:-1])
    return np.asarray(places[is_first])


def _extremes(table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where the smallest and the largest value of each row stands."""
    is_missing = np.isnan(table)
    if not is_missing.any():
        return table.argmin(axis=1), table.argmax(axis=1)
    return np.where(is_missing, np.inf, table).argmin(axis=1), np.where(is_missing, -np.inf, table).argmax(axis=1)
