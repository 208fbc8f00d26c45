"""A run as plain lines, for a file, a pipe or a log of continuous integration: one an epoch and a final block."""

from typing import TYPE_CHECKING

from sigma_core.extend import EpochStarted, Event, Progress, RunEnded, RunInfo, TaskProgressed
from sigma_monitors import _results
from sigma_monitors._speed import Speed
from sigma_monitors._story import Story
from sigma_monitors._tasks import Tasks
from sigma_monitors._wording import counted, duration, headline, inside_epoch, number, pace, printable

_SILENCE = 60.0
"""Seconds of running time without a line."""
_LOOKS = 2.0
"""How long before such a line the loss is looked at."""

if TYPE_CHECKING:
    from rich.console import Console


class PlainDisplay:
    """Writes lines that are never wrapped, coloured or taken back."""

    def __init__(self, console: "Console", run: RunInfo, progress: Progress, *, quiet: bool) -> None:
        self._console = console
        self._progress = progress
        self._quiet = quiet
        self._story = Story(run)
        self._tasks = Tasks()
        self._speed = Speed()
        self._printed = 0
        self._said_at = 0.0

    def open(self) -> None:
        """The headline."""
        if not self._quiet:
            self._print(headline(self._story.run))

    def receive(self, events: list[Event]) -> None:
        """One line for each epoch, once all its scores are known, that is, when something else begins."""
        for event in events:
            if isinstance(event, EpochStarted | RunEnded):
                self._print_epoch()
            if isinstance(event, TaskProgressed):
                self._print_task(event)
            self._story.take(event)
            self._print_notices()
            if isinstance(event, RunEnded):
                self._print_results(event)

    def refresh(self) -> None:
        """Nothing moves; where an epoch takes long, a line says now and then how far it has come."""
        progress = self._progress
        self._speed.observe(progress.seconds, progress.iteration)
        remaining = self._said_at + _SILENCE - progress.seconds
        if self._quiet or self._story.ended is not None or remaining > _LOOKS:
            return
        # A look gives what was told for the one before.
        loss = progress.scores.get("training.loss")
        if remaining <= 0:
            self._said_at = progress.seconds
            self._print_place(loss)

    def close(self) -> None:
        """The last epoch, where the run broke off without an end."""
        self._print_epoch()

    def _print(self, line: str) -> None:
        self._console.print(printable(line, self._console.encoding), markup=False, highlight=False, soft_wrap=True)

    def _print_epoch(self) -> None:
        story = self._story
        if self._quiet or story.finished <= self._printed:
            return
        self._printed = story.finished
        total = "" if story.run.epochs is None else f"/{story.run.epochs}"
        count = f"{story.finished}".rjust(len(total) - 1)
        scores = "".join(f"  {name} {number(value)}" for name, value in story.scores.items())
        self._said_at = self._progress.seconds
        self._print(f"epoch {count}{total}{scores}  {duration(self._progress.seconds)}")

    def _print_place(self, loss: float | None) -> None:
        run, progress, rate = self._story.run, self._progress, self._speed.rate
        inside = inside_epoch(run, progress)
        left = (
            None if run.total_iterations is None else self._speed.remaining(run.total_iterations - progress.iteration)
        )
        parts = [
            f"iteration {counted(inside, run.iterations_per_epoch)}",
            "" if loss is None else f"loss now {number(loss)}",
            "" if rate is None else pace(rate),
            duration(progress.seconds) if left is None else f"{duration(left)} left",
        ]
        self._print(f"  in epoch {counted(progress.epoch, run.epochs)}: {', '.join(filter(None, parts))}")

    def _print_task(self, event: TaskProgressed) -> None:
        line = self._tasks.take(event)
        if line is not None and not self._quiet:
            self._print(line)

    def _print_notices(self) -> None:
        for text in self._story.notices:
            self._print(text)
        self._story.notices.clear()

    def _print_results(self, ended: RunEnded) -> None:
        rows = [*_results.scores(ended), *_results.facts(ended)]
        width = max(len(name) for name, _ in rows)
        self._print(f"{ended.run}: results")
        for name, value in rows:
            # A matrix has several lines.
            self._print(f"  {name:<{width}}  {value}".replace("\n", "\n" + " " * (width + 4)))
