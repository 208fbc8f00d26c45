"""Serves the dashboard, and opens it: in the browser, or in a window of its own."""

import logging
import os
import socket
import sys
import threading
import webbrowser
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import click
import uvicorn

from sigma_core import Environment
from sigma_core.extend import SettingError
from sigma_monitors.dashboard._safety import (
    SERVER,
    Safety,
    StateError,
    entrance,
    is_loopback,
    session_key,
    state_directory,
    taken_password,
)
from sigma_monitors.dashboard._server import installed, make

_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # where to look for who listens everywhere


def serve(  # noqa: PLR0913  # what the command has read
    listener: socket.socket,
    folder: Path,
    page: str,
    *,
    host: str,
    names: Iterable[str],
    asks: bool,
    native: bool,
    opens: bool,
    attached: bool,
) -> None:
    """Serve the runs of a folder until Ctrl-C, or until the window is closed; `page` is what is opened.

    One that is `attached` to another process ends when that closes its input, too.
    """
    password = taken_password(os.environ)
    if asks and password is None:
        password = click.prompt("Password of the dashboard", hide_input=True, confirmation_prompt=True, err=True)
    state = state_directory(os.environ, sys.platform)
    safety = Safety.at(host, names=names, password=password, key=session_key(state), audience=f"dashboard\0{folder}")
    port = listener.getsockname()[1]
    name = _EVERYWHERE.get(host, host)
    base = f"http://{f'[{name}]' if ':' in name else name}:{port}"
    address = safety.address(base)
    with Environment() as environment:
        panels, problems = installed(environment)
        for problem in problems:
            click.echo(f"warning: {problem}", err=True)
        pages = safety.wrap(make(folder, panels, environment))
        server = _Server(
            uvicorn.Config(pages, log_level="warning", timeout_graceful_shutdown=1, lifespan="on", **SERVER)
        )
        target = f"{base}/{quote(page)}{address[len(base) :].removeprefix('/')}" if page else address
        click.echo(f"dashboard of {folder}\n  {target}")
        if not is_loopback(host):
            click.echo(
                "warning: nothing is encrypted; on a network that is not yours alone, use ssh -L instead", err=True
            )
        if attached:
            threading.Thread(
                target=_ended_with_input, args=(server,), name="sigma dashboard input", daemon=True
            ).start()
        if native:
            click.echo("  closing the window ends it; runs go on")
            _in_window(server, listener, target)
            return
        if not attached:
            click.echo("  Ctrl-C ends it; runs go on")
        if opens:
            server.when_started = lambda: _open(target, state)
        with suppress(KeyboardInterrupt):
            server.run(sockets=[listener])


class _Server(uvicorn.Server):
    """Says when it answers."""

    when_started = staticmethod(lambda: None)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        threading.Thread(target=self.when_started, name="sigma dashboard opens", daemon=True).start()


def _ended_with_input(server: "_Server") -> None:
    with suppress(OSError, ValueError):
        sys.stdin.read()
    server.should_exit = True


def _open(address: str, state: Path) -> None:
    """Open a browser, where there is a desktop: one in text mode would take the terminal."""
    if sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return
    with suppress(webbrowser.Error, StateError):
        webbrowser.open(entrance(state, address).as_uri())


def _in_window(server: "_Server", listener: socket.socket, address: str) -> None:
    """Show it in a window, which has to have the main thread; the server has another."""
    import webview

    # It tells of each library of windows that it does not find, though the next may be there.
    logging.getLogger("pywebview").setLevel(logging.CRITICAL)
    webview.settings["ALLOW_DOWNLOADS"] = True
    ready = threading.Event()
    server.when_started = ready.set
    serving = threading.Thread(target=server.run, args=([listener],), name="sigma dashboard", daemon=True)
    serving.start()
    ready.wait(30)
    try:
        webview.create_window("Sigma", address, width=1280, height=860, min_size=(380, 480))
        webview.start()
    except webview.errors.WebViewException as error:
        raise SettingError(
            "--native",
            f"no window can be opened: {error}",
            "GTK or Qt with their web views on Linux, WebView2 on Windows",
            'on Linux pip install "pywebview[qt]"; or leave --native out, and use the browser',
        ) from error
    finally:
        server.should_exit = True
        serving.join(5)
