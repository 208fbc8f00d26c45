"""The logical and of two bits."""

from typing import Any

import numpy as np
from attrs import frozen

from sigma_core.extend import Dataset, Sections


@frozen
class AND(Dataset):
    """Four records: inputs (2,) float32, two bits; targets (1,) float32, whether both of them are set."""

    def load(self, environment: Any) -> Sections:
        """All records."""
        inputs = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
        return {"inputs": inputs, "targets": inputs.prod(axis=1, keepdims=True)}
