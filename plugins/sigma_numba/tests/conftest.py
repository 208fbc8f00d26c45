"""The backend under test, with a cache of its own; and kernels run as the Python that they are, without a compiler."""

import ctypes

import numpy as np
import pytest
import scipy.special
import sigma_numba._backend
from sigma_numba import NumbaBackend
from sigma_numba._machine import Loaded


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory):
    """A folder for compiled code, of the whole session, so that nothing is compiled twice."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIGMA_CACHE", str(folder))
        yield folder


@pytest.fixture
def backend():
    """It has no settings."""
    return NumbaBackend()


@pytest.fixture
def interpreted(monkeypatch):
    """Kernels run as Python, by NumPy's numbers, so that many programs can be tried."""
    monkeypatch.setattr(sigma_numba._backend, "compiled", compiled)


class Memory:
    """Raw memory, read as numbers of a dtype."""

    def __init__(self, address, dtype):
        self.place = lambda index: address + int(index) * dtype.itemsize
        self.dtype = dtype

    def __getitem__(self, index):
        return np.frombuffer(ctypes.string_at(self.place(index), self.dtype.itemsize), self.dtype)[0]

    def __setitem__(self, index, number):
        raw = np.array(number, self.dtype).tobytes()
        ctypes.memmove(self.place(index), raw, len(raw))


KEPT = []
"""Callbacks, as long as their addresses may be called."""


def load(lanes):
    return lambda memory, place: np.array([memory[place + lane] for lane in range(lanes)])


def store(memory, place, vector):
    for lane, number in enumerate(vector):
        memory[place + lane] = number


def transpose(lanes):
    def transpose(to, start, below, of, first, beside):
        for row in range(lanes):
            for column in range(lanes):
                to[start + row * below + column] = of[first + column * beside + row]

    return transpose


def multiply(block, vectors, lanes, z, at, below, a, first, down, right, b, second, step, terms):
    for row in range(block):
        for column in range(vectors * lanes):
            pairs = ((a[first + row * down + k * right], b[second + k * step + column]) for k in range(terms))
            z[at + row * below + column] = sum(x * y for x, y in pairs)


NAMES = {
    "multiply": multiply,
    **{f"transpose_{lanes}": transpose(lanes) for lanes in (2, 4, 8, 16)},
    **{f"load_{lanes}": load(lanes) for lanes in (2, 4, 8, 16)},
    **{f"spread_{lanes}": lambda number, lanes=lanes: np.full(lanes, number) for lanes in (2, 4, 8, 16)},
    "fused": lambda a, b, c: a * b + c,
    "store": store,
    **{np.dtype(code).name: np.dtype(code).type for code in "bBhHiIqQfd"},
    **{name: getattr(np, name) for name in ("absolute", "sign", "sqrt", "exp", "exp2", "expm1", "log", "log2")},
    **{name: getattr(np, name) for name in ("log1p", "tanh", "logaddexp", "floor", "ceil", "trunc", "rint")},
    **{name: getattr(np, name) for name in ("maximum", "minimum", "power", "inf", "nan")},
    "erf": lambda x: np.float32(scipy.special.erf(np.float64(x))),
    "added": np.add,
    "multiplied": np.multiply,
    "highest": np.maximum,
    "lowest": np.minimum,
    "select": lambda condition, a, b: a if condition else b,
    "one": lambda x: type(x)(1),
    "infinity": lambda x: type(x)(np.inf),
}


def compiled(kernels):
    """As the function of the same name, without a compiler."""
    functions, callbacks = {}, {}
    for name, (source, dtypes) in kernels.items():
        names = dict(NAMES)
        exec(source, names)  # noqa: S102  # what the backend has written

        def run(table, *bounds, kernel=names[name], dtypes=dtypes):
            addresses = (ctypes.c_size_t * len(dtypes)).from_address(table)
            with np.errstate(all="ignore"):
                kernel(*bounds, *(Memory(address, dtype) for address, dtype in zip(addresses, dtypes, strict=True)))

        functions[name] = run
        bounds = [ctypes.c_int64] * 2 if source.startswith(f"def {name}(begin") else []
        callbacks[name] = ctypes.CFUNCTYPE(None, ctypes.c_void_p, *bounds)(run)
    KEPT.append(callbacks)
    addresses = {name: ctypes.cast(each, ctypes.c_void_p).value for name, each in callbacks.items()}
    return Loaded(functions, functions, addresses)
