"""`sigma runs`: what was trained here, and what is being trained."""

import json
import time
from pathlib import Path

import click
from attrs import asdict

from sigma_core.cli._table import table
from sigma_core.errors import RunDirectoryError, listed
from sigma_core.training import RunDirectory, RunSummary, delete_run, set_tags, summaries, tags_of

RUNS = Path("runs")


@click.group(invoke_without_command=True)
@click.option("--folder", type=click.Path(path_type=Path), default=RUNS, help="The folder of runs (default: runs).")
@click.option("--tag", "tags", multiple=True, help="Only those with this tag; may be repeated.")
@click.option("--search", metavar="TEXT", default="", help="Only those whose name, tags, status or end hold this text.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_context
def runs(context: click.Context, *, folder: Path, tags: tuple[str, ...], search: str, as_json: bool) -> None:
    """List the runs of a folder, the newest first: whether they run, how they ended, how good they came out.

    A run that is stale has no process any more and never said that it ended, as after a kill.
    """
    if context.invoked_subcommand is not None:
        return
    # Where nothing was trained yet there is no folder.
    everything = [] if folder == RUNS and not exists(folder) else summaries(folder)
    found = [run for run in everything if set(tags) <= set(run.tags) and run.matches(search)]
    if as_json:
        click.echo(json.dumps([{**asdict(run), "directory": str(run.directory)} for run in found], indent=2))
    elif not found:
        click.echo(
            f"no runs in {folder}" if not everything else f"no such runs among the {len(everything)} in {folder}"
        )
    else:
        header = ("name", "status", "epochs", "iterations", "age", "tags", "scores", "ended because")
        click.echo(table(header, [_row(run) for run in found]))


@runs.command(context_settings={"ignore_unknown_options": True})
@click.argument("run")
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
def tag(*, run: str, words: tuple[str, ...]) -> None:
    """Give the run RUN tags, or take them away: a b -c gives it a and b, and takes c away; without any, print them."""
    directory = directory_of(run)
    tags = list(tags_of(directory))
    for word in words:
        if word.startswith("-"):
            tags = [each for each in tags if each != word[1:]]
        else:
            tags.append(word)
    if words:
        set_tags(directory, tags)
    click.echo(f"{run}: {', '.join(tags_of(directory)) or 'no tags'}")


@runs.command()
@click.argument("run")
@click.option("--yes", is_flag=True, help="Ask nothing.")
def delete(*, run: str, yes: bool) -> None:
    """Remove the run RUN with its checkpoints, for ever; one that goes on is refused."""
    directory = directory_of(run)
    if not yes:
        click.confirm(f"remove {directory} with its checkpoints, for ever?", abort=True)
    delete_run(directory)
    click.echo(f"{run}: removed")


def directories(folder: Path) -> list[Path]:
    """The directories of runs in a folder."""
    try:
        return sorted(path for path in folder.iterdir() if RunDirectory.is_run(path))
    except OSError:
        return []


def exists(path: Path) -> bool:
    """Whether something is there; of a name that the system does not take nothing is."""
    try:
        return path.exists()
    except OSError:
        return False


def _is_run(path: Path) -> bool:
    try:
        return RunDirectory.is_run(path)
    except OSError:
        # What may not be looked into may be one; what is wrong with it is told where it is opened.
        return True


def directory_of(name: str) -> Path:
    """The directory of a run, given its name or its path. Raises RunDirectoryError where there is none."""
    for path in (RUNS / name, Path(name)):
        if exists(path) and _is_run(path):
            return path
    known = [path.name for path in directories(RUNS)]
    raise RunDirectoryError(
        f"run {name!r}", "there is no such run", listed(known, name), "give one of these, or the path of its directory"
    )


def _row(run: RunSummary) -> tuple[str, ...]:
    numbers = {name: value for name, value in run.scores.items() if isinstance(value, float)}
    scores = ", ".join(f"{name} {value:.4g}" for name, value in numbers.items())
    epochs = f"{run.epochs} of {run.total_epochs}" if run.goes_on and run.total_epochs else str(run.epochs)
    age = _age(max(0.0, time.time() - run.changed))
    why = run.problem or run.ended_because or "-"
    return (run.name, run.status, epochs, str(run.iterations), age, ", ".join(run.tags) or "-", scores or "-", why)


def _age(seconds: float) -> str:
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"
