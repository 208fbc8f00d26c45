"""The server of the dashboard: its pages, and who may see them."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from nicegui import app as pages
from nicegui import ui
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request

from sigma_core import Environment
from sigma_core.extend import SigmaError
from sigma_monitors.dashboard._asking import Networks
from sigma_monitors.dashboard._downloads import serve
from sigma_monitors.dashboard._language import language
from sigma_monitors.dashboard._library import Library
from sigma_monitors.dashboard._look import empty, frame
from sigma_monitors.dashboard._page_compare import ComparePage, compared
from sigma_monitors.dashboard._page_run import RunPage
from sigma_monitors.dashboard._page_runs import RunsPage
from sigma_monitors.dashboard._panel import Panel
from sigma_monitors.dashboard._preferences import Preferences

_PATIENCE = 60.0
"""Seconds in which a page has to be built; they are few, but for machines that have other things to do."""


def make(folder: Path, panels: Mapping[str, type[Panel]], environment: Environment) -> Any:
    """The application, to be served by uvicorn; one for each process, because NiceGUI has but one."""
    library, networks = Library(folder), Networks(environment)

    def chosen(request: Request) -> Preferences:
        return Preferences.read(request.cookies, request.headers.get("accept-language", ""))

    @ui.page("/", response_timeout=_PATIENCE)
    async def runs(request: Request) -> None:
        preferences = chosen(request)
        await RunsPage(library, language(preferences.language), preferences).build()

    @ui.page("/run/{name}", response_timeout=_PATIENCE)
    async def run(request: Request, name: str) -> None:
        preferences = chosen(request)
        say = language(preferences.language)
        found = next((run for run in await asyncio.to_thread(library.runs) if run.name == name), None)
        if found is None:
            with frame(say, preferences, []), ui.column().classes("sigma-card"):
                empty(
                    "search_off",
                    say("There is no run {name}", name=name),
                    say("It may have been deleted or renamed."),
                )
                ui.link(say("All runs"), "/")
            return
        await RunPage(library.recording(found.directory), networks, panels, say, preferences).build()

    @ui.page("/compare", response_timeout=_PATIENCE)
    async def compare(request: Request, runs: str = "") -> None:
        preferences = chosen(request)
        await ComparePage(library, compared(runs), language(preferences.language), preferences).build()

    server = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    serve(server, folder)
    ui.run_with(
        server,
        title="Sigma",
        tailwind=False,
        show_welcome_message=False,
        binding_refresh_interval=None,
        favicon=_ICON,
        reconnect_timeout=20.0,
        # The usual level takes four times as long, for a page that is a sixth shorter.
        gzip_middleware_factory=lambda app: GZipMiddleware(app, compresslevel=1),
    )
    pages.on_shutdown(library.close)
    return server


def installed(environment: Environment) -> tuple[dict[str, type[Panel]], list[str]]:
    """The panels that are installed, by name, and what is wrong with those that cannot be used, a line each."""
    found, problems = {}, []
    for component in environment.components.components("panels"):
        try:
            kind = environment.components.get("panels", component.name)
        except SigmaError as error:
            problems.append(str(error).splitlines()[0])
            continue
        fault = _fault(kind)
        if fault:
            problems.append(f"panel {component.name!r} of {component.origin} {fault}")
        else:
            found[component.name] = kind
    return found, problems


def _fault(kind: object) -> str:
    """What keeps a class from being a panel of a page, or nothing."""
    if not isinstance(kind, type) or not issubclass(kind, Panel):
        return "is no Panel"
    missing = sorted(kind.__abstractmethods__)
    if missing:
        return f"lacks {', '.join(missing)}"
    for name, of in (("title", str), ("tab", str), ("icon", str), ("rank", int)):
        if not isinstance(getattr(kind, name, None), of):
            return f"has no {name} of type {of.__name__}"
    return ""


_ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#4c6ef5"/>'
    '<path d="M9 8h14v4h-7.5l4.5 4-4.5 4H23v4H9v-3l6-5-6-5z" fill="#fff"/></svg>'
)
