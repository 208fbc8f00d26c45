"""A CUDA device, through CuPy; importing this module raises PluginUnavailableError where there is none."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from attrs import field, frozen

from sigma_cuda._availability import available_cupy
from sigma_cuda.kernels import OPTIONS

cupy = available_cupy()

THREADS = 256
"""Of a block: enough to fill a device with blocks of any kernel here, few enough for every device."""


def device_count() -> int:
    """Devices that this process sees."""
    return int(cupy.cuda.runtime.getDeviceCount())


def lay(shape: tuple[int, ...], dtype: str, block: Any = None, start: int = 0) -> Any:
    """An array over memory, `start` bytes into it; without memory one of its own.

    Memory is a block, or an array of bytes, as the blocks of a loop's body are.
    """
    if block is None:
        return cupy.ndarray(shape, dtype)
    memory = block.data if isinstance(block, cupy.ndarray) else block
    return cupy.ndarray(shape, dtype, memory + start)


def as_view(implementation: Callable[..., Any]) -> Callable[..., Any]:
    """A view that NumPy makes, of an array of the device: taken of an array of the host that is laid out alike."""

    def view(array: Any, **attributes: Any) -> Any:
        # Reserved but never touched, so that the system gives it no memory.
        low = sum(stride * (size - 1) for size, stride in zip(array.shape, array.strides, strict=True) if stride < 0)
        high = sum(stride * (size - 1) for size, stride in zip(array.shape, array.strides, strict=True) if stride > 0)
        memory = np.empty(high - low + array.itemsize, np.uint8)
        alike = np.ndarray(array.shape, array.dtype, memory, -low, array.strides) if array.size else None
        if alike is None:
            alike = np.empty(array.shape, array.dtype)
        made = implementation(alike, **attributes)
        start = made.ctypes.data - alike.ctypes.data if made.size else 0
        return cupy.ndarray(made.shape, made.dtype, array.data + start, made.strides)

    return view


NAMES: Mapping[str, Any] = {
    "broadcast_to": cupy.broadcast_to,
    "concatenate": cupy.concatenate,
    "copyto": cupy.copyto,
    "in_order": cupy.argsort,
    "matmul": cupy.matmul,
    "ndarray": lay,
    "sorted_along": cupy.sort,
}
"""What generated programs call beside kernels; they are given arrays of the device only."""


@frozen(eq=False)
class CupyModule:
    """Compiled kernels."""

    module: Any

    def prepare(self, name: str, threads: int, arrays: Sequence[Any]) -> Callable[[], None]:
        """What starts a kernel with so many threads; it is given the address of each array and nothing else."""
        function = self.module.get_function(name)
        return partial(function, (-(-threads // THREADS),), (THREADS,), tuple(arrays))


@frozen
class CupyRuntime:
    """One device. Everything runs in the current stream, in the order in which it was asked for."""

    device: int
    as_view = staticmethod(as_view)
    names: Mapping[str, Any] = field(default=NAMES, init=False, repr=False, eq=False)

    def here(self) -> Any:
        """A context in which this device is the current one."""
        return cupy.cuda.Device(self.device)

    def block(self, size: int) -> Any:
        """Memory of CuPy's pool."""
        with self.here():
            return cupy.cuda.alloc(size)

    def compile(self, source: str) -> CupyModule:
        """By NVRTC, now; CuPy keeps what was compiled on the disk."""
        with self.here():
            module = cupy.RawModule(code=source, options=OPTIONS)
            module.compile()
            return CupyModule(module)

    def array(self, array: Any) -> Any:
        """A contiguous copy on the device."""
        with self.here():
            return cupy.array(array, order="C")

    def put(self, out: Any, array: Any) -> None:
        """Copy an array of the host or of a device; the host's may be changed as soon as this returns."""
        if isinstance(array, cupy.ndarray):
            cupy.copyto(out, array)
        elif out.size:
            out.set(np.asarray(array))

    def to_numpy(self, array: Any) -> np.ndarray[Any, Any]:
        """A copy on the host, once the device has computed it."""
        copy: np.ndarray[Any, Any] = cupy.asnumpy(array)
        return copy

    def owns(self, array: Any) -> bool:
        """Whether an array lies on this device."""
        return isinstance(array, cupy.ndarray) and array.device.id == self.device
