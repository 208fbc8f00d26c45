"""The dtype of floats that hold what a dtype holds."""

import numpy as np


def floating(dtype: np.dtype) -> np.dtype:
    """The dtype itself for floats; for whole numbers and booleans the smallest float of at least 32 bits that fits."""
    return np.result_type(dtype, np.float32) if dtype.kind != "f" else dtype
