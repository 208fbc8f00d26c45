"""The data of a run: its parts and sections, how its classes are balanced, and its first records."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from nicegui import ui

from sigma_core.extend import DataPreview, SigmaError, data_preview
from sigma_monitors.dashboard._look import empty, headed, named
from sigma_monitors.dashboard._panel import Panel, View
from sigma_monitors.dashboard._recording import Recording
from sigma_monitors.dashboard.panels._records import Share, Shown, balance, records_of, rows_of

_RECIPE = "recipe.toml"
_RECORDS = 24
_one_at_a_time = asyncio.Semaphore(1)
"""Data may be as large as the memory, so nobody reads a second one meanwhile."""


class Data(Panel):
    """Parts, sections, shapes, classes; and the records themselves, when somebody asks for them."""

    title: ClassVar[str] = "Data"
    tab: ClassVar[str] = "Data"
    wide: ClassVar[bool] = True
    rank: ClassVar[int] = 10

    def fits(self, run: Recording) -> bool:
        return bool(run.described)

    def build(self, view: View) -> None:
        self._view = view
        self._described: Any = None
        self._preview: DataPreview | None = None
        say = view.say
        with headed(say(self.title)):
            self._ask = ui.button(say("Show records"), icon="image_search", on_click=self._read)
            self._ask.props("flat dense size=sm")
        self._sections = ui.element("div").classes("sigma-scroll")
        self._problem = ui.label().classes("sigma-problem").props("role=alert")
        self._problem.set_visibility(False)
        self._shown = ui.element("div").classes("sigma-data")
        view.on_change(self._refresh)

    def _refresh(self) -> None:
        described = self._view.recording.described.get("data") or {}
        if described == self._described:
            return
        self._described = described
        self._sections.clear()
        say = self._view.say
        with self._sections:
            if not described:
                empty(
                    "dataset",
                    say("The data was not described"),
                    say("The log says why. This shows the data of a recipe:"),
                    "sigma data describe RECIPE",
                )
                return
            titles = [say("Part"), say("Records"), say("Section"), say("Shape"), say("Numbers"), say("Labels")]
            with ui.element("table").classes("sigma-table sigma-sections"):
                _row("th", titles)
                for texts in rows_of(described):
                    _row("td", texts)

    async def _read(self) -> None:
        """Prepare the data anew, as a training does, beside everything else."""
        say, run = self._view.say, self._view.recording
        if await asyncio.to_thread(run.text, _RECIPE) is None:
            self._fail(say("This run has no recipe, from which its data could be read."))
            return
        self._ask.props("loading")
        self._ask.set_enabled(False)
        try:
            async with _one_at_a_time:
                environment = self._view.networks.environment
                preview = await asyncio.to_thread(
                    data_preview, run.directory / _RECIPE, _RECORDS, environment=environment
                )
        except Exception as error:  # noqa: BLE001  # datasets may be anybody's
            self._fail(str(error) if isinstance(error, SigmaError) else f"{type(error).__name__}: {error}")
        else:
            if not self._shown.is_deleted:
                self._problem.set_visibility(False)
                self._show(preview)
        finally:
            if not self._ask.is_deleted:
                self._ask.props(remove="loading")
                self._ask.set_enabled(True)

    def _fail(self, text: str) -> None:
        if not self._problem.is_deleted:
            self._problem.set_text(text)
            self._problem.set_visibility(True)

    def _labels(self) -> Mapping[str, Sequence[str] | None]:
        parts = (self._described or {}).values()
        return {name: section.get("labels") for part in parts for name, section in part["sections"].items()}

    def _show(self, preview: DataPreview) -> None:
        say, labels = self._view.say, self._labels()
        self._shown.clear()
        with self._shown:
            found = balance(preview, labels)
            if found:
                ui.label(say("Balance of classes")).classes("sigma-strong")
                with ui.element("div").classes("sigma-balances"):
                    for (part, section), shares in found.items():
                        self._draw_balance(f"{part} · {section}", shares)
            ui.label(say("The first records, as they are trained on")).classes("sigma-strong")
            parts = list(preview.records)
            with ui.tabs(value=parts[0]).props("dense no-caps align=left").classes("sigma-tabs") as bar:
                for part in parts:
                    ui.tab(part)
            with ui.tab_panels(bar, value=parts[0], animated=False):
                for part in parts:
                    with ui.tab_panel(part), ui.element("div").classes("sigma-records"):
                        for number, record in enumerate(records_of(preview.records[part])):
                            self._draw_record(number, record)

    def _draw_balance(self, title: str, shares: Sequence[Share]) -> None:
        say = self._view.say
        with ui.element("div").classes("sigma-balance"):
            ui.label(title).classes("sigma-dim sigma-anywhere")
            for each in shares:
                with ui.element("div").classes("sigma-bar-row sigma-balance-row"):
                    ui.label(each.name).classes("sigma-bar-name")
                    ui.label(f"{say.number(each.count)} · {say.number(100 * each.share, 3)} %").classes(
                        "sigma-bar-told"
                    )
                    with ui.element("div").classes("sigma-track sigma-bar-track"):
                        ui.element("div").classes("sigma-done").style(f"width: {100 * each.length:.2f}%")

    def _draw_record(self, number: int, record: Sequence[Shown]) -> None:
        is_wide = any(each.kind in ("texts", "numbers") for each in record)
        with ui.element("div").classes("sigma-record sigma-record-wide" if is_wide else "sigma-record"):
            for each in record:
                if each.kind == "pictures":
                    image = ui.element("img").classes("sigma-record-picture")
                    image.props["src"] = each.content
                    named(image, f"{each.section} {number}").props["alt"] = f"{each.section} {number}"
                    continue
                with ui.element("div").classes(f"sigma-record-{each.kind}"):
                    ui.label(each.section).classes("sigma-dim sigma-record-section")
                    ui.label(each.content).classes("sigma-record-content")


def _row(kind: str, texts: Sequence[str]) -> None:
    with ui.element("tr"):
        for text in texts:
            with ui.element(kind):
                ui.label(text)
