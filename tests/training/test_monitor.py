"""Monitors: what they see, on which thread, and that nothing they do reaches the run."""

import threading

import numpy as np
import pytest
from attrs import define, field

from sigma_core.data import Dataset
from sigma_core.events import (
    Bus,
    EpochEnded,
    EpochStarted,
    LogRecorded,
    Policy,
    RunStore,
    SubscriberFailed,
    TaskProgressed,
)
from sigma_core.training import RunDirectory
from sigma_core.training._commands import Stop
from sigma_core.training._monitor import Monitor, RunInfo, attach, preparing

RUN = RunInfo("digits", iterations_per_epoch=10, total_iterations=30)


@define
class Standing:
    """A run's progress that stands still."""

    epoch: int = 0
    iteration: int = 0
    seconds: float = 0.0


def ended(epoch):
    return EpochEnded(epoch=epoch, iteration=10 * epoch, iterations_per_epoch=10, scores={"loss": 1 / epoch})


@define(eq=False)
class Witness(Monitor):
    """Writes down every call and its thread; raises in the method named by `fails`."""

    events = (EpochEnded,)
    interval = 0.001

    fails: str = ""
    error: BaseException = field(factory=lambda: ValueError("no ink"))
    calls: list = field(factory=list, init=False)
    threads: set = field(factory=set, init=False)
    refreshed: threading.Event = field(factory=threading.Event, init=False)

    def _note(self, name, *details):
        self.calls.append((name, *details))
        self.threads.add(threading.current_thread().name)
        if name == self.fails:
            raise self.error

    def start(self, run, progress, send):
        self._note("start", run.name, progress.iteration)

    def receive(self, events):
        self._note("receive", *(event.epoch for event in events))

    def refresh(self):
        self._note("refresh")
        self.refreshed.set()

    def stop(self):
        self._note("stop")

    def told(self):
        return [call for call in self.calls if call[0] != "refresh"]


def watch(monitor, *events, bus=None):
    """Attach, publish and close; how the attachment ended."""
    bus = bus or Bus()
    attachment = attach(monitor, bus, RUN, Standing(iteration=7), name="witness")
    for event in events:
        bus.publish(event)
    assert attachment.close()
    return attachment


def test_a_monitor_is_started_receives_in_order_and_is_stopped():
    """All that was published between `attach` and `close` arrives, and only the classes asked for."""
    monitor = Witness()
    watch(monitor, ended(1), EpochStarted(epoch=2, iteration=10, iterations_per_epoch=10), ended(2), ended(3))
    told = monitor.told()
    assert told[0] == ("start", "digits", 7)
    assert told[-1] == ("stop",)
    assert [epoch for call in told if call[0] == "receive" for epoch in call[1:]] == [1, 2, 3]


def test_all_calls_come_on_one_thread_of_its_own():
    """The publishing thread does none of the monitor's work."""
    monitor = Witness()
    watch(monitor, ended(1))
    assert monitor.threads == {"sigma monitor witness"}


def test_a_monitor_is_refreshed_without_events():
    """So it can follow the progress of a run that publishes nothing."""
    monitor = Witness()
    attachment = attach(monitor, Bus(), RUN, Standing())
    for _ in range(3):
        assert monitor.refreshed.wait(5)
        monitor.refreshed.clear()
    assert attachment.close()
    assert attachment.name == "witness"


@pytest.mark.parametrize(
    ("method", "told"),
    [
        ("start", ["start"]),
        ("receive", ["start", "receive", "stop"]),
        ("refresh", ["start", "stop"]),
        ("stop", ["start", "receive", "stop"]),
    ],
)
def test_a_failure_is_reported_once_and_ends_the_monitor_only(method, told):
    """After a failure it is stopped, receives nothing more and no longer costs the bus anything."""
    bus = Bus()
    reports = bus.subscribe("reports", [SubscriberFailed])
    monitor = Witness(fails=method)
    attachment = attach(monitor, bus, RUN, Standing(), name="witness")
    if method in {"receive", "stop"}:
        bus.publish(ended(1))
    if method != "stop":
        assert reports.wait(5)
    assert attachment.close()
    assert reports.drain() == [SubscriberFailed(subscriber="witness", reason="ValueError: no ink")]
    assert attachment.failed == "ValueError: no ink"
    assert [call[0] for call in monitor.told()] == told
    assert not bus.wants(EpochEnded)


