"""Tables of pandas and Arrow, and whatever is shaped like one of these: in and out.

Neither is imported but by who brings a table, or asks for one.
"""

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

import numpy as np

from sigma_core.data._sections import Array, Sections, check_known
from sigma_core.errors import PluginUnavailableError


def is_frame(value: Any) -> bool:
    """Whether it is a table with named columns: of pandas, of Arrow, or one that Arrow can take over."""
    return hasattr(value, "iloc") or hasattr(value, "column_names") or hasattr(value, "__arrow_c_stream__")


def sections_of_frame(frame: Any, sections: Mapping[str, str | Sequence[str]] | None = None) -> dict[str, Array]:
    """The columns as sections: a name makes a section of shape (records,), a list one of (records, columns).

    Without `sections` each column is a section of its own. What is missing is NaN, or an empty text; categories are
    their texts. Raises `DataError` for a column that there is not.
    """
    names = _names(frame)
    chosen = {name: name for name in names} if sections is None else sections
    made = {}
    for name, columns in chosen.items():
        several = [columns] if isinstance(columns, str) else list(columns)
        check_known(several, names, f"data, section {name!r}")
        arrays = [_column(frame, column) for column in several]
        made[name] = arrays[0] if isinstance(columns, str) else np.stack(arrays, axis=1)
    return made


def to_pandas(sections: Sections) -> Any:
    """A DataFrame: a column for a section of numbers, `inputs.0` and so on for one of vectors, else one of arrays.

    Raises PluginUnavailableError where pandas is not installed.
    """
    return _imported("pandas").DataFrame(_columns(sections))


def to_arrow(sections: Sections) -> Any:
    """A table of Arrow with the columns of `to_pandas`; arrays are lists, of which the last axis runs fastest.

    Raises PluginUnavailableError where pyarrow is not installed.
    """
    arrow = _imported("pyarrow")
    columns = {
        name: column
        if isinstance(column, np.ndarray)
        else arrow.FixedSizeListArray.from_arrays(np.concatenate([each.reshape(-1) for each in column]), column[0].size)
        for name, column in _columns(sections).items()
    }
    return arrow.table(columns)


def _columns(sections: Sections) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    for name, array in sections.items():
        if array.ndim == 1:
            columns[name] = np.asarray(array)
        elif array.ndim == 2:
            columns |= {f"{name}.{index}": np.asarray(array[:, index]) for index in range(array.shape[1])}
        else:
            columns[name] = list(array)
    return columns


def _names(frame: Any) -> list[str]:
    if hasattr(frame, "iloc"):
        return list(frame.columns)
    return list(_as_arrow(frame).column_names)


def _column(frame: Any, name: str) -> Array:
    if not hasattr(frame, "iloc"):
        column = _as_arrow(frame).column(name)
        if hasattr(column.type, "value_type") and hasattr(column.type, "index_type"):
            column = column.cast(column.type.value_type)  # categories
        return _plain(column.to_numpy())
    column = frame[name]
    kind = getattr(column.dtype, "kind", "O")
    is_nullable = kind in "iufb" and hasattr(column.dtype, "na_value")
    # Only where one is missing, so that whole numbers stay whole.
    if is_nullable and column.isna().any():
        return np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan))
    return _plain(np.asarray(column.astype(column.dtype.numpy_dtype) if is_nullable else column))


def _plain(array: Array) -> Array:
    """Texts of a fixed width for texts that are objects; whatever else is an object stays."""
    if array.dtype.kind != "O":
        return array
    is_missing = [value is None or value != value for value in array]  # noqa: PLR0124  # NaN
    texts = ["" if missing else value for value, missing in zip(array, is_missing, strict=True)]
    return np.array(texts) if all(isinstance(value, str) for value in texts) else array


def _as_arrow(frame: Any) -> Any:
    return frame if hasattr(frame, "column_names") else _imported("pyarrow").table(frame)


def _imported(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        raise PluginUnavailableError(
            f"data as a table of {name}", f"{name} is not installed", remedy=f"pip install {name}"
        ) from error
