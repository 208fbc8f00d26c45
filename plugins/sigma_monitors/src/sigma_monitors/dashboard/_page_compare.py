"""The page that compares runs: their curves over each other, how their settings differ, their best scores."""

import asyncio
import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, unquote

import numpy as np
from nicegui import ui

from sigma_core.extend import RunSummary
from sigma_monitors.dashboard._language import Language
from sigma_monitors.dashboard._library import Library
from sigma_monitors.dashboard._look import PALETTE, chip, empty, every, frame, heading
from sigma_monitors.dashboard._preferences import Preferences
from sigma_monitors.dashboard._recording import Recording
from sigma_monitors.dashboard._words import headline
from sigma_monitors.dashboard.panels._charts import POINTS, Chart, as_csv

_BARE = re.compile(r"[\w-]+")
MOST = 10
"""As many runs as can be told apart by colours."""
_INTERVAL = 1.0


def comparison(names: Iterable[str]) -> str:
    """The address of the page that compares these runs."""
    # Quoted twice, because what separates them may be in a name, and the query is unquoted before it is cut.
    return "/compare?runs=" + quote(",".join(quote(name, safe="") for name in names), safe="")


def compared(runs: str) -> list[str]:
    """The names in such an address, as they come out of its query."""
    return [unquote(name) for name in runs.split(",") if name]


class ComparePage:
    """Several runs beside each other, kept up to date."""

    def __init__(self, library: Library, names: list[str], say: Language, preferences: Preferences) -> None:
        self._library = library
        self._named = list(dict.fromkeys(names))
        self._wanted = self._named[:MOST]
        self._say = say
        self._preferences = preferences
        self._recordings: list[Recording] = []
        self._told: object = None

    async def build(self) -> None:
        """Draw it."""
        say = self._say
        ui.page_title(f"{say('Comparison')} · Sigma")
        runs = {run.name: run for run in await asyncio.to_thread(self._library.runs)}
        found = [runs[name] for name in self._wanted if name in runs]
        with frame(say, self._preferences, [(say("Comparison"), "")]):
            missing = [name for name in self._wanted if name not in runs]
            if missing:
                ui.label(say("There is no run {name}", name=", ".join(missing))).classes("sigma-problem")
            if len(self._named) > MOST:
                ui.label(say("These are the first {count}.", count=MOST)).classes("sigma-dim")
            if len(found) < 2:
                with ui.column().classes("sigma-card"):
                    empty(
                        "compare_arrows",
                        say("Choose two runs or more"),
                        say("Tick them in the list, then press Compare."),
                    )
                    ui.link(say("All runs"), "/").classes("sigma-link")
                return
            self._recordings = [self._library.recording(run.directory) for run in found]
            await self._refresh_all()
            self._chart_card()
            with ui.element("section").classes("sigma-card"):
                heading(say("Best scores"))
                self._scores = ui.element("div").classes("sigma-scroll")
            with ui.element("section").classes("sigma-card"):
                heading(say("Settings that differ"))
                self._settings = ui.element("div").classes("sigma-scroll")
        self._draw_settings()
        await self._refresh()
        every(_INTERVAL, self._refresh)

    def _chart_card(self) -> None:
        say = self._say
        self._chart = Chart(say("Comparison"), say)
        with ui.element("section").classes("sigma-card sigma-wide"):
            with ui.row().classes("sigma-toolbar"):
                self._metric = ui.select([], label=say("Metric"), on_change=self._draw_chart, with_input=True).props(
                    "outlined dense options-dense"
                )
                self._metric.classes("sigma-search")
                ui.space()
                slider = ui.slider(min=0, max=0.99, step=0.01, value=0, on_change=self._draw_chart).classes(
                    "sigma-slider"
                )
                slider.bind_value_to(self._chart, "smoothing").props(f'aria-label="{say("Smoothing")}"').tooltip(
                    say("Smoothing")
                )
                switch = ui.switch(say("Logarithmic scale"), on_change=self._draw_chart)
                switch.bind_value_to(self._chart, "is_logarithmic")
                ui.button(icon="download", on_click=self._download).props(
                    f'flat round dense aria-label="{say("Download as CSV")}"'
                ).tooltip(say("Download as CSV"))
            self._chart.build()

    async def _refresh_all(self) -> None:
        await asyncio.gather(*(asyncio.to_thread(recording.refresh) for recording in self._recordings))

    async def _refresh(self) -> None:
        await self._refresh_all()
        told = [(recording.epoch_of_life, recording.version) for recording in self._recordings]
        if told != self._told:
            self._told = told
            self._offer_metrics()
            await self._draw_chart()
            await self._draw_scores()

    def _offer_metrics(self) -> None:
        """Those there are by now: runs that have just begun have none."""
        names = sorted({name for recording in self._recordings for name in recording.names})
        if names != list(self._metric.options):
            value = self._metric.value if self._metric.value in names else headline(dict.fromkeys(names, 0.0))
            self._metric.set_options(names, value=value)

    async def _draw_chart(self) -> None:
        metric = self._metric.value
        if metric is None:
            return
        series = {}
        for recording in self._recordings:
            curves = await asyncio.to_thread(recording.curves, [metric])
            if metric in curves:
                series[recording.directory.name] = curves[metric].drawn(POINTS)
        self._chart.draw(series)

    async def _download(self) -> None:
        metric = self._metric.value
        if metric is None:
            return

        def table() -> str:
            whole = {recording.directory.name: recording.whole([metric]) for recording in self._recordings}
            return as_csv({name: series[metric] for name, series in whole.items() if metric in series})

        ui.download.content(await asyncio.to_thread(table), f"{metric}.csv", "text/csv")

    async def _draw_scores(self) -> None:
        best = await asyncio.to_thread(lambda: [best_of(recording) for recording in self._recordings])
        names = sorted(
            {name for each in best for name in each}, key=lambda name: (not name.startswith("validation"), name)
        )
        self._scores.clear()
        with self._scores:
            _table(
                [self._say("Run"), self._say("Status"), *names],
                [
                    [self._run_cell(place), recording.summary, *(self._score(best, place, name) for name in names)]
                    for place, recording in enumerate(self._recordings)
                ],
                self._say,
            )

    def _score(self, best: list[dict[str, tuple[float, int]]], place: int, name: str) -> tuple[str, bool]:
        """A best score, and whether it is the best of all."""
        found = best[place].get(name)
        if found is None:
            return "-", False
        chosen = min if is_lower_better(name) else max
        winner = chosen(each[name][0] for each in best if name in each)
        where = self._say("at {iteration}", iteration=self._say.number(found[1]))
        return f"{self._say.number(found[0])} ({where})", found[0] == winner and len(best) > 1

    def _run_cell(self, place: int) -> tuple[str, str, str]:
        name = self._recordings[place].directory.name
        return name, f"/run/{quote(name, safe='')}", PALETTE[place % len(PALETTE)]

    def _draw_settings(self) -> None:
        say = self._say
        settings = [flat(settings_of(recording)) for recording in self._recordings]
        differing = differences(settings)
        self._settings.clear()
        with self._settings:
            if not differing:
                ui.label(say("All settings are the same.")).classes("sigma-dim")
                return
            _table(
                [say("Setting"), *(recording.directory.name for recording in self._recordings)],
                [[name, *(each.get(name, "-") for each in settings)] for name in differing],
                say,
            )


