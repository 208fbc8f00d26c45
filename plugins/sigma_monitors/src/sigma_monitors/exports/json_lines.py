"""JSON lines: an object for each event, as programs that collect logs and pandas read them."""

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any, ClassVar

from attrs import define, field

from sigma_core.extend import (
    CheckpointFailed,
    CheckpointRestored,
    CheckpointSaved,
    CommandApplied,
    CommandRefused,
    Event,
    LogRecorded,
    RunDescribed,
    RunFailed,
    RunInfo,
    RunInterrupted,
    RunPaused,
    RunResumed,
    SubscriberFailed,
    name_of_event,
    payload,
    plain,
)
from sigma_monitors.exports._export import Export, LinesExport
from sigma_monitors.exports._identified import values_of
from sigma_monitors.exports._lines import Lines
from sigma_monitors.exports._places import place_of, strange
from sigma_monitors.exports._stored import VALUES

# How each line begins.
_HEAD = re.compile(rb'\{"kind":"(?P<kind>\w+)"(?:,"epoch":\d+)?(?:,"iteration":(?P<iteration>\d+))?[,}]')
_What = tuple[int, str, frozenset[str]]
"""What a line with values tells of: the iteration, the kind, the names of all that it holds."""
_KINDS = frozenset(name_of_event(kind).encode("ascii") for kind in VALUES)
_ENCODER = json.JSONEncoder(separators=(",", ":"), allow_nan=False, default=plain)
# What is told of a run besides its values.
_TOLD = (
    *(CheckpointFailed, CheckpointRestored, CheckpointSaved, CommandApplied, CommandRefused, LogRecorded),
    *(RunDescribed, RunFailed, RunInterrupted, RunPaused, RunResumed, SubscriberFailed),
)


@define(eq=False)
class JSONLines(LinesExport):
    """Write `events.jsonl` into the run's directory, or `path`: an object in each line for each event.

    Each has its `kind`, `epoch` and `iteration` as far as it has any; scores and what hooks publish stand beside them
    by identifier. Numbers that are none are the texts "NaN", "Infinity" and "-Infinity". A run that goes on is written
    on, from the iteration at which it does; a new run begins the file anew. `{run}` in the path stands for the name of
    the run. Of iterations one in `every` is told.
    """

    events: ClassVar[tuple[type[Event], ...]] = (*Export.events, *_TOLD)

    # Lines that wait to be written. Those before the run has begun wait until it is known what stays of the file.
    _waiting: list[bytes] = field(factory=list, init=False, repr=False)
    # What is told of the newest iteration up to that from which the run goes on, and of those that were missing.
    _there: set[_What] = field(factory=set, init=False, repr=False)
    _until: int = field(default=0, init=False, repr=False)
    _has_begun: bool = field(default=False, init=False, repr=False)

    def open(self, run: RunInfo) -> None:
        """Take the file; what is in it stays until the run says where it begins."""
        self._waiting, self._has_begun = [], False
        self._lines = Lines(place_of("json_lines", self.path, run, "events.jsonl"))
        first = self._lines.first()
        if first is not None and _HEAD.match(first) is None:
            raise strange(self._lines.path, f"it begins with {first[:60]!r}")

    def begin(self, iteration: int, *, is_new: bool) -> int:
        """Keep what there was up to there; of a file that is begun anew nothing."""
        if self._has_begun:
            self.flush()
        self._has_begun = True
        # A checkpoint of the end of an epoch comes before its validation, whose values are told again then.
        self._there, self._until = set(), iteration
        kept = _Kept(iteration)
        self.lines.change(lambda lines: () if is_new else kept.lines(lines))
        for line in kept.last:
            with suppress(ValueError):
                self._there.add(_what(json.loads(line)))
        # Of the newest iteration some may be missing.
        return iteration if is_new else max(0, kept.newest - 1)

    def take(self, event: Event) -> None:
        """A line for it."""
        told: dict[str, Any] = {"kind": name_of_event(type(event))}
        if isinstance(event, VALUES):
            told |= {"epoch": event.epoch, "iteration": event.iteration}
            values = values_of(event)
            source = getattr(event, "source", None)
            told |= {} if source is None else {"source": source}
            # What a hook calls as the line itself calls something is told by both their names.
            told |= {f"{source}.{name}" if name in told else name: value for name, value in values.items()}
        else:
            told |= {name: getattr(event, name) for name in ("epoch", "iteration") if hasattr(event, name)}
            told |= payload(event)
            told |= told.pop("scores", {})
        if isinstance(event, VALUES) and event.iteration <= self._until:
            what = _what(told)
            if what in self._there:
                return
            self._there.add(what)
        self._waiting.append(_encoded(told).encode("ascii") + b"\n")

    def flush(self) -> None:
        """Write what waits."""
        if self._has_begun and self._waiting:
            waiting, self._waiting = self._waiting, []
            self.lines.append(b"".join(waiting))


@define
class _Kept:
    """Lines up to an iteration; `last` are those with values of the `newest` of them."""

    iteration: int
    newest: int = 0
    last: list[bytes] = field(factory=list)

    def lines(self, lines: Iterable[bytes]) -> Iterator[bytes]:
        for line in lines:
            found = _HEAD.match(line)
            number = 0 if found is None or found["iteration"] is None else int(found["iteration"])
            if number > self.iteration:
                continue
            yield line
            if found is not None and found["kind"] in _KINDS and number >= self.newest:
                self.last = [*(self.last if number == self.newest else ()), line]
                self.newest = number


def _what(told: dict[str, Any]) -> _What:
    return told["iteration"], told["kind"], frozenset(told)


def _encoded(told: dict[str, Any]) -> str:
    try:
        return _ENCODER.encode(told)
    except (TypeError, ValueError):
        # NaN and infinity, or keys that are no texts.
        return _ENCODER.encode(plain(told))
