"""The hooks of a run: what is attached to it, and what else may be."""

import asyncio
from typing import Any, ClassVar

from nicegui import ui

from sigma_core.extend import SigmaError
from sigma_monitors.dashboard._asking import goes_on
from sigma_monitors.dashboard._look import heading, named
from sigma_monitors.dashboard._panel import Panel, View
from sigma_monitors.dashboard._recording import Recording
from sigma_monitors.dashboard.panels._hooks import Attached, attached, offered, settings_of, table
from sigma_monitors.dashboard.panels._settings import Setting


class Hooks(Panel):
    """Attach hooks to a run and detach them, by commands that are recorded."""

    title: ClassVar[str] = "Hooks"
    tab: ClassVar[str] = "Steer"
    wide: ClassVar[bool] = True
    rank: ClassVar[int] = 20

    def fits(self, run: Recording) -> bool:
        return bool(run.described)

    def build(self, view: View) -> None:
        self._view = view
        self._shown: list[Attached] | None = None
        self._lives: bool | None = None
        self._settings: list[Setting] = []
        self._fields: dict[str, Any] = {}
        say = view.say
        heading(say(self.title))
        with ui.element("div").classes("sigma-hooks"):
            self._list = ui.element("div").classes("sigma-hooks-list")
            with ui.element("div").classes("sigma-hooks-new") as self._new:
                self._select = ui.select([], label=say("Attach a hook"), on_change=self._chosen, with_input=True)
                self._select.props("outlined dense options-dense").classes("sigma-full")
                self._summary = ui.label().classes("sigma-dim sigma-anywhere")
                self._form = ui.element("div").classes("sigma-hooks-form")
                with ui.element("div").classes("sigma-hooks-send"):
                    self._attach = ui.button(say("Attach"), icon="add", on_click=self._send).props("unelevated dense")
                    self._note = ui.label().classes("sigma-anywhere").props("role=status")
        view.on_change(self._changed)

    async def _changed(self) -> None:
        recording = self._view.recording
        lives = goes_on(recording)
        found = attached(recording.described, recording.entries())
        if (found, lives) != (self._shown, self._lives):
            self._shown, self._lives = found, lives
            self._list.clear()
            with self._list:
                for hook in found:
                    self._row(hook, is_live=lives)
                if not found:
                    ui.label(self._view.say("No hooks are attached.")).classes("sigma-dim")
            self._new.set_visibility(lives)
        if lives and not self._select.options:
            names = await asyncio.to_thread(offered, self._view.networks.environment)
            self._select.set_options(names, value=names[0] if names else None)

    def _row(self, hook: Attached, *, is_live: bool) -> None:
        say = self._view.say
        with ui.element("div").classes("sigma-hook"):
            with ui.element("div").classes("sigma-hook-words"):
                ui.label(hook.name).classes("sigma-strong sigma-anywhere")
                ui.label(say("attached to the run") if hook.when is None else hook.when or say("at each call")).classes(
                    "sigma-dim"
                )
            if hook.is_of_the_run:
                ui.label(say("of the run itself")).classes("sigma-dim")
            elif is_live:
                button = ui.button(icon="close", on_click=lambda _, name=hook.name: self._detach(name))
                named(button.props("flat round dense size=sm"), say("Detach {name}", name=hook.name))
                with button:
                    ui.tooltip(say("Detach"))

    async def _chosen(self, event: Any) -> None:
        self._note.set_text("")
        self._fields = {}
        self._form.clear()
        self._attach.set_enabled(False)
        if not event.value:
            return
        try:
            summary, self._settings = await asyncio.to_thread(settings_of, self._view.networks.environment, event.value)
        except SigmaError as error:
            self._tell(str(error).splitlines()[0], is_bad=True)
            return
        self._summary.set_text(summary)
        with self._form:
            for setting in self._settings:
                self._fields[setting.identifier] = self._field(setting)
        self._attach.set_enabled(True)

    def _field(self, setting: Setting) -> Any:
        if setting.type == "bool":
            return ui.switch(setting.identifier, value=bool(setting.value)).props("dense")
        if setting.choices is not None:
            field = ui.select(list(setting.choices), value=setting.value, label=setting.identifier)
            return field.props("outlined dense options-dense")
        title = f"{setting.identifier} *" if setting.is_required else setting.identifier
        return ui.input(title, value=setting.text(setting.value)).props("outlined dense")

    async def _send(self) -> None:
        say, name = self._view.say, self._select.value
        try:
            hook = table(name, self._settings, {key: field.value for key, field in self._fields.items()})
        except ValueError as error:
            self._tell(say("{name} cannot be read", name=error), is_bad=True)
            return
        self._attach.props("loading")
        try:
            found = await self._view.quietly({"command": "attach", "hook": hook})
        except SigmaError as error:
            self._tell(str(error), is_bad=True)
        else:
            iteration = say.number(found["iteration"])
            self._tell(say("attached as {name} after iteration {iteration}", name=found["result"], iteration=iteration))
        finally:
            self._attach.props(remove="loading")

    async def _detach(self, name: str) -> None:
        await self._view.attempt("detach", name=name)

    def _tell(self, text: str, *, is_bad: bool = False) -> None:
        self._note.set_text(text)
        self._note.classes(replace=f"sigma-anywhere {'sigma-setting-refused' if is_bad else 'sigma-setting-applied'}")
