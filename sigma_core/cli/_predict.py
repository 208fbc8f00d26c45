"""The records that `sigma run predict` is given, in a file."""

import json
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click
import numpy as np

from sigma_core.errors import DataError

_EXPECTED = "records as JSON, in a list or by section, or an array (.npy, .npz)"


def inputs_of(file: Path) -> Any:
    """Records, or arrays or lists of them by section. Raises DataError for a file that holds none."""
    where = "standard input" if str(file) == "-" else f"file {str(file)!r}"
    try:
        return _READERS.get(file.suffix.lower(), _json)(file)
    except (OSError, EOFError, ValueError, RecursionError, zipfile.BadZipFile) as error:
        found = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise DataError(where, f"it cannot be read: {found}", _EXPECTED, "give such a file") from error


def _json(file: Path) -> Any:
    with click.open_file(str(file), encoding="utf-8") as stream:
        return json.load(stream)


def _array(file: Path) -> np.ndarray:
    with file.open("rb") as stream:
        array: np.ndarray = np.load(stream, allow_pickle=False)
    return array


def _arrays(file: Path) -> dict[str, np.ndarray]:
    # NumPy leaves a file open that is none of its own.
    with file.open("rb") as stream, np.load(stream, allow_pickle=False) as held:
        return dict(held)


_READERS: Mapping[str, Callable[[Path], Any]] = {".npy": _array, ".npz": _arrays}
