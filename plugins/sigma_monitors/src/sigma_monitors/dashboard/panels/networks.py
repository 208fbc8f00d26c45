"""The checkpoints of a run: to save one, to go on from one, to take one home."""

import asyncio
import re
import time
from typing import ClassVar

from nicegui import ui

from sigma_core.extend import CheckpointSummary, checkpoints_of
from sigma_monitors.dashboard._downloads import checkpoint_link
from sigma_monitors.dashboard._look import answered, empty, headed, named
from sigma_monitors.dashboard._panel import Panel, View
from sigma_monitors.dashboard._recording import Recording
from sigma_monitors.dashboard._words import headline
from sigma_monitors.dashboard.panels._work import amount

_RESERVED = ("first", "last", "previous")
"""Names that the run itself writes to."""
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_. +=-]{0,79}")
_MOST = 100


class Networks(Panel):
    """What the run has kept of its network."""

    title: ClassVar[str] = "Networks"
    tab: ClassVar[str] = "Recipe"
    wide: ClassVar[bool] = True
    rank: ClassVar[int] = 20

    def build(self, view: View) -> None:
        self._view = view
        self._shown: object = None
        say = view.say
        with headed(say(self.title)):
            self._save = ui.button(say("Save the network"), icon="save", on_click=self._ask_name)
            self._save.props("flat dense size=sm")
        self._list = ui.element("div").classes("sigma-scroll")
        view.on_change(self._refresh)

    async def _refresh(self) -> None:
        run = self._view.recording
        goes_on = run.summary is not None and run.summary.goes_on
        self._save.set_visibility(goes_on)
        marks = await asyncio.to_thread(_marks, run)
        if (marks, goes_on) == self._shown:
            return
        self._shown = marks, goes_on
        found = await asyncio.to_thread(checkpoints_of, run.directory)
        self._list.clear()
        with self._list:
            self._draw(found[:_MOST], goes_on=goes_on)

    def _draw(self, found: list[CheckpointSummary], *, goes_on: bool) -> None:
        say = self._view.say
        if not found:
            empty(
                "save",
                say("No network was kept yet"),
                say("One is kept when the run ends, when you save it, and regularly where the recipe says so:"),
                'checkpoint = "every 60 seconds"',
            )
            return
        with ui.element("table").classes("sigma-table sigma-networks"):
            with ui.element("thead"), ui.element("tr"):
                for title in (say("Name"), say("Iteration"), say("Score"), say("Size"), say("Saved"), ""):
                    with ui.element("th"):
                        ui.label(title)
            with ui.element("tbody"):
                for each in found:
                    self._row(each, goes_on=goes_on)

    def _row(self, each: CheckpointSummary, *, goes_on: bool) -> None:
        say, run = self._view.say, self._view.recording.directory.name
        link = checkpoint_link(run, each.name)
        best = headline(dict(each.scores))
        with ui.element("tr"):
            with ui.element("td"):
                ui.label(each.name).classes("sigma-strong sigma-anywhere")
                if each.problem is not None:
                    ui.label(each.problem).classes("sigma-bad sigma-anywhere")
                elif not each.is_whole:
                    ui.label(say("chosen values only")).classes("sigma-dim")
            place = "" if each.iteration is None else say.number(each.iteration)
            of = "" if each.epoch is None else f" ({say('epoch {epoch}', epoch=say.number(each.epoch))})"
            score = "" if best is None else f"{best} {say.number(float(each.scores[best]))}"
            texts = (f"{place}{of}", score, amount(each.bytes, None, "bytes", say))
            for text in texts:
                with ui.element("td"):
                    ui.label(text)
            with ui.element("td"):
                ui.label(time.strftime("%Y-%m-%d %H:%M", time.localtime(each.changed)))
            with ui.element("td"), ui.row(wrap=False).classes("sigma-row-buttons"):
                load = ui.button(icon="settings_backup_restore", on_click=lambda: self._ask_to_load(each))
                _icon(load, say("Go on from {name}", name=each.name))
                load.set_visibility(goes_on and each.is_whole)
                down = ui.button(icon="download", on_click=lambda: ui.download.from_url(link))
                _icon(down, say("Download {name}", name=each.name))
                down.set_visibility(each.problem is None)

    async def _ask_name(self) -> None:
        say, run = self._view.say, self._view.recording
        iteration = run.summary.iterations if run.summary is not None else 0
        taken = {each.name for each in await asyncio.to_thread(checkpoints_of, run.directory)}
        with named(ui.dialog(), say("Save the network")) as dialog, ui.card().classes("sigma-dialog"):
            ui.label(say("Save the network")).classes("sigma-card-title")
            ui.label(say("All that training goes on from is written to the folder of the run.")).classes("sigma-dim")
            name = ui.input(say("Name"), value=f"iteration-{iteration}").props("outlined dense data-autofocus")
            hint = ui.label().classes("sigma-dim")

            def check() -> None:
                text = fault(name.value or "")
                replaces = say("It replaces what has this name.") if (name.value or "").strip() in taken else ""
                hint.set_text(say(text) if text else replaces)
                save.set_enabled(not text)

            with ui.row().classes("sigma-dialog-buttons"):
                ui.button(say("Cancel"), on_click=lambda: dialog.submit(None)).props("flat")
                save = ui.button(say("Save"), icon="save", on_click=lambda: dialog.submit(name.value.strip()))
                save.props("unelevated")
            name.on_value_change(check)
            name.on("keydown.enter", lambda: None if fault(name.value or "") else dialog.submit(name.value.strip()))
            check()
        chosen = await answered(dialog)
        # What a page sends may be anything.
        if not isinstance(chosen, str) or fault(chosen):
            return
        if await self._view.save(chosen):
            self._shown = None
            await self._refresh()

    async def _ask_to_load(self, each: CheckpointSummary) -> None:
        say = self._view.say
        title = say("Go on from {name}?", name=each.name)
        with named(ui.dialog(), title) as dialog, ui.card().classes("sigma-dialog"):
            ui.label(title).classes("sigma-card-title")
            ui.label(
                say(
                    "The run takes this state, of iteration {iteration}, and what it has learnt since is lost unless "
                    "it was saved.",
                    iteration=say.number(each.iteration or 0),
                )
            )
            with ui.row().classes("sigma-dialog-buttons"):
                ui.button(say("Cancel"), on_click=lambda: dialog.submit(False)).props("flat data-autofocus")
                ui.button(say("Go on from there"), icon="settings_backup_restore", on_click=lambda: dialog.submit(True))
        if await answered(dialog) and await self._view.attempt("load", path=str(each.path.absolute())):
            self._view.tell(say("The run goes on from {name}", name=each.name), "positive")


def fault(name: str) -> str:
    """What keeps a text from being the name of a checkpoint, in English; nothing where it is one."""
    name = name.strip()
    if not name:
        return "A name is needed."
    if not _NAME.fullmatch(name) or name.endswith("."):
        return "Letters, digits, blanks and . _ - + = make a name, of 80 at most."
    if name.lower() in _RESERVED:
        return "The run itself writes to that name."
    return ""


def _marks(run: Recording) -> object:
    """What changes with the checkpoints of a run."""
    folder = run.directory / "checkpoints"
    try:
        return tuple(sorted((path.name, path.lstat().st_mtime_ns) for path in folder.iterdir()))
    except OSError:
        return None


def _icon(button: ui.button, text: str) -> None:
    named(button, text).props("flat round dense size=sm").tooltip(text)
