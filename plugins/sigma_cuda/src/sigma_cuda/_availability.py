"""Whether CUDA can be used here, and if not, why."""

from importlib import import_module
from importlib.metadata import version
from typing import Any

from sigma_core.extend import PluginUnavailableError, SettingError

ELSEWHERE = 'run where there is a device with its driver, or use another backend: backend = "numpy"'


def available_cupy() -> Any:
    """CuPy, with a device to work on; raises PluginUnavailableError that says what is missing."""
    try:
        module = import_module("cupy")
    except ModuleNotFoundError as error:
        if error.name != "cupy":
            raise _broken(error) from error
        raise _unavailable(
            "it needs CuPy, which is not installed",
            'pip install "sigma-cuda[cuda12]", or "sigma-cuda[cuda13]" for CUDA 13; nvidia-smi shows which CUDA the '
            "driver is for",
        ) from error
    except Exception as error:
        raise _broken(error) from error
    try:
        count = module.cuda.runtime.getDeviceCount()
    except module.cuda.runtime.CUDARuntimeError as error:
        raise _unavailable(f"CUDA finds no device: {error}", ELSEWHERE) from error
    if not count:
        raise _unavailable("CUDA finds no device", ELSEWHERE)
    return module


def check_device(device: int, count: int) -> None:
    """Raise SettingError unless there is a device of that number."""
    if not 0 <= device < count:
        known = "0" if count == 1 else f"0 to {count - 1}"
        raise SettingError(
            "backend cuda, device",
            f"there is no device {device}: this process sees {count}",
            known,
            "choose one of these; CUDA_VISIBLE_DEVICES says which devices a process sees",
        )


def _broken(error: Exception) -> PluginUnavailableError:
    # CuPy says at length what may be wrong, and the cause in the last line.
    lines = [line.strip() for line in str(error.__cause__ or error).splitlines() if line.strip()]
    return _unavailable(
        f"CuPy cannot be imported: {lines[-1] if lines else type(error).__name__}",
        'install it anew, and one alone: pip install "sigma-cuda[cuda12]" or "sigma-cuda[cuda13]"',
    )


def _unavailable(found: str, remedy: str) -> PluginUnavailableError:
    return PluginUnavailableError(f"backends 'cuda' (sigma-cuda {version('sigma-cuda')})", found, remedy=remedy)
