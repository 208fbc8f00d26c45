"""Pictures of weights and activations, as they are and as they were."""

import asyncio
from typing import Any, ClassVar

from nicegui import ui

from sigma_core.extend import StoredEvent
from sigma_monitors.dashboard._look import headed, named
from sigma_monitors.dashboard._panel import Panel, View
from sigma_monitors.dashboard._recording import Recording
from sigma_monitors.dashboard.panels._inside import image_of
from sigma_monitors.dashboard.panels._picture import picture
from sigma_monitors.dashboard.panels._wanting import Wanting

_SOURCE = "pictures"
_MOMENTS = 100
_MOST = 24
"""Pictures that are shown of a moment."""


class Pictures(Panel):
    """What the hook `pictures` publishes, with a slider back to the beginning."""

    title: ClassVar[str] = "Pictures"
    tab: ClassVar[str] = "Inside"
    wide: ClassVar[bool] = True
    rank: ClassVar[int] = 30

    def fits(self, run: Recording) -> bool:
        return bool(run.described) or _SOURCE in run.published

    def build(self, view: View) -> None:
        self._view = view
        self._seen: StoredEvent | None = None
        self._events: list[StoredEvent] = []
        self._images: dict[str, tuple[ui.label, ui.element, ui.label]] = {}
        self._is_newest, self._is_own = True, False
        say = view.say
        with headed(say(self.title)):
            self._when = ui.label().classes("sigma-dim")
            self._slider = ui.slider(min=0, max=1, value=1, on_change=self._moved).classes("sigma-slider")
            named(self._slider.props("dense"), say("Moment of the run"))
        line = 'hooks = [{ use = "pictures" }]'
        text = say("See what weights that look at pictures have learnt to look for.")
        self._wanting = Wanting(view, "image", text, [{"use": _SOURCE}], line)
        self._grid = ui.element("div").classes("sigma-pictures")
        view.on_change(self._changed)

    async def _changed(self) -> None:
        newest = self._view.recording.published.get(_SOURCE)
        self._wanting.show(is_wanting=newest is None)
        for part in (self._grid, self._when, self._slider):
            part.set_visibility(newest is not None)
        if newest is None or newest is self._seen:
            return
        self._seen = newest
        place = self._slider.value if not self._is_newest else None
        shown = None if place is None or place >= len(self._events) else self._events[int(place)]
        self._events = await asyncio.to_thread(self._view.recording.history, _SOURCE, _MOMENTS)
        if not self._events:
            return
        # Whoever looks at the past stays there.
        ids = [event.id for event in self._events]
        position = ids.index(shown.id) if shown is not None and shown.id in ids else len(ids) - 1
        self._is_own = True
        self._slider.props(f"max={max(1, len(ids) - 1):d} min={0 if len(ids) > 1 else 1:d}")
        self._slider.set_value(position if len(ids) > 1 else 1)
        self._slider.set_enabled(len(ids) > 1)
        self._is_own = False
        self._show(self._events[position])

    def _moved(self, event: Any) -> None:
        if self._is_own or not self._events:
            return
        place = min(int(event.value), len(self._events) - 1)
        self._is_newest = place == len(self._events) - 1
        self._show(self._events[place])

    def _show(self, event: StoredEvent) -> None:
        say = self._view.say
        self._when.set_text(say("after iteration {iteration}", iteration=say.number(event.payload["iteration"])))
        found = {name: (values, image_of(values)) for name, values in list(event.payload["values"].items())[:_MOST]}
        found = {name: (values, image) for name, (values, image) in found.items() if image is not None}
        if list(found) != list(self._images):
            self._grid.clear()
            self._images = {}
            with self._grid:
                for name in found:
                    self._images[name] = _framed(name)
        for name, (values, image) in found.items():
            _, element, facts = self._images[name]
            element.props["src"] = picture(image)
            element.update()
            facts.set_text(self._facts(values))

    def _facts(self, values: Any) -> str:
        say = self._view.say
        low, high, left = (values.get(key) for key in ("minimum", "maximum", "left_out"))
        text = ""
        if isinstance(low, int | float) and isinstance(high, int | float):
            text = say("from {minimum} to {maximum}", minimum=say.number(low, 3), maximum=say.number(high, 3))
        if isinstance(left, int) and left:
            text += say(", {count} left out", count=say.number(left))
        return text


def _framed(name: str) -> tuple[ui.label, ui.element, ui.label]:
    with ui.element("figure").classes("sigma-figure"):
        image = ui.element("img").classes("sigma-pixels sigma-figure-image")
        image.props["alt"] = name
        with ui.element("figcaption"):
            title = ui.label(name).classes("sigma-figure-name")
            title.props["title"] = name
            facts = ui.label().classes("sigma-dim sigma-figure-facts")
    return title, image, facts
