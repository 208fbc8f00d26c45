"""The backend `cuda`: a graph as kernels on an NVIDIA GPU, through CuPy.

Nothing of CuPy is imported before the backend is first used.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sigma_cuda.backend import CudaBackend

__all__ = ["CudaBackend"]


def __getattr__(name: str) -> Any:
    """Import the backend when it is asked for; raises PluginUnavailableError without CuPy or a device."""
    if name != "CudaBackend":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from sigma_cuda.backend import CudaBackend

    return CudaBackend


def __dir__() -> list[str]:
    return __all__
