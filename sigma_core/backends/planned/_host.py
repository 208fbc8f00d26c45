"""Memory of the host, for backends that compute on the processor."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from functools import partial
from itertools import count
from math import prod
from typing import Any, ClassVar

import numpy as np
from attrs import frozen

from sigma_core.backends._codes import Codes, Reader
from sigma_core.backends.planned._backend import PlannedBackend
from sigma_core.backends.planned._kernels import Kernel
from sigma_core.backends.planned._library import library_shared
from sigma_core.backends.planned._products import matmul

LINE = 64
PAGE = 4096
# Coprime to the lines of a page, so that many arrays go by before two begin at the same place of their pages.
STEP = 17 * LINE
_arrays = count()


def block(size: int) -> np.ndarray[Any, Any]:
    """Bytes that begin where a line of the cache does.

    Large blocks begin at different places of their pages: a processor tells addresses apart by their last twelve bits
    first, and loops over several arrays that begin alike were measured to take a third longer.
    """
    if size < PAGE:
        memory = np.empty(size + LINE, np.uint8)
        start = -memory.ctypes.data % LINE
    else:
        memory = np.empty(size + 2 * PAGE, np.uint8)
        start = -memory.ctypes.data % PAGE + next(_arrays) * STEP % PAGE
    return memory[start : start + size]


@frozen
class HostBackend(PlannedBackend):
    """A planned backend whose arrays are NumPy's, and whose products are those of the library that NumPy uses."""

    takes_codes: ClassVar[bool] = True
    kernels: ClassVar[Mapping[str, Kernel]] = {**PlannedBackend.kernels, "matmul": matmul}

    def block(self, size: int) -> np.ndarray[Any, Any]:
        """Aligned to the lines of the cache."""
        return block(size)

    def sharing(self, workers: int) -> AbstractContextManager[None]:
        """The matrix library uses no more threads for each worker than its share of the cores."""
        return library_shared(workers)

    def empty(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> np.ndarray[Any, Any]:
        """Memory for an array, aligned as blocks are."""
        return np.ndarray(shape, dtype, self.block(prod(shape) * dtype.itemsize))

    def array(self, array: Any) -> np.ndarray[Any, Any]:
        """A contiguous copy, aligned as blocks are."""
        array = np.asarray(array)
        copy = self.empty(array.shape, array.dtype)
        np.copyto(copy, array)
        return copy

    def reader(self, codes: Codes, records: int) -> Reader:
        """By three calls of NumPy: bytes are fetched, become floats, and are scaled."""
        shape = records, *codes.array.shape[1:]
        return partial(_read, codes, np.empty(shape, np.uint8), self.empty(shape, codes.dtype))

    def to_numpy(self, array: Any) -> np.ndarray[Any, Any]:
        """The array itself."""
        return np.asarray(array)


def _read(
    codes: Codes, fetched: np.ndarray[Any, Any], floats: np.ndarray[Any, Any], rows: np.ndarray[Any, Any]
) -> np.ndarray[Any, Any]:
    # Rows are known to be in range; "clip" spares the buffer that "raise" needs when there is an `out`.
    codes.array.take(rows, 0, fetched, "clip")
    # A product of bytes and floats would go by buffers of its own, and take longer.
    np.copyto(floats, fetched)
    return codes.scaled(floats)
