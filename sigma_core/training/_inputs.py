"""Raw inputs, made into what the network was trained on."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from sigma_core.data import Data
from sigma_core.errors import DataError
from sigma_core.network import Network


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
    arrays = data.preprocess({name: np.asarray(sections[name]) for name in names})
    for name, array in arrays.items():
        shape = data.shapes[name]
        if array.ndim == 0 or array.shape[1:] != shape:
            raise DataError(
                f"inputs, section {name!r}",
                f"an array of shape {array.shape}",
                f"shape {('records', *shape)}".replace("'", ""),
                "give records in a row, also where there is only one",
            )
    return {name: array.astype(data.dtypes[name], copy=False) for name, array in arrays.items()}
