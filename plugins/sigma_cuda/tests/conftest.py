"""The device of the tests: the host, which runs the same programs.

NumPy stands for CuPy, with which it shares the functions that programs call, and the kernels are compiled by the C++
compiler of the system: they are plain C but for the words of CUDA, and their threads need not know of each other.
"""

import ctypes
import hashlib
import re
import shutil
import subprocess
import tempfile
from contextlib import nullcontext
from functools import cache, partial
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import pytest
import sigma_cuda
from attrs import frozen
from sigma_cuda._lowering import KernelBackend

from sigma_core.extend import PluginUnavailableError

try:
    import cupy
except ImportError:
    cupy = None

COMPILER = next(filter(None, map(shutil.which, ("g++", "clang++", "c++"))), None)

CUDA = """
#include <cmath>
using namespace std;
#define __global__
#define __device__
struct Place { unsigned int x; };
static thread_local Place blockIdx, blockDim = {256}, threadIdx;
static inline unsigned long long __umul64hi(unsigned long long a, unsigned long long b) {
    return (unsigned long long)(((unsigned __int128)a * b) >> 64);
}
"""
KERNEL = re.compile(r'extern "C" __global__ void (\w+)\((.*?)\)')


@cache
def folder():
    return Path(tempfile.mkdtemp(prefix="sigma-kernels-"))


def runner(name, parameters):
    """A function that runs all threads of a kernel, one after the other."""
    given = ", ".join(parameter.split()[-1] for parameter in parameters.split(", "))
    return (
        f'extern "C" void run_{name}(long long threads_, {parameters}) {{\n'
        "    for (long long t_ = 0; t_ < (threads_ + 255) / 256 * 256; ++t_) {\n"
        f"        blockIdx.x = t_ / 256; threadIdx.x = t_ % 256; {name}({given});\n"
        "    }\n}\n"
    )


@cache
def library(source):
    text = "\n".join([CUDA, source, *(runner(name, parameters) for name, parameters in KERNEL.findall(source))])
    path = folder() / f"{hashlib.sha256(text.encode()).hexdigest()}.so"
    if not path.exists():
        words = [
            COMPILER,
            "-x",
            "c++",
            "-O0",
            "-fwrapv",
            "-ffp-contract=off",
            "-w",
            "-shared",
            "-fPIC",
            "-",
            "-o",
            path,
        ]
        done = subprocess.run(words, input=text, text=True, capture_output=True, check=False)
        assert done.returncode == 0, f"{done.stderr}\n{source}"
    return ctypes.CDLL(str(path))


@frozen(eq=False)
class HostModule:
    source: str

    def prepare(self, name, threads, arrays):
        pointers = [ctypes.c_void_p(array.ctypes.data) for array in arrays]
        function = getattr(library(self.source), f"run_{name}")
        # The arrays are kept, as CuPy's launch keeps them.
        return partial(lambda kept: function(ctypes.c_longlong(threads), *pointers) and None, tuple(arrays))


def lay(shape, dtype, block=None, start=0):
    if block is None:
        return np.full(shape, 7, dtype)
    return np.ndarray(shape, dtype, block, start)


class HostRuntime:
    """Memory is filled with nonsense, so that what was not computed shows."""

    names = {  # noqa: RUF012  # never changed
        "ndarray": lay,
        "copyto": np.copyto,
        "broadcast_to": np.broadcast_to,
        "concatenate": np.concatenate,
        "matmul": np.matmul,
        "in_order": partial(np.argsort, kind="stable"),
        "sorted_along": np.sort,
    }

    def block(self, size):
        return np.full(size, 0xA5, np.uint8)

    def as_view(self, implementation):
        return implementation

    def compile(self, source):
        return HostModule(source)

    def array(self, array):
        return np.array(array, order="C")

    def put(self, out, array):
        np.copyto(out, array, casting="no")

    def to_numpy(self, array):
        return np.array(array)

    def owns(self, array):
        return isinstance(array, np.ndarray)

    def here(self):
        return nullcontext()


RUNTIME = HostRuntime()


@frozen
class HostBackend(KernelBackend):
    """The CUDA backend on the host."""

    name = "cuda"

    @property
    def runtime(self):
        return RUNTIME


