"""The dashboard as a monitor: it opens beside a run, and ends with it."""

import subprocess
import sys
import threading
from contextlib import suppress
from typing import Any

from attrs import define, field

from sigma_core.extend import Event, Monitor, Progress, RunInfo, Send, SettingError


@define(eq=False)
class Dashboard(Monitor):
    """Open the dashboard on the run while it goes on; `sigma dashboard` shows it afterwards, too.

    It is a process of its own, so that drawing takes no time of the training. `open` says whether a browser is opened,
    `port` where it listens: 0 for any port that is free, None for the first of the usual ones that is.
    """

    open: bool = True
    port: int | None = None
    _process: "subprocess.Popen[str] | None" = field(default=None, init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        from sigma_monitors.dashboard._command import check_installed

        check_installed("nicegui", "dashboard")

    def start(self, run: RunInfo, progress: Progress, send: Send) -> None:
        """Start the process. Raises SettingError for a run that keeps nothing, which nobody else can look at."""
        if run.directory is None:
            raise SettingError(
                "monitor dashboard",
                "the run has no directory",
                "a run that is kept",
                "give it one: trainer.run(directory=...), or sigma train without --no-directory",
            )
        options = [*([] if self.open else ["--no-open"]), *([] if self.port is None else ["--port", str(self.port)])]
        self._process = subprocess.Popen(  # noqa: S603  # this very program
            [sys.executable, "-m", "sigma_core", "dashboard", run.directory, "--attached", *options],
            # While we live its input is open: so it ends with us, whatever ends us.
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
        threading.Thread(target=_told, args=(self._process,), name="sigma dashboard", daemon=True).start()

    def receive(self, events: list[Event]) -> None:
        """Nothing: it reads what the run keeps."""

    def refresh(self) -> None:
        """Say when it has ended by itself. Raises SettingError then, which ends the monitor and not the run."""
        if self._process is not None and self._process.poll() not in (None, 0):
            raise SettingError(
                "monitor dashboard",
                f"its process ended with exit code {self._process.returncode}",
                "a dashboard that can start; what it has said stands above",
                "try `sigma dashboard` by hand",
            )

    def stop(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(OSError):
            _opened(process.stdin).close()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        with suppress(OSError):
            _opened(process.stdout).close()


def _told(process: "subprocess.Popen[str]") -> None:
    """Pass on what the process says. Live displays of this one put it where it belongs."""
    with suppress(OSError, ValueError):
        for line in _opened(process.stdout):
            print(line.rstrip("\n"), file=sys.stderr)  # noqa: T201  # it is for the terminal


def _opened(stream: Any) -> Any:
    assert stream is not None, "it was opened as a pipe"  # noqa: S101  # for the checker of types
    return stream
