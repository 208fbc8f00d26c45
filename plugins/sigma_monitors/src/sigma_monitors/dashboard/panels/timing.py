"""The hooks of a run: in which order they are called, why, and what time they take."""

from typing import Any, ClassVar

from nicegui import ui

from sigma_monitors.dashboard._look import empty, heading
from sigma_monitors.dashboard._panel import Panel, View
from sigma_monitors.dashboard._recording import Recording
from sigma_monitors.dashboard._words import duration
from sigma_monitors.dashboard.panels._spent import Bar, apart, bars


class Timing(Panel):
    """Calls of hooks in their effective order, and where the time of the run went."""

    title: ClassVar[str] = "Order and time of hooks"
    tab: ClassVar[str] = "Recipe"
    wide: ClassVar[bool] = True
    rank: ClassVar[int] = 30

    def fits(self, run: Recording) -> bool:
        return bool(run.described)

    def build(self, view: View) -> None:
        self._view = view
        self._hooks: Any = None
        self._profiled: object = self
        say = view.say
        heading(say(self.title))
        with ui.element("div").classes("sigma-timing"):
            with ui.element("div").classes("sigma-timing-part"):
                ui.label(say("Order of their calls, as the run started")).classes("sigma-strong")
                self._order = ui.element("div").classes("sigma-scroll")
            with ui.element("div").classes("sigma-timing-part"):
                ui.label(say("Where the time went")).classes("sigma-strong")
                self._time = ui.element("div").classes("sigma-spent")
        view.on_change(self._refresh)

    def _refresh(self) -> None:
        run = self._view.recording
        hooks = run.described.get("hooks") or []
        if hooks != self._hooks:
            self._hooks = hooks
            self._order.clear()
            with self._order:
                self._draw_order(hooks)
        if run.profile is not self._profiled:
            self._profiled = run.profile
            self._time.clear()
            with self._time:
                self._draw_time(None if run.profile is None else run.profile.payload["profile"])

    def _draw_order(self, hooks: list[dict[str, Any]]) -> None:
        say = self._view.say
        if not hooks:
            empty(
                "extension_off",
                say("No hooks were called"),
                say("Neither the recipe nor a plugin has any. A recipe takes them so:"),
                'hooks = ["histograms"]',
            )
            return
        with ui.element("table").classes("sigma-table sigma-order"), ui.element("tbody"):
            called = ""
            for row in hooks:
                if row["hook"] != called:
                    called = row["hook"]
                    with ui.element("tr"), ui.element("th").props("colspan=3"):
                        ui.label(called.removeprefix("sigma_").replace("_", " "))
                self._draw_hook(row)

    def _draw_hook(self, row: dict[str, Any]) -> None:
        say = self._view.say
        with ui.element("tr"):
            with ui.element("td"):
                ui.label(str(row["position"])).classes("sigma-dim")
            with ui.element("td"):
                ui.label(row["plugin"]).classes("sigma-strong sigma-anywhere")
                ui.label(row["distribution"]).classes("sigma-dim")
            with ui.element("td"):
                ui.label(row["when"])
                if row["background"]:
                    ui.label(say("in the background")).classes("sigma-tag")
                ui.label(row["reason"]).classes("sigma-dim sigma-anywhere")

    def _draw_time(self, profile: dict[str, Any] | None) -> None:
        say = self._view.say
        if profile is None:
            empty(
                "timer",
                say("This run was not profiled"),
                say("Where its time goes, by plugin and hook, is known of a run that is started so:"),
                "sigma train RECIPE --profile",
            )
            return
        summed = say(
            "{time} in all, {iterations} iterations",
            time=duration(profile["seconds"], say),
            iterations=say.number(profile["iterations"]),
        )
        ui.label(summed).classes("sigma-dim")
        for bar in bars(profile):
            self._draw_bar(bar)
        others = apart(profile)
        if others:
            ui.label(say("In other threads, beside the run")).classes("sigma-dim")
            for bar in others:
                self._draw_bar(bar)
        for each in profile["exceeded"]:
            text = say(
                "{name} took {found}, allowed are {allowed}",
                name=each["name"],
                found=each["found"],
                allowed=each["allowed"],
            )
            ui.label(text).classes("sigma-warning")
        for hint in profile["hints"]:
            ui.label(hint).classes("sigma-hint-line")

    def _draw_bar(self, bar: Bar) -> None:
        say = self._view.say
        name = say("{count} others", count=bar.several) if bar.several else bar.name
        calls = "" if bar.calls is None else f" · {say('{count} calls', count=say.number(bar.calls))}"
        told = f"{say.number(100 * bar.share, 3)} % · {moment(bar.seconds)}"
        with ui.element("div").classes("sigma-bar-row sigma-bar-plugin" if bar.is_plugin else "sigma-bar-row"):
            ui.label(f"{name} {bar.event.removeprefix('sigma_').replace('_', ' ')}".strip()).classes("sigma-bar-name")
            ui.label(told).classes("sigma-bar-told").tooltip(
                say("{time} for an iteration", time=moment(bar.each_step)) + calls
            )
            with ui.element("div").classes("sigma-track sigma-bar-track"):
                ui.element("div").classes("sigma-done").style(f"width: {min(100.0, 100 * bar.share):.2f}%")


def moment(seconds: float) -> str:
    """A length of time that may be very short, in three digits: 1.2 s, 34.5 ms, 6.78 us."""
    for unit, scale in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= scale:
            return f"{seconds / scale:.3g} {unit}" if seconds < 1000 else f"{seconds:.0f} s"
    return f"{seconds / 1e-6:.3g} us"
