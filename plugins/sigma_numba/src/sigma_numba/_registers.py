"""How much of a computation fits into the registers of this processor."""

import re
from functools import cache

import numpy as np

from sigma_numba._machine import features

# Bytes of a vector, and how many sums stay in registers beside what is multiplied.
BY_FEATURE = {"avx512f": (64, 28), "avx": (32, 12)}
OTHERS = (16, 12)
LANES = (2, 4, 8, 16)
"""Numbers in a vector that kernels can name."""


def registers(dtype: np.dtype) -> tuple[int, int]:
    """Numbers in a vector, and vectors of sums that are kept at a time."""
    size, sums = _sizes()
    return size // dtype.itemsize, sums


@cache
def _sizes() -> tuple[int, int]:
    known = set(re.findall(r"\+(\w+)", features()))
    return next((sizes for feature, sizes in BY_FEATURE.items() if feature in known), OTHERS)
