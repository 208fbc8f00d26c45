"""The console: a run on the terminal, or line by line where there is none."""

from typing import TYPE_CHECKING, ClassVar, Literal, Protocol

from attrs import define, field

from sigma_core.extend import Event, Monitor, Progress, RunInfo, Send
from sigma_monitors._plain import PlainDisplay
from sigma_monitors._story import TOLD_BY

if TYPE_CHECKING:
    from rich.console import Console as RichConsole

    from sigma_monitors._preparation import Preparation


class Display(Protocol):
    """One way to show a run."""

    def open(self) -> None: ...

    def receive(self, events: list[Event]) -> None: ...

    def refresh(self) -> None: ...

    def close(self) -> None: ...


@define(eq=False)
class Console(Monitor):
    """Show progress, scores and results on the console.

    In a terminal: live bars of epochs and iterations with rate and remaining time, the scores, and at the end a table
    of results. Elsewhere: one plain line an epoch and a final block. NO_COLOR is respected. With `quiet`, warnings and
    the results only. `output` is "stdout" or "stderr".
    """

    events: ClassVar[tuple[type[Event], ...]] = TOLD_BY
    # A picture takes a millisecond and more, in which the interpreter does nothing for the training.
    interval: ClassVar[float] = 0.25

    quiet: bool = False
    output: Literal["stdout", "stderr"] = "stdout"
    _display: Display | None = field(default=None, init=False, repr=False)
    _preparation: "Preparation | None" = field(default=None, init=False, repr=False)

    def prepare(self, events: list[Event]) -> None:
        """Show the tasks that make the run ready."""
        if self.quiet:
            return
        if self._preparation is None:
            from sigma_monitors._preparation import Preparation

            console = self._console()
            self._preparation = Preparation(console, is_live=self._is_live(console))
        self._preparation.receive(events)

    def start(self, run: RunInfo, progress: Progress, send: Send) -> None:
        """Choose the display."""
        if self._preparation is not None:
            self._preparation.close()
            self._preparation = None
        self._display = self._choose(self._console(), run, progress)
        self._display.open()

    def receive(self, events: list[Event]) -> None:
        """Show what has happened."""
        if self._display is not None:
            self._display.receive(events)

    def refresh(self) -> None:
        """Move the bars."""
        if self._display is not None:
            self._display.refresh()

    def stop(self) -> None:
        """Show the results and give the terminal back."""
        if self._display is not None:
            self._display.close()

    def _console(self) -> "RichConsole":
        # Imported here, because it takes 40 ms and listing and composing do without it.
        from rich.console import Console as RichConsole

        # Notebooks get plain lines: rich's live pictures need widgets there, and no thread may draw them.
        return RichConsole(stderr=self.output == "stderr", force_jupyter=False)

    def _is_live(self, console: "RichConsole") -> bool:
        return console.is_terminal and not console.is_dumb_terminal and not self.quiet

    def _choose(self, console: "RichConsole", run: RunInfo, progress: Progress) -> Display:
        if self._is_live(console):
            from sigma_monitors._live import LiveDisplay

            return LiveDisplay(console, run, progress)
        return PlainDisplay(console, run, progress, quiet=self.quiet)
