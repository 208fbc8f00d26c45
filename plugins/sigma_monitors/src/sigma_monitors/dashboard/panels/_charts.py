"""Charts of time series: what panels of metrics and the comparison of runs have in common."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from nicegui import ui

from sigma_monitors.dashboard._curve import smoothed
from sigma_monitors.dashboard._language import Language
from sigma_monitors.dashboard._look import PALETTE, named

INK = {":color": "getComputedStyle(document.body).getPropertyValue('--sigma-dim')"}
"""The colour of texts, which the browser looks up: only it knows on which ground they stand."""
LINE = "rgba(134, 142, 150, 0.22)"
"""To be seen on light and dark ground alike."""
POINTS = 600
"""As many points of a series as are drawn; more than a chart has room for show no more."""
_TOLD = 8
"""As many series as are put into words."""

Series = Mapping[str, tuple[np.ndarray, np.ndarray]]


def options(titles: Iterable[str], *, logarithmic: bool, name: str, say: Language) -> dict[str, Any]:
    """An empty chart of ECharts with these series; `data` fills it."""
    return {
        "animation": False,
        "color": list(PALETTE),
        "grid": {"left": 56, "right": 16, "top": 34, "bottom": 34},
        "tooltip": {"trigger": "axis", "confine": True, "renderMode": "richText", "order": "valueDesc"},
        "legend": {
            "textStyle": INK,
            "type": "scroll",
            "top": 2,
            "left": 0,
            # The tools stand beside it.
            "width": "70%",
            "icon": "circle",
            "itemHeight": 10,
            "itemWidth": 10,
        },
        "toolbox": {
            "right": 4,
            "top": -6,
            "itemSize": 13,
            "feature": {
                "dataZoom": {"yAxisIndex": False, "title": {"zoom": say("Zoom"), "back": say("Zoom back")}},
                "restore": {"title": say("Show all")},
                "saveAsImage": {"title": say("Save as picture"), "name": name, "pixelRatio": 2},
            },
        },
        "dataZoom": [{"type": "inside", "filterMode": "none", "zoomOnMouseWheel": "ctrl"}],
        "textStyle": INK,
        "xAxis": {
            "type": "value",
            "min": "dataMin",
            "max": "dataMax",
            "splitLine": {"show": False},
            "axisLabel": {"hideOverlap": True, **INK},
            "axisLine": {"lineStyle": {"color": LINE}},
        },
        "yAxis": {
            "type": "log" if logarithmic else "value",
            "scale": True,
            "splitNumber": 4,
            "axisLabel": {"hideOverlap": True, **INK},
            "splitLine": {"lineStyle": {"color": LINE}},
        },
        "series": [
            {"type": "line", "name": title, "showSymbol": False, "lineStyle": {"width": 1.6}, "data": []}
            for title in titles
        ],
    }


def points(
    iterations: np.ndarray, values: np.ndarray, *, smoothing: float, logarithmic: bool
) -> list[list[float | None]]:
    """A series as ECharts wants it: gaps where it is not finite, or where a logarithm has no value."""
    drawn = smoothed(values, smoothing)
    good = np.isfinite(drawn) & (drawn > 0) if logarithmic else np.isfinite(drawn)
    return [
        # Six digits: more cannot be seen, and have to travel.
        [iteration, float(f"{value:.6g}") if is_good else None]
        for iteration, value, is_good in zip(iterations.tolist(), drawn.tolist(), good.tolist(), strict=True)
    ]


class Chart:
    """A chart with the choice of log scale and smoothing, of series that somebody else fetches."""

    def __init__(self, name: str, say: Language) -> None:
        self.name = name
        self._say = say
        self.smoothing = 0.0
        self.is_logarithmic = False
        self._series: dict[str, list[list[float | None]]] = {}
        self._shape: tuple[tuple[str, ...], bool] | None = None
        self.element: ui.echart | None = None

    def build(self) -> ui.echart:
        """Put it where the cursor is."""
        self.element = ui.echart(options((), logarithmic=False, name=self.name, say=self._say)).classes("sigma-chart")
        return named(self.element.props("role=img"), self.name)

    def draw(self, series: Series) -> None:
        """Show these series, by their titles; nothing is sent for what is drawn already."""
        assert self.element is not None  # noqa: S101  # it is built before it is drawn
        found = {
            title: points(*curve, smoothing=self.smoothing, logarithmic=self.is_logarithmic)
            for title, curve in series.items()
        }
        shape = (tuple(found), self.is_logarithmic)
        if found == self._series and shape == self._shape:
            return
        if shape != self._shape:
            self._shape = shape
            self.element.options.clear()
            self.element.options.update(options(found, logarithmic=self.is_logarithmic, name=self.name, say=self._say))
        self._series = found
        for place, data in enumerate(found.values()):
            # One point is no line, so it is a dot.
            self.element.options["series"][place] |= {"data": data, "showSymbol": len(data) < 3}
        named(self.element, told(self.name, series, self._say)).update()


def told(name: str, series: Series, say: Language) -> str:
    """What a chart shows, in words, for those who cannot see it."""
    said = [name]
    for title, (_, values) in list(series.items())[:_TOLD]:
        good = values[np.isfinite(values)]
        if good.size:
            ends = {"first": good[0], "last": good[-1], "lowest": good.min(), "highest": good.max()}
            numbers = {key: say.number(float(value)) for key, value in ends.items()}
            said.append(
                say("{name}: from {first} to {last}, lowest {lowest}, highest {highest}", name=title, **numbers)
            )
        else:
            said.append(say("{name}: no numbers", name=title))
    return "; ".join(said)


def as_csv(series: Series) -> str:
    """All series as a table: a column for the iterations and one for each series, empty where it has no value."""
    every = np.unique(np.concatenate([iterations for iterations, _ in series.values()] or [np.empty(0, np.int64)]))
    columns = []
    for iterations, values in series.values():
        column = np.full(every.size, np.nan)
        column[np.searchsorted(every, iterations)] = values
        columns.append(column.tolist())
    head = ",".join(["iteration", *(_quoted(name) for name in series)])
    rows = (
        ",".join([str(iteration), *("" if math.isnan(value) else repr(value) for value in row)])
        for iteration, *row in zip(every.tolist(), *columns, strict=True)
    )
    return "\n".join([head, *rows]) + "\n"


def _quoted(name: str) -> str:
    # A spreadsheet takes what begins like a formula for one.
    name = f"'{name}" if name.startswith(tuple("=+-@\t\r")) else name
    return '"' + name.replace('"', '""') + '"' if set(name) & set(',"\n\r') else name
