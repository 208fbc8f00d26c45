"""The contract of metrics."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sigma_core.testing._routine import DTYPES, Backends, Routine, backends_of
from sigma_core.testing._subject import Subject, examined
from sigma_core.training import Metric

# How exactly a score of several batches is that of the whole.
_EXACT = {"float32": 1e-5, "float64": 1e-10}


def check_metric(  # noqa: PLR0913  # data as it comes, and where to run
    metric: Metric,
    predictions: ArrayLike | None = None,
    targets: ArrayLike | None = None,
    mask: ArrayLike | None = None,
    *,
    backends: Backends = None,
    dtypes: Sequence[str] = DTYPES,
) -> None:
    """Hold a metric to its contract, on every backend and in every dtype.

    `predictions`, (batch, ...), are what a cost predicts, by default shares of 3 classes, (7, 3), `targets` as they are
    in the data, by default one-hot; at least 4 records. Checked are that the score of unequal batches, of one record
    too, is that of all records at once, parts that are gathered included; what it is; that all backends agree;
    settings, as a recipe writes them; docstrings. Raises AssertionError with what was checked, what was expected and
    what was found.
    """
    subject = examined("metrics", Metric, metric)
    shares = np.random.default_rng(4).random((7, 3))
    given = [
        shares / shares.sum(axis=1, keepdims=True) if predictions is None else np.asarray(predictions),
        np.eye(3)[[0, 2, 1, 1, 0, 2, 2]] if targets is None else np.asarray(targets),
        *([] if mask is None else [np.asarray(mask)]),
    ]
    chosen = backends_of(backends)
    for dtype in dtypes:
        arrays = [array.astype(dtype) if array.dtype.kind == "f" else array for array in given]
        records = len(arrays[0])
        whole = _measured(subject, arrays, dtype).agreed(chosen)
        score = _score(subject, whole, records)
        batches = [slice(0, 1), slice(1, 3), slice(3, records)]
        parts = [_measured(subject, [array[batch] for array in arrays], dtype).agreed(()) for batch in batches]
        split = _score(subject, _joined(subject.component, parts), records)
        subject.claim(
            np.allclose(split, score, rtol=_EXACT[dtype], atol=_EXACT[dtype], equal_nan=True),
            f"score in {dtype} of batches of 1, 2 and {records - 3} records",
            f"{score}, that of all {records} at once",
            f"{split}",
        )


def _measured(subject: Subject[Metric], arrays: Sequence[NDArray[Any]], dtype: str) -> Routine:
    """The sums of one batch."""

    def measure(*arrays: Any) -> Any:
        sums = subject.component.measure(*arrays)
        subject.claim(
            isinstance(sums, Mapping) and all(isinstance(name, str) for name in sums),
            "measure",
            "a dictionary of sums by name",
            f"names {list(sums)}" if isinstance(sums, Mapping) else type(sums).__name__,
        )
        return dict(sums)

    return Routine.of(subject, f"measure in {dtype}", measure, *arrays, dtype=dtype)


def _joined(metric: Metric, parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The parts of all batches, as a pass puts them together."""
    return {
        name: np.concatenate([part[name] for part in parts])
        if name in metric.gathered
        else sum(np.asarray(part[name], np.float64) for part in parts)
        for name in parts[0]
    }


def _score(subject: Subject[Metric], totals: Mapping[str, Any], records: int) -> Any:
    """What follows from totals."""
    exact = {
        name: value if name in subject.component.gathered else np.asarray(value, np.float64)
        for name, value in totals.items()
    }
    with subject.trying("result"):
        score = subject.component.result({**exact, "count": np.asarray(float(records))})
    if subject.component.is_number:
        is_one = isinstance(score, int | float | np.number) or np.shape(score) == ()
        subject.claim(is_one, "result", "one number", repr(score))
    return score
