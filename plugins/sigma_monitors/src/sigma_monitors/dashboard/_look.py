"""How the pages look: colours, type and the frame that all have in common."""

from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from importlib.resources import files
from typing import Any, TypeVar

from nicegui import ui

from sigma_monitors.dashboard._language import NAMES, Language
from sigma_monitors.dashboard._preferences import THEMES, Preferences

STATUS_ICONS = {
    "running": "play_circle",
    "paused": "pause_circle",
    "ended": "check_circle",
    "failed": "error",
    "interrupted": "stop_circle",
    "stale": "help",
    "damaged": "report",
    "deleted": "delete",
}
PALETTE = ("#4c6ef5", "#f08c00", "#12b886", "#e64980", "#7950f2", "#15aabf", "#fa5252", "#82c91e", "#be4bdb", "#868e96")
"""Colours of series: apart for eyes of all kinds, in both themes."""
Made = TypeVar("Made", bound=ui.element)
_THEME_ICONS = {"auto": "brightness_auto", "light": "light_mode", "dark": "dark_mode"}


def style() -> str:
    """The style sheet of all pages."""
    return (files(__package__) / "look.css").read_text("utf-8")


def dark_of(theme: str) -> bool | None:
    """As NiceGUI says it: None follows the system."""
    return {"light": False, "dark": True}.get(theme)


@contextmanager
def frame(say: Language, preferences: Preferences, trail: list[tuple[str, str]]) -> Generator[ui.row]:
    """A page: the bar at its top with where one is, language and theme; inside it stands the content.

    Gives the place in the bar where a page may put what is its own.
    """
    ui.add_css(style())
    ui.colors(primary="#3b5bdb", positive="#2f9e44", negative="#e03131", warning="#e8890c", info="#1c7ed6")
    ui.dark_mode(dark_of(preferences.theme))
    with ui.header(elevated=False).classes("sigma-header"), ui.row(wrap=False).classes("sigma-bar"):
        skip = ui.link(say("To the content")).classes("sigma-skip")
        with ui.link(target="/").classes("sigma-brand").props(f'aria-label="{say("All runs")}"'):
            ui.label("Σ").classes("sigma-mark")
            ui.label("Sigma").classes("sigma-word")
        for text, target in trail:
            ui.icon("chevron_right").classes("sigma-dim")
            ui.link(text, target).classes("sigma-trail").props("" if target else "aria-current=page")
        own = ui.row(wrap=False).classes("sigma-own")
        ui.space()
        _choice(say("Language"), "translate", NAMES, preferences.language, _chosen(preferences, "language"))
        themes = {theme: say(theme.capitalize()) for theme in THEMES}
        _choice(say("Theme"), _THEME_ICONS[preferences.theme], themes, preferences.theme, _chosen(preferences, "theme"))
        out = ui.button(icon="logout", on_click=_sign_out).props("flat round dense color=inherit")
        named(out, say("Sign out")).tooltip(say("Sign out"))
    with ui.column().classes("sigma-page").props("tabindex=-1") as content:
        skip.props["href"] = f"#{content.html_id}"
        yield own


def _sign_out() -> None:
    """End the session; the guard then shows the page that asks for the secret."""
    ui.run_javascript("fetch('/logout', {method: 'POST'}).finally(() => location.assign('/'))")


def keep(preferences: Preferences, *, reload: bool = False) -> None:
    """Have the browser keep the preferences, and show the page anew with them."""
    ui.run_javascript(preferences.script() + ("; location.reload()" if reload else ""))


def _chosen(preferences: Preferences, name: str) -> Callable[[str], None]:
    def choose(value: str) -> None:
        setattr(preferences, name, value)
        keep(preferences, reload=True)

    return choose


def _choice(title: str, icon: str, options: dict[str, str], value: str, choose: Callable[[str], None]) -> None:
    button = named(ui.button(icon=icon).props("flat round dense color=inherit"), title)
    with button.tooltip(title), ui.menu():
        for key, text in options.items():
            with ui.menu_item(on_click=lambda _, key=key: choose(key)).props(f"{'active' if key == value else ''}"):
                ui.item_section(text)


def named(element: Made, text: str) -> Made:
    """Tell those who do not see an element what it is; whatever is in the text stays text.

    `element.props(f'aria-label="{text}"')` would not do: a quotation mark in it ends the name, and what follows may be
    code that the browser runs. Only texts of our own may be written so.
    """
    element.props["aria-label"] = text
    return element


def heading(text: str) -> None:
    """The title of a card."""
    ui.label(text).classes("sigma-card-title").props("role=heading aria-level=2")


@contextmanager
def headed(text: str) -> Generator[None]:
    """The head of a card: its title, and at the other end what is made within."""
    with ui.element("div").classes("sigma-card-head"):
        heading(text)
        ui.space()
        yield


def empty(icon: str, title: str, text: str = "", code: str = "") -> None:
    """What stands where there is nothing yet: what to do."""
    with ui.column().classes("sigma-empty"):
        ui.icon(icon).classes("sigma-empty-icon")
        ui.label(title).classes("sigma-empty-title")
        if text:
            ui.label(text).classes("sigma-dim")
        if code:
            ui.label(code).classes("sigma-code")


def chip(status: str, say: Language) -> ui.element:
    """The status of a run, as a word with a colour and a sign."""
    with ui.element("span").classes(f"sigma-status sigma-{status}") as made:
        ui.icon(STATUS_ICONS.get(status, "help"))
        ui.label(say(status))
    return made


def every(seconds: float, update: Callable[[], Awaitable[None]]) -> None:
    """Call something again and again, as long as the page is open in a browser.

    One that was closed, or whose computer sleeps, is kept for a while, so that it goes on where it was.
    """
    client = ui.context.client

    async def look() -> None:
        if client.has_socket_connection:
            await update()

    ui.timer(seconds, look, immediate=False)


async def answered(dialog: ui.dialog) -> Any:
    """What somebody answers in a dialog, which is gone then; None where the page was closed meanwhile."""
    answer = await dialog
    if dialog.is_deleted:
        return None
    dialog.delete()
    return answer
