"""Editors of whatever can be set while a run goes on; they show as well what others set."""

import time
from contextlib import suppress
from typing import Any, ClassVar

from nicegui import ui

from sigma_core.extend import SigmaError
from sigma_monitors.dashboard._asking import goes_on
from sigma_monitors.dashboard._look import every, headed, named
from sigma_monitors.dashboard._panel import Panel, View
from sigma_monitors.dashboard._recording import Recording
from sigma_monitors.dashboard.panels._settings import Scale, Setting, last_values, patterns, values_set

_LOOK = 0.5
"""Seconds between two looks whether the run is to be asked."""
_PATIENCE = 2.0
"""Seconds, at least, between two questions to a run in which nobody has set anything."""
_ICONS = {"pending": "schedule", "applied": "check_circle", "refused": "error", "moved": "sync", "": ""}


class Settings(Panel):
    """Hyperparameters and switches, to be set while the run goes on."""

    title: ClassVar[str] = "Parameters"
    tab: ClassVar[str] = "Steer"
    wide: ClassVar[bool] = True
    rank: ClassVar[int] = 10

    def fits(self, run: Recording) -> bool:
        return bool(run.described.get("settings"))

    def build(self, view: View) -> None:
        self._view = view
        self._settings: list[Setting] = []
        self._editors: dict[str, Editor] = {}
        self._seen = 0
        self._is_due = self._is_asking = False
        self._asked = 0.0
        say = view.say
        with headed(say(self.title)):
            self._word = ui.label().classes("sigma-dim")
        self._place = ui.element("div").classes("sigma-settings")
        view.on_change(self._changed)
        every(_LOOK, self._ask)

    def _changed(self) -> None:
        recording, say = self._view.recording, self._view.say
        settings = [Setting.of(each) for each in recording.described.get("settings", ())]
        # They are read anew at each look, and stay the same until the run is gone on with.
        if settings != self._settings:
            self._settings = settings
            self._build_editors()
        lives = goes_on(recording)
        self._word.set_text("" if lives else say("The run has ended: nothing can be set any more."))
        for editor in self._editors.values():
            editor.enable(is_on=lives)
        self._read_log()
        self._is_due = self._is_due or lives

    def _build_editors(self) -> None:
        self._place.clear()
        self._seen = 0
        values = last_values(self._settings, self._view.recording.entries())
        with self._place:
            self._editors = {
                setting.identifier: Editor(self._view, setting, values[setting.identifier])
                for setting in self._settings
            }

    def _read_log(self) -> None:
        """Tell editors what commands have set, whoever sent these."""
        news = [event for event in self._view.recording.entries(self._seen) if event.kind == "command_applied"]
        for event in news:
            self._seen = event.id
            for name, value in values_set(event).items():
                if name in self._editors:
                    self._editors[name].applied(value, event.payload["iteration"])
        if news:
            # A pattern may have meant some of them, and a checkpoint all.
            self._asked = 0.0

    async def _ask(self) -> None:
        """What hooks and schedules do to values is in no event, so the run is asked now and then."""
        recording = self._view.recording
        if not self._is_due or self._is_asking or time.monotonic() - self._asked < _PATIENCE or not goes_on(recording):
            return
        self._is_due, self._is_asking, self._asked = False, True, time.monotonic()
        try:
            for pattern in patterns(self._editors):
                # A run that is in a long step answers later, and one that has just ended no more.
                with suppress(SigmaError):
                    answer = await self._view.quietly({"command": "get_value", "identifier": pattern})
                    for name, value in answer["result"].items():
                        if name in self._editors:
                            self._editors[name].told(value)
        finally:
            self._is_asking = False


