"""The clock on the wall may jump, hours forward or back: what a run does by time goes by one that only goes on."""

import os
from itertools import pairwise

import pytest

import sigma_core as sigma
from sigma_core.events import RunStore
from sigma_core.training import Checkpoint, RunDirectory, _loop, _steering

HOUR = 3600.0
JUMPS = {"back": [-HOUR], "forward": [HOUR], "to and fro": [HOUR, -2 * HOUR, 0.0]}


class Clocks:
    """Half a minute passes at each iteration, and somebody sets the clock on the wall."""

    def __init__(self, monkeypatch, jumps):
        self.wall, self.steady, self.jumps = 1.7e9, 100.0, jumps
        for module in (_loop, _steering):
            monkeypatch.setattr(module, "perf_counter", lambda: self.steady)
        monkeypatch.setattr("time.time", lambda: self.wall)
        self.environment = sigma.Environment()
        monkeypatch.setattr(self.environment.bus, "_time", lambda: self.wall)

    def sigma_iteration_started(self, event):
        self.steady += 30.0
        self.wall += self.jumps[event.iteration % len(self.jumps)]


class EveryMinute:
    def __init__(self):
        self.seen = []

    @sigma.hookimpl(when=sigma.Trigger.parse("every 60 seconds"))
    def sigma_iteration_ended(self, event):
        self.seen.append(event.iteration)


@pytest.fixture(params=JUMPS.values(), ids=JUMPS)
def clocks(request, monkeypatch):
    made = Clocks(monkeypatch, request.param)
    with made.environment:
        yield made


def test_what_goes_by_seconds_goes_on(make, clocks, tmp_path):
    """Running time, criteria, triggers and regular checkpoints; the store keeps what the clock on the wall said."""
    hook = EveryMinute()
    trainer = make("300 seconds", hooks=[clocks, hook], checkpoint="every 60 seconds", environment=clocks.environment)

    run = trainer.run(directory=tmp_path / "run")

    assert (run.ended_because, run.seconds, run.iterations) == ("300 seconds", 300.0, 10)
    assert hook.seen == [2, 4, 6, 8, 10]
    with RunStore.open(tmp_path / "run") as store:
        events = list(store.events())
        assert store.metrics("training.loss")[0] == list(range(1, 11))
    assert [event.id for event in events] == list(range(1, len(events) + 1))
    assert [event.iteration for event in events if event.kind == "iteration_ended"] == list(range(1, 11))
    times = [event.time for event in events if event.kind == "iteration_ended"]
    passed = [later - earlier for earlier, later in pairwise(times)]
    assert passed == [clocks.jumps[number % len(clocks.jumps)] for number in range(2, 11)]
    # Of those that wait for the folder at one time the newest alone is written.
    assert {event.iteration for event in events if event.kind == "checkpoint_saved"} >= {10}


def test_a_run_goes_on_from_the_checkpoint_that_came_furthest(make, clocks, tmp_path):
    """Whichever the disk says was written last; the time that the run took counts on."""
    directory = tmp_path / "run"
    trainer = make("150 seconds", hooks=[clocks], checkpoint="every 60 seconds", environment=clocks.environment)
    trainer.run(directory=directory)
    trainer.reset()
    trainer.run(stop="2 iterations")
    older = trainer.save(directory / "checkpoints" / "older")
    for path in (*older.iterdir(), older):
        os.utime(path, (4e9, 4e9))

    assert Checkpoint.read(RunDirectory.checkpoint_in(directory)).state["iteration"] == 5
    again = make("300 seconds", hooks=[clocks], environment=clocks.environment)
    run = again.run(directory=directory, resume=True)

    assert (run.ended_because, run.seconds, run.iterations) == ("300 seconds", 300.0, 10)
