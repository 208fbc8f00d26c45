"""Breast tumours, by the shape of their cells."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from attrs import Factory, frozen

from sigma_core.extend import Dataset, Preprocessor, Sections, component_table
from sigma_data.datasets._bundled import bundled
from sigma_data.datasets._defaults import standardised_inputs


@frozen
class BreastCancer(Dataset):
    """569 tumours: inputs (30,) float32, measures of cell nuclei; targets 0 malignant, 1 benign.

    Wolberg, Mangasarian, Street & Street (1993), as in scikit-learn. Inputs are standardised unless `preprocess` says
    otherwise.
    """

    preprocess: Mapping[str, tuple[Preprocessor, ...]] = component_table(
        "preprocessors", Factory(standardised_inputs), kw_only=True
    )

    def load(self, environment: Any) -> Sections:
        """All records."""
        features, labels = bundled("breast_cancer.csv", header=True)
        return {"inputs": features.astype(np.float32), "targets": labels}
