"""Bars and how they are laid out: what the pictures in a terminal share."""

import sys
from typing import TYPE_CHECKING, TextIO

from rich.console import Group
from rich.constrain import Constrain
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from sigma_monitors._tasks import Tasks

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

_WIDTH = 100  # wider bars are no easier to read
_MARGIN = 4  # a terminal shows Ctrl-C as ^C behind the cursor; on a full line that would begin another


def moving(console: "Console") -> Live:
    """Lines that are redrawn in place; what hooks print to a terminal appears above, a file is left alone."""
    return Live(
        console=console,
        auto_refresh=False,
        transient=True,
        redirect_stdout=_is_terminal(sys.stdout),
        redirect_stderr=_is_terminal(sys.stderr),
    )


def fitted(console: "Console", *parts: "RenderableType") -> Constrain:
    """Parts below each other, of a width that can be read."""
    return Constrain(Group(*parts), min(_WIDTH, console.width - _MARGIN))


def grid() -> Table:
    """A table for rows of a name, a bar, a count and a pace."""
    bars = Table.grid(padding=(0, 2, 0, 0), expand=True)
    bars.add_column(no_wrap=True)
    bars.add_column(ratio=1)
    bars.add_column(justify="right", no_wrap=True)
    bars.add_column(justify="right", no_wrap=True, min_width=14)
    return bars


def bar(done: int, total: int | None, *, is_over: bool = False) -> ProgressBar | str:
    """A bar where the end is known; nothing where it is not, because a moving bar would promise one."""
    if total is None:
        return ""
    return ProgressBar(
        total=max(1, total),
        completed=min(done, total),
        complete_style="cyan",
        finished_style="green" if is_over else "cyan",
    )


def task_bars(tasks: Tasks) -> Table:
    """A row for each task that is under way."""
    bars = grid()
    for told in tasks.running:
        bars.add_row(Text(told.event.name), bar(told.event.done, told.event.total), told.count, told.pace)
    return bars


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and stream.isatty()
