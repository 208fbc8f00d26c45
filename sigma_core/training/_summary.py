"""What a run is and how it fares, in a few numbers and words: what lists of runs show."""

import math
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

from attrs import Attribute, field, frozen

from sigma_core.errors import RunDirectoryError, SigmaError, brief
from sigma_core.events import RunStore, StoredEvent
from sigma_core.training._directory import STORE, RunDirectory, no_run
from sigma_core.training._presence import holder_of
from sigma_core.training._tags import tags_of

_ENDS = {"run_failed": "failed", "run_interrupted": "interrupted"}
_PLACES = ("run_started", "iteration_ended", "epoch_ended", "run_reset")
# A damaged file may hold anything where a payload should be.
_DAMAGE = (SigmaError, OSError, LookupError, TypeError, ValueError)


def _number(kind: type, *, optional: bool = False) -> Any:
    """A check that a value is a finite number of a kind: a damaged file may hold anything where one should be."""

    def check(_: object, attribute: "Attribute[Any]", value: object) -> None:
        if value is None and optional:
            return
        is_one = isinstance(value, (int, float) if kind is float else kind) and not isinstance(value, bool)
        if not is_one or not math.isfinite(cast("float", value)):
            raise TypeError(f"its store says {attribute.name} = {brief(value)}")

    return check


def _text(_: object, attribute: "Attribute[Any]", value: object) -> None:
    if not isinstance(value, str | None):
        raise TypeError(f"its store says {attribute.name} = {brief(value)}")


def _table(_: object, attribute: "Attribute[Any]", value: object) -> None:
    if not isinstance(value, dict):
        raise TypeError(f"its store says {attribute.name} = {brief(value)}")


@frozen(kw_only=True)
class RunSummary:
    """A run as its directory tells of it. Times are in seconds since 1970, scores in JSON's terms."""

    name: str
    directory: Path
    status: str
    """`running`, `paused`, `ended`, `failed`, `interrupted`, `stale` (its process is gone and never said that it ended)
    or `damaged`."""
    epochs: int = field(default=0, validator=_number(int))
    """Completed ones."""
    iterations: int = field(default=0, validator=_number(int))
    total_epochs: int | None = field(default=None, validator=_number(int, optional=True))
    """After how many it ends, if its criterion tells, as stores of runs before this was kept do not."""
    total_iterations: int | None = field(default=None, validator=_number(int, optional=True))
    seconds: float = field(default=0.0, validator=_number(float))
    """Running time, pauses left out."""
    scores: dict[str, Any] = field(factory=dict, validator=_table)
    """The last ones, by identifier."""
    ended_because: str | None = field(default=None, validator=_text)
    problem: str | None = field(default=None, validator=_text)
    """What is wrong with it, in one line."""
    started: float = field(validator=_number(float))
    changed: float = field(validator=_number(float))
    process: int | None = None
    """Of a run that goes on, or that is stale."""
    tags: tuple[str, ...] = ()

    @property
    def goes_on(self) -> bool:
        """Whether it takes commands."""
        return self.status in ("running", "paused")

    def matches(self, text: str) -> bool:
        """Whether its name, a tag, its status, why it ended or what is wrong with it holds the text, in any case."""
        said = (self.name, self.status, self.ended_because or "", self.problem or "", *self.tags)
        return any(text.casefold() in each.casefold() for each in said)


def summaries(folder: Path | str) -> list[RunSummary]:
    """The runs of a folder, the newest first. Raises RunDirectoryError for one that is missing or cannot be read."""
    found = []
    try:
        for path in Path(folder).iterdir():
            # What is no run, or none any more.
            with suppress(RunDirectoryError):
                found.append(summary(path))
    except OSError as error:
        raise RunDirectoryError(
            f"folder of runs {str(folder)!r}",
            "it is not there" if isinstance(error, FileNotFoundError) else f"it cannot be read: {error.strerror}",
            "a folder that holds the directories of runs",
            "`sigma train` makes one, runs/, for those that it keeps",
        ) from error
    return sorted(found, key=lambda run: -run.changed)


