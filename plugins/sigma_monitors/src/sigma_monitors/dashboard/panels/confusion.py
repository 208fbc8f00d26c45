"""The confusion matrix: which class is taken for which, and how well each is recognised."""

from typing import Any, ClassVar

import numpy as np
from nicegui import ui

from sigma_monitors.dashboard._asking import Classifier
from sigma_monitors.dashboard._look import headed, named
from sigma_monitors.dashboard._panel import Panel, View
from sigma_monitors.dashboard._recording import Recording
from sigma_monitors.dashboard.panels._charts import INK
from sigma_monitors.dashboard.panels._inside import matrices, mistakes, precisions, recalls
from sigma_monitors.dashboard.panels._wanting import Wanting

_MOST_NUMBERS = 14
"""Classes, up to which each cell says its number."""
_MOST_CLASSES = 60


class Confusion(Panel):
    """The newest confusion matrix of each set of data, with the recall of each class."""

    title: ClassVar[str] = "Confusion matrix"
    tab: ClassVar[str] = "Inside"
    wide: ClassVar[bool] = True
    rank: ClassVar[int] = 10

    def fits(self, run: Recording) -> bool:
        return bool(matrices(run.scores)) or Classifier.of(run.described) is not None

    def build(self, view: View) -> None:
        self._view = view
        self._shown: Any = None
        self._is_own = False
        say = view.say
        with headed(say(self.title)):
            self._select = ui.select([], on_change=self._chosen).props("outlined dense options-dense borderless")
            named(self._select, say("Data"))
        text = say("See which classes are taken for which others.")
        self._wanting = Wanting(view, "grid_on", text, [], 'metrics = ["accuracy", "confusion_matrix"]')
        with ui.element("div").classes("sigma-confusion") as self._body:
            self._chart = named(ui.echart(_options()).classes("sigma-confusion-chart"), say(self.title))
            self._chart.props("role=img")
            with ui.element("div").classes("sigma-confusion-side"):
                ui.label(say("Most frequent mistakes")).classes("sigma-dim")
                self._mistakes = ui.element("div").classes("sigma-confusion-list")
                ui.label(say("Recall and precision")).classes("sigma-dim")
                self._classes = ui.element("div").classes("sigma-confusion-list sigma-confusion-classes")
        view.on_change(self._changed)

    def _chosen(self) -> None:
        if not self._is_own:
            self._changed()

    def _changed(self) -> None:
        found = matrices(self._view.recording.scores)
        self._wanting.show(is_wanting=not found)
        self._body.set_visibility(bool(found))
        self._select.set_visibility(len(found) > 1)
        if not found:
            return
        if list(found) != self._select.options:
            self._is_own = True
            value = self._select.value if self._select.value in found else next(iter(found))
            self._select.set_options(list(found), value=value)
            self._is_own = False
        matrix = found[self._select.value]
        shown = (self._select.value, matrix.tobytes())
        if shown != self._shown:
            self._shown = shown
            self._draw(matrix)

    def _draw(self, matrix: np.ndarray) -> None:
        say, labels = self._view.say, self._labels(len(matrix))
        shares = matrix / np.maximum(matrix.sum(1, keepdims=True), 1)
        seen = min(len(matrix), _MOST_CLASSES)
        options = self._chart.options
        options["xAxis"]["data"] = labels[:seen]
        options["yAxis"]["data"] = labels[:seen]
        options["xAxis"]["name"], options["yAxis"]["name"] = say("taken for"), say("actual class")
        options["series"][0]["label"]["show"] = len(matrix) <= _MOST_NUMBERS
        options["series"][0]["data"] = [
            {
                "value": [guess, actual, round(float(shares[actual, guess]), 4)],
                "name": self._said(labels, actual, guess, matrix),
                "label": {
                    "formatter": say.number(int(matrix[actual, guess])) if matrix[actual, guess] else "",
                    "color": "#ffffff" if actual == guess and shares[actual, guess] > 0.5 else "#14181f",
                },
                # Mistakes have a colour of their own, so that a few of them are seen.
                "itemStyle": {"color": _shade(float(shares[actual, guess]), is_right=actual == guess)},
            }
            for actual in range(seen)
            for guess in range(seen)
        ]
        self._chart.update()
        self._mistakes.clear()
        with self._mistakes:
            for actual, guess, count in mistakes(matrix):
                text = say("{actual} taken for {guess}", actual=labels[actual], guess=labels[guess])
                _row(text, say.number(int(count)))
        self._classes.clear()
        with self._classes:
            for label, recall, precision in zip(labels, recalls(matrix), precisions(matrix), strict=True):
                _row(label, f"{_percent(recall, say)} · {_percent(precision, say)}")

    def _said(self, labels: list[str], actual: int, guess: int, matrix: np.ndarray) -> str:
        say = self._view.say
        text = say("{actual} taken for {guess}", actual=labels[actual], guess=labels[guess])
        return f"{text}: {say.number(int(matrix[actual, guess]))} / {say.number(int(matrix[actual].sum()))}"

    def _labels(self, count: int) -> list[str]:
        network = Classifier.of(self._view.recording.described)
        if network is not None and len(network.classes) == count:
            return list(network.classes)
        return [str(number) for number in range(count)]


def _row(name: str, text: str) -> None:
    with ui.element("div").classes("sigma-confusion-row"):
        ui.label(name).classes("sigma-anywhere")
        ui.label(text).classes("sigma-strong")


def _percent(share: float, say: Any) -> str:
    return "-" if not np.isfinite(share) else f"{say.number(round(100 * float(share), 1), 4)} %"


def _shade(share: float, *, is_right: bool) -> str:
    """Opaque, so that numbers are read on it in both themes."""
    if share == 0:
        return "rgba(0,0,0,0)"
    pale, full = ((219, 228, 255), (76, 110, 245)) if is_right else ((255, 232, 209), (247, 103, 7))
    # The root, so that few are to be seen beside many.
    mixed = (round(low + (high - low) * share**0.5) for low, high in zip(pale, full, strict=True))
    return f"rgb({','.join(map(str, mixed))})"


def _options() -> dict[str, Any]:
    axis = {
        "type": "category",
        "data": [],
        "axisLabel": {**INK, "hideOverlap": True, "width": 70, "overflow": "truncate"},
        "axisTick": {"show": False},
        "axisLine": {"show": False},
        "nameTextStyle": INK,
        "nameLocation": "middle",
    }
    return {
        "animation": False,
        "textStyle": INK,
        "grid": {"left": 70, "right": 8, "top": 8, "bottom": 52},
        "tooltip": {"trigger": "item", "confine": True, "renderMode": "richText", ":formatter": "p => p.name"},
        "xAxis": axis | {"nameGap": 30},
        "yAxis": axis | {"inverse": True, "nameGap": 48},
        "series": [{"type": "heatmap", "data": [], "label": {"show": True, "fontSize": 11}, "progressive": 0}],
    }
