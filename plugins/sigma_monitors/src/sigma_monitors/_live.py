"""A run as a live picture in a terminal: progress bars, scores with their curves, at the end a table of results."""

import sys
from typing import TYPE_CHECKING, TextIO

from rich import box
from rich.console import Group
from rich.constrain import Constrain
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from sigma_core.extend import Event, Progress, RunEnded, RunInfo
from sigma_monitors import _results
from sigma_monitors._sparkline import sparkline
from sigma_monitors._speed import Speed
from sigma_monitors._story import Story
from sigma_monitors._wording import duration, headline, number, pace

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

_WIDTH = 100  # wider bars are no easier to read
_MARGIN = 4  # a terminal shows Ctrl-C as ^C behind the cursor; on a full line that would begin another
_CURVE = 24
_TROUBLE = {"": "bold green", "interrupted": "bold yellow", "failed": "bold red"}


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and stream.isatty()


class LiveDisplay:
    """Redraws a few lines in place; they make way for the results when the run has ended."""

    def __init__(self, console: "Console", run: RunInfo, progress: Progress) -> None:
        self._console = console
        self._progress = progress
        self._story = Story(run)
        self._speed = Speed()
        # What hooks print to a terminal appears above the bars; a stream that goes to a file is left alone.
        self._live = Live(
            console=console,
            auto_refresh=False,
            transient=True,
            redirect_stdout=_is_terminal(sys.stdout),
            redirect_stderr=_is_terminal(sys.stderr),
        )

    def open(self) -> None:
        """The headline, then the moving part."""
        self._print(Text(headline(self._story.run), style="bold"))
        self._live.start()

    def receive(self, events: list[Event]) -> None:
        """Take note; notices are printed above the bars."""
        for event in events:
            self._story.take(event)
        for text in self._story.notices:
            self._print(Text(text, style="yellow" if text.startswith("warning") else "red"))
        self._story.notices.clear()

    def refresh(self) -> None:
        """Draw anew."""
        self._speed.observe(self._progress.seconds, self._progress.iteration)
        self._live.update(self.picture(), refresh=True)

    def close(self) -> None:
        """Give the terminal back, then show the results."""
        self._live.stop()
        if self._story.ended is not None:
            self._console.print(self.results(self._story.ended))

    def picture(self) -> "RenderableType":
        """The bars and the scores as they stand now."""
        return Constrain(Group(self._bars(), self._scores()), min(_WIDTH, self._console.width - _MARGIN))

    def results(self, ended: RunEnded) -> Table:
        """The table that is shown at the end."""
        table = Table(title=Text(ended.run, style="bold"), title_justify="left", box=box.ROUNDED, show_header=False)
        table.add_column(style="cyan", no_wrap=True)
        table.add_column(overflow="fold")
        for name, value in _results.scores(ended):
            table.add_row(Text(name), Text(value, style="bold"))
        table.add_section()
        for name, value in _results.facts(ended):
            style = _TROUBLE[self._story.trouble] if name == "ended because" else ""
            table.add_row(Text(name), Text(value, style=style))
        return table

    def _print(self, text: Text) -> None:
        self._console.print(text, soft_wrap=True)

    def _bars(self) -> Table:
        run, progress, story = self._story.run, self._progress, self._story
        iteration = progress.iteration
        bars = Table.grid(padding=(0, 2, 0, 0), expand=True)
        bars.add_column(no_wrap=True)
        bars.add_column(ratio=1)
        bars.add_column(justify="right", no_wrap=True)
        bars.add_column(justify="right", no_wrap=True, min_width=14)

        remaining = None if run.total_iterations is None else self._speed.remaining(run.total_iterations - iteration)
        elapsed = duration(progress.seconds)
        bars.add_row(
            "epochs",
            _bar(iteration, run.total_iterations, is_over=story.ended is not None),
            _count(progress.epoch, run.epochs),
            elapsed if remaining is None else f"{duration(remaining)} left",
        )

        length = run.iterations_per_epoch
        inside = iteration if length is None else iteration - length * max(0, progress.epoch - 1)
        rate = self._speed.rate
        bars.add_row(
            "iterations",
            _bar(inside, length, is_over=story.ended is not None),
            _count(inside, length),
            story.state if rate is None or story.state != "training" else pace(rate),
        )
        return bars

    def _scores(self) -> Table:
        scores = Table.grid(padding=(0, 2, 0, 0))
        scores.add_column(style="cyan", no_wrap=True)
        scores.add_column(justify="right", style="bold", no_wrap=True)
        scores.add_column(style="blue", no_wrap=True)
        # Windows' old console has no font for them.
        has_blocks = not (self._console.options.ascii_only or self._console.legacy_windows)
        for name, value in self._story.scores.items():
            curve = sparkline(self._story.curve(name), _CURVE) if has_blocks else ""
            scores.add_row(Text(name), number(value), curve)
        return scores


def _bar(done: int, total: int | None, *, is_over: bool) -> ProgressBar | str:
    """A bar where the end is known; nothing where it is not, because a moving bar would promise one."""
    if total is None:
        return ""
    return ProgressBar(
        total=max(1, total),
        completed=min(done, total),
        complete_style="cyan",
        finished_style="green" if is_over else "cyan",
    )


def _count(done: int, total: int | None) -> str:
    return f"{done:,}" if total is None else f"{min(done, total):,}/{total:,}"
