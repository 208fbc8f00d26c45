"""`sigma dashboard`: see runs, and steer them, in a browser or in a window of their own."""

import os
import socket
import sys
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

import click

from sigma_core.extend import PluginUnavailableError, SettingError

PORT = 8265
"""The port that is tried first; what follows it is taken where others have it."""
_TRIED = 20


@click.command()
@click.argument("runs", type=click.Path(path_type=Path), default=Path("runs"))
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="The address to listen at; others reach it then, with a secret.",
)
@click.option(
    "--port", type=click.IntRange(0, 65535), help=f"The port; 0 for any that is free (default: {PORT} or one after it)."
)
@click.option("--name", "names", multiple=True, help="A further name by which browsers reach it; may be repeated.")
@click.option("--password", "asks", is_flag=True, help="Ask for a password; SIGMA_DASHBOARD_PASSWORD gives one too.")
@click.option("--native", is_flag=True, help="In a window of its own instead of the browser.")
@click.option("--no-open", "stays_shut", is_flag=True, help="Only print the address.")
@click.option("--attached", is_flag=True, hidden=True, help="End when the standard input ends.")
def dashboard(  # noqa: PLR0913  # what there is to choose
    *,
    runs: Path,
    host: str,
    port: int | None,
    names: tuple[str, ...],
    asks: bool,
    native: bool,
    stays_shut: bool,
    attached: bool,
) -> None:
    """Open the dashboard of the folder RUNS (default: runs), or of one run, given its directory.

    Pages show what runs have kept, while they go on and afterwards, and steer them by commands that are
    recorded. Ending it harms no run.
    """
    check_installed("nicegui", "dashboard")
    if native:
        check_installed("webview", "native")
        _check_display()
    if runs.exists() and not runs.is_dir():
        raise SettingError(
            f"runs {str(runs)!r}", "it is a file", "a folder of runs, or the directory of one", "name the folder"
        )
    is_one = (runs / "run.db").is_file()
    folder, page = (runs.absolute().parent, f"run/{runs.absolute().name}") if is_one else (runs.absolute(), "")

    from sigma_monitors.dashboard._serving import serve

    with closing(_listening(host, port)) as listener:
        serve(
            listener,
            folder,
            page,
            host=host,
            names=names,
            asks=asks,
            native=native,
            opens=not stays_shut,
            attached=attached,
        )


def check_installed(module: str, extra: str) -> None:
    """Raise PluginUnavailableError where a module is missing that an extra brings."""
    if find_spec(module) is None:
        raise PluginUnavailableError(
            "sigma dashboard",
            f"{module} is not installed",
            f"the extra '{extra}' of sigma-monitors",
            f'pip install "sigma-monitors[{extra}]"',
        )


def _check_display() -> None:
    """A window needs a screen, which only on Linux may be missing."""
    if sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        raise SettingError(
            "--native",
            "there is no display: neither DISPLAY nor WAYLAND_DISPLAY is set",
            "a desktop to open a window on",
            "leave --native out, and open the address that is printed in a browser",
        )


def _listening(host: str, port: int | None) -> socket.socket:
    """A socket that listens. Raises SettingError where that cannot be."""
    wanted = range(PORT, PORT + _TRIED) if port is None else (port,)
    try:
        family, _, _, _, _ = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise SettingError(
            f"--host {host}", f"it is no address: {error.strerror}", "an address of this machine", "use 127.0.0.1"
        ) from error
    problem: OSError | None = None
    for each in wanted:
        listener = socket.socket(family, socket.SOCK_STREAM)
        try:
            if sys.platform != "win32":
                # There it would let two programs have one port.
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((host, each))
            listener.listen(128)
        except OSError as error:
            listener.close()
            problem = error
        else:
            return listener
    assert problem is not None  # noqa: S101  # at least one was tried
    ports = f"port {wanted[0]}" if len(wanted) == 1 else f"ports {wanted[0]} to {wanted[-1]}"
    raise SettingError(
        f"--host {host}, {ports}",
        f"cannot be listened at: {problem.strerror}",
        "an address of this machine, and a port that is free",
        "give --port 0, which takes any that is free",
    ) from problem
