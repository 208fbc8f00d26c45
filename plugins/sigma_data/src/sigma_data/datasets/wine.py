"""Wines, by their chemistry."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from attrs import Factory, frozen

from sigma_core.extend import Dataset, Preprocessor, Sections, component_table
from sigma_data.datasets._bundled import bundled
from sigma_data.datasets._defaults import standardised_inputs


@frozen
class Wine(Dataset):
    """178 wines: inputs (13,) float32, results of chemical analysis; targets 0 to 2, the grower.

    Aeberhard & Forina (1991), as in scikit-learn. Inputs are standardised unless `preprocess` says otherwise.
    """

    preprocess: Mapping[str, tuple[Preprocessor, ...]] = component_table(
        "preprocessors", Factory(standardised_inputs), kw_only=True
    )

    def load(self, environment: Any) -> Sections:
        """All records."""
        features, labels = bundled("wine_data.csv", header=True)
        return {"inputs": features.astype(np.float32), "targets": labels}
