"""A pad to draw on, and what the network takes it for, while somebody draws and while it learns."""

import asyncio
import time
from typing import Any, ClassVar

import numpy as np
from nicegui import background_tasks, ui
from nicegui.element import Element
from nicegui.events import GenericEventArguments

from sigma_core.extend import SigmaError
from sigma_monitors.dashboard._asking import Classifier, goes_on
from sigma_monitors.dashboard._look import headed
from sigma_monitors.dashboard._panel import Panel, View
from sigma_monitors.dashboard._recording import Recording
from sigma_monitors.dashboard.panels._drawing import Canvas, Strokes, drawn, strokes_of
from sigma_monitors.dashboard.panels._picture import picture

_PAUSE = 1.0
"""Seconds, at least, between two looks at the same drawing while the network learns."""
_ROWS = 10
"""Classes that are shown, the likeliest ones where there are more."""
_RANGES = {1.0: "0 - 1", 16.0: "0 - 16", 255.0: "0 - 255"}


class Pad(Element, component="pad.js"):
    """What somebody draws on; event `drawn` has the strokes."""

    def __init__(self, label: str) -> None:
        super().__init__()
        self._props["label"] = label


class Guess(Panel):
    """Draw a digit, or whatever the network tells apart, and see what it takes it for."""

    title: ClassVar[str] = "Draw and see"
    rank: ClassVar[int] = 15

    def fits(self, run: Recording) -> bool:
        return _form(run) is not None

    def build(self, view: View) -> None:
        say = view.say
        self._view = view
        self._strokes: Strokes = []
        self._is_wanted = self._is_asking = False
        self._asked_at: tuple[float, object] = (0.0, None)
        form = _form(view.recording)
        assert form is not None  # noqa: S101  # it fits
        self._network, self._canvas = form
        # What preprocessors make of raw values is not known, but pixels that are bytes were so at first.
        self._brightest, self._is_dark_ink = 255.0 if self._network.dtype == "uint8" else 1.0, False
        with (
            headed(say(self.title)),
            ui.button(icon="tune").props(f'flat round dense size=sm aria-label="{say("Picture settings")}"'),
        ):
            ui.tooltip(say("Picture settings"))
            with ui.menu(), ui.column().classes("sigma-menu"):
                ui.select(
                    _RANGES, value=self._brightest, label=say("Values of the pixels"), on_change=self._range_chosen
                ).props("outlined dense").classes("sigma-full")
                ui.switch(say("Dark ink on a bright ground"), on_change=self._ink_chosen)
        with ui.element("div").classes("sigma-guess"):
            with ui.element("div").classes("sigma-guess-left"):
                self._pad = Pad(say("A pad to draw on"))
                self._pad.on("drawn", self._drawn)
                with ui.element("div").classes("sigma-guess-tools"):
                    ui.button(say("Clear"), icon="backspace", on_click=self._clear).props("flat dense")
                    undo = ui.button(icon="undo", on_click=lambda: self._pad.run_method("undo"))
                    undo.props(f'flat round dense aria-label="{say("Undo")}"').tooltip(say("Undo"))
                    ui.space()
                    with ui.element("img").classes("sigma-pixels sigma-guess-seen") as self._seen:
                        ui.tooltip(say("What the network sees"))
                    self._seen.props["alt"] = say("What the network sees")
            with ui.element("div").classes("sigma-guess-right"):
                with ui.element("div").classes("sigma-guess-verdict").props("aria-live=polite"):
                    self._verdict = ui.label()
                    self._sure = ui.label().classes("sigma-dim")
                self._bars = [_Bar() for _ in self._network.classes[:_ROWS]]
        self._told = ui.label().classes("sigma-dim sigma-guess-told")
        self._show(None)
        view.on_change(self._changed)

    def _drawn(self, event: GenericEventArguments) -> None:
        self._strokes = strokes_of(event.args)
        self._want()

    def _clear(self) -> None:
        self._pad.run_method("clear")

    def _range_chosen(self, event: Any) -> None:
        self._brightest = float(event.value)
        self._want()

    def _ink_chosen(self, event: Any) -> None:
        self._is_dark_ink = bool(event.value)
        self._want()

    def _changed(self) -> None:
        """Ask again of the same drawing: the network has learnt on."""
        run = self._view.recording.summary
        state = None if run is None else (run.iterations, run.status)
        moment, asked = self._asked_at
        if self._strokes and state != asked and time.monotonic() - moment > _PAUSE:
            self._want()

    def _want(self) -> None:
        self._is_wanted = True
        if not self._is_asking:
            # Not awaited: a run may take seconds to answer, and the page goes on meanwhile.
            background_tasks.create(self._ask(), name="guess")

    async def _ask(self) -> None:
        """Ask until nothing new is wanted, one question at a time."""
        self._is_asking = True
        try:
            while self._is_wanted:
                self._is_wanted = False
                await self._guess()
        finally:
            self._is_asking = False

    async def _guess(self) -> None:
        strokes, recording = self._strokes, self._view.recording
        if not strokes:
            self._show(None)
            return
        run = recording.summary
        self._asked_at = (time.monotonic(), None if run is None else (run.iterations, run.status))
        is_first = not goes_on(recording) and self._told.text == self._hint()
        if is_first:
            self._told.set_text(self._view.say("The network is being loaded ..."))
        try:
            ink = await asyncio.to_thread(drawn, strokes, self._canvas)
            record = self._canvas.shaped((1 - ink if self._is_dark_ink else ink) * self._brightest, self._network.shape)
            found = await asyncio.to_thread(self._view.networks.probabilities, recording, self._network, record)
        except SigmaError as error:
            self._told.set_text(str(error).splitlines()[0])
            return
        if self._strokes:
            self._show(found, ink)

    def _hint(self) -> str:
        return self._view.say("Draw with mouse, finger or pen.")

    def _show(self, found: np.ndarray | None, ink: np.ndarray | None = None) -> None:
        say, classes = self._view.say, self._network.classes
        pixels = np.zeros((self._canvas.rows, self._canvas.columns)) if ink is None else ink
        self._seen.props["src"] = picture(np.rint(255 * pixels).astype(np.uint8))
        self._seen.update()
        if found is None:
            self._verdict.set_text("?")
            self._sure.set_text("")
            self._told.set_text(self._hint())
            for bar, name in zip(self._bars, classes, strict=False):
                bar.show(name, 0.0, "", is_best=False)
            return
        ranked = np.argsort(-found, kind="stable")[: len(self._bars)]
        best = int(ranked[0])
        self._verdict.set_text(classes[best])
        self._sure.set_text(_percent(found[best], say))
        for bar, place in zip(self._bars, ranked if len(classes) > _ROWS else range(len(classes)), strict=True):
            bar.show(classes[place], float(found[place]), _percent(found[place], say), is_best=place == best)
        run = self._view.recording.summary
        text = say("Says the network after {count} iterations.", count=say.number(0 if run is None else run.iterations))
        self._told.set_text(text)


