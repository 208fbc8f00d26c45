"""The recipe of a run, and the software that it was run with."""

import asyncio
import json
from pathlib import Path
from typing import Any, ClassVar

from nicegui import ui

from sigma_monitors.dashboard._look import empty, headed
from sigma_monitors.dashboard._panel import Panel, View
from sigma_monitors.dashboard.panels._toml import Part, parts

_RECIPE, _PLUGINS = "recipe.toml", "plugins.json"
_DIGITS = 10
"""Of checksums: enough to tell them apart."""


class _Source(ui.element, component=Path(__file__).with_name("source.js")):
    """A text in coloured parts."""

    def show(self, found: list[Part]) -> None:
        """Give it another text."""
        self.props["parts"] = found


class RecipeText(Panel):
    """recipe.toml as the run was given it, all that it may be repeated from."""

    title: ClassVar[str] = "Recipe"
    tab: ClassVar[str] = "Recipe"
    wide: ClassVar[bool] = True
    rank: ClassVar[int] = 10

    def build(self, view: View) -> None:
        self._view = view
        self._texts: tuple[str | None, str | None] | None = None
        say = view.say
        with headed(say(self.title)):
            ui.button(say("Download"), icon="download", on_click=self._download).props("flat dense size=sm")
        self._nothing = ui.element("div")
        with self._nothing:
            empty(
                "description",
                say("This run has no recipe"),
                say("It was composed in Python. A trainer that is made from a recipe keeps it:"),
                "trainer = sigma.Trainer.from_recipe({...})",
            )
        with ui.element("div").classes("sigma-recipe"):
            self._source = _Source()
            self._source.props["words"] = {"copy": say("Copy"), "title": _RECIPE}
            with ui.element("div").classes("sigma-software"):
                ui.label(say("Software")).classes("sigma-strong")
                self._versions = ui.label().classes("sigma-dim")
                self._table = ui.element("div").classes("sigma-scroll")
        view.on_change(self._refresh)

    async def _refresh(self) -> None:
        run = self._view.recording
        recipe, plugins = texts = await asyncio.to_thread(lambda: (run.text(_RECIPE), run.text(_PLUGINS)))
        if texts == self._texts:
            return
        self._texts = texts
        self._source.show(parts(recipe or ""))
        self._source.set_visibility(recipe is not None)
        self._nothing.set_visibility(recipe is None)
        versions, rows = software(plugins)
        self._versions.set_text(" · ".join(versions))
        self._table.clear()
        with self._table, ui.element("table").classes("sigma-table"):
            say = self._view.say
            _row("th", [say("Distribution"), say("Version"), say("Status"), say("Checksum")])
            for row in rows:
                _row("td", row)

    def _download(self) -> None:
        recipe = self._texts[0] if self._texts else None
        if recipe is not None:
            ui.download.content(recipe, f"{self._view.recording.directory.name}.toml", "application/toml")


def software(text: str | None) -> tuple[list[str], list[list[str]]]:
    """Of what plugins.json holds: versions that all have in common, and name, version, status and checksum of each."""
    try:
        said: Any = json.loads(text or "{}")
    except ValueError:
        return [], []
    if not isinstance(said, dict):
        return [], []
    versions = [f"{name} {value}" for name, value in said.items() if isinstance(value, str)]
    every = said.get("distributions")
    rows = [
        [*(str(each.get(name, "")) for name in ("name", "version", "status")), str(each.get("sha256") or "")[:_DIGITS]]
        for each in (every if isinstance(every, list) else ())
        if isinstance(each, dict)
    ]
    return versions, rows


def _row(kind: str, texts: list[str]) -> None:
    with ui.element("tr"):
        for text in texts:
            with ui.element(kind):
                ui.label(text)
