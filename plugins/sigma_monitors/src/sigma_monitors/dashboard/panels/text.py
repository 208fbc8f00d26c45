"""What a language model writes: while it learnt, and now, on from what somebody gives it."""

import asyncio
from collections.abc import Iterator
from typing import Any, ClassVar

from nicegui import background_tasks, ui

from sigma_core.extend import PluginUnavailableError, SigmaError, StoredEvent
from sigma_monitors.dashboard._asking import Networks
from sigma_monitors.dashboard._look import heading
from sigma_monitors.dashboard._panel import Panel, View
from sigma_monitors.dashboard._recording import Recording
from sigma_monitors.dashboard.panels._wanting import Wanting

_SOURCE = "text_samples"
_PIECE = 8
"""Characters, or words, that are written before they are shown."""
_LONGEST = 2000
_SHOWN = 30
"""Samples that are shown of those that were published, the newest first."""


class Text(Panel):
    """Samples that were published, and new ones."""

    title: ClassVar[str] = "Text"
    tab: ClassVar[str] = "Try"
    icon: ClassVar[str] = "sports_esports"
    wide: ClassVar[bool] = True
    rank: ClassVar[int] = 20

    def fits(self, run: Recording) -> bool:
        return _SOURCE in run.published or window_of(run.described) is not None

    def build(self, view: View) -> None:
        self._view = view
        self._seen: StoredEvent | None = None
        self._turn = 0
        say = view.say
        heading(say(self.title))
        with ui.element("div").classes("sigma-text"):
            with ui.element("div").classes("sigma-text-part"):
                self._prompt = ui.textarea(say("Beginning"), value="The ").props("outlined dense autogrow rows=2")
                self._prompt.props("maxlength=2000").classes("sigma-full")
                with ui.element("div").classes("sigma-text-settings"):
                    ui.label(say("Temperature")).classes("sigma-dim")
                    self._temperature = ui.slider(min=0, max=2, step=0.05, value=0.8).props("dense")
                    self._temperature.props["aria-label"] = say("Temperature")
                    ui.label().bind_text_from(self._temperature, "value", say.number)
                    ui.label(say("Length")).classes("sigma-dim")
                    self._length = ui.slider(min=20, max=_LONGEST, step=20, value=200).props("dense")
                    self._length.props["aria-label"] = say("Length")
                    ui.label().bind_text_from(self._length, "value", say.number)
                with ui.row().classes("sigma-again"):
                    self._write = ui.button(say("Write on"), icon="edit", on_click=self._begin).props(
                        "unelevated dense"
                    )
                    self._stop = ui.button(say("Stop writing"), icon="stop", on_click=self._end).props("flat dense")
                    self._stop.set_visibility(False)
                    self._note = ui.label().classes("sigma-dim sigma-anywhere").props("role=status")
                self._written = ui.label().classes("sigma-text-paper").props("aria-live=polite")
            with ui.element("div").classes("sigma-text-part"):
                ui.label(say("Written while it learnt")).classes("sigma-dim")
                hooks = [{"use": _SOURCE, "prompt": "The "}]
                line = 'hooks = [{ use = "text_samples", prompt = "The ", when = "1 epochs" }]'
                self._wanting = Wanting(view, "notes", say("See what it writes while it learns."), hooks, line)
                self._list = ui.element("div").classes("sigma-text-list")
        view.on_change(self._changed)

    async def _changed(self) -> None:
        newest = self._view.recording.published.get(_SOURCE)
        self._wanting.show(is_wanting=newest is None)
        self._list.set_visibility(newest is not None)
        if newest is None or newest is self._seen:
            return
        if self._seen is None and isinstance(newest.payload["values"].get("prompt"), str):
            # Of letters that the network knows.
            self._prompt.set_value(newest.payload["values"]["prompt"])
        self._seen = newest
        events = await asyncio.to_thread(self._view.recording.history, _SOURCE)
        say = self._view.say
        self._list.clear()
        with self._list:
            for event in reversed(events[-_SHOWN:]):
                text = say("after iteration {iteration}", iteration=say.number(event.payload["iteration"]))
                ui.label(text).classes("sigma-dim sigma-text-when")
                ui.label(str(event.payload["values"].get("text", ""))[:_LONGEST]).classes("sigma-text-paper")

    def _begin(self) -> None:
        self._turn += 1
        # Not awaited, so that it can be ended meanwhile.
        background_tasks.create(self._go_on(self._turn), name="text")

    def _end(self) -> None:
        self._turn += 1
        self._show(is_writing=False)

    async def _go_on(self, turn: int) -> None:
        say, recording = self._view.say, self._view.recording
        self._show(is_writing=True)
        self._written.set_text(self._prompt.value or "")
        self._note.set_text(say("The network is being loaded ..."))
        pieces = written(
            self._view.networks,
            recording,
            self._prompt.value or "",
            min(int(self._length.value), _LONGEST),
            float(self._temperature.value),
            turn,
        )
        try:
            while turn == self._turn and (text := await asyncio.to_thread(next, pieces, None)) is not None:
                if turn == self._turn:
                    self._written.set_text(text)
                    self._note.set_text("")
        except SigmaError as error:
            if turn == self._turn:
                self._note.set_text(" · ".join(line.strip() for line in str(error).splitlines()[:2]))
        if turn == self._turn:
            self._show(is_writing=False)

    def _show(self, *, is_writing: bool) -> None:
        self._write.set_enabled(not is_writing)
        self._stop.set_visibility(is_writing)


def window_of(described: Any) -> int | None:
    """How many characters, or words, a language model sees; None for another network.

    It has one input of whole numbers that an embedding takes, and predicts for each place which number comes next.
    """
    layers = {layer["name"]: layer for layer in described.get("network", {}).get("layers", ())}
    inputs = [layer for layer in layers.values() if layer["kind"] == "Input"]
    costs = [layer for layer in layers.values() if layer["kind"] != "Input" and layer["sections"] and layer["inputs"]]
    if len(inputs) != 1 or len(costs) != 1 or len(inputs[0]["shape"]) != 1:
        return None
    predicted = layers.get(costs[0]["inputs"][0], {}).get("shape") or ()
    is_embedded = any(each["kind"] == "Embedding" and inputs[0]["name"] in each["inputs"] for each in layers.values())
    (window,) = inputs[0]["shape"]
    return window if is_embedded and len(predicted) == 2 and predicted[0] == window else None


def written(  # noqa: PLR0913, PLR0917  # what a text depends on
    networks: Networks, run: Recording, prompt: str, length: int, temperature: float, seed: int
) -> Iterator[str]:
    """A text that the newest checkpoint of a run writes on from a prompt, whole again after each few characters.

    Raises SigmaError where there is no such network, or the prompt has what it does not know.
    """
    try:
        from sigma_nn import sample_text, vocabulary_of
    except ImportError as error:
        raise PluginUnavailableError(
            "panel text", f"sigma-nn cannot be used: {error}", "sigma-nn", "pip install sigma-nn"
        ) from error
    model = networks.of(run.directory)
    vocabulary, window = vocabulary_of(model.data), window_of(run.described)
    text = prompt
    for place in range(0, length, _PIECE):
        # Another seed for each piece: with one, all would be drawn alike.
        one, count = seed * _LONGEST + place, min(_PIECE, length - place)
        text = sample_text(model.predict, vocabulary, text, count, temperature, one, window=window)
        yield text
