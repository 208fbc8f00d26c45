"""The first records of the data of a recipe, as they can be looked at, and what is in it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
from attrs import frozen

from sigma_core.data import Array, Data, Sections, in_short, picture_form, pixels
from sigma_core.environment import Environment
from sigma_core.training._trainer import Trainer
from sigma_core.training.recipe import Recipe

# What has fewer pixels is a table, or a word of one.
_LEAST_SIDE = 6
_VALUES = 8


@frozen(eq=False)
class PreviewedSection:
    """The first records of a section: pictures of shape (rows, columns, 1 or 3) in uint8, or texts."""

    kind: Literal["pictures", "texts", "labels", "numbers"]
    records: tuple[Any, ...]
    """Texts stand for sequences that a vocabulary numbers, too; labels are classes by their names."""


@frozen(eq=False)
class DataPreview:
    """What data holds, part by part: `training`, then those that validate."""

    description: Mapping[str, Any]
    """By part: `records`, and by section shape, dtype, range, what is missing, how often there is each class."""
    records: Mapping[str, Mapping[str, PreviewedSection]]
    """By part and section, the first ones."""


def data_preview(
    recipe: Recipe | Mapping[str, Any] | Path | str, records: int = 12, *, environment: Environment | None = None
) -> DataPreview:
    """Read and prepare the data of a recipe, as a training does, and show its first records.

    It takes as long as a training takes to begin. Raises RecipeError for faults of the recipe, and what
    `Dataset.prepare` raises for those of the data.
    """
    own = Environment() if environment is None else environment
    try:
        setup = Trainer.from_recipe(recipe, environment=own).setup
        data = setup.dataset.prepare(own, setup.seed, setup.dtype)
        parts = {"training": data.training, **data.validation}
        shown = {name: _shown(part, data, records) for name, part in parts.items()}
        return DataPreview(data.describe().as_data(), shown)
    finally:
        if environment is None:
            own.close()


def _shown(part: Sections, data: Data, records: int) -> dict[str, PreviewedSection]:
    classes = data.classes
    return {name: _section(np.array(array[:records]), classes.get(name)) for name, array in part.items()}


def _section(array: Array, classes: Array | None) -> PreviewedSection:
    if array.dtype.kind in "USO":
        return PreviewedSection("texts", tuple(_joined(np.atleast_1d(np.asarray(record))) for record in array))
    if classes is not None and _are_numbers_of(array, classes):
        if array.ndim == 1:
            return PreviewedSection("labels", tuple(str(name) for name in classes[array]))
        return PreviewedSection("texts", tuple(_joined(classes[record].reshape(-1)) for record in array))
    if array.ndim == 1 and array.dtype.kind in "biu":
        return PreviewedSection("labels", tuple(str(value) for value in array.tolist()))
    form = picture_form(array.shape[1:])
    if form is not None and min(form[:2]) >= _LEAST_SIDE:
        return PreviewedSection("pictures", tuple(pixels(array, form)))
    return PreviewedSection("numbers", tuple(in_short(record, _VALUES) for record in array))


def _are_numbers_of(array: Array, classes: Array) -> bool:
    is_whole = array.dtype.kind in "iu" and bool(array.size)
    return is_whole and bool(array.min() >= 0) and bool(array.max() < len(classes))


def _joined(texts: Array) -> str:
    """Characters as they stand beside each other, words with blanks between them."""
    every = [str(text) for text in texts.tolist()]
    return ("" if all(len(text) <= 1 for text in every) else " ").join(every)
