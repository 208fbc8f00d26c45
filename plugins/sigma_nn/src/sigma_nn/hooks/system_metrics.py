"""System metrics: the processor and the memory that a run takes."""

import sys
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from attrs import define, field

from sigma_core.extend import ValuesPublished
from sigma_nn._settings import moment
from sigma_nn.hooks._triggered import TriggeredHook


@define(eq=False)
class SystemMetrics(TriggeredHook):
    """Publish `system.cpu` and `system.memory`, which the run store keeps as time series.

    `system.cpu` is how many cores this process kept busy since the last time, `system.memory` its resident memory in
    bytes; where the system does not tell (Windows) that is left out, and on macOS it is the largest so far.
    """

    when: str = moment(default="every 10 seconds")

    _busy: float = field(init=False, factory=process_time, repr=False)
    _since: float = field(init=False, factory=perf_counter, repr=False)

    def act(self, event: Any, trainer: Any) -> None:
        """Look at both."""
        busy, now = process_time(), perf_counter()
        values = {"system.cpu": (busy - self._busy) / max(now - self._since, 1e-9)}
        self._busy, self._since = busy, now
        memory = _resident_bytes()
        if memory is not None:
            values["system.memory"] = memory
        trainer.environment.bus.publish(
            ValuesPublished(source="system_metrics", epoch=event.epoch, iteration=event.iteration, values=values)
        )


def _resident_bytes() -> float | None:
    if sys.platform == "win32":
        return None
    import resource

    pages = Path("/proc/self/statm")
    if pages.exists():
        return float(pages.read_text("ascii").split()[1]) * resource.getpagesize()
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
