"""Records that are read by their numbers out of whole numbers of one byte, and become floats on the way."""

from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sigma_core.extend import Codes, Reader
from sigma_numba._kernel import SHARED
from sigma_numba._memory import prepared, shared
from sigma_numba._store import compiled

AHEAD = 2
"""Records that are on their way from memory while one is read: they lie anywhere, which no processor foresees."""
LINE = 64


def reader(codes: Codes, floats: NDArray[Any]) -> Reader:
    """Reads as many records as `floats` has, into it."""
    numbers = np.empty(len(floats), np.intp)
    dtypes = codes.array.dtype, numbers.dtype, floats.dtype
    loaded = compiled({"kernel": (_source(codes, floats), dtypes)})
    places = (codes.array, 0), (numbers, 0), (floats, 0)
    if _is_shared(floats):
        call = shared(loaded.addresses["kernel"], len(floats), *places)
    else:
        call = prepared(loaded.functions["kernel"], *places)

    def read(rows: NDArray[np.intp]) -> NDArray[Any]:
        numbers[...] = rows
        call()
        return floats

    return read


def _is_shared(floats: NDArray[Any]) -> bool:
    return floats.size > SHARED


def _source(codes: Codes, floats: NDArray[Any]) -> str:
    row, count = prod(floats.shape[1:]), len(floats)
    number, operator = floats.dtype.name, "/" if codes.is_divisor else "*"
    begin, end, bounds = ("begin", "end", "begin, end, ") if _is_shared(floats) else ("0", str(count), "")
    fetch = [f"for k in range({-(-row // LINE)}):", f"    prefetch(x, p + k * {LINE})"]
    return "\n".join(
        [
            f"def kernel({bounds}x, i, z):",
            f"    for t in range({begin}, select({begin} + {AHEAD} < {end}, {begin} + {AHEAD}, {end})):",
            f"        p = i[t] * {row}",
            *(f"        {line}" for line in fetch),
            f"    for t in range({begin}, {end}):",
            f"        p = i[select(t + {AHEAD} < {end}, t + {AHEAD}, t)] * {row}",
            *(f"        {line}" for line in fetch),
            f"        p = i[t] * {row}",
            f"        for k in range({row}):",
            f"            z[t * {row} + k] = {number}(x[p + k]) {operator} {number}({codes.scale.item()!r})",
            "",
        ]
    )
