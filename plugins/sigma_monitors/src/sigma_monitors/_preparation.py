"""What is shown before a run: the tasks that make it ready, such as downloads."""

from typing import TYPE_CHECKING

from sigma_core.extend import Event, TaskProgressed
from sigma_monitors._bars import fitted, moving, task_bars
from sigma_monitors._tasks import Tasks
from sigma_monitors._wording import printable

if TYPE_CHECKING:
    from rich.console import Console
    from rich.live import Live


class Preparation:
    """Bars in a terminal, which vanish with the last task; elsewhere lines for tasks that take longer than a moment."""

    def __init__(self, console: "Console", *, is_live: bool) -> None:
        self._console = console
        self._is_live = is_live
        self._tasks = Tasks()
        self._live: Live | None = None

    def receive(self, events: list[Event]) -> None:
        """Show how far the tasks have come."""
        for event in events:
            line = self._tasks.take(event) if isinstance(event, TaskProgressed) else None
            if line is not None and not self._is_live:
                text = printable(line, self._console.encoding)
                self._console.print(text, markup=False, highlight=False, soft_wrap=True)
        if self._is_live and self._tasks.running:
            self._draw()
        elif not self._tasks.running:
            self.close()

    def close(self) -> None:
        """Give the terminal back."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _draw(self) -> None:
        if self._live is None:
            self._live = moving(self._console)
            self._live.start()
        self._live.update(fitted(self._console, task_bars(self._tasks)), refresh=True)
