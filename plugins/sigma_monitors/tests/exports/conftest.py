"""Runs that are told to exports, and some that are trained."""

import contextlib

import pytest

import sigma_core as sigma
from sigma_core.extend import Bus, IterationEnded, RunInfo, RunStarted, SubscriberFailed, ValuesPublished, attach


@pytest.fixture
def info(tmp_path):
    """What is known of a run whose directory is there."""
    return RunInfo("flowers-1", str(tmp_path), 4, 16, 51, "numpy")


@pytest.fixture
def short_of_room():
    """Within it files of this process find room for so many bytes; what pytest writes to comes after it, too."""
    resource = pytest.importorskip("resource", reason="Windows has no limits of this kind")

    @contextlib.contextmanager
    def short_of_room(size):
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)

    return short_of_room


@pytest.fixture
def started():
    """The start of that run, anew or from an iteration on."""

    def started(iteration=0):
        return RunStarted(run="flowers-1", directory=None, epoch=-(-iteration // 4), iteration=iteration)

    return started


@pytest.fixture
def losses():
    """Iterations from one to another, both included; the loss is one over the iteration."""

    def losses(first, last):
        return [
            IterationEnded(epoch=-(-number // 4), iteration=number, scores={"loss": 1 / number})
            for number in range(first, last + 1)
        ]

    return losses


@pytest.fixture
def published():
    """What a hook publishes."""

    def published(iteration, source="time_series", /, **values):
        names = {name.replace("__", "."): value for name, value in values.items()}
        return ValuesPublished(source=source, epoch=-(-iteration // 4), iteration=iteration, values=names)

    return published


@pytest.fixture
def play(info, standing):
    """A run over a real bus with a monitor attached; why the monitor failed, as the bus was told."""

    def play(monitor, *events, run=info):
        bus = Bus()
        failures = bus.subscribe("failures", [SubscriberFailed])
        attachment = attach(monitor, bus, run, standing)
        for event in events:
            for each in event if isinstance(event, list) else [event]:
                bus.publish(event=each)
        assert attachment.close(timeout=60.0)
        told = [event.reason for event in failures.drain()]
        assert told == ([] if attachment.failed is None else [attachment.failed])
        return attachment.failed

    return play


RECIPE = {
    "seed": 1,
    "name": "flowers",
    "stop": "4 epochs",
    "checkpoint": "1 epochs",
    "dataset": {"use": "iris", "split": [0.8, 0.2]},
    "optimiser": {"use": "adam", "learning_rate": 0.01},
    "hooks": [{"use": "time_series", "values": ["optimiser.learning_rate"], "when": "every 2 iterations"}],
    "network": [{"use": "input", "shape": [4]}, {"use": "dense", "size": 3}, {"use": "softmax_cross_entropy"}],
}


@pytest.fixture
def recipe():
    return dict(RECIPE)


@pytest.fixture
def trained(tmp_path, recipe):
    """A run of four epochs of four iterations, in a directory, with monitors."""

    def trained(*monitors, stop=None, resume=False, **changes):
        trainer = sigma.Trainer.from_recipe(recipe | {"monitors": list(monitors)} | changes)
        trainer.run(directory=tmp_path / "run", stop=stop, resume=resume)
        return tmp_path / "run"

    return trained
