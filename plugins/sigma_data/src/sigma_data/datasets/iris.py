"""Irises, by the size of their petals and sepals."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from attrs import Factory, frozen

from sigma_core.extend import Dataset, Preprocessor, Sections, component_table
from sigma_data.datasets._bundled import bundled
from sigma_data.datasets._defaults import standardised_inputs


@frozen
class Iris(Dataset):
    """150 irises: inputs (4,) float32, in centimetres; targets 0 setosa, 1 versicolor, 2 virginica.

    Fisher (1936), as in scikit-learn. Inputs are standardised unless `preprocess` says otherwise.
    """

    preprocess: Mapping[str, tuple[Preprocessor, ...]] = component_table(
        "preprocessors", Factory(standardised_inputs), kw_only=True
    )

    def load(self, environment: Any) -> Sections:
        """All records."""
        features, labels = bundled("iris.csv", header=True)
        return {"inputs": features.astype(np.float32), "targets": labels}
