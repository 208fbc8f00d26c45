"""A run as a live picture in a terminal: progress bars, scores with their curves, at the end a table of results."""

from typing import TYPE_CHECKING

from rich import box
from rich.table import Table
from rich.text import Text

from sigma_core.extend import Event, Progress, RunEnded, RunInfo, TaskProgressed
from sigma_monitors import _results
from sigma_monitors._bars import bar, fitted, grid, moving, task_bars
from sigma_monitors._recent import LOSS_NOW, Recent
from sigma_monitors._sparkline import sparkline
from sigma_monitors._speed import Speed
from sigma_monitors._story import CURVE, Story
from sigma_monitors._tasks import Tasks
from sigma_monitors._wording import counted, duration, headline, inside_epoch, number, pace

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

_TROUBLE = {"": "bold green", "interrupted": "bold yellow", "failed": "bold red"}


class LiveDisplay:
    """Redraws a few lines in place; they make way for the results when the run has ended."""

    def __init__(self, console: "Console", run: RunInfo, progress: Progress) -> None:
        self._console = console
        self._progress = progress
        self._story = Story(run)
        self._speed = Speed()
        self._loss = Recent(progress)
        self._tasks = Tasks()
        self._live = moving(console)

    def open(self) -> None:
        """The headline, then the moving part."""
        self._print(Text(headline(self._story.run), style="bold"))
        self._live.start()

    def receive(self, events: list[Event]) -> None:
        """Take note; notices are printed above the bars."""
        for event in events:
            if isinstance(event, TaskProgressed):
                self._tasks.take(event)
            self._story.take(event)
        for text in self._story.notices:
            self._print(Text(text, style="yellow" if text.startswith("warning") else "red"))
        self._story.notices.clear()

    def refresh(self) -> None:
        """Draw anew."""
        self._speed.observe(self._progress.seconds, self._progress.iteration)
        self._loss.look()
        self._live.update(self.picture(), refresh=True)

    def close(self) -> None:
        """Give the terminal back, then show the results."""
        self._live.stop()
        if self._story.ended is not None:
            self._console.print(self.results(self._story.ended))

    def picture(self) -> "RenderableType":
        """The bars and the scores as they stand now."""
        return fitted(self._console, self._bars(), self._scores(), task_bars(self._tasks))

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
        bars = grid()
        remaining = None if run.total_iterations is None else self._speed.remaining(run.total_iterations - iteration)
        elapsed = duration(progress.seconds)
        bars.add_row(
            "epochs",
            bar(iteration, run.total_iterations, is_over=story.ended is not None),
            counted(progress.epoch, run.epochs),
            elapsed if remaining is None else f"{duration(remaining)} left",
        )

        length = run.iterations_per_epoch
        inside = inside_epoch(run, progress)
        rate = self._speed.rate
        bars.add_row(
            "iterations",
            bar(inside, length, is_over=story.ended is not None),
            counted(inside, length),
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
        rows = [(name, value, self._story.curve(name)) for name, value in self._story.scores.items()]
        if self._loss.latest is not None:
            rows.insert(0, (LOSS_NOW, self._loss.latest, self._loss.curve))
        for name, value, curve in rows:
            scores.add_row(Text(name), number(value), sparkline(curve, CURVE) if has_blocks else "")
        return scores
