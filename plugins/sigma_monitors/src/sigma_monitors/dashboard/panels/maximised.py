"""What a network would most like to see: the inputs that hooks have climbed to, one for each class."""

import asyncio
from typing import Any, ClassVar

import numpy as np
from nicegui import ui

from sigma_core.extend import StoredEvent
from sigma_monitors.dashboard._asking import Classifier
from sigma_monitors.dashboard._look import headed
from sigma_monitors.dashboard._panel import Panel, View
from sigma_monitors.dashboard._recording import Recording
from sigma_monitors.dashboard.panels._drawing import Canvas
from sigma_monitors.dashboard.panels._inside import stretched
from sigma_monitors.dashboard.panels._picture import picture
from sigma_monitors.dashboard.panels._wanting import Wanting

_SOURCE = "target_maximisation"
_MOST = 20
"""Classes that are looked at."""


class Maximised(Panel):
    """The newest input of each class that hooks `target_maximisation` have published."""

    title: ClassVar[str] = "What it would like to see"
    tab: ClassVar[str] = "Inside"
    wide: ClassVar[bool] = True
    rank: ClassVar[int] = 20

    def fits(self, run: Recording) -> bool:
        return _form(run) is not None

    def build(self, view: View) -> None:
        self._view = view
        self._seen: StoredEvent | None = None
        self._newest: dict[str, StoredEvent] = {}
        self._figures: dict[str, tuple[ui.element, ui.label]] = {}
        form = _form(view.recording)
        assert form is not None  # noqa: S101  # it fits
        self._network, self._canvas = form
        say = view.say
        with headed(say(self.title)):
            self._when = ui.label().classes("sigma-dim")
        targets = range(min(_MOST, len(self._network.classes)))
        # Not in the background, so seldom enough that the training hardly notices, however short its epochs are.
        hooks = [{"use": _SOURCE, "target": target, "when": "20 seconds"} for target in targets]
        line = 'hooks = [{ use = "target_maximisation", target = 0 }]'
        text = say("See the picture that each class is most of all, climbed to by the gradient.")
        self._wanting = Wanting(view, "landscape", text, hooks, line)
        self._grid = ui.element("div").classes("sigma-wishes")
        view.on_change(self._changed)

    async def _changed(self) -> None:
        newest = self._view.recording.published.get(_SOURCE)
        self._wanting.show(is_wanting=newest is None)
        for part in (self._grid, self._when):
            part.set_visibility(newest is not None)
        if newest is None or newest is self._seen:
            return
        self._seen = newest
        events = await asyncio.to_thread(self._view.recording.history, _SOURCE, 10 * _MOST)
        self._newest |= {str(event.payload["values"].get("target", "")): event for event in events}
        say = self._view.say
        self._when.set_text(say("after iteration {iteration}", iteration=say.number(newest.payload["iteration"])))
        for target in sorted(self._newest, key=lambda target: (len(target), target)):
            self._show(target, self._newest[target])

    def _show(self, target: str, event: StoredEvent) -> None:
        values, canvas = event.payload["values"], self._canvas
        try:
            image = np.asarray(values["input"], np.float64).reshape(canvas.rows, canvas.columns, canvas.colours or 1)
        except (LookupError, TypeError, ValueError):
            return
        if target not in self._figures:
            with self._grid, ui.element("figure").classes("sigma-figure"):
                element = ui.element("img").classes("sigma-pixels sigma-figure-image")
                name = self._name(target)
                element.props["alt"] = name
                with ui.element("figcaption"):
                    ui.label(name).classes("sigma-figure-name")
                    facts = ui.label().classes("sigma-dim sigma-figure-facts")
            self._figures[target] = element, facts
        element, facts = self._figures[target]
        pixels = stretched(image)
        element.props["src"] = picture(pixels if canvas.colours == 3 else pixels[..., 0])
        element.update()
        output = values.get("output")
        facts.set_text(self._view.say.number(output, 3) if isinstance(output, int | float) else "")

    def _name(self, target: str) -> str:
        classes = self._network.classes
        return classes[int(target)] if target.isdecimal() and int(target) < len(classes) else target or "?"


def _form(run: Recording) -> tuple[Classifier, Canvas] | None:
    network: Any = Classifier.of(run.described)
    if network is None or not network.dtype.startswith("float"):
        return None
    canvas = Canvas.of_shape(network.shape)
    return None if canvas is None else (network, canvas)
