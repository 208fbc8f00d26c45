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
from pathlib import Path

import numpy as np
import pytest
from attrs import frozen
from sigma_cuda._lowering import KernelBackend

from sigma_core.extend import PluginUnavailableError

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


@cache
def on_device():
    """The backend itself, or why it cannot be used."""
    try:
        from sigma_cuda import CudaBackend

        return CudaBackend()
    except PluginUnavailableError as error:
        return error.found


def pytest_collection_modifyitems(items):
    """Skip what needs a device where there is none: one line of the summary for each file."""
    for item in items:
        if item.get_closest_marker("gpu") and isinstance(on_device(), str):
            item.add_marker(pytest.mark.skip(reason=f"no CUDA device: {on_device()}"))


@pytest.fixture(scope="session")
def host():
    """The backend on the host; skips where its kernels cannot be compiled."""
    if COMPILER is None:
        pytest.skip("there is no C++ compiler, by which kernels run without a device")
    return HostBackend()


@pytest.fixture(scope="session")
def device():
    """The backend on a device."""
    return on_device()


@pytest.fixture(scope="session", params=["host", pytest.param("device", marks=pytest.mark.gpu)])
def backend(request):
    """The backend, on the host and on a device."""
    return request.getfixturevalue(request.param)
