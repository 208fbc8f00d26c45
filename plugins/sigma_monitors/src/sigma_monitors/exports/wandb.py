"""Weights & Biases: a run in its own format on the disk, to be synchronised later, or on its server at once."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, ClassVar
from uuid import uuid4

from attrs import define, field

from sigma_core.extend import Event, RunDescribed, RunFailed, RunInfo, RunInterrupted, StorageError, fields
from sigma_monitors.exports import _wandb_service as service
from sigma_monitors.exports._export import Export
from sigma_monitors.exports._identified import numbers_in_sections
from sigma_monitors.exports._kinds import Histogram, Picture, kind_of, others_of
from sigma_monitors.exports._places import place_of
from sigma_monitors.exports._recipe import GivenRecipe
from sigma_monitors.exports._wandb_service import wandb

_FILE = "wandb.json"
"""In the run's directory: which run of Weights & Biases it is, and up to which iteration that has been told."""
_MOST_BINS = 512


@define(eq=False)
class Wandb(Export):
    """Log the run with Weights & Biases, in a `project` (of an `entity`), into the run's directory, or `path`.

    The `mode` is "offline", which needs neither account nor network (`wandb sync` uploads later), or "online"; without
    one it is what WANDB_MODE says, or else "offline". Settings of the recipe are the configuration; series, histograms,
    pictures and texts are logged over iterations. A run that goes on, or is exported again, goes on in the same run of
    theirs, which is told nothing twice. `{run}` in the path stands for the name of the run. Of iterations one in
    `every` is told.
    """

    events: ClassVar[tuple[type[Event], ...]] = (*Export.events, RunDescribed, RunFailed, RunInterrupted)
    interval: ClassVar[float] = 2.0
    patience: ClassVar[float] = 60.0

    every: int = fields.integer(default=50, at_least=1)
    path: str = ""
    project: str = "sigma"
    entity: str = ""
    mode: str = fields.choice("", "offline", "online", default="")

    _given: RunInfo = field(factory=lambda: RunInfo(""), init=False, repr=False)
    _recipe: GivenRecipe = field(factory=lambda: GivenRecipe("", {}), init=False, repr=False)
    _folder: Path = field(factory=Path, init=False, repr=False)
    _run: Any = field(default=None, init=False, repr=False)
    # Up to which iteration it had been told when the run was taken up again.
    _told: int = field(default=0, init=False, repr=False)
    # The values of each iteration that wait; those of the last one may still become more.
    _rows: dict[int, dict[str, Any]] = field(factory=dict, init=False, repr=False)
    _has_failed: bool = field(default=False, init=False, repr=False)

    def open(self, run: RunInfo) -> None:
        """Look where it goes."""
        self._given, self._recipe, self._has_failed = run, GivenRecipe.of(run), False
        self._run, self._rows, self._told = None, {}, 0
        self._folder = place_of("wandb", self.path, run, "")

    def begin(self, iteration: int, *, is_new: bool) -> int:
        """Take up their run that this is, or begin one."""
        with _refusals():
            identifier = None
            if self._run is None:
                identifier, self._told = self._known()
            else:
                # They take nothing back, so what is void stays in a run of its own.
                self._end(has_failed=True)
            if identifier is None:
                identifier, self._told = uuid4().hex[:12], 0
            self._folder.mkdir(parents=True, exist_ok=True)
            self._run = service.begun(
                self._folder,
                self._recipe.settings,
                id=identifier,
                name=self._given.name,
                project=self.project,
                entity=self.entity or None,
                mode=self.mode or os.environ.get("WANDB_MODE") or "offline",
                resume="allow",
            )
            self._run.define_metric("iteration")
            self._run.define_metric("*", step_metric="iteration")
            self._note()
        return self._told

    def take(self, event: Event) -> None:
        """Note what has come."""
        if isinstance(event, RunDescribed):
            self._recipe = self._recipe.with_described(event)
        elif isinstance(event, RunFailed | RunInterrupted):
            self._has_failed = True
        elif self._run is not None and getattr(event, "iteration", 0) > self._told:
            with _refusals():
                values = {**numbers_in_sections(event), **_logged(event)}
            if values:
                place = {"iteration": event.iteration, "epoch": event.epoch}
                self._rows.setdefault(event.iteration, place).update(values)

    def flush(self) -> None:
        """Tell of all iterations but the last."""
        if len(self._rows) > 1:
            with _refusals():
                last = next(reversed(self._rows))
                self._log({iteration: row for iteration, row in self._rows.items() if iteration != last})
                self._rows = {last: self._rows[last]}

    def close(self) -> None:
        """Tell the rest, and how the run ended."""
        if self._run is not None:
            with _refusals():
                self._end(has_failed=self._has_failed)

    def _end(self, *, has_failed: bool) -> None:
        rows, self._rows = self._rows, {}
        run = self._run
        try:
            self._log(rows)
        finally:
            self._run = None
            service.ended(run, has_failed=has_failed)

    def _log(self, rows: dict[int, dict[str, Any]]) -> None:
        for row in rows.values():
            self._run.log(row)
        if rows:
            self._note(max(rows))

    def _note(self, iteration: int = 0) -> None:
        if self._given.directory is not None:
            told = {"run": self._run.id, "told": max(iteration, self._told)}
            Path(self._given.directory, _FILE).write_text(json.dumps(told) + "\n", "utf-8")

    def _known(self) -> tuple[str | None, int]:
        with suppress(OSError, ValueError, TypeError, KeyError):
            found = json.loads(Path(self._given.directory or "", _FILE).read_text("utf-8"))
            return str(found["run"]), int(found["told"])
        return None, 0


def _logged(event: Event) -> dict[str, Any]:
    """What is more than a number, as the objects that they show."""
    found: dict[str, Any] = {}
    for name, value in others_of(event).items():
        kind = kind_of(value)
        if isinstance(kind, Histogram):
            found[name] = _histogram(kind)
        elif isinstance(kind, Picture):
            from PIL import Image

            found[name] = wandb.Image(Image.fromarray(kind.pixels))
        elif isinstance(kind, str):
            found[name] = kind
    return found


def _histogram(value: Histogram) -> wandb.Histogram:
    """With neighbouring bins put together where there are more than they take."""
    width = -(-len(value.counts) // _MOST_BINS)
    counts = [sum(value.counts[first : first + width]) for first in range(0, len(value.counts), width)]
    edges = [*value.edges[:-1:width], value.edges[-1]]
    return wandb.Histogram(np_histogram=(counts, edges))


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except (wandb.Error, OSError) as error:
        raise StorageError(
            "monitor 'wandb'",
            f"Weights & Biases does not take the run: {error}",
            "a folder that can be written, and online an account",
            'give mode = "offline", or another path; what the run keeps itself can be exported later',
        ) from error
