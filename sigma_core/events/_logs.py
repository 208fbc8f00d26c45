"""Logs are events: structlog's processors end on the bus; nothing is printed and nothing is configured globally."""

import time as _time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sigma_core.events._bus import Bus
from sigma_core.events._log import LogRecorded

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger


class _BusLogger:
    """The last step of every log entry: what the processors made of it becomes an event."""

    def __init__(self, bus: Bus, name: str) -> None:
        self._bus = bus
        self._name = name

    def _publish(self, *, event: str, level: str, timestamp: float, **fields: Any) -> None:
        record = LogRecorded(level=level, text=event, fields=fields, time=timestamp, logger=self._name)
        self._bus.publish(record)

    # structlog calls the method named after the level.
    debug = info = warning = error = critical = _publish


def make_logger(
    bus: Bus, *, level: str = "info", name: str = "sigma", time: Callable[[], float] = _time.time
) -> "FilteringBoundLogger":
    """A structlog logger whose entries are published as LogRecorded.

    A level below `level` costs nothing: its method is replaced, not checked. An exception is turned into text under
    the field "exception"; variables bound with `structlog.contextvars` are merged in.
    """
    import structlog

    def stamp(_logger: Any, _method: str, entry: Any) -> Any:
        entry["timestamp"] = time()
        return entry

    logger: FilteringBoundLogger = structlog.wrap_logger(
        _BusLogger(bus, name),
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            stamp,
            structlog.processors.format_exc_info,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
    )
    return logger
