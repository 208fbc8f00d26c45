"""Handwritten digits of 8 x 8 pixels."""

from typing import Any

import numpy as np
from attrs import frozen

from sigma_core.extend import Dataset, Sections
from sigma_data.datasets._bundled import bundled


@frozen
class Digits(Dataset):
    """1,797 digits: inputs (64,) float32 from 0 to 1, row by row; targets whole numbers 0 to 9.

    The test part of Optical Recognition of Handwritten Digits (Alpaydin & Kaynak 1998), as in scikit-learn.
    """

    def load(self, environment: Any) -> Sections:
        """All records."""
        pixels, labels = bundled("digits.csv.gz", header=False)
        return {"inputs": (pixels / 16).astype(np.float32), "targets": labels}
