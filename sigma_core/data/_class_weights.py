"""Weights of classes, so that rare ones count as much as common ones."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sigma_core.data._description import walked
from sigma_core.data._sections import Array
from sigma_core.errors import DataError


def class_weights(targets: Array, classes: int | None = None) -> NDArray[np.float64]:
    """Records / (classes * records of the class), for each class: "balanced" as in scikit-learn (King & Zeng 2001).

    `targets` are whole numbers from 0, of any shape, or probabilities (..., classes), such as one-hot rows. `classes`
    is how many there are, where the last ones may not occur; one that does not occur has the weight 1 and is not
    counted. Raises `DataError` for targets that are neither.
    """
    array: Any = np.asarray(targets)
    if array.dtype.kind not in "biuf" or not array.size or (array.dtype.kind == "f" and array.ndim < 2):
        raise DataError(
            "class_weights",
            f"targets are {array.dtype} of shape {array.shape}",
            "whole numbers from 0, or one-hot rows",
        )
    counts = np.zeros(classes or 0)
    for block in walked({"targets": array}):
        found = _counted(block["targets"])
        if len(found) > len(counts):
            counts = np.pad(counts, (0, len(found) - len(counts)))
        counts[: len(found)] += found
    occurs = counts > 0
    weights = np.ones(len(counts))
    weights[occurs] = counts.sum() / (occurs.sum() * counts[occurs])
    return weights


def _counted(targets: Any) -> NDArray[np.float64]:
    if targets.dtype.kind == "f":
        return targets.reshape(-1, targets.shape[-1]).sum(axis=0, dtype=np.float64)  # type: ignore[no-any-return]
    if targets.min() < 0:
        raise DataError("class_weights", f"a class is {targets.min()}", "classes from 0 on", "number them from 0")
    return np.bincount(targets.reshape(-1).astype(np.intp)).astype(np.float64)
