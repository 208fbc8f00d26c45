"""Monitors that watch a run from outside: fed from its store, live or after the fact."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

from sigma_core.environment import Environment
from sigma_core.errors import SettingError, SigmaError
from sigma_core.events import (
    EpochStarted,
    Event,
    IterationEnded,
    RunDescribed,
    RunEnded,
    RunPaused,
    RunReset,
    RunResumed,
    StoredEvent,
    SubscriberFailed,
    classes_of,
    decoded,
    measurements,
    name_of_event,
)
from sigma_core.registry import Composer, snake_case
from sigma_core.training._commands import Command, written
from sigma_core.training._feeding import Feed, Place
from sigma_core.training._following import ENDED, INTERVAL, STARTED, Following, Tell, say
from sigma_core.training._mailbox import send as send_command
from sigma_core.training._monitor import Monitor, RunInfo
from sigma_core.training.recipe import built

_DESCRIBED, _EPOCH, _PAUSED, _RESUMED, _RESET = map(
    name_of_event, (RunDescribed, EpochStarted, RunPaused, RunResumed, RunReset)
)
_GONE_ON = frozenset((_EPOCH, _PAUSED, ENDED))
"""What tells that a run has started that was not described, as runs were not before."""


@frozen(kw_only=True)
class Watched:
    """What came of watching a run."""

    directory: Path
    ended: RunEnded | None = None
    """How the run ended; None where it goes on, or where its process ended without a word."""
    failures: tuple[SubscriberFailed, ...] = ()
    """The monitors that failed, each with the reason."""


def watch(  # noqa: PLR0913  # all but the first two have their values nearly always
    directory: Path | str,
    monitors: Iterable[Any],
    *,
    follow: bool = True,
    interval: float = INTERVAL,
    environment: Environment | None = None,
    patience: float = 60.0,
    tell: Tell = say,
) -> Watched:
    """Feed monitors from the store of a run, while another process writes it or after the fact, until it ends.

    `monitors` are objects, names or tables. They are told of all that has happened from the first event on, as they
    would have been in the process of the run: where it was gone on with they are started once for each time. What they
    send is given to the run as `sigma run` gives it; where it is not taken, that is told. With `follow` this waits for
    a run that has not begun, goes on with it until it ends, and with one whose process ended without a word and that is
    resumed meanwhile; without, it ends with what is there. The store is looked at every `interval` seconds.

    A monitor that raises, or does not come back for `patience` seconds, is told of and ends alone. `tell` is told what
    a person should know, by default on standard error. Raises RunDirectoryError for what is no run, has not begun
    and does not live, is damaged or of a newer version; UnknownComponentError for an unknown monitor; SettingError for
    what is no interval.
    """
    if not patience > 0:
        raise SettingError("watch, patience", repr(patience), "a number of seconds above 0")
    path = Path(directory)
    own = Environment() if environment is None else environment
    feeds: list[Feed] = []
    failures: list[SubscriberFailed] = []
    fault: SigmaError | None = None
    try:
        given = [monitors] if isinstance(monitors, str | Mapping) else monitors
        watching = [built(own.composer, "monitors", monitor) for monitor in given]
        events = tuple(kind for monitor in watching for kind in type(monitor).events)
        retelling = _Retelling(path, classes_of(events), feeds)
        kinds = (*retelling.classes, _DESCRIBED, _EPOCH, _PAUSED, _RESUMED, _RESET)
        following = Following(path, kinds, follow=follow, interval=interval, tell=tell)
        feeds.extend(_feed(monitor, (path, own.composer), failures, tell, patience) for monitor in watching)
        try:
            for stored in following.events():
                if stored is None:
                    retelling.caught_up(following)
                else:
                    retelling.take(stored)
                if feeds and len(failures) == len(feeds):
                    break
        except SigmaError as error:
            # What was read before is handed over all the same.
            fault = error
        retelling.end()
        for feed in feeds:
            feed.close()
        if fault is not None:
            raise fault
    finally:
        for feed in feeds:
            feed.give_up()
        if environment is None:
            own.close()
    return Watched(directory=path, ended=retelling.ended, failures=tuple(failures))


def _feed(
    monitor: Monitor, target: tuple[Path, Composer], failures: list[SubscriberFailed], tell: Tell, patience: float
) -> Feed:
    name = snake_case(type(monitor).__name__)
    directory, composer = target
    refused: set[str] = set()

    def send(command: Command) -> None:
        try:
            send_command(directory, written(command, composer))
        except SigmaError as error:
            text = f"monitor {name!r}: {snake_case(type(command).__name__)} was not taken: {str(error).splitlines()[0]}"
            # A monitor that is told of what is long past may send the same for each epoch.
            if text not in refused:
                refused.add(text)
                tell(text)

    def failing(reason: str) -> None:
        failures.append(SubscriberFailed(subscriber=name, reason=reason))
        tell(f"monitor {name!r} failed and has ended: {reason}")

    return Feed(monitor, name, send, failing, patience)


class _Retelling:
    """Stored events as one run after another, each with what is known of it and where it stands."""

    def __init__(self, directory: Path, classes: Mapping[str, type[Event]], feeds: list[Feed]) -> None:
        self.classes = classes
        self.ended: RunEnded | None = None
        self._directory = directory
        self._feeds = feeds
        # Of a run that is not told of yet, because it has not started or it is not known what it is.
        self._waiting: list[StoredEvent] = []
        self._has_started = self._is_told = False
        # Where the run stands, by its last event; its time is that since it began, or would have without pauses.
        self._epoch = self._iteration = 0
        self._scores: Mapping[str, float] = {}
        self._last = self._started = 0
        self._now = self._seconds = 0.0
        self._is_paused = False

    def take(self, stored: StoredEvent) -> None:
        """The next event."""
        if stored.kind == _DESCRIBED or (stored.kind == STARTED and self._has_started):
            # The one before was killed, and has no end.
            self.end()
        if stored.kind == STARTED:
            self._has_started, self.ended = True, None
        if self._is_told:
            self._tell(stored)
            return
        self._waiting.append(stored)
        is_known = stored.kind in _GONE_ON or any(each.kind == _DESCRIBED for each in self._waiting)
        if self._has_started and is_known:
            self._begin()

    def caught_up(self, following: Following) -> None:
        """All that was there was taken."""
        if self._has_started and not following.lives:
            self._begin()
        if not self._is_told:
            return
        newest = following.iteration
        if newest is not None and newest.id > self._started:
            if newest.id > self._last:
                self._move(newest)
            ended = decoded(newest, IterationEnded)
            if ended is not None:
                self._scores = {name: value for name, _, value in measurements(ended)}
        for feed in self._feeds:
            feed.hand_over(self._standing)
            feed.move(self._standing)

    def end(self) -> None:
        """The run is over, or nobody looks at it any more."""
        if self._has_started:
            self._begin()
            self._has_started = self._is_told = False
            for feed in self._feeds:
                feed.hand_over(self._standing)
                feed.stop()

    def _begin(self) -> None:
        if self._is_told:
            return
        self._is_told = True
        events, self._waiting = self._waiting, []
        found = {stored.kind: stored for stored in reversed(events)}
        described = found[_DESCRIBED].payload if _DESCRIBED in found else {}
        epoch = found[_EPOCH].payload if _EPOCH in found else {}
        run = RunInfo(
            name=str(found[STARTED].payload.get("run", self._directory.name)),
            directory=str(self._directory),
            iterations_per_epoch=described.get("iterations_per_epoch", epoch.get("iterations_per_epoch")),
            total_iterations=described.get("total_iterations"),
            parameters=described.get("parameters") or 0,
            backend=described.get("backend") or "",
        )
        self._is_paused = False
        self._now, self._seconds = found[STARTED].time, float(described.get("seconds") or 0.0)
        self._epoch, self._iteration, self._scores = 0, 0, {}
        self._started = found[STARTED].id
        self._move(found[STARTED])
        for feed in self._feeds:
            feed.start(run, self._standing)
        for stored in events:
            self._tell(stored)

    def _tell(self, stored: StoredEvent) -> None:
        self._move(stored)
        kind = self.classes.get(stored.kind)
        event = None if kind is None else decoded(stored, kind)
        # A monitor that looks at the progress when an epoch begins, or the run ends, sees where the run stood then.
        is_due = stored.kind in (_EPOCH, ENDED)
        for feed in self._feeds:
            if (event is not None and feed.take(event)) or is_due:
                feed.hand_over(self._standing)
        if stored.kind == ENDED:
            ended = decoded(stored, RunEnded)
            self.ended = ended if isinstance(ended, RunEnded) else None
            self.end()

    @property
    def _standing(self) -> Place:
        return Place(self._epoch, self._iteration, max(0.0, self._seconds), self._scores)

    def _move(self, stored: StoredEvent) -> None:
        """The run is where that event was."""
        if not self._is_paused:
            self._seconds += stored.time - self._now
        self._last, self._now = stored.id, stored.time
        if stored.kind in (_PAUSED, _RESUMED):
            self._is_paused = stored.kind == _PAUSED
        elif stored.kind == ENDED:
            self._seconds = float(stored.payload.get("seconds") or 0.0)
        if stored.kind == _RESET:
            self._epoch = self._iteration = 0
        elif stored.iteration is not None:
            self._epoch, self._iteration = stored.epoch or 0, stored.iteration
