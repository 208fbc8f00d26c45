"""The small files that scikit-learn brings along, read without importing it."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np

from sigma_core.extend import Array, PluginUnavailableError
from sigma_data.sources import File


def bundled(name: str, *, header: bool) -> tuple[Array, Array]:
    """Features, float64 of shape (records, features), and classes, int64 of shape (records,), the last column.

    Importing scikit-learn takes seconds, parsing its files milliseconds. Raises `PluginUnavailableError` when it is
    not installed, `DataError` when the file is not where it should be.
    """
    found = find_spec("sklearn")
    if found is None or not found.submodule_search_locations:
        raise PluginUnavailableError(
            f"dataset file {name}",
            "it comes with scikit-learn, which is not installed",
            remedy="pip install scikit-learn",
        )
    folder = Path(found.submodule_search_locations[0]) / "datasets" / "data"
    with File(folder / name).open() as stream:
        table = np.loadtxt(stream, delimiter=",", skiprows=int(header), encoding="utf-8")
    return table[:, :-1], table[:, -1].astype(np.int64)
