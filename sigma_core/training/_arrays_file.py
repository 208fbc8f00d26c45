"""Arrays in the format of safetensors, piece by piece.

The format's own library copies all arrays twice before it writes them, and lets no other thread of the interpreter run
meanwhile. These pieces are the arrays themselves, which files and hashes take without the interpreter, so that a
training goes on while a checkpoint is written.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

_KINDS = {"b1": "BOOL", "c8": "C64"} | {
    f"{kind}{size}": f"{name}{8 * size}"
    for kind, name, sizes in (("i", "I", (1, 2, 4, 8)), ("u", "U", (1, 2, 4, 8)), ("f", "F", (2, 4, 8)))
    for size in sizes
}
_TOGETHER = 2**20
"""Bytes up to which arrays are put together, so that a small network is one piece."""


def pieces(arrays: Mapping[str, np.ndarray]) -> Iterator[Any]:
    """What a file of these arrays holds, in order.

    Raises what the format's library raises for arrays of a kind that it does not know.
    """
    kinds = {name: _KINDS.get(np.asarray(array).dtype.str[1:]) for name, array in arrays.items()}
    if None in kinds.values():
        from safetensors.numpy import save

        yield save(dict(arrays))
        return
    # The widest first, so that each begins at a multiple of its width.
    names = sorted(arrays, key=lambda name: (-np.asarray(arrays[name]).itemsize, name))
    header, offset = {}, 0
    for name in names:
        array = np.asarray(arrays[name])
        header[name] = {"dtype": kinds[name], "shape": array.shape, "data_offsets": [offset, offset + array.nbytes]}
        offset += array.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    waiting: list[Any] = [len(text).to_bytes(8, "little"), text]
    length = 0
    for name in names:
        array = np.asarray(arrays[name])
        data = np.asarray(array, array.dtype.newbyteorder("<"), order="C").reshape(-1).view(np.uint8)
        if data.nbytes >= _TOGETHER:
            yield from (b"".join(waiting), data)
            waiting, length = [], 0
            continue
        waiting.append(data)
        length += data.nbytes
        if length >= _TOGETHER:
            yield b"".join(waiting)
            waiting, length = [], 0
    yield b"".join(waiting)
