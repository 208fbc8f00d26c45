"""Monitors that write down what they see, and runs for them in every condition."""

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from attrs import define, field

from sigma_core.events import EpochEnded, EpochStarted, Event, IterationEnded, Policy, RunStarted, RunStore, payload
from sigma_core.events._ledger import Ledger
from sigma_core.training import Monitor
from sigma_core.training._presence import Presence


@define(eq=False)
class Witness(Monitor):
    """Writes down what it is told, and where the run stands then; does something else in some method."""

    events = (Event,)
    interval = 0.001

    acting: dict = field(factory=dict)
    runs: list = field(factory=list, init=False)
    calls: list = field(factory=list, init=False)
    told: list = field(factory=list, init=False)
    batches: list = field(factory=list, init=False)
    places: list = field(factory=list, init=False)

    def _note(self, method):
        if method != "refresh":
            self.calls.append(method)
        self.acting.get(method, lambda _: None)(self)

    def start(self, run, progress, send):
        self.runs.append(run)
        self.progress, self.send = progress, send
        self._note("start")

    def receive(self, events):
        self.batches.append(len(events))
        self.told.extend(events)
        self.places.append((type(events[-1]), self.progress.epoch, self.progress.iteration, self.progress.seconds))
        self._note("receive")

    def refresh(self):
        self._note("refresh")

    def stop(self):
        self._note("stop")


@define(eq=False)
class Epochs(Witness):
    """Wants ends of epochs alone."""

    events = (EpochEnded,)


@define(eq=False)
class Never(Witness):
    """Wants no events at all."""

    events = ()


@define(eq=False)
class Few(Witness):
    """Takes three at a time."""

    bound = 3


@define(eq=False)
class Newest(Witness):
    """Wants the newest of each class alone."""

    events = (EpochStarted, IterationEnded)
    policy = Policy.COALESCE


@define(eq=False)
class Latest(Witness):
    """Wants the newest iteration of each epoch."""

    events = (IterationEnded,)
    policy = Policy.COALESCE

    def key(event):  # noqa: N805  # a function of the event, not a method
        return event.epoch


def _raising(error):
    def act(_):
        raise error

    return act


def _told_of(events):
    """What JSON has words for, by class."""
    return [(type(event), payload(event)) for event in events]


@pytest.fixture
def told():
    """What a person is told."""
    return []


@pytest.fixture
def run(make, tmp_path):
    """A run that has ended, and what a monitor in its process saw."""
    path, witness = tmp_path / "run", Witness()
    make("3 epochs").run(directory=path, monitors=[witness])
    return path, witness


def _killed(path):
    """As a run leaves its directory that is killed in its second epoch."""
    script = f"""
import os, sys
sys.path.insert(0, {str(Path(__file__).parent.parent)!r})
from conftest import regression
from sigma_nn import Adam, Dense, Input, SquaredDifference
import sigma_core as sigma

class Kill:
    def sigma_iteration_ended(self, event, trainer):
        if event.iteration == 4:
            trainer.save({str(path / "checkpoints" / "last")!r})
            trainer._kept.flush()
            os._exit(9)

network = Input(3) + Dense(4, activation="tanh") + Dense(1) + SquaredDifference()
trainer = sigma.Trainer(
    network, regression(), optimiser=Adam(0.01), stop="3 epochs", batch_size=4, seed=3, hooks=[Kill()]
)
trainer.run(directory={str(path)!r})
"""
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 9
    return path


def _write(directory, *events):
    """A store with these, one a second."""
    ledger = Ledger()
    with RunStore.create(directory) as store:
        for second, event in enumerate(events):
            ledger.offer((100.0 + second, event))
        store._write(ledger.take())
    return directory


def _start(run="one"):
    return RunStarted(run=run, directory=None, epoch=0, iteration=0)


class _Living:
    """A process that says that it is at work in a directory."""

    def __init__(self, path):
        path.mkdir(parents=True, exist_ok=True)
        self._path = path

    def __enter__(self):
        self._presence = Presence.take(self._path)

    def __exit__(self, *_):
        self._presence.release()


@pytest.fixture
def beside():
    """Does something in a thread of its own; what it raises is raised at the end."""
    threads, raised = [], []

    def do(action):
        def work():
            try:
                action()
            except BaseException as error:  # noqa: BLE001  # raised below
                raised.append(error)

        threads.append(threading.Thread(target=work))
        threads[-1].start()

    yield do
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    assert raised == []


def _await_command_file(path):
    """Until a run takes commands."""
    deadline = time.monotonic() + 60
    while not (path / "commands.db").exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def witness():
    """A class of monitors that write down what they are told."""
    return Witness


@pytest.fixture
def epochs():
    """One of monitors that want ends of epochs alone."""
    return Epochs


@pytest.fixture
def never():
    """One of monitors that want no events."""
    return Never


@pytest.fixture
def few():
    """One of monitors that take three events at a time."""
    return Few


@pytest.fixture
def newest():
    """One of monitors that want the newest of each class."""
    return Newest


@pytest.fixture
def latest():
    """One of monitors that want the newest iteration of each epoch."""
    return Latest


@pytest.fixture
def raising():
    """What a monitor does that raises an error."""
    return _raising


@pytest.fixture
def told_of():
    """Events in the words of JSON, to be compared."""
    return _told_of


@pytest.fixture
def killed():
    """Makes a run that is killed in its second epoch, in a process of its own."""
    return _killed


@pytest.fixture
def write():
    """Writes a store with the events that are given."""
    return _write


@pytest.fixture
def start():
    """Makes the event with which a run starts."""
    return _start


@pytest.fixture
def living():
    """Says that a process is at work in a directory."""
    return _Living


@pytest.fixture
def await_command_file():
    """Waits until a run takes commands."""
    return _await_command_file
