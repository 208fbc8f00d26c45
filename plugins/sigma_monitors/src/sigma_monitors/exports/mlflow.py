"""MLflow: a run with its parameters, metrics and artifacts in a database or on a server."""

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import ClassVar

from attrs import define, field

from sigma_core.extend import Event, RunDescribed, RunEnded, RunFailed, RunInfo, RunInterrupted, StorageError, fields
from sigma_monitors.exports._export import Export
from sigma_monitors.exports._identified import numbers_of
from sigma_monitors.exports._kinds import Picture, kind_of, others_of
from sigma_monitors.exports._mlflow_client import Experiment, Metric, MlflowClient, MlflowException, Param
from sigma_monitors.exports._recipe import GivenRecipe

_FILE = "mlflow.json"
"""In the run's directory: which of MLflow's runs it is."""
_MOST_METRICS, _MOST_PARAMETERS = 1000, 100  # that MLflow takes at a time


@define(eq=False)
class Mlflow(Export):
    """Log the run with MLflow, to the database or server `uri`, in the `experiment` of that name.

    Without a `uri` it is what MLFLOW_TRACKING_URI says, or else MLflow's own choice, `sqlite:///mlflow.db`. Settings
    of the recipe are parameters, series are metrics with iterations as steps; the recipe, pictures and texts are
    artifacts. A run that goes on, or is exported again, goes on in the same run of MLflow, which is told nothing twice.
    Of iterations one in `every` is told.
    """

    events: ClassVar[tuple[type[Event], ...]] = (*Export.events, RunDescribed, RunFailed, RunInterrupted)
    # Each time costs a transaction, or a request to a server.
    interval: ClassVar[float] = 2.0
    patience: ClassVar[float] = 60.0

    every: int = fields.integer(default=50, at_least=1)
    uri: str = ""
    experiment: str = "sigma"

    _run: RunInfo = field(factory=lambda: RunInfo(""), init=False, repr=False)
    _recipe: GivenRecipe = field(factory=lambda: GivenRecipe("", {}), init=False, repr=False)
    _client: MlflowClient | None = field(default=None, init=False, repr=False)
    _identifier: str = field(default="", init=False, repr=False)
    # Steps of each metric that had been told when the run was taken up again.
    _there: dict[str, frozenset[int]] = field(factory=dict, init=False, repr=False)
    _metrics: list[Metric] = field(factory=list, init=False, repr=False)
    _status: str = field(default="FINISHED", init=False, repr=False)
    _has_ended: bool = field(default=False, init=False, repr=False)

    def open(self, run: RunInfo) -> None:
        """Look for the store."""
        self._run, self._recipe = run, GivenRecipe.of(run)
        self._identifier, self._there, self._metrics = "", {}, []
        self._status, self._has_ended = "FINISHED", False
        with _told():
            self._client = MlflowClient(tracking_uri=self.uri or None)

    def begin(self, iteration: int, *, is_new: bool) -> int:
        """Take up the run of MLflow that this is, or begin one."""
        with _told():
            # MLflow takes nothing back, so what is void stays in a run of its own.
            if self._identifier:
                self._flush()
                self._opened.set_terminated(self._identifier, "KILLED")
                self._create()
                return iteration
            if not self._take_up():
                self._create()
        # What is told of the newest step may lack something.
        return max(0, max(map(max, filter(None, self._there.values())), default=0) - 1)

    def take(self, event: Event) -> None:
        """Note what has come."""
        if isinstance(event, RunDescribed):
            self._recipe = self._recipe.with_described(event)
        elif isinstance(event, RunFailed | RunInterrupted):
            self._status = "FAILED" if isinstance(event, RunFailed) else "KILLED"
        elif isinstance(event, RunEnded):
            self._has_ended = True
        elif self._identifier:
            now, step = int(time.time() * 1000), getattr(event, "iteration", 0)
            for identifier, value in numbers_of(event).items():
                name = _named(identifier)
                if step not in self._there.get(name, ()):
                    self._metrics.append(Metric(name, value, now, step))
            for name, value in others_of(event).items():
                self._put(_named(name), step, kind_of(value))

    def flush(self) -> None:
        """Tell what has come."""
        if self._identifier:
            with _told():
                self._flush()

    def close(self) -> None:
        """Tell the rest, and how the run ended."""
        if self._client is None:
            return
        try:
            if self._identifier:
                with _told():
                    self._flush()
                    if self._has_ended:
                        self._opened.set_terminated(self._identifier, self._status)
        finally:
            self._client, self._identifier = None, ""

    @property
    def _opened(self) -> MlflowClient:
        assert self._client is not None, "called between open and close"  # noqa: S101  # the contract of exports
        return self._client

    def _flush(self) -> None:
        # What is refused is not told again.
        waiting, self._metrics = self._metrics, []
        for first in range(0, len(waiting), _MOST_METRICS):
            self._opened.log_batch(self._identifier, metrics=waiting[first : first + _MOST_METRICS])

    def _put(self, name: str, step: int, value: object) -> None:
        """A picture or a text, in a file of its own; MLflow has nothing for histograms."""
        with _told():
            if isinstance(value, Picture):
                self._opened.log_image(self._identifier, value.pixels, artifact_file=f"{name}/{step:08}.png")
            elif isinstance(value, str):
                self._opened.log_text(self._identifier, value, f"{name}/{step:08}.txt")

    def _take_up(self) -> bool:
        """Go on with the run of MLflow that this one is known to be, if it is still there."""
        client, run = self._opened, None
        with suppress(OSError, ValueError, TypeError, KeyError, MlflowException):
            run = client.get_run(json.loads(self._file.read_text("utf-8"))["run"])
        if run is None or run.info.lifecycle_stage != "active":
            return False
        self._identifier = run.info.run_id
        histories = {name: client.get_metric_history(self._identifier, name) for name in run.data.metrics}
        self._there = {name: frozenset(point.step for point in history) for name, history in histories.items()}
        client.update_run(self._identifier, "RUNNING")
        return True

    def _create(self) -> None:
        client, run = self._opened, self._run
        tags = {"sigma.backend": run.backend, "sigma.parameters": str(run.parameters)}
        if run.directory is not None:
            tags["sigma.directory"] = run.directory
        created = client.create_run(self._experiment(), run_name=run.name, tags=tags)
        self._identifier, self._there = created.info.run_id, {}
        if run.directory is not None:
            self._file.write_text(json.dumps({"run": self._identifier}) + "\n", "utf-8")
        given = [Param(_named(name), str(value)) for name, value in self._recipe.settings.items()]
        for first in range(0, len(given), _MOST_PARAMETERS):
            client.log_batch(self._identifier, params=given[first : first + _MOST_PARAMETERS])
        if self._recipe.text:
            client.log_text(self._identifier, self._recipe.text, "recipe.toml")

    def _experiment(self) -> str:
        client = self._opened
        found: Experiment | None = client.get_experiment_by_name(self.experiment)
        if found is None:
            # Another run may make it at this very moment.
            with suppress(MlflowException):
                return client.create_experiment(self.experiment)
            found = client.get_experiment_by_name(self.experiment)
        return found.experiment_id if found is not None else client.create_experiment(self.experiment)

    @property
    def _file(self) -> Path:
        return Path(self._run.directory or "", _FILE)


def _named(identifier: str) -> str:
    """A name of these characters alone, which MLflow takes, and that leads nowhere as a path."""
    return re.sub(r"[^\w\-. :/]", "_", identifier, flags=re.ASCII).replace("..", "__").strip("/") or "_"


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except (MlflowException, OSError) as error:
        raise StorageError(
            "monitor 'mlflow'",
            f"MLflow does not take the run: {error}",
            "a database or a server that is there, and takes it",
            "look at its uri, or at MLFLOW_TRACKING_URI; what the run keeps itself can be exported later",
        ) from error
