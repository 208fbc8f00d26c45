"""The form that all records of a store have: sections, shapes and dtypes."""

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from attrs import frozen

from sigma_core.extend import Array, DataError, Sections, check_known, listed, records_of

# Booleans, integers, floats, and texts of limited length.
_KINDS = "biufUS"


@frozen
class Form:
    """A record as one value of a structured dtype, of which each section is a field."""

    dtype: np.dtype

    @classmethod
    def of(cls, sections: Sections, where: str) -> Self:
        """That of some records; raises `DataError` for what cannot be appended to."""
        for name, array in sections.items():
            if array.dtype.kind not in _KINDS:
                raise DataError(
                    f"{where}, section {name!r}",
                    f"it holds {array.dtype} values",
                    "numbers, truth values or texts",
                    "make numbers of them before they are appended",
                )
        return cls(
            np.dtype([(name, array.dtype.newbyteorder("<"), array.shape[1:]) for name, array in sections.items()])
        )

    @classmethod
    def from_list(cls, told: list[Any]) -> Self:
        """Out of what `as_list` gave."""
        return cls(np.dtype([(name, dtype, tuple(shape)) for name, dtype, shape in told]))

    def as_list(self) -> list[Any]:
        """As JSON values: name, dtype and shape of each section."""
        return [[name, part.base.str, list(part.shape)] for name, part in self.fields.items()]

    @property
    def fields(self) -> Mapping[str, np.dtype]:
        """The dtype of each section, with the shape of a record."""
        return {name: self.dtype[name] for name in self.dtype.names or ()}

    def packed(self, sections: Sections, where: str) -> Array:
        """Records as one array, of shape (records,). Raises `DataError` for those of another form."""
        check_known(sections, self.fields, where)
        for name in self.fields:
            if name not in sections:
                raise DataError(where, f"there is no section {name!r}", f"all of {listed(self.fields)}")
        records = np.empty(records_of(sections), self.dtype)
        for name, part in self.fields.items():
            records[name] = _fitted(sections[name], part, f"{where}, section {name!r}")
        return records

    def sections(self, records: Array) -> Sections:
        """The other way round; copies, each by itself."""
        return {name: np.ascontiguousarray(records[name]) for name in self.fields}


def _fitted(array: Array, part: np.dtype, where: str) -> Array:
    """An array in the dtype of its section; raises `DataError` where more than last digits would change."""
    if array.shape[1:] != part.shape:
        raise DataError(
            where,
            f"records of shape {array.shape[1:]}",
            f"shape {part.shape}, as the records before have it",
            "bring them to that shape",
        )
    if not np.can_cast(array.dtype, part.base, "same_kind"):
        raise _refused(where, f"{array.dtype} values", part)
    with np.errstate(over="ignore"):
        kept = array.astype(part.base)
    is_kept = np.isfinite(kept) | ~np.isfinite(array) if part.base.kind == "f" else kept == array
    if not is_kept.all():
        raise _refused(where, f"the value {array[~is_kept].flat[0]}", part)
    return kept


def _refused(where: str, found: str, part: np.dtype) -> DataError:
    return DataError(
        where,
        found,
        f"what {part.base} holds, as the records before are kept",
        "give such values, or begin anew with records of a wider dtype",
    )