class _Bar:
    """A class and how likely it is."""

    def __init__(self) -> None:
        with ui.element("div").classes("sigma-guess-bar") as self._row:
            self._name = ui.label().classes("sigma-guess-name")
            with ui.element("div").classes("sigma-guess-track"):
                self._done = ui.element("div").classes("sigma-guess-done")
            self._share = ui.label().classes("sigma-guess-share")

    def show(self, name: str, share: float, text: str, *, is_best: bool) -> None:
        """Nothing is sent for what it shows already."""
        self._name.set_text(name)
        self._share.set_text(text)
        # Also where the outputs are no probabilities.
        part = min(1.0, max(0.0, share)) if np.isfinite(share) else 0.0
        self._done.style(f"width: {100 * part:.1f}%")
        self._row.classes(replace="sigma-guess-bar sigma-guess-best" if is_best else "sigma-guess-bar")


def _percent(share: float, say: Any) -> str:
    return "?" if not np.isfinite(share) else f"{say.number(round(100 * float(share), 1), 3)} %"


def _form(run: Recording) -> tuple[Classifier, Canvas] | None:
    network = Classifier.of(run.described)
    if network is None or network.dtype.startswith(("int", "bool")):
        return None
    canvas = Canvas.of_shape(network.shape)
    return None if canvas is None else (network, canvas)
