"""What hooks have published of a network, made into what is drawn of it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from attrs import frozen

from sigma_core.extend import StoredEvent


@frozen(eq=False)
class Spread:
    """How the numbers of an array were spread, from one look at them to the next."""

    iterations: tuple[int, ...]
    edges: np.ndarray
    """Of rows (rows + 1)."""
    shares: np.ndarray
    """Of the numbers of a moment in each row, (moments, rows)."""


def spread_of(events: Sequence[StoredEvent], name: str, rows: int = 48) -> Spread | None:
    """That of an array by what a hook `histograms` published; None where there is nothing of it.

    Histograms of different moments have different bins, so each is spread over the same rows, evenly within each bin.
    """
    found = [(event.payload["iteration"], event.payload["values"][name]) for event in events if _has(event, name)]
    found = [(iteration, each) for iteration, each in found if len(each["counts"]) and sum(each["counts"])]
    if not found:
        return None
    low, high = (choose(each["edges"][place] for _, each in found) for choose, place in ((min, 0), (max, -1)))
    if not high > low:
        margin = max(abs(low), 1e-12) / 2
        low, high = low - margin, high + margin
    edges = np.linspace(low, high, rows + 1)
    shares = np.empty((len(found), rows))
    for place, (_, each) in enumerate(found):
        below = np.concatenate([[0.0], np.cumsum(each["counts"])])
        shares[place] = np.diff(np.interp(edges, each["edges"], below / below[-1]))
    return Spread(tuple(iteration for iteration, _ in found), edges, shares)


def names_of(events: Iterable[StoredEvent]) -> list[str]:
    """The arrays of which something was published, in their order."""
    names: dict[str, None] = {}
    for event in events:
        names.update(dict.fromkeys(event.payload["values"]))
    return list(names)


def image_of(values: Any) -> np.ndarray | None:
    """An image in uint8, (rows, columns) or (rows, columns, 3), of what a hook published; None if it is none."""
    try:
        image = np.asarray(values["image"], np.uint8)
    except (LookupError, OverflowError, TypeError, ValueError):
        return None
    is_image = image.size and (image.ndim == 2 or (image.ndim == 3 and image.shape[2] == 3))
    return image if is_image else None


def stretched(numbers: np.ndarray) -> np.ndarray:
    """Numbers as uint8, from the smallest to the largest; a grey in the middle where they are all equal."""
    finite = np.where(np.isfinite(numbers), numbers, 0.0)
    low, high = float(finite.min()), float(finite.max())
    if not high > low:
        return np.full(numbers.shape, 128, np.uint8)
    return np.rint(255 * (finite - low) / (high - low)).astype(np.uint8)


def matrices(scores: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Confusion matrices among scores, (classes, classes): a row for each class, a column for what it was taken for."""
    found = {}
    for name, value in scores.items():
        if "confusion" not in name or not isinstance(value, list):
            continue
        try:
            matrix = np.asarray(value, np.float64)
        except (TypeError, ValueError):
            continue
        if matrix.ndim == 2 and matrix.shape[0] == matrix.shape[1] > 1 and np.isfinite(matrix).all():
            found[name] = matrix
    return found


def recalls(matrix: np.ndarray) -> np.ndarray:
    """Of the records of each class, the share that was taken for it; NaN where there are none."""
    totals = matrix.sum(1)
    with np.errstate(invalid="ignore", divide="ignore"):
        found: np.ndarray = np.diag(matrix) / totals
    return found


def precisions(matrix: np.ndarray) -> np.ndarray:
    """Of the records that were taken for each class, the share that was of it; NaN where there are none."""
    return recalls(matrix.T)


def mistakes(matrix: np.ndarray, most: int = 5) -> list[tuple[int, int, float]]:
    """The most frequent ones: which class was taken for which, and how often."""
    wrong = matrix - np.diag(np.diag(matrix))
    order = np.argsort(-wrong, axis=None, kind="stable")[:most]
    pairs = [(int(place) // len(matrix), int(place) % len(matrix)) for place in order]
    return [(actual, guessed, float(wrong[actual, guessed])) for actual, guessed in pairs if wrong[actual, guessed] > 0]


def _has(event: StoredEvent, name: str) -> bool:
    value = event.payload["values"].get(name)
    return isinstance(value, dict) and {"edges", "counts"} <= value.keys() and len(value["edges"]) > 1
