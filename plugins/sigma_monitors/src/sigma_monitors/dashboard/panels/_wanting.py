"""What stands where a hook would have to publish something: a button that attaches it, or the line of a recipe."""

from collections.abc import Sequence
from typing import Any

from nicegui import ui

from sigma_monitors.dashboard._asking import goes_on
from sigma_monitors.dashboard._panel import View


class Wanting:
    """Shown until something is there; attaches hooks to a run that goes on."""

    def __init__(self, view: View, icon: str, text: str, hooks: Sequence[dict[str, Any]], line: str) -> None:
        self._view = view
        self._hooks = hooks
        say = view.say
        with ui.column().classes("sigma-empty sigma-wanting") as self._place:
            ui.icon(icon).classes("sigma-empty-icon")
            ui.label(text)
            self._button = None
            if hooks:
                self._button = ui.button(say("Attach to this run"), icon="add", on_click=self._attach)
                self._button.props("unelevated dense")
            self._told = ui.label().classes("sigma-dim")
            self._recipe = ui.label(line).classes("sigma-code")

    def show(self, *, is_wanting: bool) -> None:
        """Whether anything is still to come."""
        self._place.set_visibility(is_wanting)
        is_live = goes_on(self._view.recording)
        can_attach = is_live and self._button is not None
        if self._button is not None:
            self._button.set_visibility(is_live)
        self._recipe.set_visibility(not can_attach)
        if not can_attach:
            self._told.set_text(self._view.say("In the recipe of the next run:"))

    async def _attach(self) -> None:
        view = self._view
        for hook in self._hooks:
            if not await view.attempt("attach", hook=hook):
                return
        self._told.set_text(view.say("It is attached; the first time is still to come."))
