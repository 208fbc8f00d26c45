"""How much of a computation fits into the registers of this processor."""

import re
from functools import cache

import numpy as np

from sigma_numba._machine import features

# Bytes of a vector, and how many of them there are.
BY_FEATURE = {"avx512f": (64, 32), "neon": (16, 32), "avx": (32, 16)}
OTHERS = (16, 16)
LANES = (2, 4, 8, 16)
"""Numbers in a vector that kernels can name."""


def registers(dtype: np.dtype) -> tuple[int, int]:
    """Numbers in a vector, and how many vectors there are."""
    known = _known()
    size, count = next((sizes for feature, sizes in BY_FEATURE.items() if feature in known), OTHERS)
    return size // dtype.itemsize, count


def fits(rows: int, vectors: int, count: int) -> bool:
    """Whether the sums of rows by so many vectors stay in registers, beside those vectors and a number of a row."""
    return rows * vectors + vectors + 1 < count


def multiplies_fast() -> bool:
    """Whether kernels were measured to multiply matrices faster than OpenBLAS on a processor of this kind."""
    return bool({"avx512f", "fma"} & _known())


@cache
def _known() -> frozenset[str]:
    return frozenset(re.findall(r"\+(\w+)", features()))
