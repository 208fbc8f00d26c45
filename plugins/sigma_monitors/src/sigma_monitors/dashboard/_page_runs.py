"""The page of all runs."""

import asyncio
import math
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from nicegui import ui

from sigma_core.extend import RunSummary, SigmaError, delete_run, set_tags
from sigma_monitors.dashboard._language import Language
from sigma_monitors.dashboard._library import Library
from sigma_monitors.dashboard._look import STATUS_ICONS, empty, every, frame, named
from sigma_monitors.dashboard._page_compare import comparison
from sigma_monitors.dashboard._preferences import Preferences
from sigma_monitors.dashboard._words import age, duration, headline, scores_of

_INTERVAL = 1.0


class _Table(ui.element, component=Path(__file__).with_name("runs.js")):
    """The rows; emits `ready` when it can be given some, and the names of what is chosen, tagged and removed."""


class RunsPage:
    """All runs of a folder, kept up to date."""

    def __init__(self, library: Library, say: Language, preferences: Preferences) -> None:
        self._library = library
        self._say = say
        self._preferences = preferences
        self._rows: list[dict[str, Any]] = []
        self._tags: list[str] = []
        self._chosen: list[str] = []
        self._sent: dict[str, dict[str, Any]] = {}
        self._is_ready = False

    async def build(self) -> None:
        """Draw it."""
        say = self._say
        ui.page_title(f"Sigma · {say('Runs')}")
        with frame(say, self._preferences, []):
            with ui.row().classes("sigma-toolbar"):
                ui.label(say("Runs")).classes("sigma-title").props("role=heading aria-level=1")
                ui.space()
                self._search = ui.input(placeholder=say("Search"), on_change=self._filter).props(
                    f'outlined dense clearable aria-label="{say("Search")}" debounce=150'
                )
                self._search.classes("sigma-search")
                with self._search.add_slot("prepend"):
                    ui.icon("search")
                self._tag = ui.select([], multiple=True, on_change=self._filter, label=say("Tags")).props(
                    "outlined dense use-chips clearable"
                )
                self._tag.classes("sigma-search")
                self._compare = ui.button(say("Compare"), icon="compare_arrows", on_click=self._open_comparison).props(
                    "unelevated"
                )
                self._compare.set_enabled(False)
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
            # What is hidden itself is not listened to, and the table has to say when it is ready.
            with ui.element("div") as self._listed:
                self._table = self._made_table()
        await self._refresh()
        every(_INTERVAL, self._refresh)

    def _made_table(self) -> _Table:
        say = self._say
        columns = [
            {"name": name, "label": say(label), "field": field, "align": "left", "sortable": True}
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
        table = _Table()
        table.props["columns"] = columns
        table.props["words"] = {"none": say("No such runs"), "rows": say("Rows"), "all": say("Choose all")}
        table.on("ready", self._begin)
        table.on("choose", lambda event: self._choose(event.args))
        table.on("tags", lambda event: self._ask_tags(event.args))
        table.on("remove", lambda event: self._ask_removal(event.args))
        return table

    def _begin(self) -> None:
        """A table in a browser can be given rows: it has none yet, also where it has come back after a break."""
        self._is_ready, self._sent = True, {}
        self._send()

    def _send(self) -> None:
        """Give the table what is new to it."""
        if not self._is_ready:
            return
        rows = {row["name"]: row for row in self._rows}
        changed = [row for name, row in rows.items() if self._sent.get(name) != row]
        if changed or list(rows) != list(self._sent):
            self._sent = rows
            self._table.run_method("put", changed, list(rows))

    def _choose(self, names: object) -> None:
        # A list, because a browser may say anything, also what cannot be looked up in a set.
        known = [row["name"] for row in self._rows]
        self._chosen = [name for name in names if name in known] if isinstance(names, list) else []
        self._compare.set_enabled(len(self._chosen) >= 2)

    async def _refresh(self) -> None:
        runs = await asyncio.to_thread(self._library.runs)
        problem = self._library.problem
        self._problem.set_visibility(problem is not None)
        self._problem.set_text(problem or "")
        self._nothing.set_visibility(not runs and problem is None)
        self._listed.set_visibility(bool(runs))
        rows = [self._row(run) for run in runs]
        tags = sorted({tag for run in runs for tag in run.tags})
        if tags != self._tags:
            self._tags = tags
            self._tag.set_options(tags)
            self._tag.set_visibility(bool(tags))
        elif not tags:
            self._tag.set_visibility(False)
        self._rows = rows
        self._send()

    def _filter(self) -> None:
        self._table.props["wanted"] = self._search.value or ""
        self._table.props["tags"] = list(self._tag.value or ())
        self._table.update()

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

    def _open_comparison(self) -> None:
        ui.navigate.to(comparison(self._chosen))

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
                    self._library.look_again()
                    await self._refresh()

                ui.button(say("Delete"), icon="delete", color="negative", on_click=remove).props("unelevated")
        dialog.open()


def _rank(scores: Mapping[str, Any], name: str | None) -> float:
    """Where a score stands among those of other runs; what is no number stands behind all."""
    value = None if name is None else scores_of(dict(scores))[name]
    return value if value is not None and math.isfinite(value) else sys.float_info.max
