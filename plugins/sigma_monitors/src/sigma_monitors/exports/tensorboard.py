"""TensorBoard: event files with scalars, histograms, pictures, texts, hyperparameters and the network.

They are written with the protocol buffers of tensorboardX, which weigh 3 MB with all that they need. TensorBoard
itself, which shows them, brings 65 MB of servers, for which a machine that trains has no use.
"""

from pathlib import Path
from typing import ClassVar

from attrs import define, field
from tensorboardX.proto.event_pb2 import Event as Record
from tensorboardX.proto.event_pb2 import SessionLog
from tensorboardX.proto.summary_pb2 import Summary

from sigma_core.extend import Event, RunDescribed, RunEnded, RunFailed, RunInfo, fields
from sigma_monitors.exports import _summaries as summaries
from sigma_monitors.exports._event_file import EventFile, Told
from sigma_monitors.exports._export import Export
from sigma_monitors.exports._identified import numbers_in_sections
from sigma_monitors.exports._kinds import Histogram, Picture, kind_of, others_of
from sigma_monitors.exports._places import place_of
from sigma_monitors.exports._recipe import GivenRecipe


@define(eq=False)
class Tensorboard(Export):
    """Write event files for TensorBoard into the run's directory, or `path`: `tensorboard --logdir runs` shows them.

    Scalars are all that is a single number; histograms, pictures and texts are what hooks publish, and arrays such as a
    confusion matrix as shades of grey. The recipe is a text, its settings are hyperparameters, the network is the
    graph. A run that goes on is written on, in a file of its own, which takes back what lay behind. `{run}` in the path
    stands for the name of the run. Of iterations one in `every` is told.
    """

    events: ClassVar[tuple[type[Event], ...]] = (*Export.events, RunDescribed, RunFailed)

    every: int = fields.integer(default=10, at_least=1)
    path: str = ""

    _file: EventFile | None = field(default=None, init=False, repr=False)
    _folder: Path = field(factory=Path, init=False, repr=False)
    _graph: bytes | None = field(default=None, init=False, repr=False)
    # The iteration from which the run goes on; what is told of the newest up to that, and of those that were missing.
    _until: int = field(default=0, init=False, repr=False)
    _there: set[tuple[int, str]] = field(factory=set, init=False, repr=False)
    _name: str = field(default="", init=False, repr=False)
    _recipe: GivenRecipe = field(factory=lambda: GivenRecipe("", {}), init=False, repr=False)
    _has_failed: bool = field(default=False, init=False, repr=False)

    def open(self, run: RunInfo) -> None:
        """Begin a file."""
        self._name, self._recipe, self._has_failed = run.name, GivenRecipe.of(run), False
        self._folder = place_of("tensorboard", self.path, run, "")
        self._file, self._graph = EventFile(self._folder), None

    def begin(self, iteration: int, *, is_new: bool) -> int:
        """Take back what lies behind, then say what the run is made of."""
        step = iteration + 1 if iteration else 0
        self.flush()
        told = Told.until(iteration, self._folder)
        # A checkpoint of the end of an epoch comes before its validation, whose values are told again then.
        self._until, self._there = iteration, {(told.newest, tag) for tag in told.tags if iteration}
        self._add(Record(step=step, session_log=SessionLog(status=SessionLog.START)))
        values = [summaries.hyperparameters(self._name, self._recipe.settings)]
        if self._recipe.text:
            values.append(summaries.text("recipe", self._recipe.text))
        self._add(Record(step=iteration, summary=Summary(value=values)))
        # TensorBoard complains of a second.
        if self._graph is not None and not told.has_graph:
            self._add(Record(graph_def=self._graph))
        return told.complete

    def take(self, event: Event) -> None:
        """Hand over its values."""
        if isinstance(event, RunDescribed):
            self._recipe = self._recipe.with_described(event)
            self._graph = summaries.graph(event.network)
        elif isinstance(event, RunFailed):
            self._has_failed = True
        elif isinstance(event, RunEnded):
            value = summaries.ending(has_failed=self._has_failed)
            self._add(Record(step=event.iteration, summary=Summary(value=[value])))
        elif values := _summarised(event):
            if event.iteration <= self._until:
                values = [value for value in values if (event.iteration, value.tag) not in self._there]
                self._there |= {(event.iteration, value.tag) for value in values}
            self._add(Record(step=event.iteration, summary=Summary(value=values)))

    def flush(self) -> None:
        """Write what has come."""
        if self._file is not None:
            self._file.flush()

    def close(self) -> None:
        """Write what waits."""
        if self._file is not None:
            file, self._file = self._file, None
            file.close()

    def _add(self, record: Record) -> None:
        if self._file is not None:
            self._file.add(record)


def _summarised(event: Event) -> list[summaries.Value]:
    values = [summaries.scalar(tag, value) for tag, value in numbers_in_sections(event).items()]
    for tag, value in others_of(event).items():
        kind = kind_of(value)
        if isinstance(kind, Histogram):
            values.append(summaries.histogram(tag, kind))
        elif isinstance(kind, Picture):
            values.append(summaries.picture(tag, kind))
        elif isinstance(kind, str):
            values.append(summaries.text(tag, kind))
    return values
