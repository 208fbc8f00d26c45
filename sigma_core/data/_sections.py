"""Sections: named arrays that share their first axis, the form in which all data travels."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from numpy.typing import NDArray

from sigma_core.errors import DataError, listed

Array = NDArray[Any]
Sections = Mapping[str, Array]
"""Arrays by name ("inputs", "targets", ...), each of shape (records, ...)."""

# Kinds of dtype that a network can be fed: booleans, integers, floats.
_NUMERIC = "biuf"


def records_of(sections: Sections) -> int:
    """Number of records: the length of the first axis that all sections share."""
    return len(next(iter(sections.values())))


def check_aligned(sections: Sections, where: str) -> None:
    """Raise `DataError` unless there is a section, each has a first axis, and all have the same, positive length."""
    if not sections:
        raise DataError(where, "it has no sections", "at least one named array, such as inputs")
    for name, array in sections.items():
        if not isinstance(name, str) or not name:
            raise DataError(where, f"a section is called {name!r}", "a text, such as inputs", "rename it")
        if array.ndim == 0 and array.dtype.kind == "O":
            found = f"section {name!r} is no array: an object of type {type(array.item()).__name__}"
            raise DataError(where, found, "an array of shape (records, ...)", "give an array or a list")
        if array.ndim == 0:
            raise DataError(where, f"section {name!r} is a single number", "an array of shape (records, ...)")
    lengths = {name: len(array) for name, array in sections.items()}
    if len(set(lengths.values())) > 1:
        found = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise DataError(
            where,
            f"its sections differ in their number of records: {found}",
            "arrays whose first axes have the same length",
        )
    if not records_of(sections):
        raise DataError(where, "it has no records", "at least one record")


def check_numeric(sections: Sections, where: str) -> None:
    """Raise `DataError` when a section is neither real numbers nor booleans."""
    for name, array in sections.items():
        if array.dtype.kind not in _NUMERIC:
            is_complex = array.dtype.kind == "c"
            raise DataError(
                where,
                f"section {name!r} holds {array.dtype} values",
                "real numbers" if is_complex else "numbers or booleans",
                f"give the real and the imaginary part of {name!r} an element each"
                if is_complex
                else f"preprocess {name!r} into numbers, as one_hot does with categories",
            )


def check_known(names: Iterable[str], sections: Collection[str], where: str) -> None:
    """Raise `DataError` for the first name that is no section, with the nearest that is."""
    for name in names:
        if name not in sections:
            raise DataError(where, f"there is no section {name!r}", f"one of {listed(sections, name)}")
