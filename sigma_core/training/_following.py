"""The store of a run, read bit by bit while another process writes it, or after the fact."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from math import isfinite
from pathlib import Path

from sigma_core.errors import RunDirectoryError, SettingError
from sigma_core.events import IterationEnded, RunEnded, RunStarted, RunStore, StoredEvent, name_of_event
from sigma_core.training._presence import Holder, holder_of

Tell = Callable[[str], None]

STARTED, ENDED, ITERATION = map(name_of_event, (RunStarted, RunEnded, IterationEnded))

INTERVAL = 0.25
_PART = 20_000
"""Numbers of events that are read together, so that a long run is never in memory as a whole."""
_MAKING = 10.0
"""Seconds in which a process that has taken a directory makes a store there."""
_SHARE = 4
"""A look that takes long, as through a network, is followed by a pause of so many times its length."""
# A damaged file may hold anything where a payload should be.
_DAMAGE = (LookupError, TypeError, ValueError)


def say(text: str) -> None:
    """Tell a person who watches, beside what the program prints."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def stored_events(
    directory: Path | str,
    kinds: Iterable[str] | None = None,
    *,
    follow: bool = True,
    interval: float = INTERVAL,
    tell: Tell = say,
) -> Iterator[StoredEvent]:
    """The events of a run in order, all or those of some kinds, as they are written; to its end, or those so far.

    It is looked at every `interval` seconds. `tell` is told what a person should know, by default on standard error.
    Raises RunDirectoryError as `watch` does, and SettingError for what is no interval.
    """
    followed = Following(Path(directory), kinds, follow=follow, interval=interval, tell=tell)
    chosen = followed.kinds if kinds is None else frozenset(followed.wanted)
    return (event for event in followed.events() if event is not None and (chosen is None or event.kind in chosen))


class Following:
    """Events of a store from its first on.

    It is opened anew for each look: a run that ends makes one plain file of it, which nobody may hold open then.
    """

    def __init__(
        self, directory: Path, kinds: Iterable[str] | None, *, follow: bool, interval: float, tell: Tell
    ) -> None:
        if not (isinstance(interval, int | float) and isfinite(interval) and interval > 0):
            raise SettingError(
                "watch, interval", repr(interval), "a number of seconds above 0", "0.25 is four looks a second"
            )
        self.directory = directory
        self.wanted = () if kinds is None else tuple(kinds)
        self.kinds = None if kinds is None else frozenset((*self.wanted, STARTED, ENDED))
        self.iteration: StoredEvent | None = None
        """The newest ended iteration at the last look."""
        self.lives = False
        """Whether a process was at work at the last look."""
        self._follow = follow
        self._interval = interval
        self._tell = tell
        self._seen = 0
        self._latest = ""
        self._patient_until = time.monotonic() + _MAKING

    def events(self) -> Iterator[StoredEvent | None]:
        """Each event; None whenever all that was there has been given, before the next look.

        It ends with the run. Where its process ended without a word that is told, and if somebody saw it live, it is
        gone on with when the run is.
        """
        has_lived = is_told = False
        while True:
            began = time.monotonic()
            # In this order, because the last thing that a run does before it lets go is to write.
            holder = holder_of(self.directory)
            self.lives = holder is not None and holder.is_alive
            has_lived |= self.lives
            yield from self._new()
            yield None
            is_over = not self.lives and (self._latest == ENDED or not has_lived)
            if self.lives:
                is_told = False
            elif self._latest != ENDED and not is_told:
                is_told = True
                self._tell(self._death(holder, waits=self._follow and not is_over))
            if is_over or not self._follow:
                return
            time.sleep(max(self._interval, _SHARE * (time.monotonic() - began)))

    def _new(self) -> Iterator[StoredEvent]:
        try:
            store = RunStore.open(self.directory)
        except RunDirectoryError:
            if self._follow and self.lives and not self._seen and time.monotonic() < self._patient_until:
                return
            raise
        with store:
            newest = store.newest
            try:
                while self._seen < newest:
                    until = min(self._seen + _PART, newest)
                    yield from self._between(store, until)
                    self._seen = until
                self.iteration = store.last(ITERATION)
            except _DAMAGE as error:
                raise RunDirectoryError(
                    f"run store {str(store.path)!r}",
                    f"it holds what no run has written, behind event {self._seen}: {error}",
                    "events of a run",
                    "take the run from a copy",
                ) from error
        if not self._latest:
            self._check_beginning()

    def _between(self, store: RunStore, until: int) -> Iterator[StoredEvent]:
        for event in store.events(self.kinds, after=self._seen, until=until):
            if not isinstance(event.payload, dict):
                raise TypeError(f"{event.kind} is {type(event.payload).__name__}")
            if event.kind in (STARTED, ENDED):
                self._latest = event.kind
            yield event

    def _check_beginning(self) -> None:
        where = f"run {str(self.directory)!r}"
        if not self.lives:
            raise RunDirectoryError(
                where,
                "it has not begun, and no process is at work on it",
                "a run that has begun",
                "`sigma resume` begins it again",
            )
        if not self._follow:
            raise RunDirectoryError(
                where,
                "it has not begun yet",
                "a run that has begun",
                "try again, or wait for it: leave --no-follow out",
            )

    def _death(self, holder: Holder | None, *, waits: bool) -> str:
        process = "its process" if holder is None else f"process {holder.process} on {holder.host}"
        waiting = "; if it is resumed, that is watched too" if waits else ""
        return f"run {str(self.directory)!r}: {process} ended without a word{waiting}"
