"""Datasets out of arrays that are there already."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from attrs import field, frozen

from sigma_core.data._dataset import Dataset
from sigma_core.data._frames import is_frame, sections_of_frame
from sigma_core.data._items import Items, is_indexed, is_iterable
from sigma_core.data._sections import Array, Sections
from sigma_core.errors import DataError


def _arrays(sections: Mapping[str, Any]) -> dict[str, Array]:
    arrays = {}
    for name, values in sections.items():
        if np.ma.is_masked(values):
            raise DataError(
                "data",
                f"section {name!r} is a masked array, of which values are masked",
                "an array without missing values",
                "leave those records out or fill the values in, as filled() does",
            )
        try:
            arrays[name] = np.asarray(values)
        except ValueError as error:
            raise DataError("data", *_no_array(name, values, error)) from error
    return arrays


def _no_array(name: str, values: Any, error: ValueError) -> tuple[str, str, str]:
    """What is found, expected and to do; records of unequal lengths are what it is nearly always."""
    try:
        lengths = sorted({len(record) for record in values})
    except TypeError:
        lengths = []
    if len(lengths) < 2:
        return (
            f"section {name!r} is no array: {error}",
            "an array, or lists of equal lengths",
            "give records of one shape",
        )
    return (
        f"section {name!r} has records of unequal lengths, from {lengths[0]} to {lengths[-1]}",
        "an array, or lists of equal lengths",
        "pad them, `inputs, mask = pad_sequences(records)`, and give layers and cost the mask as a section",
    )


def _parts(parts: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Array]]:
    return {name: _arrays(part) for name, part in parts.items()}


@frozen(eq=False)
class InMemory(Dataset):
    """Records given as arrays of shape (records, ...) by section: `InMemory({"inputs": x, "targets": y})`."""

    sections: Sections = field(converter=_arrays)
    validation: Mapping[str, Sections] = field(factory=dict, converter=_parts, kw_only=True)
    """Validation records by name, beside those that a split sets apart."""

    @classmethod
    def from_frame(cls, frame: Any, sections: Mapping[str, str | Sequence[str]] | None = None, **settings: Any) -> Self:
        """The columns of a table of pandas or Arrow: `{"inputs": ["sepal", "petal"], "targets": "species"}`.

        Without `sections` each column is one. `settings` are those of any dataset. Raises `DataError` for a column that
        there is not.
        """
        return cls(sections_of_frame(frame, sections), **settings)

    def load(self, environment: Any) -> Sections:  # noqa: ARG002
        """The arrays themselves, not copied."""
        return self.sections

    def fingerprint(self, environment: Any) -> str | None:  # noqa: ARG002
        """That of settings, which the arrays are."""
        return "arrays"

    def load_validation(self, environment: Any) -> Mapping[str, Sections]:  # noqa: ARG002
        """The validation arrays themselves, not copied."""
        return self.validation


def as_dataset(value: Any) -> Dataset:
    """A dataset out of whatever holds records.

    That is a dataset; a mapping of arrays; a pair (inputs, targets); an array of inputs; a table of pandas or Arrow, of
    which each column is a section; an object with `__len__` and `__getitem__`, or one to iterate over, as those of
    PyTorch (`Items`). Raises `DataError` for anything else.
    """
    match value:
        case Dataset():
            return value
        case Mapping():
            return InMemory(value)
        case (inputs, targets):
            return InMemory({"inputs": inputs, "targets": targets})
        case np.ndarray():
            return InMemory({"inputs": value})
    if not isinstance(value, type | str | bytes):
        if is_frame(value):
            return InMemory.from_frame(value)
        if is_indexed(value) or is_iterable(value):
            return Items(value)
    is_class = isinstance(value, type)
    raise DataError(
        "data",
        f"{value.__name__} is a class" if is_class else f"an object of type {type(value).__name__} is no dataset",
        "a dataset, arrays by section, a pair (inputs, targets), an array, a table or indexed records",
        f"call it: {value.__name__}(...)" if is_class else "",
    )