def test_only_the_first_failure_is_told():
    """A monitor that fails and then cannot be stopped either says why it failed at first."""

    class Broken(Witness):
        def stop(self):
            raise OSError("closed already")

    attachment = watch(Broken(fails="receive"), ended(1))
    assert attachment.failed == "ValueError: no ink"


def test_a_monitor_cannot_end_the_process():
    """Rich answers a closed pipe with SystemExit."""
    attachment = watch(Witness(fails="receive", error=SystemExit(1)), ended(1))
    assert attachment.failed == "SystemExit: 1"


def test_a_monitor_that_hangs_does_not_hold_up_the_run():
    """It is waited for as long as it asks; then `close` and the log say that it did not end."""
    release = threading.Event()

    class Hanging(Witness):
        patience = 0.02

        def receive(self, events):
            release.wait(10)

    bus = Bus()
    attachment = attach(Hanging(), bus, RUN, Standing())
    bus.publish(ended(1))
    logs = bus.subscribe("logs", [LogRecorded])
    assert not attachment.close()
    (log,) = logs.drain()
    assert (log.level, log.text) == ("warning", "monitor did not end in time")
    assert log.fields == {"monitor": "hanging", "seconds": 0.02}
    release.set()
    assert attachment.close(timeout=60.0)


def test_policy_bound_and_key_are_those_of_the_class():
    """A plain function in the class body is the key."""

    class Latest(Witness):
        policy = Policy.COALESCE
        bound = 2

        def key(event):  # noqa: N805  # a function of the event, not a method
            return event.epoch % 2

    release, started = threading.Event(), threading.Event()

    class Slow(Latest):
        def start(self, run, progress, send):
            started.set()
            release.wait(10)

    monitor, bus = Slow(), Bus()
    attachment = attach(monitor, bus, RUN, Standing())
    assert started.wait(5)
    for epoch in (1, 2, 3, 4):
        bus.publish(ended(epoch))
    release.set()
    assert attachment.close()
    assert monitor.told() == [("receive", 3, 4), ("stop",)]


def test_what_a_slow_monitor_loses_is_counted_and_told():
    """With a bound of one, the newest event waits; the log says how many did not."""
    release, started = threading.Event(), threading.Event()

    class Slow(Witness):
        bound = 1

        def start(self, run, progress, send):
            started.set()
            release.wait(10)

    monitor, bus = Slow(), Bus()
    log = bus.subscribe("log", [LogRecorded])
    attachment = attach(monitor, bus, RUN, Standing())
    assert started.wait(5)
    for epoch in (1, 2, 3):
        bus.publish(ended(epoch))
    release.set()
    assert attachment.close()
    assert attachment.dropped == 2
    assert [(entry.level, entry.text, dict(entry.fields)) for entry in log.drain()] == [
        ("warning", "monitor is too slow", {"monitor": "slow", "dropped": 2})
    ]
    assert monitor.told() == [("receive", 3), ("stop",)]


def test_a_monitor_acts_through_commands():
    """What it sends is handed to the run."""
    sent = []

    class Stopper(Witness):
        def start(self, run, progress, send):
            self.send = send

        def receive(self, events):
            self.send(Stop("loss is low"))

    bus = Bus()
    attachment = attach(Stopper(), bus, RUN, Standing(), sent.append)
    bus.publish(ended(1))
    assert attachment.close()
    assert sent == [Stop("loss is low")]


@pytest.mark.parametrize(
    ("length", "total", "epochs"), [(10, 30, 3), (10, 31, 4), (10, None, None), (None, 30, None), (0, 30, None)]
)
def test_the_number_of_epochs_is_known_when_length_and_total_are(length, total, epochs):
    """A part of an epoch counts as one."""
    assert RunInfo("digits", iterations_per_epoch=length, total_iterations=total).epochs == epochs


def progress(state):
    return TaskProgressed(task=1, name="download", done=1, total=2, unit="bytes", seconds=0.5, state=state)


