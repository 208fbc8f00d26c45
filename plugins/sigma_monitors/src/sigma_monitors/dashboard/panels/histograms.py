"""How weights, gradients and activations are spread, from the beginning of the run to now."""

import asyncio
from typing import Any, ClassVar

from nicegui import ui

from sigma_core.extend import StoredEvent
from sigma_monitors.dashboard._look import headed, named
from sigma_monitors.dashboard._panel import Panel, View
from sigma_monitors.dashboard._recording import Recording
from sigma_monitors.dashboard.panels._charts import INK, LINE
from sigma_monitors.dashboard.panels._inside import Spread, names_of, spread_of
from sigma_monitors.dashboard.panels._wanting import Wanting

_SOURCE = "histograms"
_MOMENTS = 80
"""As many as are drawn beside each other."""
_COLOURS = ["rgba(76,110,245,0)", "rgba(76,110,245,0.35)", "rgba(76,110,245,0.8)", "#4c6ef5", "#12b886", "#fab005"]


class Histograms(Panel):
    """A map of where the numbers of an array lie: iterations across, values upwards."""

    title: ClassVar[str] = "Histograms"
    tab: ClassVar[str] = "Inside"
    wide: ClassVar[bool] = True
    rank: ClassVar[int] = 40

    def fits(self, run: Recording) -> bool:
        return bool(run.described) or _SOURCE in run.published

    def build(self, view: View) -> None:
        self._view = view
        self._seen: StoredEvent | None = None
        self._is_own = False
        say = view.say
        with headed(say(self.title)):
            self._select = ui.select([], label=say("Array"), on_change=self._chosen, with_input=True)
            self._select.props("outlined dense options-dense").classes("sigma-inside-select")
        hooks = [{"use": _SOURCE, "values": ["network.**", "activations.**"]}]
        line = 'hooks = [{ use = "histograms", values = ["network.**", "gradients.**", "activations.**"] }]'
        text = say("See how weights and activations are spread, and how that changes.")
        self._wanting = Wanting(view, "bar_chart", text, hooks, line)
        with ui.element("div").classes("sigma-spread") as self._body:
            self._map = named(ui.echart(_map()).classes("sigma-chart"), say("Spread over the iterations")).props(
                "role=img"
            )
            self._bars = named(ui.echart(_bars()).classes("sigma-chart"), say("Newest histogram")).props("role=img")
        self._facts = ui.label().classes("sigma-dim sigma-spread-facts")
        view.on_change(self._changed)

    async def _changed(self) -> None:
        newest = self._view.recording.published.get(_SOURCE)
        self._wanting.show(is_wanting=newest is None)
        for part in (self._body, self._facts, self._select):
            part.set_visibility(newest is not None)
        if newest is not None and newest is not self._seen:
            self._seen = newest
            await self._draw()

    async def _chosen(self) -> None:
        if not self._is_own:
            await self._draw()

    async def _draw(self) -> None:
        events = await asyncio.to_thread(self._view.recording.history, _SOURCE, _MOMENTS)
        names = names_of(events)
        if names != self._select.options:
            chosen = self._select.value if self._select.value in names else next(iter(names), None)
            self._is_own = True
            self._select.set_options(names, value=chosen)
            self._is_own = False
        name = self._select.value
        spread = await asyncio.to_thread(spread_of, events, name) if name else None
        if spread is not None:
            self._show(spread)
        newest = next((event for event in reversed(events) if name in event.payload["values"]), None)
        self._tell(newest, name)

    def _show(self, spread: Spread) -> None:
        say = self._view.say
        middles = (spread.edges[1:] + spread.edges[:-1]) / 2
        labels = [say.number(float(middle), 3) for middle in middles]
        shares = spread.shares
        options = self._map.options
        options["xAxis"]["data"] = [say.number(iteration) for iteration in spread.iterations]
        options["yAxis"]["data"] = labels
        options["visualMap"]["max"] = float(shares.max()) or 1.0
        options["series"][0]["data"] = [
            {
                "value": [column, row, float(f"{share:.4g}")],
                "name": say(
                    "iteration {iteration}, around {value}: {share} %",
                    iteration=say.number(spread.iterations[column]),
                    value=labels[row],
                    share=say.number(100 * float(share), 3),
                ),
            }
            for column, row in zip(*shares.nonzero(), strict=True)
            for share in (shares[column, row],)
        ]
        self._map.update()
        bars = self._bars.options
        bars["yAxis"]["data"] = labels
        bars["series"][0]["data"] = [float(f"{100 * share:.4g}") for share in shares[-1]]
        self._bars.update()

    def _tell(self, event: StoredEvent | None, name: Any) -> None:
        say = self._view.say
        values = {} if event is None else event.payload["values"][name]
        if event is None or not isinstance(values, dict):
            self._facts.set_text("")
            return
        numbers = {key: values.get(key) for key in ("mean", "deviation", "minimum", "maximum")}
        said = {key: say.number(value) if isinstance(value, int | float) else "?" for key, value in numbers.items()}
        text = say(
            "after iteration {iteration}: mean {mean}, deviation {deviation}, from {minimum} to {maximum}",
            iteration=say.number(event.payload["iteration"]),
            **said,
        )
        bad = values.get("not_finite")
        if isinstance(bad, int) and bad:
            text += say("; {count} are not finite", count=say.number(bad))
        self._facts.set_text(text)
        self._facts.classes(replace=f"sigma-spread-facts {'sigma-setting-refused' if bad else 'sigma-dim'}")


_LABEL = {**INK, "hideOverlap": True}
_AXIS = {"axisTick": {"show": False}, "axisLine": {"lineStyle": {"color": LINE}}}


def _chart(left: int) -> dict[str, Any]:
    """What both have in common: values upwards, in as many rows as there are in a spread."""
    return {
        "animation": False,
        "textStyle": INK,
        "tooltip": {"trigger": "item", "confine": True, "renderMode": "richText", ":formatter": "p => p.name"},
        "grid": {"left": left, "right": 14, "top": 10, "bottom": 30},
        "yAxis": {"type": "category", "data": [], "axisLabel": _LABEL | {"interval": 7}, **_AXIS},
    }


def _map() -> dict[str, Any]:
    return _chart(left=64) | {
        "xAxis": {"type": "category", "data": [], "axisLabel": _LABEL, **_AXIS},
        "visualMap": {"show": False, "min": 0, "max": 1, "dimension": 2, "inRange": {"color": _COLOURS}},
        "series": [{"type": "heatmap", "data": [], "progressive": 0}],
    }


def _bars() -> dict[str, Any]:
    made = _chart(left=14)
    made["yAxis"]["axisLabel"] = {"show": False}
    return made | {
        "xAxis": {
            "type": "value",
            "axisLabel": _LABEL | {"formatter": "{value} %"},
            "splitNumber": 3,
            "splitLine": {"lineStyle": {"color": LINE}},
        },
        "tooltip": {"trigger": "axis", "confine": True, "renderMode": "richText"},
        "series": [{"type": "bar", "data": [], "itemStyle": {"color": "#4c6ef5"}, "barCategoryGap": "12%"}],
    }
