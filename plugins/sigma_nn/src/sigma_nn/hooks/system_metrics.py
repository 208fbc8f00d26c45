"""System metrics: the processor and the memory that a run takes, and what the GPUs do."""

import sys
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from attrs import define, field

from sigma_core.extend import ValuesPublished
from sigma_nn._settings import moment
from sigma_nn.hooks import _gpus
from sigma_nn.hooks._triggered import TriggeredHook


@define(eq=False)
class SystemMetrics(TriggeredHook):
    """Publish `system.cpu`, `system.memory` and `system.gpu.0.power`..., which the run store keeps as time series.

    `system.cpu` is how many cores this process kept busy since the last time, `system.memory` its resident memory in
    bytes; where the system does not tell (Windows) that is left out, and on macOS it is the largest so far. Of each
    NVIDIA GPU of the machine, whoever uses it, `utilisation` is the share of time in which it was busy, `memory` is in
    use, in bytes, `temperature` is in degrees Celsius and `power` in watts. They need nvidia-ml-py, which
    `pip install "sigma-nn[gpu]"` brings; without it, and without a GPU, the log says so once.
    """

    when: str = moment(default="every 10 seconds")

    gpus: bool = field(default=True, kw_only=True)

    # None before the first look.
    _has_gpus: bool | None = field(init=False, default=None, repr=False)
    _busy: float = field(init=False, factory=process_time, repr=False)
    _since: float = field(init=False, factory=perf_counter, repr=False)

    def act(self, event: Any, trainer: Any) -> None:
        """Look at all of it."""
        busy, now = process_time(), perf_counter()
        values = {"system.cpu": (busy - self._busy) / max(now - self._since, 1e-9)}
        self._busy, self._since = busy, now
        memory = _resident_bytes()
        if memory is not None:
            values["system.memory"] = memory
        if self._sees_gpus(trainer):
            values |= {f"system.{name}": value for name, value in _gpus.readings().items()}
        trainer.environment.bus.publish(
            ValuesPublished(source="system_metrics", epoch=event.epoch, iteration=event.iteration, values=values)
        )

    def _sees_gpus(self, trainer: Any) -> bool:
        if self._has_gpus is None:
            reason = _gpus.missing() if self.gpus else None
            if reason is not None:
                trainer.environment.log.info("no metrics of GPUs", reason=reason)
            self._has_gpus = self.gpus and reason is None
        return self._has_gpus


def _resident_bytes() -> float | None:
    if sys.platform == "win32":
        return None
    import resource

    pages = Path("/proc/self/statm")
    if pages.exists():
        return float(pages.read_text("ascii").split()[1]) * resource.getpagesize()
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
