"""What exports have in common: which events they are told, in which order, and what becomes void."""

from typing import ClassVar

from attrs import define, field

from sigma_core.extend import (
    Event,
    IterationEnded,
    Monitor,
    Progress,
    RunEnded,
    RunInfo,
    RunReset,
    RunStarted,
    Send,
    fields,
)
from sigma_monitors.exports._lines import Lines
from sigma_monitors.exports._stored import VALUES, values_between


@define(eq=False)
class Export(Monitor):
    """Hands a run over to somebody else. Of iterations one in `every` is told, of all other events each."""

    events: ClassVar[tuple[type[Event], ...]] = (RunStarted, RunReset, *VALUES, RunEnded)
    # An export is asked for to have all of it: some 30 MB wait before anything is lost.
    bound: ClassVar[int] = 1 << 18
    # Few large portions cost the run less than many small ones, and nobody watches.
    interval: ClassVar[float] = 0.5

    every: int = fields.integer(default=1, at_least=1)

    _last: int = field(default=0, init=False, repr=False)
    _directory: str | None = field(default=None, init=False, repr=False)

    def start(self, run: RunInfo, progress: Progress, send: Send) -> None:
        """Open what takes the run."""
        self._last, self._directory = 0, run.directory
        try:
            self.open(run)
        except BaseException:
            # A monitor that has not started is not stopped.
            self.close()
            raise

    def receive(self, events: list[Event]) -> None:
        """Hand over what has happened."""
        for event in events:
            if isinstance(event, IterationEnded):
                # A checkpoint was loaded into the run: what came behind it comes again.
                if event.iteration <= self._last:
                    self.begin(event.iteration - 1, is_new=False)
                self._last = event.iteration
                if event.iteration % self.every:
                    continue
            elif isinstance(event, RunStarted):
                self._last = event.iteration
                told = self.begin(event.iteration, is_new=event.iteration == 0)
                if told < event.iteration and self._directory is not None:
                    self._catch_up(self._directory, told, event.iteration)
            elif isinstance(event, RunReset):
                self._last = 0
                self.begin(0, is_new=False)
            self.take(event)
        self.flush()

    def stop(self) -> None:
        """Let go of what took the run."""
        self.close()

    def _catch_up(self, directory: str, told: int, until: int) -> None:
        """Hand over what happened before: what a killed process had not told, and what nobody had asked for."""
        for event in values_between(directory, told, until):
            if not isinstance(event, IterationEnded) or event.iteration % self.every == 0:
                self.take(event)

    # What an export is made of.

    def open(self, run: RunInfo) -> None:
        """The run is about to start."""

    def begin(self, iteration: int, *, is_new: bool) -> int:
        """Iterations behind this one come now; what is known of them is void, of a new run all that there is.

        Up to which iteration all has been taken: what is missing then comes first.
        """
        return iteration

    def take(self, event: Event) -> None:
        """Something has happened."""

    def flush(self) -> None:
        """All that had happened was told."""

    def close(self) -> None:
        """Give back what is held, also where `open` did not come to its end."""


@define(eq=False)
class LinesExport(Export):
    """An export to a file of lines, `path`; `open` sets `_lines`."""

    path: str = ""

    _lines: Lines | None = field(default=None, init=False, repr=False)

    @property
    def lines(self) -> Lines:
        """The file, between `open` and `close`."""
        assert self._lines is not None, "called between open and close"  # noqa: S101  # the contract of exports
        return self._lines

    def finish(self) -> None:
        """Write what waits, for the last time."""
        self.flush()

    def close(self) -> None:
        """Write what waits, and let go of the file."""
        if self._lines is not None:
            try:
                self.finish()
            finally:
                self._lines.close()
                self._lines = None