def test_a_monitor_may_watch_what_makes_a_run_ready():
    """On a thread of its own; one that does not want to costs nothing."""

    class Early(Witness):
        def prepare(self, events):
            self._note("prepare", *(event.state for event in events))

    bus, early, late = Bus(), Early(), Witness()
    with preparing([early, late], bus):
        assert len(bus.subscriptions) == 1
        bus.publish(progress("running"))
        bus.publish(progress("done"))
    assert [state for _, *states in early.calls for state in states] == ["running", "done"]
    assert threading.current_thread().name not in early.threads
    assert late.calls == []
    assert bus.subscriptions == ()


def test_a_monitor_that_fails_before_a_run_is_reported():
    """As one that fails during it."""

    class Early(Witness):
        def prepare(self, events):
            raise self.error

    bus = Bus()
    reports = bus.subscribe("reports", [SubscriberFailed])
    with preparing([Early()], bus):
        bus.publish(progress("done"))
    assert reports.drain() == [SubscriberFailed(subscriber="early", reason="ValueError: no ink")]


class Slow(Dataset):
    """Tells how far it has come."""

    def load(self, environment):
        with environment.task("reading", total=10, unit="records") as task:
            task.reach(10)
        return {"inputs": np.ones((4, 3)), "targets": np.ones((4, 1))}


@pytest.mark.parametrize("way", ["resume", "restore"])
def test_a_trainer_that_goes_on_shows_what_makes_it_ready(way, make, tmp_path):
    """Its dataset is read before its checkpoint."""

    class Early(Witness):
        def prepare(self, events):
            self._note("prepare", *(event.name for event in events))

    monitor, path = Early(), tmp_path / "run"
    make("1 epochs", data=Slow()).run(directory=path)
    trainer = make("2 epochs", data=Slow())
    if way == "resume":
        trainer.run(directory=path, resume=True, monitors=[monitor])
    else:
        trainer.restore(RunDirectory.checkpoint_in(path), monitors=[monitor])
    assert {name for kind, *names in monitor.told() if kind == "prepare" for name in names} == {"reading"}


def test_a_trainer_shows_what_makes_it_ready(make):
    """The tasks of its dataset, before it starts; those of its hooks come as other events do."""

    class Early(Witness):
        events = (TaskProgressed,)

        def prepare(self, events):
            self._note("prepare", *(event.state for event in events))

        def receive(self, events):
            self._note("receive", *(event.name for event in events))

    class Busy:
        def sigma_epoch_ended(self, event, trainer):
            with trainer.environment.task("thinking"):
                pass

    monitor = Early()
    make("1 epochs", data=Slow(), hooks=[Busy()]).run(monitors=[monitor])
    told = monitor.told()
    started = told.index(next(call for call in told if call[0] == "start"))
    assert [state for _, *states in told[:started] for state in states] == ["running", "done"]
    assert [name for _, *names in told[started + 1 : -1] for name in names] == ["thinking", "thinking"]


def test_a_run_keeps_its_tasks(make, tmp_path):
    """Those between its start and its end."""

    class Busy:
        def sigma_epoch_ended(self, event, trainer):
            with trainer.environment.task("thinking", total=3, unit="thoughts") as task:
                task.advance(3)

    make("1 epochs", hooks=[Busy()]).run(directory=tmp_path / "run")
    with RunStore.open(tmp_path / "run") as store:
        kept = [event.payload for event in store.events("task_progressed")]
    assert [(each["name"], each["done"], each["state"]) for each in kept] == [
        ("thinking", 0, "running"),
        ("thinking", 3, "done"),
    ]


def test_the_progress_tells_scores_of_the_moment(make):
    """Of an iteration that has ended, as it was; nobody is left who listens when the run is over."""
    seen, scores = set(), {}

    class Looking(Witness):
        def start(self, run, progress, send):
            self.progress = progress

        def refresh(self):
            seen.update(self.progress.scores.items())

    class Note:
        def sigma_iteration_ended(self, event, trainer):
            scores[event.iteration] = ("training.loss", float(event.scores["loss"]))
            if len(seen) > 3:
                trainer.stop()

    trainer = make("1000000 epochs", hooks=[Note()])
    trainer.run(monitors=[Looking()])
    assert seen <= set(scores.values())
    assert trainer.environment.bus.subscriptions == ()