def summary(directory: Path | str) -> RunSummary:
    """A run, whether it goes on, has ended or is damaged. Raises RunDirectoryError where there is none."""
    path = Path(directory)
    try:
        changed = path.stat().st_mtime
    except OSError as error:
        raise no_run(path, f"it cannot be read: {error.strerror}") from error
    if not _is_run(path):
        raise no_run(path, f"it has no {STORE}")
    holder = holder_of(path)
    is_alive = holder is not None and holder.is_alive
    known: dict[str, Any] = {"name": path.name, "directory": path, "started": changed, "changed": changed}
    known |= {"status": "running" if is_alive else "damaged", "process": None if holder is None else holder.process}
    try:
        known["tags"] = tags_of(path)
        with RunStore.open(path) as store:
            told = _told(store, is_alive=is_alive)
        if told["status"] == "stale":
            process = "its process" if holder is None else f"process {holder.process} on {holder.host}"
            told["problem"] = f"{process} ended without a word"
        return RunSummary(**known | told)
    except _DAMAGE as error:
        return RunSummary(**known, problem=(str(error).splitlines() or [type(error).__name__])[0])


def _is_run(path: Path) -> bool:
    try:
        return RunDirectory.is_run(path)
    except PermissionError:
        # What may not be looked into may be one; what is wrong with it is told where it is opened.
        return True


def _told(store: RunStore, *, is_alive: bool) -> dict[str, Any]:
    """What a store tells. Few of its events are read, however many there are."""
    newest, start, described = store.last(), store.last("run_started"), store.last("run_described")
    if newest is None or start is None:
        return {"status": "running" if is_alive else "stale"}
    told = {"started": next(store.events("run_started")).time, "changed": newest.time}
    if described is not None:
        told |= {name: described.payload[name] for name in ("total_epochs", "total_iterations")}
    end = store.last("run_ended")
    if not is_alive and end is not None and end.id > start.id:
        return told | _ended(store, start, end)
    pauses = [event for event in (store.last("run_paused"), start, store.last("run_resumed")) if event is not None]
    is_paused = max(pauses, key=_place_of).kind == "run_paused"
    before = 0.0 if described is None else described.payload["seconds"]
    return told | {
        "status": "stale" if not is_alive else "paused" if is_paused else "running",
        "seconds": before + _running(store, start, newest.time),
        **_place(store, described),
    }


def _ended(store: RunStore, start: StoredEvent, end: StoredEvent) -> dict[str, Any]:
    ways = [event for event in map(store.last, _ENDS) if event is not None and event.id > start.id]
    told = {name: end.payload[name] for name in ("epochs", "seconds", "scores", "ended_because")}
    told |= {"status": _ENDS[ways[-1].kind] if ways else "ended", "iterations": end.payload["iteration"]}
    if told["status"] == "failed":
        told["problem"] = ways[-1].payload["error"].splitlines()[0]
    return told


def _place(store: RunStore, described: StoredEvent | None) -> dict[str, Any]:
    """How far a run is that has not ended."""
    epoch, reset = store.last("epoch_ended"), store.last("run_reset")
    if epoch is not None and reset is not None and reset.id > epoch.id:
        epoch = None
    newest = max(filter(None, map(store.last, _PLACES)), key=_place_of)
    iterations = 0 if newest.iteration is None or newest.kind == "run_reset" else newest.iteration
    if described is not None:
        epochs = iterations // described.payload["iterations_per_epoch"]
    else:
        epochs = 0 if epoch is None else epoch.payload["epoch"]
    return {"iterations": iterations, "epochs": epochs, "scores": {} if epoch is None else epoch.payload["scores"]}


def _running(store: RunStore, start: StoredEvent, until: float) -> float:
    """Seconds of a run since it has started, pauses left out."""
    seconds = until - start.time
    for pause in store.events("run_paused", after=start.id):
        resumed = next(store.events("run_resumed", after=pause.id), None)
        seconds -= (until if resumed is None else resumed.time) - pause.time
    return seconds


def _place_of(event: StoredEvent) -> int:
    return event.id