def seen(array):
    """The elements of an array of CuPy that lies in the memory of the host, as NumPy sees them."""
    if not isinstance(array, cupy.ndarray):
        return array
    reach = [stride * (size - 1) for size, stride in zip(array.shape, array.strides, strict=True)]
    low, high = sum(step for step in reach if step < 0), sum(step for step in reach if step > 0)
    if not array.size:
        return np.empty(array.shape, array.dtype)
    memory = (ctypes.c_char * (high - low + array.itemsize)).from_address(array.data.ptr + low)
    return np.ndarray(array.shape, array.dtype, memory, -low, array.strides)


def on_seen(function):
    return lambda *arguments, **keywords: function(
        *([seen(each) for each in given] if isinstance(given, tuple | list) else seen(given) for given in arguments),
        **{name: seen(given) for name, given in keywords.items()},
    )


class ArrayRuntime(HostRuntime):
    """Arrays of CuPy over memory of the host: their views are CuPy's own, and need no device."""

    def __init__(self):
        spec = spec_from_file_location("runtime_without_device", Path(sigma_cuda.__file__).parent / "_runtime.py")
        self.module = module_from_spec(spec)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("sigma_cuda._availability.available_cupy", lambda: cupy)
            spec.loader.exec_module(self.module)
        calls = {name: on_seen(function) for name, function in HostRuntime.names.items()}
        self.names = calls | {"ndarray": self.lay, "broadcast_to": cupy.broadcast_to}
        self.as_view = self.module.as_view

    def lay(self, shape, dtype, block=None, start=0):
        block = self.block(max(1, int(np.prod(shape)) * np.dtype(dtype).itemsize)) if block is None else block
        return self.module.lay(shape, dtype, block, start)

    def block(self, size):
        memory = super().block(size)
        return cupy.cuda.MemoryPointer(cupy.cuda.UnownedMemory(memory.ctypes.data, size, memory, 0), 0)

    def compile(self, source):
        return ArrayModule(source)

    def array(self, array):
        array = np.asarray(array)
        copy = self.lay(array.shape, array.dtype)
        self.put(copy, array)
        return copy

    def put(self, out, array):
        np.copyto(seen(out), seen(array), casting="no")

    def to_numpy(self, array):
        return np.array(seen(array))

    def owns(self, array):
        return isinstance(array, cupy.ndarray)


class ArrayModule(HostModule):
    def prepare(self, name, threads, arrays):
        start = super().prepare(name, threads, [seen(array) for array in arrays])
        return partial(lambda kept: start(), tuple(arrays))


@frozen
class ArrayBackend(HostBackend):
    """The CUDA backend on the host, with arrays of CuPy."""

    @property
    def runtime(self):
        return array_runtime()


@cache
def array_runtime():
    return ArrayRuntime()


@cache
def on_device():
    """The backend itself, or why it cannot be used."""
    try:
        from sigma_cuda import CudaBackend

        return CudaBackend()
    except PluginUnavailableError as error:
        return error.found


def pytest_runtest_setup(item):
    """Skip what needs a device, or CuPy, where there is none; from here, so that each is one line of the summary."""
    if item.get_closest_marker("gpu") and isinstance(on_device(), str):
        pytest.skip(f"no CUDA device: {on_device()}")
    if cupy is None and "arrays" in getattr(getattr(item, "callspec", None), "params", {}).values():
        pytest.skip("CuPy, whose arrays these are, is not installed")


@pytest.fixture(scope="session")
def host():
    """The backend on the host; skips where its kernels cannot be compiled."""
    if COMPILER is None:
        pytest.skip("there is no C++ compiler, by which kernels run without a device")
    return HostBackend()


@pytest.fixture(scope="session")
def arrays(host):
    """The same with CuPy's arrays."""
    return ArrayBackend()


@pytest.fixture(scope="session")
def device():
    """The backend on a device."""
    return on_device()


@pytest.fixture(scope="session", params=["host", "arrays", pytest.param("device", marks=pytest.mark.gpu)])
def backend(request):
    """The backend: on the host, with CuPy's arrays, and on a device."""
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="session", params=["host", pytest.param("device", marks=pytest.mark.gpu)])
def readable(request):
    """A backend whose numbers can be read by `float` and `item`, as CuPy's cannot be without a device."""
    return request.getfixturevalue(request.param)
