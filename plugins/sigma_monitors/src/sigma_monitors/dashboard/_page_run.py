"""The page of one run: playback at its top, and panels in tabs."""

import asyncio
from collections.abc import Mapping

from nicegui import ui

from sigma_monitors.dashboard._asking import Networks
from sigma_monitors.dashboard._language import Language
from sigma_monitors.dashboard._look import empty, every, frame, keep, named
from sigma_monitors.dashboard._panel import Panel, View
from sigma_monitors.dashboard._place import Place, called
from sigma_monitors.dashboard._playback import Playback
from sigma_monitors.dashboard._preferences import Preferences
from sigma_monitors.dashboard._recording import Recording

INTERVAL = 0.5
TABS = {
    "Overview": "space_dashboard",
    "Steer": "tune",
    "Inside": "visibility",
    "Network": "account_tree",
    "Data": "dataset",
    "Log": "article",
    "Recipe": "description",
}
"""The tabs there always may be, and their icons; panels may bring others."""


class RunPage:
    """A run, kept up to date as long as somebody looks on."""

    def __init__(
        self,
        recording: Recording,
        networks: Networks,
        panels: Mapping[str, type[Panel]],
        say: Language,
        preferences: Preferences,
    ) -> None:
        self._recording = recording
        self._networks = networks
        self._panels = panels
        self._say = say
        self._preferences = preferences
        self._places: dict[str, list[Place]] = {}
        self._version = self._life = -1
        self._is_busy = False

    async def build(self) -> None:
        """Draw it."""
        say, recording = self._say, self._recording
        await asyncio.to_thread(recording.refresh)
        ui.page_title(f"{recording.directory.name} · Sigma")
        client = ui.context.client
        view = View(
            recording,
            say,
            self._preferences,
            self._networks,
            notify=lambda text, kind: _notify(client, text, kind),
            remember=lambda: keep(self._preferences),
        )
        self._view = view
        with frame(say, self._preferences, [(recording.directory.name, "")]) as own:
            with own:
                ui.button(icon="dashboard_customize", on_click=self._arrange).props(
                    f'flat round dense color=inherit aria-label="{say("Arrange panels")}"'
                ).tooltip(say("Arrange panels"))
            self._problem = ui.label().classes("sigma-problem").props("role=alert")
            Playback(view).build()
            self._lasting = view.take()
            self._tabs()
            self._nothing = ui.column().classes("sigma-card")
            with self._nothing:
                empty(
                    "hourglass_empty", say("Nothing has happened yet"), say("As soon as the run starts, it shows here.")
                )
        await self._refresh()
        every(INTERVAL, self._refresh)

    def _tabs(self) -> None:
        say = self._say
        names = self._preferences.ordered(
            sorted(self._panels, key=lambda name: (self._panels[name].rank, self._panels[name].title))
        )
        by_tab: dict[str, list[str]] = {}
        for name in names:
            by_tab.setdefault(self._panels[name].tab, []).append(name)
        tabs = self._preferences.ordered(
            [*(tab for tab in TABS if tab in by_tab), *(tab for tab in by_tab if tab not in TABS)]
        )
        self._tab = {}
        with (
            ui.tabs(on_change=self._show)
            .classes("sigma-tabs")
            .props(
                "align=left inline-label no-caps outside-arrows mobile-arrows dense "
                "active-color=primary indicator-color=primary"
            ) as bar
        ):
            for tab in tabs:
                icon = TABS.get(tab) or self._panels[by_tab[tab][0]].icon
                self._tab[tab] = ui.tab(tab, label=say(tab), icon=icon)
        with ui.tab_panels(bar, value=tabs[0] if tabs else None, animated=False, keep_alive=True):
            for tab in tabs:
                with ui.tab_panel(tab), ui.element("div").classes("sigma-grid"):
                    self._places[tab] = [self._placed(name) for name in by_tab[tab]]
        self._bar = bar

    def _placed(self, name: str) -> Place:
        place = Place(name, self._panels[name], self._say)
        place.stand()
        return place

    async def _show(self) -> None:
        self._version = -1
        await self._refresh()

    async def _refresh(self) -> None:
        if self._is_busy:
            return
        self._is_busy = True
        try:
            recording = self._recording
            await asyncio.to_thread(recording.refresh)
            if self._life not in (-1, recording.epoch_of_life):
                ui.run_javascript("location.reload()")
                return
            self._life = recording.epoch_of_life
            if recording.version != self._version:
                self._version = recording.version
                await self._draw()
        finally:
            self._is_busy = False

    async def _draw(self) -> None:
        recording, say = self._recording, self._say
        problem = say("This run was deleted or moved.") if recording.is_gone else recording.problem
        self._problem.set_visibility(problem is not None)
        self._problem.set_text(problem or "")
        for update in self._lasting:
            await called(update)
        shown = {
            tab: [place for place in places if place.name not in self._preferences.hidden and place.fits(recording)]
            for tab, places in self._places.items()
        }
        for tab, places in self._places.items():
            for place in places:
                place.card.set_visibility(place in shown[tab])
            self._tab[tab].set_visibility(bool(shown[tab]))
        there = [tab for tab in shown if shown[tab]]
        self._nothing.set_visibility(not there)
        if there and self._bar.value not in there:
            # What it shows has nothing to show (any more).
            self._bar.set_value(there[0])
        for place in shown.get(self._bar.value, ()):
            await place.update(self._view)

    def _arrange(self) -> None:
        """Choose which panels there are, and in which order."""
        say, preferences = self._say, self._preferences
        with named(ui.dialog(), say("Arrange panels")) as dialog, ui.card().classes("sigma-arrange"):
            ui.label(say("Arrange panels")).classes("sigma-card-title")
            client = ui.context.client
            ups: dict[str, ui.button] = {}
            boxes: dict[str, ui.checkbox] = {}

            @ui.refreshable
            def listed() -> None:
                for tab, places in self._places.items():
                    ui.label(say(tab)).classes("sigma-dim")
                    names = preferences.ordered([place.name for place in places])
                    for rank, name in enumerate(names):
                        with ui.row(wrap=False).classes("sigma-arrange-row"):
                            title = say(self._panels[name].title)
                            box = boxes[name] = ui.checkbox(title, value=name not in preferences.hidden)
                            box.on_value_change(lambda event, name=name: hide(name, is_shown=event.value))
                            ui.space()
                            up = ups[name] = ui.button(
                                icon="arrow_upward", on_click=lambda _, names=names, rank=rank: move(names, rank)
                            )
                            named(up.props("flat round dense"), say("Move {name} up", name=title)).set_enabled(rank > 0)

            def hide(name: str, *, is_shown: bool) -> None:
                preferences.hidden = [each for each in preferences.hidden if each != name] + (
                    [] if is_shown else [name]
                )

            async def move(names: list[str], rank: int) -> None:
                name = names[rank]
                names[rank - 1], names[rank] = names[rank], names[rank - 1]
                others = [each for each in preferences.order if each not in names]
                preferences.order = [*others, *names]
                await listed.refresh()
                # All of it is drawn anew; whoever uses the keyboard goes on where they were.
                place = (ups if rank > 1 else boxes)[name].html_id
                client.run_javascript(f"setTimeout(() => document.getElementById('{place}')?.focus(), 50)")

            listed()
            with ui.row().classes("sigma-dialog-buttons"):
                ui.button(say("As it was"), on_click=self._as_it_was).props("flat")
                ui.button(say("Done"), on_click=lambda: keep(preferences, reload=True)).props("unelevated")
        dialog.open()

    def _as_it_was(self) -> None:
        self._preferences.hidden, self._preferences.order, self._preferences.charts = [], [], {}
        keep(self._preferences, reload=True)


def _notify(client: object, text: str, kind: str) -> None:
    with client:  # type: ignore[attr-defined]
        ui.notify(
            text, type=kind, multi_line=True, position="bottom-right", close_button="✕" if kind == "negative" else False
        )
