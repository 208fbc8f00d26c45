"""Every operation, as a kernel: the numbers are those of its implementation in NumPy."""

from functools import partial

import numpy as np
import pytest
from sigma_cuda.kernels import HOST, KERNELS, OPTIONS

from sigma_core.extend import OPERATIONS, Graph, Kind, random_normal, random_uniform, record
from sigma_core.testing import evaluate, placeholder

X = np.random.default_rng(0).uniform(0.1, 0.9, (4, 3))
WIDE = np.random.default_rng(1).normal(size=(3, 700))
SPECIAL = np.array([-np.inf, -2.5, -1.0, -0.0, 0.0, 0.5, 1.0, 2.5, np.inf, np.nan])
N = np.array([2, 0, 1, -1])
KEY = np.array([1, 2], np.uint64)
PICTURES = np.random.default_rng(2).integers(0, 4, (2, 5, 6, 2)).astype(float)
SQUARE = np.eye(3) * 2 + X[:3] / 4
POOLS = {"axis": 1, "window": (3, 2), "strides": (1, 2), "dilation": (1, 2)}


def maxima(x):
    return record("max_pool", x, **POOLS)


# For each operation functions of arrays, which are given as float64 and as float32 where they are floats.
CASES = {
    "all": [(lambda x: np.all(x > 0.2, axis=0), X)],
    "any": [(lambda x: np.any(x > 0.8), X)],
    "argmax": [
        (lambda x: np.argmax(x, axis=0, keepdims=True), np.array([[1, np.nan], [3, 1], [3, np.nan]])),
        (lambda x: np.argmax(np.rint(x), axis=1), WIDE),
        (lambda x: np.argmax(np.rint(x.T), axis=0), WIDE),
    ],
    "argmin": [(np.argmin, np.array([3, np.nan, 1, np.nan])), (lambda x: np.argmin(np.rint(x)), WIDE)],
    "argsort": [
        (lambda x: np.argsort(np.rint(x), axis=1), WIDE),
        (lambda x: record("argsort", x, axis=0, descending=True), X),
        (lambda x: np.argsort(x, axis=0), X[:0]),
    ],
    "broadcast_to": [(lambda x: np.broadcast_to(x, (2, 4, 3)) + 1, X)],
    "cast": [
        (lambda x: x.astype(np.int32).astype(np.uint8).astype(bool), np.array([0.0, 0.4, 1.5, 200.7])),
        (lambda x: (x > 0.5).astype(np.int8) + x.astype(np.float16), X),
        (lambda n: n.astype(np.float32), N),
    ],
    "concatenate": [
        (lambda x: np.concatenate([x, np.exp(x), x[:1]]), X),
        (lambda x: np.concatenate([x, np.exp(x), np.ones((4, 2), x.dtype)], axis=1), X),
    ],
    "constant": [(lambda x: x + np.array([np.inf, 1.0, -2.0], np.float32), X), (lambda x: x + np.inf, X)],
    "cumsum": [(lambda x: np.cumsum(x, axis=0), X), (lambda n: np.cumsum(n > 0, axis=0), N)],
    "cumprod": [(lambda x: np.cumprod(x.T, axis=1), X)],
    "embed": [(lambda x: np.pad(x, ((1, 0), (0, 2))), X)],
    "erf": [(lambda x: record("erf", x), SPECIAL)],
    "gather": [
        (lambda x, n: np.take(x, n, axis=0), X, N),
        (lambda x, n: x[:, n - 1], X, N),
        (lambda x, n: x[1:].T[n[:3, None] % 3, n[None, :3] % 3], X, N),
        (lambda x, n: x.reshape(2, 2, 3)[n % 2, :, n], X, N),
        (lambda x, n: x[n], X, np.array([1, 3], np.uint8)),
    ],
    "gather_maxima": [(lambda x, v: record("gather_maxima", v, x, maxima(x), **POOLS), PICTURES, PICTURES[::-1])],
    "identity": [(lambda x: record("identity", x) + 1, X)],
    "matmul": [
        (lambda x: x @ x.T, X),
        (lambda x: np.stack([x, x]) @ x.T, X),
        (lambda x: x[:, :0] @ x.T[:0], X),
        (lambda n: n.reshape(2, 2) @ n.reshape(2, 2), N),
    ],
    "max": [(lambda x: np.max(x, axis=1), np.array([[1, np.nan, 3], [2, 1, 0]])), (np.max, WIDE)],
    "max_pool": [(maxima, PICTURES)],
    "min": [(lambda x: np.min(x, axis=0, keepdims=True), X), (np.min, N)],
    "prod": [(lambda x: np.prod(x, axis=1), X), (lambda x: np.prod(x / 3, axis=1), 3 + WIDE / 100)],
    "random_normal": [(lambda key: random_normal(key, (3, 2), np.float64, 5), KEY)],
    "random_uniform": [
        (lambda key: random_uniform(key, (3, 5), np.float32, 4), KEY),
        (lambda key: random_uniform(key, (9,), np.float64, 2**64 - 1), KEY),
    ],
    "replace": [(lambda x: record("replace", x, x[:2, :2] * 2, cuts=((0, 4, 2), (2, 0, -1))), X)],
    "reshape": [(lambda x: x.T.reshape(2, 6) + 1, X), (lambda x: x.T.reshape(2, 6), X)],
    "scatter": [(lambda x, n: record("scatter", x, x * 2, n % 3, axes=(0,)), X, N)],
    "scatter_add": [
        (lambda x, n: record("scatter_add", x, n, axes=(0,), shape=(5, 3)), X, np.array([2, 0, 2, -1])),
        (lambda x, n: record("scatter_add", x, n, axes=(1,), shape=(4, 6)), X, np.array([5, 5, 1])),
        (lambda x, n: record("scatter_add", x, n, n[:, None], axes=(0, 1), shape=(4, 4)), X[:, :1] * np.ones(4), N),
        (lambda x, n: record("scatter_add", x, n[:0], axes=(0,), shape=(5, 3)), X[:0], N),
    ],
    "scatter_maxima": [
        (lambda x: record("scatter_maxima", maxima(x) + 1, x, maxima(x), **POOLS), PICTURES),
    ],
    "searchsorted": [
        (lambda x, n: record("searchsorted", x, n, side="left"), np.array([0.0, 1, 1, 2]), np.array([1.0, 5, -1, 2])),
        (lambda x, n: record("searchsorted", x, n, side="right"), np.array([0.0, 1, 1, 2]), np.array([1.0, 5, -1, 2])),
    ],
    "slice": [(lambda x: x[::-2, 1:] * 2, X), (lambda x: x[2:0:-1], X)],
    "sort": [(lambda x: np.sort(x, axis=0), X), (lambda x: np.sort(x > 0.5, axis=1), X)],
    "stop_gradient": [(lambda x: record("stop_gradient", x) + 1, X)],
    "sum": [
        (lambda x: np.sum(x, axis=0) + np.sum(x), X),
        (lambda x: np.sum(x, axis=(0, 1)), WIDE),
        (lambda x: np.sum(x, axis=1, keepdims=True), WIDE),
        (lambda x: np.sum(x.T[::-1], axis=0), WIDE),
        (lambda n: np.sum(n > 0), N),
        (lambda x: np.sum(x[:0], axis=0), X),
    ],
    "transpose": [(lambda x: np.transpose(np.stack([x, x]), (2, 0, 1)) - 1, X)],
    "where": [(lambda x: np.where(x > 0.5, x, 1 - x), X), (lambda x: np.where(x[0], x, 2.0), X)],
    "windows": [(lambda x: record("windows", x, **POOLS) + 1, PICTURES)],
    "windows_add": [(lambda x: record("windows_add", record("windows", x, **POOLS), shape=x.shape, **POOLS), PICTURES)],
    **{
        name: [(partial(record, name), SQUARE)]
        for name in ("adjugate", "cholesky", "det", "inv", "log_det", "sign_det")
    },
    "cholesky": [(lambda x: record("cholesky", x @ x.T), SQUARE)],
    "solve": [(lambda x: record("solve", x, x[:, :2]), SQUARE)],
}
INTEGERS = [
    np.array([-128, -7, -2, -1, 0, 1, 2, 7, 127], np.int8),
    np.array([-(2**63), -7, -1, 0, 1, 3, 9, 70, 2**62]),
    np.array([0, 1, 2, 3, 7, 2**63, 2**64 - 1, 63, 64], np.uint64),
    np.array([True, False, True]),
]


