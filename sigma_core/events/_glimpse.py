"""The newest scores of a run for whoever looks at them now and then: of all between two looks one is told."""

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING

from sigma_core.events._bus import Bus
from sigma_core.events._iteration import IterationEnded
from sigma_core.events._payload import measurements

if TYPE_CHECKING:
    from sigma_core.events._subscription import Subscription


class Glimpse:
    """Scores of an iteration that ended a moment ago; each look has another one told, for the look after it.

    A run that nobody looks at pays nothing, and one that is looked at four times a second for four events.
    """

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._looking = threading.Lock()
        self._awaited: Subscription | None = None
        self._scores: Mapping[str, float] = {}

    def look(self) -> Mapping[str, float]:
        """Scores that are one number by identifier, such as `training.loss`; empty as long as none is known."""
        with self._looking:
            if self._awaited is None or len(self._awaited):
                for event in [] if self._awaited is None else self._awaited.drain():
                    self._scores = {name: value for name, _, value in measurements(event)}
                self._awaited = self._bus.await_one("glimpse", IterationEnded)
            return self._scores

    def close(self) -> None:
        """Nobody looks any more."""
        with self._looking:
            if self._awaited is not None:
                self._awaited.close()
                self._awaited = None
