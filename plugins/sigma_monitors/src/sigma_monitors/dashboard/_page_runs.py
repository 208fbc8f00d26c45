"""The page of all runs."""

import asyncio
import math
import sys
from collections.abc import Mapping
from html import escape
from importlib.resources import files
from typing import Any
from urllib.parse import quote

from nicegui import ui

from sigma_core.extend import RunSummary, SigmaError, delete_run, set_tags
from sigma_monitors.dashboard._language import Language
from sigma_monitors.dashboard._library import Library
from sigma_monitors.dashboard._look import STATUS_ICONS, empty, frame, named
from sigma_monitors.dashboard._page_compare import comparison
from sigma_monitors.dashboard._preferences import Preferences
from sigma_monitors.dashboard._words import age, duration, headline, scores_of

_INTERVAL = 1.0
_PAGE = 50


class RunsPage:
    """All runs of a folder, kept up to date."""

    def __init__(self, library: Library, say: Language, preferences: Preferences) -> None:
        self._library = library
        self._say = say
        self._preferences = preferences
        self._rows: list[dict[str, Any]] = []
        self._tags: list[str] = []

    async def build(self) -> None:
        """Draw it."""
        say = self._say
        ui.page_title(f"Sigma · {say('Runs')}")
        with frame(say, self._preferences, []):
            with ui.row().classes("sigma-toolbar"):
                ui.label(say("Runs")).classes("sigma-title").props("role=heading aria-level=1")
                ui.space()
                search = ui.input(placeholder=say("Search")).props(
                    f'outlined dense clearable aria-label="{say("Search")}" debounce=150'
                )
                search.classes("sigma-search")
                with search.add_slot("prepend"):
                    ui.icon("search")
                self._tag = ui.select([], multiple=True, on_change=self._filter, label=say("Tags")).props(
                    "outlined dense use-chips clearable"
                )
                self._tag.classes("sigma-search")
                self._compare = ui.button(say("Compare"), icon="compare_arrows", on_click=self._open_comparison).props(
                    "unelevated"
                )
            self._problem = ui.label().classes("sigma-problem")
            self._nothing = ui.column().classes("sigma-card")
            with self._nothing:
                empty(
                    "rocket_launch",
                    say("No runs yet"),
                    say("Train a network, and it shows here by itself:"),
                    "sigma train examples/digits.toml",
                )
                ui.label(str(self._library.folder)).classes("sigma-dim sigma-path")
            self._table = self._made_table(search)
        await self._refresh()
        ui.timer(_INTERVAL, self._refresh, immediate=False)

    def _made_table(self, search: ui.input) -> ui.table:
        say = self._say
        columns = [
            # By what a cell says of, not by how it says it: "10 min ago" is before "2 h ago".
            {
                "name": name,
                "label": say(label),
                "field": field,
                "align": "left",
                "sortable": True,
                ":sort": f"(a, b, one, other) => one.ranks.{name} < other.ranks.{name} ? -1 : 1",
            }
            for name, label, field in (
                ("name", "Name", "name"),
                ("status", "Status", "said"),
                ("progress", "Progress", "progress"),
                ("score", "Score", "score"),
                ("age", "Changed", "age"),
                ("duration", "Duration", "duration"),
                ("why", "Ended because", "why"),
            )
        ]
        columns.append({"name": "actions", "label": "", "field": "name", "align": "right"})
        table = ui.table(
            columns=columns, rows=[], row_key="name", selection="multiple", pagination=_PAGE, on_select=self._selected
        )
        table.classes("sigma-card sigma-runs").props(
            f'flat :grid="window.innerWidth < 820" no-data-label="{say("No such runs")}" '
            f'rows-per-page-label="{say("Rows")}" :rows-per-page-options="[25, 50, 100, 0]"'
        )
        table.bind_filter_from(search, "value", backward=lambda value: value or "")
        # Vue escapes whatever stands in {{ }} and in bound attributes, so names from runs are text and nothing else.
        for slot in (files(__package__) / "slots").iterdir():
            text = slot.read_text("utf-8").replace("CHOOSE_ALL", escape(say("Choose all")))
            table.add_slot(slot.name.removesuffix(".html"), text)
        table.on("tags", lambda event: self._ask_tags(event.args))
        table.on("remove", lambda event: self._ask_removal(event.args))
        return table

    async def _refresh(self) -> None:
        runs = await asyncio.to_thread(self._library.runs)
        problem = self._library.problem
        self._problem.set_visibility(problem is not None)
        self._problem.set_text(problem or "")
        self._nothing.set_visibility(not runs and problem is None)
        self._table.set_visibility(bool(runs))
        rows = [self._row(run) for run in runs]
        tags = sorted({tag for run in runs for tag in run.tags})
        if tags != self._tags:
            self._tags = tags
            self._tag.set_options(tags)
            self._tag.set_visibility(bool(tags))
        elif not tags:
            self._tag.set_visibility(False)
        if rows != self._rows:
            self._rows = rows
            self._filter()

    def _filter(self) -> None:
        wanted = set(self._tag.value or ())
        self._table.rows = [row for row in self._rows if wanted <= set(row["tags"])]
        self._table.update()
        self._selected()

    def _row(self, run: RunSummary) -> dict[str, Any]:
        say = self._say
        name = headline(run.scores)
        of = f" / {run.total_epochs}" if run.total_epochs else ""
        share = 1.0 if run.status == "ended" else 0.0
        if run.total_iterations:
            share = round(min(1.0, run.iterations / run.total_iterations), 3)
        return {
            "name": run.name,
            "link": f"/run/{quote(run.name, safe='')}",
            "status": run.status,
            "said": say(run.status),
            "icon": STATUS_ICONS.get(run.status, "help"),
            "share": share,
            "progress": say("epoch {epoch}", epoch=f"{run.epochs}{of}"),
            "iterations": say("{count} iterations", count=say.number(run.iterations)),
            "score": "" if name is None else f"{name.rpartition('.')[2]} {say.number(scores_of(run.scores)[name])}",
            "age": age(run.changed, say),
            "duration": duration(run.seconds, say) if not run.goes_on else duration(round(run.seconds), say),
            "why": run.problem or run.ended_because or "",
            "ranks": {
                "name": run.name.casefold(),
                "status": say(run.status),
                "progress": run.iterations,
                "score": _rank(run.scores, name),
                # Of a run that goes on it changes all the time, and all that would have to be sent.
                "age": -round(run.changed, -1 if run.goes_on else 3),
                "duration": round(run.seconds, 1),
                "why": run.problem or run.ended_because or "",
            },
            "tags": list(run.tags),
            "lives": run.goes_on,
            "words": {"tags": say("Tags of {name}", name=run.name), "delete": say("Delete {name}", name=run.name)},
        }

    def _selected(self, _: object = None) -> None:
        self._compare.set_enabled(len(self._table.selected) >= 2)

    def _open_comparison(self) -> None:
        ui.navigate.to(comparison([row["name"] for row in self._table.selected]))

    def _found(self, name: object) -> RunSummary | None:
        """The run a page speaks of, if it is one of the folder."""
        return next((run for run in self._library.found if run.name == name), None)

    def _ask_tags(self, name: object) -> None:
        run = self._found(name)
        if run is None:
            return
        say = self._say
        with named(ui.dialog(), say("Tags of {name}", name=run.name)) as dialog, ui.card():
            ui.label(say("Tags of {name}", name=run.name)).classes("sigma-card-title")
            chosen = ui.input_chips(label=say("Tags"), value=list(run.tags), new_value_mode="add-unique").props(
                "outlined"
            )
            ui.label(say("Write a tag and press Enter.")).classes("sigma-dim")
            with ui.row().classes("sigma-dialog-buttons"):
                ui.button(say("Cancel"), on_click=dialog.close).props("flat")

                async def apply() -> None:
                    try:
                        await asyncio.to_thread(set_tags, run.directory, chosen.value)
                    except SigmaError as error:
                        ui.notify(str(error), type="negative", multi_line=True)
                        return
                    dialog.close()
                    self._library.look_again()
                    await self._refresh()

                ui.button(say("Apply"), on_click=apply).props("unelevated")
        dialog.open()

    def _ask_removal(self, name: object) -> None:
        run = self._found(name)
        if run is None:
            return
        say = self._say
        with named(ui.dialog(), say("Delete {name}?", name=run.name)) as dialog, ui.card():
            ui.label(say("Delete {name}?", name=run.name)).classes("sigma-card-title")
            ui.label(say("The run and its checkpoints are removed for ever."))
            with ui.row().classes("sigma-dialog-buttons"):
                ui.button(say("Cancel"), on_click=dialog.close).props("flat data-autofocus")

                async def remove() -> None:
                    try:
                        await asyncio.to_thread(self._library.forget, run.directory)
                        await asyncio.to_thread(delete_run, run.directory)
                    except SigmaError as error:
                        ui.notify(str(error), type="negative", multi_line=True)
                    dialog.close()
                    self._table.selected = [row for row in self._table.selected if row["name"] != run.name]
                    self._library.look_again()
                    await self._refresh()

                ui.button(say("Delete"), icon="delete", color="negative", on_click=remove).props("unelevated")
        dialog.open()


def _rank(scores: Mapping[str, Any], name: str | None) -> float:
    """Where a score stands among those of other runs; what is no number stands behind all."""
    value = None if name is None else scores_of(dict(scores))[name]
    return value if value is not None and math.isfinite(value) else sys.float_info.max
