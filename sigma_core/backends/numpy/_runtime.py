"""What the generated source calls beside NumPy."""

from typing import Any

import numpy as np

from sigma_core.backends.numpy._numbers import root
from sigma_core.graph import OPERATIONS

Array = np.ndarray[Any, Any]
ALIGNMENT = 64


def block(size: int) -> Array:
    """Bytes that begin where a line of the cache does."""
    memory = np.empty(size + ALIGNMENT, np.uint8)
    start = -memory.ctypes.data % ALIGNMENT
    return memory[start : start + size]


def parts(size: int, length: int, *arrays: Array) -> tuple[tuple[Array, ...], ...]:
    """For each part of `length` elements, the views of it in every array; scratch arrays hold one part only."""
    flat = [array.reshape(-1) for array in arrays]
    return tuple(
        tuple(
            each[start : min(start + length, size)] if each.size == size else each[: min(length, size - start)]
            for each in flat
        )
        for start in range(0, size, length)
    )


def namespace() -> dict[str, Any]:
    """Names that the source may use: implementations and ufuncs of all operations, and some of NumPy's own."""
    names: dict[str, Any] = {name: operation.implementation for name, operation in OPERATIONS.items()}
    names |= {operation.ufunc.__name__: operation.ufunc for operation in OPERATIONS.values() if operation.ufunc}
    names |= {name: getattr(np, name) for name in ("broadcast_to", "concatenate", "copyto", "dtype", "ndarray")}
    names |= {np.dtype(code).name: np.dtype(code).type for code in "?bBhHiIlLqQefd"}
    return names | {"block": block, "parts": parts, "root": root}