class Editor:
    """A setting on the page: its slider, switch, choice or text, and what has come of the last attempt to set it."""

    def __init__(self, view: View, setting: Setting, value: Any) -> None:
        self._view = view
        self.setting = setting
        self._value = value
        self._is_touched = self._is_ours = self._is_on = False
        self._pending = 0
        self._scale: Scale | None = None
        self._slider: ui.slider | None = None
        with ui.element("div").classes("sigma-setting"):
            ui.label(setting.identifier).classes("sigma-setting-name")
            with ui.element("div").classes("sigma-setting-wide") as self._wide:
                pass
            with ui.element("div").classes("sigma-setting-input"):
                self._build()
            with ui.element("div").classes("sigma-setting-state").props("role=status") as self._state:
                self._icon = ui.icon("").classes("sigma-setting-icon")
                self._note = ui.label().classes("sigma-setting-note")
        self._show(value)
        self._mark("")

    def enable(self, *, is_on: bool) -> None:
        """Whether it can be set."""
        if is_on != self._is_on:
            self._is_on = is_on
        for element in (self._input, self._slider):
            if element is not None:
                element.set_enabled(is_on)

    def told(self, value: Any) -> None:
        """Take over what the run says; a field that somebody writes in, and a slider that is held, stay as they are."""
        if self._pending or self.setting.text(value) == self.setting.text(self._value):
            return
        self._take(value)
        self._mark("moved", self._view.say("changed by the run"))

    def applied(self, value: Any, iteration: int) -> None:
        """Take over what a command has set, whoever sent it."""
        if not self._pending:
            self._take(value)
            self._say_applied(iteration)

    def _take(self, value: Any) -> None:
        self._value = value
        if not self._is_touched:
            self._show(value)

    async def send(self, value: Any) -> None:
        """Have the run take a value; where it refuses, the one that stands is shown again, with the reason."""
        self._is_touched = False
        self._pending += 1
        self._mark("pending", self._view.say("sent, not applied yet"))
        try:
            answer = await self._view.quietly(
                {"command": "set_value", "identifier": self.setting.identifier, "value": value}
            )
        except SigmaError as error:
            self._pending -= 1
            self._show(self._value)
            self._refuse(str(error))
        else:
            self._pending -= 1
            self._take(value)
            self._say_applied(answer["iteration"])

    def _build(self) -> None:
        setting = self.setting
        if setting.type == "bool":
            self._input: Any = named(ui.switch(on_change=self._chosen).props("dense"), setting.identifier)
            self._show_value: Any = self._input.set_value
        elif setting.choices is not None:
            choices = setting.choices
            options = {str(place): setting.text(choice) for place, choice in enumerate(choices)}
            chosen = ui.select(options, on_change=self._chosen_from).props("outlined dense options-dense")
            self._input = named(chosen, setting.identifier)
            self._show_value = lambda value: chosen.set_value(str(choices.index(value)))
        else:
            written = ui.input().props("outlined dense" + (" input-class=text-right" if setting.type != "str" else ""))
            self._input = named(written, setting.identifier)
            if setting.type in ("int", "float"):
                written.props("inputmode=decimal")
            written.on("update:model-value", self._touch, args=[])
            written.on("keydown.enter", self._written, args=[])
            written.on("blur", self._written, args=[])
            written.on("keydown.esc", self._forget, args=[])
            self._show_value = lambda value: written.set_value(setting.text(value))
            self._written_input = written

    def _show(self, value: Any) -> None:
        """Put a value into all that shows it."""
        self._is_ours = True
        try:
            self._show_value(value)
            self._show_slider(value)
        finally:
            self._is_ours = False

    def _show_slider(self, value: Any) -> None:
        scale = self._scale if self._scale is not None and self._scale.holds(value) else self.setting.scale(value)
        if scale != self._scale:
            self._scale = scale
            self._wide.clear()
            self._slider = None
            if scale is not None:
                with self._wide:
                    slider = ui.slider(min=scale.low, max=scale.high, step=scale.step, value=scale.place(value))
                    self._slider = named(slider.props("dense"), self.setting.identifier)
                    slider.on_value_change(self._slid)
                    slider.on("change", self._let_go, args=None)
                    slider.set_enabled(self._is_on)
        if self._slider is not None and scale is not None:
            self._slider.set_value(scale.place(value))

    def _touch(self) -> None:
        self._is_touched = True

    def _forget(self) -> None:
        self._is_touched = False
        self._show(self._value)

    def _slid(self, event: Any) -> None:
        if self._is_ours or self._scale is None:
            return
        self._is_touched = True
        self._show_value(self._scale.value(event.value))

    async def _let_go(self) -> None:
        if self._is_touched and self._scale is not None and self._slider is not None:
            value = self._scale.value(self._slider.value)
            await self.send(int(value) if self.setting.type == "int" else value)

    async def _chosen(self, event: Any) -> None:
        if not self._is_ours:
            await self.send(bool(event.value))

    async def _chosen_from(self, event: Any) -> None:
        if not self._is_ours and self.setting.choices is not None:
            await self.send(self.setting.choices[int(event.value)])

    async def _written(self) -> None:
        if not self._is_touched:
            return
        self._is_touched = False
        text = (self._written_input.value or "").strip()
        if text == self.setting.text(self._value):
            return
        try:
            value = self.setting.read(text)
        except (LookupError, ValueError):
            self._show(self._value)
            self._refuse(self._view.say("{written} is no number", written=text or '""'))
        else:
            await self.send(value)

    def _say_applied(self, iteration: int) -> None:
        say = self._view.say
        self._mark("applied", say("applied after iteration {iteration}", iteration=say.number(iteration)))

    def _refuse(self, reason: str) -> None:
        self._mark(
            "refused",
            self._view.say("refused: {reason}", reason=" · ".join(map(str.strip, reason.splitlines()[:2]))),
            reason,
        )

    def _mark(self, state: str, text: str = "", reason: str = "") -> None:
        self._icon.set_name(_ICONS[state])
        self._note.set_text(text)
        self._note.props["title"] = reason or text
        self._state.classes(replace=f"sigma-setting-state sigma-setting-{state or 'quiet'}")
