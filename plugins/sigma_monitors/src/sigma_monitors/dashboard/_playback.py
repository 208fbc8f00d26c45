"""Playback: play, pause, step, save and stop, and how far the run has come."""

from shlex import quote

from nicegui import ui

from sigma_monitors.dashboard._look import STATUS_ICONS, answered, named
from sigma_monitors.dashboard._panel import View
from sigma_monitors.dashboard._words import duration


class Playback:
    """The bar that stays at the top of the page of a run."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._waits_for: str | None = None

    def build(self) -> None:
        """Draw it; nothing in it changes its place, whatever the run does."""
        say = self._view.say
        with ui.element("section").classes("sigma-play").props(f'aria-label="{say("Playback")}"'):
            with ui.element("div").classes("sigma-buttons"):
                self._play = ui.button(icon="pause", on_click=self._toggle).props("round unelevated size=14px")
                self._play_tip = self._tip(self._play)
                self._step = ui.button(icon="skip_next", on_click=self._step_once).props("round flat")
                self._tip(self._step, say("One step"))
                self._save = ui.button(icon="save", on_click=self._save_now).props("round flat")
                self._tip(self._save, say("Save a checkpoint"))
                self._stop = ui.button(icon="stop", on_click=self._ask_to_stop).props("round flat color=negative")
                self._tip(self._stop, say("Stop"))
            with ui.element("div").classes("sigma-facts"):
                self._epochs = ui.label().classes("sigma-strong")
                self._iterations = ui.label()
                self._rate = ui.label()
                self._time = ui.label()
                self._left = ui.label()
                self._why = ui.label()
            with ui.element("span").classes("sigma-status") as self._status:
                self._icon = ui.icon("help")
                self._word = ui.label()
            with (
                ui.element("div")
                .classes("sigma-track")
                .props(
                    f'role=progressbar aria-valuemin=0 aria-valuemax=100 aria-label="{say("Progress")}"'
                ) as self._track
            ):
                self._done = ui.element("div").classes("sigma-done").style("width: 0")
        self._again = ui.row().classes("sigma-again")
        with self._again:
            ui.label(say("Go on with it:")).classes("sigma-dim")
            # It is copied into a shell, and a folder may be called anything.
            ui.label(f"sigma resume {quote(str(self._view.recording.directory))}").classes("sigma-code")
        self._view.on_change(self.refresh)

    def refresh(self) -> None:
        """Say how the run fares."""
        run, say, pace = self._view.recording.summary, self._view.say, self._view.recording.pace
        if run is None:
            for button in (self._play, self._step, self._save, self._stop):
                button.set_enabled(False)
            return
        if self._waits_for in (run.status, None) or not run.goes_on:
            self._waits_for = None
        for button in (self._play, self._step, self._save, self._stop):
            button.set_enabled(run.goes_on)
        is_paused = run.status == "paused"
        self._play.props(f"icon={'play_arrow' if is_paused or not run.goes_on else 'pause'}")
        self._play.props("loading" if self._waits_for else "", remove="" if self._waits_for else "loading")
        text = say("Play") if is_paused or not run.goes_on else say("Pause")
        named(self._play, text)
        self._play_tip.set_text(text)
        self._step.set_enabled(is_paused)
        of = f" / {say.number(run.total_epochs)}" if run.total_epochs else ""
        self._epochs.set_text(say("epoch {epoch}", epoch=f"{say.number(run.epochs)}{of}"))
        of = f" / {say.number(run.total_iterations)}" if run.total_iterations else ""
        self._iterations.set_text(say("{count} iterations", count=f"{say.number(run.iterations)}{of}"))
        self._rate.set_text("" if pace.rate is None else say("{rate} per second", rate=say.number(pace.rate, 3)))
        self._time.set_text(duration(run.seconds, say))
        left = "" if pace.remaining is None else say("{time} left", time=duration(pace.remaining, say))
        self._left.set_text(left)
        # What is wrong with it stands above.
        self._why.set_text("" if self._view.recording.problem else run.ended_because or "")
        self._status.classes(replace=f"sigma-status sigma-{run.status}")
        self._icon.set_name(STATUS_ICONS.get(run.status, "help"))
        self._word.set_text(say(run.status))
        share = 100.0 if run.status == "ended" else 0.0
        if run.total_iterations and run.status != "ended":
            share = min(100.0, 100 * run.iterations / run.total_iterations)
        self._done.style(f"width: {share:.2f}%")
        self._track.props(f"aria-valuenow={share:.0f}")
        self._again.set_visibility(not run.goes_on)

    def _tip(self, button: ui.button, text: str = "") -> ui.tooltip:
        if text:
            named(button, text)
        with button:
            return ui.tooltip(text)

    async def _toggle(self) -> None:
        run = self._view.recording.summary
        if run is None or self._waits_for:
            return
        command, self._waits_for = ("resume", "running") if run.status == "paused" else ("pause", "paused")
        self._play.props("loading")
        if not await self._view.attempt(command):
            self._waits_for = None
            self._play.props(remove="loading")

    async def _step_once(self) -> None:
        await self._view.attempt("step_once")

    async def _save_now(self) -> None:
        run = self._view.recording.summary
        assert run is not None  # noqa: S101  # the button is only there for one
        await self._view.save(f"iteration-{run.iterations}")

    async def _ask_to_stop(self) -> None:
        say = self._view.say
        with named(ui.dialog(), say("Stop this run?")) as dialog, ui.card():
            ui.label(say("Stop this run?")).classes("sigma-card-title")
            ui.label(say("It ends after this iteration and keeps a checkpoint, from which it can go on."))
            with ui.row().classes("sigma-dialog-buttons"):
                ui.button(say("Cancel"), on_click=lambda: dialog.submit(False)).props("flat data-autofocus")
                ui.button(say("Stop"), icon="stop", color="negative", on_click=lambda: dialog.submit(True)).props(
                    "unelevated"
                )
        if await answered(dialog):
            await self._view.attempt("stop", reason="stopped on the dashboard")
