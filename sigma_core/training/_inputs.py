"""Raw inputs, made into what the network was trained on."""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
from attrs import evolve
from numpy.typing import DTypeLike

from sigma_core.data import EVERY_SECTION, Data, Sections, as_dataset, fitted_state
from sigma_core.errors import DataError, TrainerError, listed
from sigma_core.network import Network, Section


def sections_of(arrays: Sections) -> dict[str, Section]:
    """What a network has to know of data."""
    return {name: Section(array.shape[1:], array.dtype) for name, array in arrays.items()}


def form_of(data: Data) -> dict[str, Any]:
    """What a checkpoint says of data. Raises DataError for preprocessors that learnt what cannot be kept."""
    return {
        "sections": {
            name: {"shape": list(data.shapes[name]), "dtype": data.dtypes[name].str} for name in data.sections
        },
        "validation": list(data.validation),
        "preprocessing": fitted_state(data.preprocessing),
    }


def not_there() -> TrainerError:
    """What to say to whoever wants records of a trainer that was loaded without its data."""
    return TrainerError(
        "trainer",
        "it was loaded without its data, of which it knows what preprocessors learnt",
        "to be asked: predict(inputs), evaluate(records)",
        "to train on, compose it from its recipe, with its data, and restore the checkpoint",
    )


def records_to_score(data: Data, wanted: Any, environment: Any, dtype: DTypeLike) -> Sections:
    """Named records of the data, or raw ones that are given, treated as the training records were.

    Raises DataError for a name that there is not and for records of another form, TrainerError where the data is not
    there.
    """
    if isinstance(wanted, str):
        if data.is_stand_in:
            raise not_there()
        named = {"training": data.training, **data.validation}
        if wanted not in named:
            raise DataError("evaluate", f"there is no data {wanted!r}", listed(named, wanted), "give one of these")
        return named[wanted]
    raw = data.preprocess(as_dataset(wanted).load(environment), "evaluate")
    return Data.from_arrays(like_training(data, raw, "evaluate")).cast(dtype).training


def input_arrays(network: Network, data: Data, inputs: Any) -> dict[str, np.ndarray]:
    """Arrays by section: preprocessed as the training records were, of the same shapes and dtypes.

    `inputs` is an array of shape (records, ...) where the network has one section of inputs, else a mapping of arrays.
    Raises DataError for a section that is missing or of another shape.
    """
    names = network.input_sections
    given = dict(inputs) if isinstance(inputs, Mapping) else {names[0]: inputs}
    # What takes all sections at once may make inputs of sections that the network itself does not read.
    used = given if EVERY_SECTION in data.preprocessing else [name for name in names if name in given]
    raw = {name: _array(given[name], f"inputs, section {name!r}") for name in used}
    processed = data.preprocess(raw, "inputs")
    for name in names:
        if name not in processed:
            raise DataError(
                "inputs", f"there is no section {name!r}", ", ".join(names), "give a mapping with all sections"
            )
    return _alike(data, {name: processed[name] for name in names}, "inputs")


def _array(values: Any, where: str) -> np.ndarray:
    try:
        return np.asarray(values)
    except ValueError as error:
        raise DataError(
            where, f"it is no array: {error}", "an array, or lists of equal lengths", "give records of one shape"
        ) from error


def with_validation(data: Data, validation: Any, environment: Any) -> Data:
    """The data, and validation data that was given apart from it: one set, or several by name.

    A set is whatever `as_dataset` takes, of raw records. Raises DataError where it is not like the training data.
    """
    if validation is None:
        return data
    if not isinstance(validation, Mapping) or all(isinstance(each, np.ndarray | list) for each in validation.values()):
        validation = {"validation": validation}
    further = {}
    for name, sections in validation.items():
        if not isinstance(name, str) or re.fullmatch(r"\w+", name) is None or name == "training":
            # Scores are called after it, as `validation.loss`.
            raise DataError(
                "validation",
                f"a set is called {name!r}",
                "a name of letters, digits and underscores, other than training",
                "rename it",
            )
        raw = as_dataset(sections).load(environment)
        further[name] = like_training(data, data.preprocess(raw, f"{name} data"), f"{name} data")
    checked = Data.from_arrays(data.training, {**data.validation, **further})
    return evolve(checked, preprocessing=data.preprocessing, augmentation=data.augmentation)


def like_training(data: Data, sections: Sections, where: str) -> dict[str, np.ndarray]:
    """Preprocessed sections in the dtypes of the training data, or as they are where that would cut off fractions.

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
    return _alike(data, {name: sections[name] for name in data.sections}, where)


def _alike(data: Data, arrays: Mapping[str, np.ndarray], where: str) -> dict[str, np.ndarray]:
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
            dtype = array.dtype
        if array.dtype.kind not in "biuf":
            raise DataError(f"{where}, section {name!r}", f"it holds {array.dtype}", "numbers", "give it numbers")
        made[name] = array.astype(dtype, copy=False)
    return made