def best_of(recording: Recording) -> dict[str, tuple[float, int]]:
    """The best value of each score of validations and epochs, and the iteration at which it was reached."""
    names = [name for name in recording.names if name.startswith(("validation", "epoch."))]
    found = {}
    for name, curve in recording.curves(names).items():
        good = np.isfinite(curve.values)
        if good.any():
            iterations, values = curve.iterations[good], curve.values[good]
            place = int(values.argmin() if is_lower_better(name) else values.argmax())
            found[name] = (float(values[place]), int(iterations[place]))
    return found


def is_lower_better(name: str) -> bool:
    """Whether a score of that name is the better the lower it is: losses and errors are."""
    return any(word in name.rpartition(".")[2] for word in ("loss", "error", "deviation", "perplexity"))


def settings_of(recording: Recording) -> Mapping[str, Any]:
    """The recipe of a run; empty where it has none."""
    try:
        return tomllib.loads(recording.text("recipe.toml") or "")
    except tomllib.TOMLDecodeError:
        return {}


def flat(value: Any, name: str = "") -> dict[str, str]:
    """Settings by their path, each as text; list items by their number, from 1."""
    if isinstance(value, Mapping) and (value or not name):
        # As TOML writes it: a key with a dot in it is no path.
        keys = [key if _BARE.fullmatch(key) else json.dumps(key, ensure_ascii=False) for key in value]
        items = [(f"{name}.{key}" if name else key, each) for key, each in zip(keys, value.values(), strict=True)]
    elif isinstance(value, list) and any(isinstance(each, Mapping) for each in value):
        items = [(f"{name}[{number}]", each) for number, each in enumerate(value, 1)]
    else:
        return {name: str(value)}
    return {path: text for key, each in items for path, text in flat(each, key).items()}


def differences(settings: list[dict[str, str]]) -> list[str]:
    """The paths at which not all say the same, in the order in which they are first said."""
    names = dict.fromkeys(name for each in settings for name in each)
    return [name for name in names if len({each.get(name) for each in settings}) > 1]


def _table(header: list[str], rows: list[list[Any]], say: Language) -> None:
    with ui.element("table").classes("sigma-table"):
        with ui.element("thead"), ui.element("tr"):
            for text in header:
                with ui.element("th").props("scope=col"):
                    ui.label(text)
        with ui.element("tbody"):
            for row in rows:
                with ui.element("tr"):
                    for cell in row:
                        with ui.element("td"):
                            _cell(cell, say)


def _cell(cell: Any, say: Language) -> None:
    if isinstance(cell, RunSummary):
        chip(cell.status, say)
    elif isinstance(cell, tuple) and isinstance(cell[1], bool):
        ui.label(cell[0]).classes("sigma-best" if cell[1] else "")
    elif isinstance(cell, tuple):
        name, target, colour = cell
        with ui.row(wrap=False).classes("sigma-own"):
            ui.element("span").classes("sigma-dot").style(f"background: {colour}")
            ui.link(name, target).classes("sigma-link")
    else:
        ui.label("-" if cell is None else str(cell))