def ufunc_cases(operation):
    """Of every kind of number that the ufunc takes: each with each."""
    ufunc = operation.ufunc
    for array in (SPECIAL, SPECIAL.astype(np.float32), *INTEGERS):
        given = (array,) * ufunc.nin
        try:
            ufunc.resolve_dtypes((*(each.dtype for each in given), None))
        except TypeError:
            continue
        if operation.name == "power" and array.dtype.kind == "i":
            given = (array, np.abs(array // 2) % 7)
        if operation.name in ("left_shift", "right_shift") and array.dtype.kind in "iu":
            given = (array, np.arange(array.size).astype(array.dtype) * 8)
        if operation.name == "reciprocal" and array.dtype.kind in "iu":
            given = (array[array != 0],)
        if ufunc.nin == 2:
            given = (given[0][:, None], given[1][None, :])
        yield ufunc, *given


def cases(name):
    """Functions with arrays, in all dtypes."""
    operation = OPERATIONS[name]
    if operation.is_elementwise and operation.ufunc is not None:
        yield from ufunc_cases(operation)
        return
    for function, *arrays in CASES[name]:
        yield function, *arrays
        if any(array.dtype == np.float64 for array in arrays):
            yield function, *(array.astype(np.float32) if array.dtype == np.float64 else array for array in arrays)


NAMES = sorted(
    name for name, each in OPERATIONS.items() if each.kind is not Kind.CONTROL and each.kind is not Kind.SOURCE
)
NAMES.append("constant")
# Where zero has a sign.
SIGNED = ("ceil", "copysign", "floor_divide", "remainder", "rint", "trunc")


def test_every_operation_has_a_meaning():
    """A kernel, or the host with a reason; views need neither, and neither do inputs and calls."""
    views = {name for name, operation in OPERATIONS.items() if operation.is_view}
    # A call is written out, and its results are picked, before a backend sees them.
    views |= {"call", "pick"}
    made = {name for name, operation in OPERATIONS.items() if operation.kind is not Kind.SOURCE} - views
    assert made - set(KERNELS) - set(HOST) == set()
    assert set(KERNELS) & set(HOST) == set()
    assert all(len(reason) > 20 for reason in HOST.values())


def programs_of(names):
    """Placeholders with their arrays, and for each name the results of all its cases."""
    arrays, outputs = {}, {}
    for name in names:
        outputs[name] = []
        for number, (function, *given) in enumerate(cases(name)):
            values = [placeholder(each.shape, each.dtype, f"{name}_{number}_{at}") for at, each in enumerate(given)]
            arrays |= dict(zip(values, given, strict=True))
            outputs[name].append(function(*values))
    return arrays, outputs


@pytest.fixture(scope="module")
def computed(backend):
    """What the backend computes for the cases of an operation, in two calls, and what NumPy does."""
    known = {}

    def run(names):
        arrays, outputs = programs_of(names)
        graph = Graph(list(arrays), [each for made in outputs.values() for each in made])
        with np.errstate(all="ignore"):
            expected = iter(evaluate(graph, *arrays.values()))
            executable = backend.compile(graph).instantiate({})
            calls = [[backend.to_numpy(each) for each in executable(*arrays.values())] for _ in range(2)]
        first, second = map(iter, calls)
        for name, made in outputs.items():
            known[name] = [(next(expected), next(first), next(second)) for _ in made]

    def of(name):
        if name not in known:
            # On the host in one program, compiled once; on a device each by itself, so that a fault is its own.
            run([name] if type(backend).__name__ == "CudaBackend" else NAMES)
        return known[name]

    return of


@pytest.mark.parametrize("name", NAMES)
def test_an_operation_is_computed_as_in_numpy(computed, name):
    """Twice, in memory that other operations use too."""
    assert computed(name)
    for expected, *results in computed(name):
        for result in results:
            assert (result.shape, result.dtype) == (expected.shape, expected.dtype)
            tolerance = 3e-6 if expected.dtype == np.float32 else 1e-3 if expected.dtype == np.float16 else 1e-12
            np.testing.assert_allclose(result, expected, rtol=tolerance, atol=1e-300)
            if name in SIGNED:
                np.testing.assert_array_equal(np.signbit(result), np.signbit(expected))


@pytest.mark.parametrize("architecture", ["sm_75", "sm_90"])
def test_nvrtc_compiles_every_kernel(host, architecture):
    """For an old device and a new one; the compiler needs none."""
    pytest.importorskip("cupy", reason="CuPy, whose compiler this is, is not installed")
    from cupy_backends.cuda.libs import nvrtc

    try:
        nvrtc.getVersion()
    except RuntimeError as error:
        pytest.skip(f"no NVRTC: {error}")
    arrays, outputs = programs_of(NAMES)
    graph = Graph(list(arrays), [each for made in outputs.values() for each in made])
    sources = []

    class Compiling(type(host.runtime)):
        def compile(self, source):
            sources.append(source)

    class Backend(type(host)):
        runtime = Compiling()

    Backend().compile(graph)
    (source,) = sources
    assert source.count("__global__") > 100
    program = nvrtc.createProgram(source, "kernels.cu", [], [])
    nvrtc.compileProgram(program, [*OPTIONS, f"--gpu-architecture={architecture}"])
    assert b"searchsorted" in nvrtc.getCUBIN(program)
