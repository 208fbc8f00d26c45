"""The component: importing this module raises PluginUnavailableError where CUDA cannot be used."""

from typing import ClassVar

from attrs import field, frozen

from sigma_cuda._availability import check_device
from sigma_cuda._lowering import KernelBackend
from sigma_cuda._runtime import CupyRuntime, device_count


def _is_there(_backend: object, _attribute: object, device: int) -> None:
    check_device(device, device_count())


@frozen
class CudaBackend(KernelBackend):
    """Runs graphs on an NVIDIA GPU: kernels for what is fused, cuBLAS for products, all in planned memory there.

    Arrays that are bound stay on the device, and only what is read is copied to the host. The batches of a call may be
    arrays of either.
    """

    device: int = field(default=0, validator=_is_there, kw_only=True)
    """Number of the device, among those that the process sees."""

    name: ClassVar[str] = "cuda"

    @property
    def runtime(self) -> CupyRuntime:
        """The device."""
        return CupyRuntime(self.device)
