"""The last scores, large enough to be read from afar."""

from typing import ClassVar

from nicegui import ui

from sigma_monitors.dashboard._panel import Panel, View
from sigma_monitors.dashboard._recording import Recording
from sigma_monitors.dashboard._words import scores_of

_MOST = 8


class Numbers(Panel):
    """The scores of the last epoch."""

    title: ClassVar[str] = "Last scores"
    rank: ClassVar[int] = 0
    wide: ClassVar[bool] = True
    bare: ClassVar[bool] = True

    def fits(self, run: Recording) -> bool:
        return bool(scores_of(run.scores))

    def build(self, view: View) -> None:
        grid = ui.element("div").classes("sigma-numbers")
        labels: dict[str, ui.label] = {}

        def refresh() -> None:
            for name, value in list(scores_of(view.recording.scores).items())[:_MOST]:
                if name not in labels:
                    with grid, ui.element("div").classes("sigma-number"):
                        ui.label(name).classes("sigma-number-name").tooltip(name)
                        labels[name] = ui.label().classes("sigma-number-value")
                labels[name].set_text(view.say.number(value))

        view.on_change(refresh)
