"""Raw inputs, made into what the network was trained on."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from sigma_core.data import Data, Sections
from sigma_core.errors import DataError
from sigma_core.network import Network, Section


def sections_of(arrays: Sections) -> dict[str, Section]:
    """What a network has to know of data."""
    return {name: Section(array.shape[1:], array.dtype) for name, array in arrays.items()}


def input_arrays(network: Network, data: Data, inputs: Any) -> dict[str, np.ndarray]:
    """Arrays by section: preprocessed as the training records were, of the same shapes and dtypes.

    `inputs` is an array of shape (records, ...) where the network has one section of inputs, else a mapping of arrays.
    Raises DataError for a section that is missing or of another shape.
    """
    names = network.input_sections
    sections = dict(inputs) if isinstance(inputs, Mapping) else {names[0]: inputs}
    for name in names:
        if name not in sections:
            raise DataError(
                "inputs", f"there is no section {name!r}", ", ".join(names), "give a mapping with all sections"
            )
    arrays = {name: _preprocessed(data, name, sections[name]) for name in names}
    return _alike(data, arrays, "inputs", network.dtype)


def _preprocessed(data: Data, name: str, values: Any) -> np.ndarray:
    """One section of raw inputs, treated as the training records were; whatever does not fit is a fault of theirs."""
    where = f"inputs, section {name!r}"
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise DataError(
            where, f"it is no array: {error}", "an array, or lists of equal lengths", "give records of one shape"
        ) from error
    for fitted in data.preprocessing.get(name, ()):
        try:
            array = fitted.apply(array)
        except DataError:
            raise
        except Exception as error:
            raise DataError(
                where,
                f"{type(fitted.preprocessor).__name__} does not take an array of shape {array.shape}: "
                f"{type(error).__name__}: {error}",
                "records as the dataset has them",
                "give raw records, as they are before preprocessing",
            ) from error
    return array


def like_training(data: Data, sections: Sections, where: str, floats: np.dtype) -> dict[str, np.ndarray]:
    """Preprocessed sections in the dtypes of the training data, or in `floats` where that would cut off fractions.

    Raises DataError for a section that is missing, of another shape or not of numbers.
    """
    for name in data.sections:
        if name not in sections:
            raise DataError(
                where,
                f"there is no section {name!r}",
                ", ".join(data.sections),
                "give all sections that the training data has",
            )
    return _alike(data, {name: sections[name] for name in data.sections}, where, floats)


def _alike(data: Data, arrays: Mapping[str, np.ndarray], where: str, floats: np.dtype) -> dict[str, np.ndarray]:
    made = {}
    for name, array in arrays.items():
        shape, dtype = data.shapes[name], data.dtypes[name]
        if array.ndim == 0 or array.shape[1:] != shape:
            raise DataError(
                f"{where}, section {name!r}",
                f"an array of shape {array.shape}",
                f"shape {('records', *shape)}".replace("'", ""),
                "give records in a row, also where there is only one",
            )
        if not np.can_cast(array.dtype, dtype, "same_kind"):
            dtype = floats
        if array.dtype.kind not in "biuf":
            raise DataError(f"{where}, section {name!r}", f"it holds {array.dtype}", "numbers", "give it numbers")
        made[name] = array.astype(dtype, copy=False)
    return made
