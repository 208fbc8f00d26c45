"""Memory of the host."""

from typing import Any

import numpy as np

ALIGNMENT = 64


def block(size: int) -> np.ndarray[Any, Any]:
    """Bytes that begin where a line of the cache does."""
    memory = np.empty(size + ALIGNMENT, np.uint8)
    start = -memory.ctypes.data % ALIGNMENT
    return memory[start : start + size]
