"""Charts of what was measured: the loss, the scores, and whatever somebody chooses."""

import asyncio
import math
from abc import abstractmethod
from typing import ClassVar

import numpy as np
from nicegui import ui
from nicegui.events import GenericEventArguments

from sigma_monitors.dashboard._look import headed
from sigma_monitors.dashboard._panel import Panel, View
from sigma_monitors.dashboard._recording import Recording
from sigma_monitors.dashboard.panels._charts import POINTS, Chart, as_csv

_Curve = tuple[np.ndarray, np.ndarray]


def _spliced(whole: _Curve, detail: _Curve | None) -> _Curve:
    """A curve with more points where it is looked at, so that the axis stays as long as it was."""
    if detail is None or not detail[0].size:
        return whole
    before, behind = whole[0] < detail[0][0], whole[0] > detail[0][-1]
    iterations, values = (
        np.concatenate([rough[before], fine, rough[behind]]) for rough, fine in zip(whole, detail, strict=True)
    )
    return iterations, values


class _Metrics(Panel):
    """A chart of several series over the iterations, with zoom into all the detail that there is."""

    def fits(self, run: Recording) -> bool:
        return bool(self.chosen(run))

    @abstractmethod
    def chosen(self, run: Recording) -> list[str]:
        """The series that are shown unless somebody chooses others."""

    def build(self, view: View) -> None:
        self._view = view
        self._is_own = False
        self._zoom: tuple[int, int] | None = None
        self._chart = Chart(f"{view.recording.directory.name} {view.say(self.title)}", view.say)
        say = view.say
        with headed(say(self.title)):
            with ui.button(icon="tune").props(f'flat round dense size=sm aria-label="{say("Chart settings")}"'):
                ui.tooltip(say("Chart settings"))
                with ui.menu(), ui.column().classes("sigma-menu"):
                    self._select = ui.select(
                        [], multiple=True, label=say("Metrics"), on_change=self._choose, with_input=True
                    ).props("outlined dense use-chips")
                    ui.label(say("Smoothing")).classes("sigma-dim")
                    slider = ui.slider(min=0, max=0.99, step=0.01, value=0, on_change=self._redraw)
                    slider.bind_value_to(self._chart, "smoothing").props(f'aria-label="{say("Smoothing")}"')
                    switch = ui.switch(say("Logarithmic scale"), on_change=self._redraw)
                    switch.bind_value_to(self._chart, "is_logarithmic")
            ui.button(icon="download", on_click=self._download).props(
                f'flat round dense size=sm aria-label="{say("Download as CSV")}"'
            ).tooltip(say("Download as CSV"))
        element = self._chart.build()
        element.on(
            "chart:datazoom", self._zoomed, args=["batch", "start", "end", "startValue", "endValue"], throttle=0.3
        )
        element.on("chart:restore", self._restored, args=[])
        view.on_change(self._redraw)

    def _names(self) -> list[str]:
        run = self._view.recording
        picked = [name for name in self._view.preferences.charts.get(self.title, ()) if name in run.names]
        return picked or self.chosen(run)

    async def _redraw(self) -> None:
        recording, names = self._view.recording, self._names()
        if list(self._select.options) != list(recording.names):
            self._is_own = True
            self._select.set_options(list(recording.names), value=names)
            self._is_own = False
        curves = await asyncio.to_thread(recording.curves, names)
        found = {name: curves[name].drawn(POINTS) for name in names if name in curves}
        if self._zoom is not None and any(curve.is_thinned or curve.values.size > POINTS for curve in curves.values()):
            detail = await asyncio.to_thread(recording.window, names, *self._zoom, POINTS)
            found = {name: _spliced(curve, detail.get(name)) for name, curve in found.items()}
        self._chart.draw(found)

    async def _choose(self) -> None:
        if self._is_own:
            return
        self._view.preferences.charts[self.title] = list(self._select.value)
        self._view.remember()
        await self._redraw()

    async def _zoomed(self, event: GenericEventArguments) -> None:
        """Fetch the part that is looked at, in more detail than the whole was drawn in."""
        given = (event.args.get("batch") or [event.args])[0]
        curves = await asyncio.to_thread(self._view.recording.curves, self._names())
        ends = [
            (int(curve.iterations[0]), int(curve.iterations[-1])) for curve in curves.values() if curve.iterations.size
        ]
        if not ends:
            return
        first, last = min(end for end, _ in ends), max(end for _, end in ends)
        if given.get("startValue") is not None:
            start, stop = float(given["startValue"]), float(given["endValue"])
        else:
            start, stop = (
                first + (last - first) * float(100 * place if given.get(name) is None else given[name]) / 100
                for place, name in enumerate(("start", "end"))
            )
        is_whole = start <= first and stop >= last
        self._zoom = None if is_whole else (math.floor(start), math.ceil(stop))
        await self._redraw()

    async def _restored(self) -> None:
        self._zoom = None
        await self._redraw()

    async def _download(self) -> None:
        names = self._names()
        # All points of all series are long: another thread writes them down, too.
        table = await asyncio.to_thread(lambda: as_csv(self._view.recording.whole(names)))
        ui.download.content(table, f"{self._view.recording.directory.name}-{'-'.join(names)}.csv", "text/csv")


class Loss(_Metrics):
    """The losses of training and of validations."""

    title: ClassVar[str] = "Loss"
    rank: ClassVar[int] = 10

    def chosen(self, run: Recording) -> list[str]:
        found = [name for name in run.names if name.rpartition(".")[2] == "loss" and not name.startswith("epoch.")]
        return sorted(found, key=lambda name: (name != "training.loss", name))[:6]


class Scores(_Metrics):
    """What validations found, without the loss: accuracies and the like."""

    title: ClassVar[str] = "Scores"
    rank: ClassVar[int] = 20

    def chosen(self, run: Recording) -> list[str]:
        parts = {"validation", *run.described.get("data", ())} - {"training"}
        scores = [name for name in run.names if name.rpartition(".")[2] != "loss"]
        return [name for name in scores if name.partition(".")[0] in parts][:8]


class Metrics(_Metrics):
    """Any series: at first those that no other chart shows, such as the learning rate."""

    title: ClassVar[str] = "Other metrics"
    rank: ClassVar[int] = 60

    def chosen(self, run: Recording) -> list[str]:
        shown = {*Loss().chosen(run), *Scores().chosen(run)}
        return [name for name in run.names if name not in shown and not name.startswith("epoch.")][:4]
