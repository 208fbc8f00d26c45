"""Runs that are kept: trained, or told event by event."""

from contextlib import closing, contextmanager

import pytest
from sigma_monitors.dashboard import _recording

from sigma_core.extend import Bus, EpochEnded, IterationEnded, RunEnded, RunStarted, RunStore, ValidationEnded


@pytest.fixture
def recorded(monkeypatch, recorded):
    """A run as the pages see it, which looks each time that it is asked to."""
    monkeypatch.setattr(_recording, "INTERVAL", 0.0)
    monkeypatch.setattr(_recording, "_PATIENCE", 0.0)
    return recorded


class Told:
    """A run that is told event by event; each call is written at once."""

    def __init__(self, store, bus):
        self.store = store
        self._bus = bus

    def tell(self, *events):
        for event in events:
            self._bus.publish(event)
        assert self.store.flush()

    def iterations(self, numbers, value=float, **others):
        scores = others or {}
        self.tell(
            *(IterationEnded(epoch=1, iteration=number, scores={"loss": value(number), **scores}) for number in numbers)
        )

    def epoch(self, number, iteration, **scores):
        validation = {name: value for name, value in scores.items() if not name.startswith("training")}
        named = {f"validation.{name}" if name in validation else name: value for name, value in scores.items()}
        self.tell(
            ValidationEnded(name="validation", epoch=number, iteration=iteration, scores=validation),
            EpochEnded(epoch=number, iteration=iteration, iterations_per_epoch=iteration, scores=named),
        )

    def start(self, directory="one"):
        self.tell(RunStarted(run="one", directory=str(directory), epoch=0, iteration=0))

    def end(self, iteration=0, **scores):
        end = {"epoch": 1, "epochs": 1, "seconds": 1.0, "ended_because": "told so"}
        self.tell(RunEnded(run="one", directory="one", iteration=iteration, scores=scores, **end))


@pytest.fixture
def told():
    """Tells a run: `with told(directory) as run: run.iterations(range(1, 100))`."""

    @contextmanager
    def telling(directory, reopen=False):
        store = RunStore.reopen(directory) if reopen else RunStore.create(directory)
        with store, closing(Bus()) as bus:
            store.attach(bus)
            yield Told(store, bus)

    return telling
