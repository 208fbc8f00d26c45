"""`sigma runs`: what was trained here, and what is being trained."""

import json
import time
from pathlib import Path
from typing import Any

import click

from sigma_core.cli._table import table
from sigma_core.errors import RunDirectoryError, SigmaError, listed
from sigma_core.events import RunStore
from sigma_core.training import RunDirectory, holder_of

RUNS = Path("runs")
_STORE = "run.db"


@click.command()
@click.option("--folder", type=click.Path(path_type=Path), default=RUNS, help="The folder of runs (default: runs).")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def runs(*, folder: Path, as_json: bool) -> None:
    """List the runs of a folder, the newest first: whether they run, how they ended, how good they came out.

    A run that is stale has no process any more and never said that it ended, as after a kill.
    """
    found = sorted((told(path) for path in directories(folder)), key=lambda run: -run["changed"])
    if as_json:
        click.echo(json.dumps(found, indent=2))
    elif not found:
        click.echo(f"no runs in {folder}")
    else:
        header = ("name", "status", "epochs", "iterations", "age", "scores", "ended because")
        click.echo(table(header, [_row(run) for run in found]))


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


def directory_of(name: str) -> Path:
    """The directory of a run, given its name or its path. Raises RunDirectoryError where there is none."""
    for path in (RUNS / name, Path(name)):
        if exists(path) and RunDirectory.is_run(path):
            return path
    known = [path.name for path in directories(RUNS)]
    raise RunDirectoryError(
        f"run {name!r}", "there is no such run", listed(known, name), "give one of these, or the path of its directory"
    )


def told(path: Path) -> dict[str, Any]:
    """What is known of a run, in JSON's terms."""
    holder = holder_of(path)
    is_alive = holder is not None and holder.is_alive
    run: dict[str, Any] = {"name": path.name, "directory": str(path), "status": "running" if is_alive else "stale"}
    run |= {"epochs": 0, "iterations": 0, "ended_because": None, "scores": {}}
    try:
        with RunStore.open(path) as store:
            _read(store, run)
    except SigmaError as error:
        run |= {"status": "damaged", "ended_because": str(error).splitlines()[0]}
    changed = max(each.stat().st_mtime for each in (path / _STORE, path))
    run["process"] = holder.process if holder is not None else None
    return run | {"changed": changed, "age_seconds": max(0.0, time.time() - changed)}


def _read(store: RunStore, run: dict[str, Any]) -> None:
    ends = list(store.events("run_ended"))
    starts = list(store.events("run_started"))
    if run["status"] != "running" and ends and (not starts or ends[-1].id > starts[-1].id):
        said = ends[-1].payload
        run |= {"status": "ended", "epochs": said["epochs"], "iterations": said["iteration"]}
        run |= {"ended_because": said["ended_because"], "scores": said["scores"]}
        return
    epochs = list(store.events("epoch_ended"))
    if epochs:
        run |= {"epochs": epochs[-1].epoch, "iterations": epochs[-1].iteration, "scores": epochs[-1].payload["scores"]}
    iterations, _ = store.metrics("training.loss")
    if iterations:
        run["iterations"] = max(run["iterations"], iterations[-1])
    last = [*store.events("run_paused"), *store.events("run_resumed")]
    if run["status"] == "running" and last and max(last, key=lambda event: event.id).kind == "run_paused":
        run["status"] = "paused"


def _row(run: dict[str, Any]) -> tuple[str, ...]:
    numbers = {name: value for name, value in run["scores"].items() if isinstance(value, float)}
    scores = ", ".join(f"{name} {value:.4g}" for name, value in numbers.items())
    counts = (str(run["epochs"]), str(run["iterations"]))
    return (run["name"], run["status"], *counts, _age(run["age_seconds"]), scores or "-", run["ended_because"] or "-")


def _age(seconds: float) -> str:
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"
