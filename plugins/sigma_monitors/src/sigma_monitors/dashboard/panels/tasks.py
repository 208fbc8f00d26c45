"""Long work, and how far it has come."""

import time
from typing import Any, ClassVar

from nicegui import ui

from sigma_monitors.dashboard._look import heading
from sigma_monitors.dashboard._panel import Panel, View
from sigma_monitors.dashboard._recording import Recording
from sigma_monitors.dashboard.panels._work import Work, works

_ICONS = {"running": "downloading", "done": "check_circle", "failed": "error", "silent": "help"}


class Tasks(Panel):
    """Downloads, records that are prepared, and whatever else says how far it has come."""

    title: ClassVar[str] = "Tasks"
    tab: ClassVar[str] = "Log"
    wide: ClassVar[bool] = True
    rank: ClassVar[int] = 10

    def fits(self, run: Recording) -> bool:
        return bool(run.tasks)

    def build(self, view: View) -> None:
        self._view = view
        self._rows: dict[int, _Row] = {}
        self._order: list[int] = []
        heading(view.say(self.title))
        self._list = ui.element("div").classes("sigma-tasks")
        view.on_change(self._refresh)

    def _refresh(self) -> None:
        run = self._view.recording
        goes_on = run.summary is not None and run.summary.goes_on
        found = works(list(run.tasks.values()), self._view.say, goes_on=goes_on, now=time.time())
        if [work.number for work in found] != self._order:
            # A task that begins or ends changes the order; between that each keeps its row.
            self._order = [work.number for work in found]
            self._list.clear()
            with self._list:
                self._rows = {work.number: _Row(work.name) for work in found}
        for work in found:
            self._rows[work.number].show(work, self._view.say(work.state))


class _Row:
    """A task on the page."""

    def __init__(self, name: str) -> None:
        with ui.element("div").classes("sigma-task"):
            self._icon = ui.icon("downloading")
            ui.label(name).classes("sigma-task-name sigma-strong")
            self._state = ui.label().classes("sigma-dim")
            self._told = ui.label().classes("sigma-task-told sigma-dim")
            with ui.element("div").classes("sigma-track sigma-task-track") as self._track:
                self._done = ui.element("div").classes("sigma-done")
        self._track.props("role=progressbar aria-valuemin=0 aria-valuemax=100").props["aria-label"] = name
        self._shown: Any = None

    def show(self, work: Work, state: str) -> None:
        """What is new of it."""
        if work == self._shown:
            return
        self._shown = work
        self._icon.set_name(_ICONS[work.state])
        self._icon.classes(replace=f"sigma-task-{work.state}")
        self._state.set_text(state)
        self._told.set_text(work.told)
        self._done.style(f"width: {100 * (work.share or 0):.1f}%")
        self._track.props["aria-valuenow"] = round(100 * (work.share or 0))
        self._track.classes(
            **{"add" if work.share is None and work.state == "running" else "remove": "sigma-task-unknown"}
        )
