"""The network: its layers and what feeds them, to be zoomed into, and a table of them beneath."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from nicegui import ui
from nicegui.events import GenericEventArguments

from sigma_monitors.dashboard._look import empty, heading
from sigma_monitors.dashboard._panel import Panel, View
from sigma_monitors.dashboard._recording import Recording
from sigma_monitors.dashboard.panels import _network as network

_SOURCE = "histograms"
"""The hook that publishes how the numbers of arrays are spread."""
_DIGITS = 3
_RIGHT = ("parameters", "operations")
_SPARE = ("kind", "inputs", "operations")
"""Columns that a phone has no room for."""


class _Graph(ui.element, component=Path(__file__).with_name("network.js")):
    """The picture; emits `choose` and `fold`, each with a name, and `ready` when it can be told something."""

    def __init__(self, words: Mapping[str, str]) -> None:
        super().__init__()
        self._props["words"] = dict(words)
        self._props["drawing"] = {}
        self._props["chosen"] = ""

    def show(self, name: str, value: Any) -> None:
        """Give it something else, and send nothing where that is the same."""
        if self._props.get(name) != value:
            self._props[name] = value
            self.update()


class Architecture(Panel):
    """Layers, shapes and parameters, with what hooks have published of them."""

    title: ClassVar[str] = "Architecture"
    tab: ClassVar[str] = "Network"
    wide: ClassVar[bool] = True
    rank: ClassVar[int] = 10

    def fits(self, run: Recording) -> bool:
        return bool(run.described)

    def build(self, view: View) -> None:
        self._view = view
        self._network: dict[str, Any] = {}
        self._seen: object = None
        self._spreads: dict[str, list[network.Spread]] = {}
        self._folded: set[str] = set()
        self._chosen = ""
        self._number = 0
        say = view.say
        with ui.element("div").classes("sigma-card-head"):
            heading(say(self.title))
            self._facts = ui.label().classes("sigma-dim sigma-hide-phone")
            ui.space()
            self._fold = ui.button(say("Fold all"), icon="unfold_less", on_click=self._fold_all)
            self._unfold = ui.button(say("Unfold all"), icon="unfold_more", on_click=self._unfold_all)
            for button in (self._fold, self._unfold):
                button.props("flat dense size=sm")
        self._nothing = ui.element("div")
        with self._nothing:
            empty(
                "account_tree",
                say("The network was not described"),
                say("The log says why. This shows the network of a recipe:"),
                "sigma network RECIPE --svg",
            )
        self._body = ui.element("div").classes("sigma-network-body")
        with self._body:
            words = {
                "title": say("The network, to be moved with the arrow keys and zoomed with plus and minus"),
                "closer": say("Zoom in"),
                "farther": say("Zoom out"),
                "whole": say("Show the whole network"),
                "fold": say("Fold this block"),
                "unfold": say("Unfold this block"),
            }
            self._graph = _Graph(words)
            self._graph.on("choose", lambda event: self._choose(_name(event)), args=None)
            self._graph.on("ready", self._say_spreads, args=[])
            self._graph.on("fold", self._toggle, args=None)
            with ui.element("div").classes("sigma-network-details") as self._details:
                self._details.props("tabindex=0").props["aria-label"] = say("About a layer")
        self._table = self._layers()
        view.on_change(self._refresh)

    def _layers(self) -> ui.table:
        say = self._view.say
        titles = {
            "name": say("Layer"),
            "kind": say("Kind"),
            "inputs": say("Fed by"),
            "shape": say("Shape"),
            "parameters": say("Parameters"),
            "operations": say("Operations"),
        }
        columns = [
            {
                "name": name,
                "field": name,
                "label": title,
                "align": "right" if name in _RIGHT else "left",
                "sortable": True,
                "classes": "sigma-hide-phone" if name in _SPARE else "",
                "headerClasses": "sigma-hide-phone" if name in _SPARE else "",
                ":format": f"value => typeof value === 'number' ? value.toLocaleString('{say.code}') : value",
            }
            for name, title in titles.items()
        ]
        table = ui.table(columns=columns, rows=[], row_key="name", selection="single")
        table.props("flat dense virtual-scroll hide-selected-banner hide-bottom").classes("sigma-layers")
        table.props["rows-per-page-options"] = [0]
        table.on_select(lambda _: self._choose(table.selected[0]["name"] if table.selected else ""))
        return table

    async def _refresh(self) -> None:
        run = self._view.recording
        described = run.described.get("network") or {}
        if described != self._network:
            self._network = described
            self._folded = network.folded_at_first(described)
            self._chosen = ""
            await self._draw()
            self._table.rows = network.rows_of(described)
            self._table.selected = []
            self._table.update()
            self._show_facts()
            self._tell()
        event = run.published.get(_SOURCE)
        if event is not self._seen:
            self._seen = event
            self._spreads = network.spreads(event.payload["values"]) if event is not None else {}
            self._say_spreads()
            self._measure()

    def _say_spreads(self) -> None:
        # Apart from the drawing, which is large and stays as it is.
        self._graph.run_method("tell", network.told(self._spreads, self._number_of))

    async def _draw(self) -> None:
        is_there = bool(self._network.get("layers"))
        self._nothing.set_visibility(not is_there)
        for part in (self._body, self._table):
            part.set_visibility(is_there)
        blocks = network.blocks_of(self._network)
        self._fold.set_visibility(bool(blocks))
        self._unfold.set_visibility(bool(blocks))
        self._fold.set_enabled(not set(blocks) <= self._folded)
        self._unfold.set_enabled(bool(self._folded))
        if is_there:
            # A hundred layers take a moment, in which other pages go on.
            drawing = await asyncio.to_thread(network.picture, self._network, frozenset(self._folded))
            self._number += 1
            self._graph.show("drawing", {**drawing, "number": self._number})

    def _show_facts(self) -> None:
        say, layers = self._view.say, self._network.get("layers", ())
        self._facts.set_text(
            say(
                "{layers} layers, {parameters} parameters, {trained} of them trained",
                layers=say.number(len(layers)),
                parameters=say.number(self._network.get("parameters", 0)),
                trained=say.number(self._network.get("trained", 0)),
            )
        )

    async def _toggle(self, event: GenericEventArguments) -> None:
        self._folded ^= {_name(event)} & set(network.blocks_of(self._network))
        await self._draw()

    async def _fold_all(self) -> None:
        self._folded = set(network.blocks_of(self._network))
        await self._draw()

    async def _unfold_all(self) -> None:
        self._folded = set()
        await self._draw()

    def _choose(self, name: str) -> None:
        known = {layer["name"] for layer in self._network.get("layers", ())}
        self._chosen = name if name in known else ""
        self._graph.show("chosen", network.shown_as(self._chosen, self._folded))
        self._table.selected = [row for row in self._table.rows if row["name"] == self._chosen]
        self._tell()

    def _tell(self) -> None:
        """All that is known of the layer that was chosen."""
        say = self._view.say
        layer = next((each for each in self._network.get("layers", ()) if each["name"] == self._chosen), None)
        self._details.clear()
        self._spread_table = None
        with self._details:
            if layer is None:
                ui.label(say("Choose a layer to see more of it.")).classes("sigma-dim")
                return
            ui.label(layer["name"]).classes("sigma-strong sigma-anywhere")
            facts = {
                say("Kind"): layer["kind"],
                say("Shape"): f"{network.shape(layer['shape'])}, {layer['dtype']}",
                say("Fed by"): ", ".join([*layer["inputs"], *layer["sections"]]),
                say("Operations"): say.number(layer["operations"]),
                say("Memory of a record"): f"{say.number(layer['memory'])} B",
                say("Shares parameters of"): ", ".join([*filter(None, [layer["shares"]]), *layer["borrows"]]),
            }
            with ui.element("dl").classes("sigma-facts-list"):
                for title, text in facts.items():
                    if text:
                        _fact(title, text)
                for parameter in layer["parameters"]:
                    is_fixed = "" if parameter["trained"] else f", {say('not trained')}"
                    text = f"{network.shape(parameter['shape'])} = {say.number(parameter['size'])}{is_fixed}"
                    _fact(parameter["name"].rpartition(".")[2], text)
            columns = [
                {"name": name, "field": name, "label": title, "align": "left" if name == "name" else "right"}
                for name, title in {
                    "name": say("Array"),
                    "mean": say("Mean"),
                    "deviation": say("Deviation"),
                    "minimum": say("Smallest"),
                    "maximum": say("Largest"),
                }.items()
            ]
            self._spread_table = ui.table(columns=columns, rows=[], row_key="name").props("flat dense hide-bottom")
            self._spread_table.props["rows-per-page-options"] = [0]
            self._spread_table.classes("sigma-spreads")
            self._hint = ui.column().classes("sigma-hint")
            with self._hint:
                ui.label(say("How its numbers are spread is shown when a hook publishes histograms.")).classes(
                    "sigma-dim"
                )
                self._attach = ui.button(say("Publish them each epoch"), icon="bar_chart", on_click=self._watch)
                self._attach.props("flat dense size=sm")
        self._measure()

    def _measure(self) -> None:
        """How the numbers of the chosen layer are spread."""
        if self._spread_table is None:
            return
        rows = network.table_of(self._spreads.get(self._chosen, ()), self._number_of)
        if rows != self._spread_table.rows:
            self._spread_table.rows = rows
            self._spread_table.update()
        layer = next(each for each in self._network["layers"] if each["name"] == self._chosen)
        self._spread_table.set_visibility(bool(rows))
        self._hint.set_visibility(not rows and bool(layer["parameters"]))
        run = self._view.recording.summary
        self._attach.set_visibility(run is not None and run.goes_on)

    def _number_of(self, value: float) -> str:
        return self._view.say.number(value, _DIGITS)

    async def _watch(self) -> None:
        if await self._view.attempt("attach", hook={"use": _SOURCE}, name=_SOURCE):
            self._view.tell(self._view.say("Histograms come at the end of each epoch."), "positive")


def _name(event: GenericEventArguments) -> str:
    """What the picture names; whatever a browser may send."""
    given = event.args[0] if isinstance(event.args, list) and event.args else event.args
    return given if isinstance(given, str) else ""


def _fact(title: str, text: str) -> None:
    with ui.element("dt"):
        ui.label(title)
    with ui.element("dd"):
        ui.label(text)
