"""Random numbers as pure functions of (seed, step, stream).

They are those of NumPy's Philox keyed (seed, stream) from counter (0, step, 0, 0). Philox turns a counter into numbers
without any state of its own, so a draw can be made again, or elsewhere. The third number of the counter is kept for the
worker: it is 0 for the only one there is, so that its numbers stay what they are when there are more.
"""

from threading import local
from typing import Any

import numpy as np

from sigma_core.errors import ShapeError
from sigma_core.graph._scope import place
from sigma_core.graph.operations._operation import Kind, Operation, Shape, Signature, register


class _Generator(local):
    """One bit generator per thread, set anew for each draw: a tenth of the cost of making one."""

    def __init__(self) -> None:
        self.counter = np.zeros(4, np.uint64)
        self.key = np.zeros(2, np.uint64)
        self.bits = np.random.Philox(key=0)
        self.state: Any = {
            "bit_generator": "Philox",
            "state": {"counter": self.counter, "key": self.key},
            "buffer": np.zeros(4, np.uint64),
            "buffer_pos": 4,
            "has_uint32": 0,
            "uinteger": 0,
        }
        self.generator = np.random.Generator(self.bits)

    def at(self, key: Any, stream: int) -> np.random.Generator:
        self.key[0] = key[0]
        self.key[1] = stream
        self.counter[1] = key[1]
        self.bits.state = self.state
        return self.generator


_generator = _Generator()


def _infer(key: Any, shape: Shape, dtype: np.dtype[Any], stream: int) -> Signature:  # noqa: ARG001  # rules take all attributes
    if key.shape != (2,) or key.dtype != np.uint64:
        raise ShapeError(place(), f"the key is {key.dtype}{list(key.shape)}", "uint64[2]: seed and step")
    if dtype not in (np.float32, np.float64):
        raise ShapeError(place(), f"numbers of dtype {dtype} cannot be drawn", "float32, float64", "cast them")
    return shape, dtype


def _uniform(key: Any, shape: Shape, dtype: Any, stream: int, out: Any = None) -> Any:
    """From [0, 1)."""
    return _generator.at(key, stream).random(shape if out is None else None, dtype, out)


def _normal(key: Any, shape: Shape, dtype: Any, stream: int, out: Any = None) -> Any:
    """Mean 0, variance 1."""
    return _generator.at(key, stream).standard_normal(shape if out is None else None, dtype, out)


RANDOM_UNIFORM = register(Operation("random_uniform", Kind.RANDOM, _infer, _uniform))
RANDOM_NORMAL = register(Operation("random_normal", Kind.RANDOM, _infer, _normal))
