"""The log of a run: what it said, what it was told, and what came of that."""

import asyncio
from pathlib import Path
from typing import ClassVar

from nicegui import ui

from sigma_monitors.dashboard._look import heading
from sigma_monitors.dashboard._panel import Panel, View
from sigma_monitors.dashboard._recording import Recording
from sigma_monitors.dashboard.panels._entries import CATEGORIES, row

_AT_ONCE = 1000
"""Lines of a message; others have their turn between two."""


class _Lines(ui.element, component=Path(__file__).with_name("log.js")):
    """The lines; emits `ready` when it can be given some."""


class Log(Panel):
    """Entries of the log, commands, checkpoints, and how the run fared."""

    title: ClassVar[str] = "Log"
    tab: ClassVar[str] = "Log"
    wide: ClassVar[bool] = True
    rank: ClassVar[int] = 20

    def fits(self, run: Recording) -> bool:
        return bool(run.log)

    def build(self, view: View) -> None:
        self._view = view
        self._sent = 0
        self._is_ready = False
        say = view.say
        heading(say(self.title))
        self._lines = _Lines()
        self._lines.props["categories"] = list(CATEGORIES)
        self._lines.props["words"] = {
            "failure": say("Failures"),
            "warning": say("Warnings"),
            "refused": say("Refused"),
            "command": say("Commands"),
            "run": say("Course of the run"),
            "info": say("Information"),
            "debug": say("Details"),
            "search": say("Search"),
            "follow": say("Follow"),
            "download": say("Download these lines"),
            "title": say("Lines of the log, the newest last"),
            "none": say("No line is like that"),
            "empty": say("Nothing was logged yet"),
            "details": say("All about a line"),
            "close": say("Close"),
            "iteration": say("iteration"),
            "code": say.code,
            "file": f"{view.recording.directory.name}-log.txt",
        }
        self._lines.on("ready", self._begin, args=[])
        view.on_change(self._refresh)

    async def _begin(self) -> None:
        """It is there, or there again, and has nothing yet."""
        self._is_ready, self._sent = True, 0
        await self._refresh()

    async def _refresh(self) -> None:
        if not self._is_ready:
            return
        # Whoever reads the store at this moment may hold the lock for a while.
        events = await asyncio.to_thread(self._view.recording.entries, self._sent)
        if not events:
            return
        self._sent = events[-1].id
        for start in range(0, len(events), _AT_ONCE):
            rows = [row(event, self._view.say) for event in events[start : start + _AT_ONCE]]
            self._lines.run_method("add", rows)
            await asyncio.sleep(0)
