"""Prometheus: the newest values as text, in a file for the node exporter, and on a port of this machine alone.

The text is a dozen lines of code, so prometheus_client, which keeps registries of a whole process, is not needed; it
reads the text back in the tests.
"""

import math
import re
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

from attrs import define, field

from sigma_core.extend import Event, IterationEnded, Progress, RunEnded, RunInfo, Send, SettingError, fields
from sigma_monitors.exports._endpoint import Endpoint
from sigma_monitors.exports._export import Export
from sigma_monitors.exports._identified import numbers_of
from sigma_monitors.exports._places import place_of, refused

_OF_THE_RUN = {
    "sigma_run_info": ("gauge", "The run, told by its labels; always 1."),
    "sigma_run_going": ("gauge", "1 while the run goes on, 0 when it has ended."),
    "sigma_run_parameters": ("gauge", "The number of elements of all parameters."),
    "sigma_run_epoch": ("gauge", "The epoch that runs, from 1."),
    "sigma_run_iterations_total": ("counter", "Iterations that are done."),
    "sigma_run_seconds_total": ("counter", "The running time in seconds, pauses left out."),
}


@define(eq=False)
class Prometheus(Export):
    """Write `metrics.prom` into the run's directory, or `path`, once a second: the newest values in Prometheus' text.

    Each is a gauge, `validation.accuracy` is `sigma_validation_accuracy`; the label `run` tells it. The file is put
    in place whole, as the textfile collector of the node exporter wants it. With `port` (0 is any that is free) they
    are also served at http://127.0.0.1:PORT/metrics, to this machine alone. `{run}` in the path stands for the name
    of the run.
    """

    interval: ClassVar[float] = 1.0

    path: str = ""
    port: int | None = fields.integer(default=None, at_least=0, below=1 << 16)

    every: int = field(default=1, init=False, repr=False)
    _place: Path | None = field(default=None, init=False, repr=False)
    _endpoint: Endpoint | None = field(default=None, init=False, repr=False)
    _run: RunInfo | None = field(default=None, init=False, repr=False)
    _progress: Progress | None = field(default=None, init=False, repr=False)
    _is_going: bool = field(default=True, init=False, repr=False)
    # By identifier: what Prometheus calls it, and its newest value.
    _metrics: dict[str, str] = field(factory=dict, init=False, repr=False)
    _values: dict[str, float] = field(factory=dict, init=False, repr=False)
    _newest: IterationEnded | None = field(default=None, init=False, repr=False)
    _written: str = field(default="", init=False, repr=False)

    @property
    def address(self) -> str | None:
        """Where the values are served; None where they are not, and when the run is over."""
        return None if self._endpoint is None else self._endpoint.address

    def start(self, run: RunInfo, progress: Progress, send: Send) -> None:
        """Begin with what is known before the first iteration."""
        self._run, self._progress, self._is_going, self._written = run, progress, True, ""
        self._metrics, self._values, self._newest = {}, {}, None
        super().start(run, progress, send)

    def open(self, run: RunInfo) -> None:
        """Serve, and write for the first time."""
        is_written = self.path or run.directory is not None or self.port is None
        self._place = place_of("prometheus", self.path, run, "metrics.prom") if is_written else None
        if self.port is not None:
            try:
                self._endpoint = Endpoint(self.port)
            except OSError as error:
                raise SettingError(
                    "monitor 'prometheus', port",
                    f"{self.port}: {error.strerror or error}",
                    "a port that is free",
                    "choose another, or 0 for any that is free",
                ) from error
        self.refresh()

    def begin(self, iteration: int, *, is_new: bool) -> int:
        """Forget the values of what is void."""
        self._values.clear()
        self._newest = None
        return iteration

    def take(self, event: Event) -> None:
        """Keep the newest."""
        if isinstance(event, RunEnded):
            self._is_going = False
        if isinstance(event, IterationEnded):
            # The newest of many is enough.
            self._newest = event
        else:
            self._values |= numbers_of(event)

    def refresh(self) -> None:
        """Write and serve what has changed."""
        if self._newest is not None:
            self._values |= numbers_of(self._newest)
        if (text := self.text()) == self._written:
            return
        self._written = text
        if self._endpoint is not None:
            self._endpoint.text = text.encode("utf-8")
        if self._place is not None:
            _put(self._place, text)

    def close(self) -> None:
        """Write for the last time, and serve no more."""
        if self._endpoint is not None:
            endpoint, self._endpoint = self._endpoint, None
            endpoint.close()

    def stop(self) -> None:
        """Tell that the run goes on no longer."""
        self._is_going = False
        try:
            self.refresh()
        finally:
            super().stop()

    def text(self) -> str:
        """The newest values in Prometheus' text format, version 0.0.4."""
        run, progress = self._run, self._progress
        if run is None or progress is None:
            return ""
        label = f'run="{_escaped(run.name)}"'
        about = f'{label},backend="{_escaped(run.backend)}",directory="{_escaped(run.directory or "")}"'
        facts = [1, int(self._is_going), run.parameters, progress.epoch, progress.iteration, progress.seconds]
        lines = []
        for (name, (kind, told)), value in zip(_OF_THE_RUN.items(), facts, strict=True):
            labels = about if name == "sigma_run_info" else label
            lines += [f"# HELP {name} {told}", f"# TYPE {name} {kind}", f"{name}{{{labels}}} {_number(value)}"]
        for identifier, value in sorted(self._values.items()):
            name = self._metric(identifier)
            help_text = identifier.replace("\\", "\\\\").replace("\n", "\\n")
            lines += [f"# HELP {name} {help_text}", f"# TYPE {name} gauge", f"{name}{{{label}}} {_number(value)}"]
        return "\n".join(lines) + "\n"

    def _metric(self, identifier: str) -> str:
        """What Prometheus calls it: one name for each, also where two differ in their dots alone."""
        name = self._metrics.get(identifier)
        if name is None:
            base = name = f"sigma_{re.sub(r'[^a-zA-Z0-9_]', '_', identifier)}"
            taken = {*self._metrics.values(), *_OF_THE_RUN}
            number = 2
            while name in taken:
                name, number = f"{base}_{number}", number + 1
            self._metrics[identifier] = name
        return name


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def _number(value: float) -> str:
    if math.isfinite(value):
        return repr(value)
    return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"


def _put(place: Path, text: str) -> None:
    # The collector reads all that ends in .prom, and must never see half of it.
    made = place.with_name(f".{place.name}.partial")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        made.write_text(text, "utf-8", "surrogateescape", newline="\n")
        made.replace(place)
    except OSError as error:
        with suppress(OSError):
            made.unlink()
        raise refused(place, error) from error
