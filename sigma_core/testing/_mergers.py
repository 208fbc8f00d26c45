"""The contract of mergers."""

from typing import Any

import numpy as np

from sigma_core.testing._subject import Subject, examined
from sigma_core.training import Merger

_SHAPES = ((), (3,), (4, 2))


def check_merger(merger: Merger, *, workers: int = 3) -> None:
    """Hold a merger to its contract, on parameters of several shapes in float32 and float64.

    Checked are that what it makes has the shape and dtype that the workers' parameters have, that it leaves those as
    they are and is a function of them and of the records alone, and that it is a worker's parameter where all have the
    same; settings, as a recipe writes them; docstrings. Raises AssertionError with what was checked, what was expected
    and what was found.
    """
    subject = examined("mergers", Merger, merger)
    random = np.random.default_rng(7)
    records = [float(number + 1) for number in range(workers)]
    for dtype in ("float32", "float64"):
        for shape in _SHAPES:
            what = f"{dtype} of shape {shape}"
            given = [np.asarray(random.normal(size=shape), dtype) for _ in range(workers)]
            kept = [array.copy() for array in given]
            merged = _merged(subject, what, given, records)
            is_kept = all(np.array_equal(array, old) for array, old in zip(given, kept, strict=True))
            subject.claim(is_kept, f"{what}, after a merge", "parameters as they were", "others")
            again = _merged(subject, what, kept, records)
            subject.claim(np.array_equal(merged, again), f"{what}, merged twice", "the same", "others")
            alike = _merged(subject, what, [given[0]] * workers, records)
            is_same = np.allclose(alike, given[0], rtol=1e-5)
            subject.claim(is_same, f"{what}, where all workers have the same", f"that: {given[0]}", alike)


def _merged(subject: Subject[Merger], what: str, given: list[Any], records: list[float]) -> Any:
    with subject.trying(f"{what}, merge"):
        merged: Any = subject.component.merge(given, records)
    expected = f"{given[0].dtype}{list(given[0].shape)}"
    found = f"{getattr(merged, 'dtype', type(merged).__name__)}{list(np.shape(merged))}"
    subject.claim(found == expected, f"{what}, what merge returns", expected, found)
    return merged
