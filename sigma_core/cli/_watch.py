"""`sigma watch`: look on while a run of another process goes on, or hear what one has told."""

import json
import math
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from attrs import asdict

from sigma_core.cli._given import chosen
from sigma_core.cli._runs import RUNS, directory_of, exists
from sigma_core.cli._train import installed_console, told
from sigma_core.environment import Environment
from sigma_core.errors import RunDirectoryError
from sigma_core.training import Recipe, Run, Watched, holder_of, stored_events, summaries, summary
from sigma_core.training import watch as watch_run


@click.command()
@click.argument("run", required=False)
@click.option("--monitor", "monitors", multiple=True, metavar="NAME", help="In place of the console; may be repeated.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="A setting of that monitor.")
@click.option("--quiet", is_flag=True, help="No monitor, only how the run ended.")
@click.option("--json", "as_json", is_flag=True, help="No monitor, but each event as a JSON object in a line.")
@click.option("--no-follow", is_flag=True, help="End with what has happened so far.")
def watch(  # noqa: PLR0913  # the options of a command
    *,
    run: str | None,
    monitors: tuple[str, ...],
    settings: tuple[str, ...],
    quiet: bool,
    as_json: bool,
    no_follow: bool,
) -> int:
    """Watch RUN, by its name or its directory, or the newest one, while it goes on or after the fact.

    It is told from its first event on, and followed until it ends. Ctrl-C ends the watching, never the run. Exit code 1
    when a monitor has failed.
    """
    chosen({"--monitor": bool(monitors), "--quiet": quiet, "--json": as_json})
    if settings and len(monitors) != 1:
        raise click.UsageError("--set is for one monitor: give --monitor once")
    directory = _newest() if run is None else _directory(run)
    try:
        with _ending_on_request(prints_alone=not monitors):
            if as_json:
                for event in stored_events(directory, follow=not no_follow, tell=_tell):
                    click.echo(json.dumps(asdict(event)))
                return 0
            with Environment() as environment:
                named = monitors or (() if quiet else tuple(installed_console(environment)))
                tables = [dict(Recipe({"use": name}).having(settings).values) for name in named]
                watched = watch_run(
                    directory,
                    tables,
                    follow=not no_follow,
                    environment=environment,
                    patience=_patience(named),
                    tell=_tell,
                )
    except KeyboardInterrupt:
        click.echo(f"{directory.name} is watched no longer; {_fares(directory)}", err=True)
        return 130
    if not tables:
        click.echo(_told(watched))
    return 1 if watched.failures else 0


def _newest() -> Path:
    found = summaries(RUNS) if exists(RUNS) else []
    if not found:
        raise RunDirectoryError(
            f"folder of runs {str(RUNS)!r}",
            "there is no run in it",
            "a run to watch",
            "`sigma train` makes one; one that lies elsewhere is named by its path",
        )
    return found[0].directory


def _directory(name: str) -> Path:
    """As of any command; a run that is being made at this moment has no store yet."""
    for path in (RUNS / name, Path(name)):
        holder = holder_of(path)
        if holder is not None and holder.is_alive:
            return path
    return directory_of(name)


@contextmanager
def _ending_on_request(*, prints_alone: bool) -> Iterator[None]:
    """Have SIGTERM end what goes on as it should, so that a terminal is given back.

    What does nothing but print ends without a word when nobody reads it any more, as after `| head`; others may have
    connections, which break in the same way.
    """

    def end(*_: object) -> None:
        raise SystemExit(128 + signal.SIGTERM)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before: dict[int, Any] = {signal.SIGTERM: signal.signal(signal.SIGTERM, end)}
    if prints_alone and sys.platform != "win32":
        before[signal.SIGPIPE] = signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _patience(monitors: tuple[str, ...]) -> float:
    """How long a monitor may take: a console alone as long as whoever reads it, such as a pager."""
    return math.inf if monitors == ("console",) and not sys.stdout.isatty() else 60.0


def _tell(text: str) -> None:
    click.echo(f"warning: {text}", err=True)


def _fares(directory: Path) -> str:
    holder = holder_of(directory)
    return "it goes on" if holder is not None and holder.is_alive else "it does not run"


def _told(watched: Watched) -> str:
    end = watched.ended
    if end is None:
        found = summary(watched.directory)
        return f"{found.name} is {found.status}: {found.epochs} epochs, {found.iterations} iterations so far"
    return told(
        Run(
            name=end.run,
            directory=str(watched.directory),
            ended_because=end.ended_because,
            epochs=end.epochs,
            iterations=end.iteration,
            seconds=end.seconds,
            scores=end.scores,
        )
    )
