"""The GPUs of this machine, as NVIDIA's library tells of them; it is imported when it is first asked."""

from collections.abc import Callable, Iterator
from typing import Any


def missing() -> str | None:
    """Open the library; why it has nothing to tell, or None."""
    try:
        import pynvml
    except ImportError:
        return 'nvidia-ml-py is not installed: pip install "sigma-nn[gpu]"'
    try:
        # Counted by the library, and closed with the process.
        pynvml.nvmlInit()
        return None if pynvml.nvmlDeviceGetCount() else "there is no NVIDIA GPU"
    except pynvml.NVMLError as error:
        return str(error)


def readings() -> dict[str, float]:
    """What each GPU does now, by name: `gpu.0.power`. What one does not tell is left out."""
    import pynvml

    asked: dict[str, Callable[[Any], float]] = {
        "utilisation": lambda gpu: pynvml.nvmlDeviceGetUtilizationRates(gpu).gpu / 100,
        "memory": lambda gpu: pynvml.nvmlDeviceGetMemoryInfo(gpu).used,
        "temperature": lambda gpu: pynvml.nvmlDeviceGetTemperature(gpu, pynvml.NVML_TEMPERATURE_GPU),
        "power": lambda gpu: pynvml.nvmlDeviceGetPowerUsage(gpu) / 1000,
    }

    def told() -> Iterator[tuple[str, float]]:
        for number in range(pynvml.nvmlDeviceGetCount()):
            for name, ask in asked.items():
                try:
                    yield f"gpu.{number}.{name}", float(ask(pynvml.nvmlDeviceGetHandleByIndex(number)))
                except pynvml.NVMLError:
                    continue

    return dict(told())
