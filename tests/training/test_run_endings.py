"""Every line of the table in docs/run-endings.md: which events fire on which way a run can end."""

import re
import signal
from pathlib import Path

import numpy as np
import pytest
from sigma_nn import Dense, GradientDescent, Input, SquaredDifference

import sigma_core as sigma
from sigma_core import events
from sigma_core.errors import DataError, StorageError

PAGE = Path(__file__).parents[2] / "docs" / "run-endings.md"
EVENTS = [name for name in events.__all__ if name.startswith(("Run", "Epoch", "Iteration", "Validation", "Checkpoint"))]
RECORDS, BATCH = 12, 4


class Recorder:
    """Writes down every event of a run, and does something at one of them."""

    def __init__(self, at=None, action=None):
        self.names = []
        self.at = at
        self.action = action

    def note(self, event, trainer):
        self.names.append(type(event).__name__)
        if self.at == type(event).__name__:
            self.action(trainer)


for name in EVENTS:
    if hasattr(events, name) and name not in ("RunDescribed", "RunProfiled", "RunStore"):
        hook = f"sigma_{events.name_of_event(getattr(events, name))}"
        # One method for each hook, since a hook is recognised by its name.
        exec(f"def {hook}(self, event, trainer): self.note(event, trainer)", namespace := {})  # noqa: S102
        setattr(Recorder, hook, namespace[hook])


def fail(_trainer):
    raise ValueError("on purpose")


def make(recorder, stop="2 epochs", **settings):
    inputs = np.linspace(0, 1, RECORDS * 3).reshape(RECORDS, 3)
    network = Input(3) + Dense(1) + SquaredDifference()
    return sigma.Trainer(
        network,
        (inputs, inputs[:, :1]),
        GradientDescent(0.01),
        stop,
        validation=(inputs, inputs[:, :1]),
        batch_size=BATCH,
        hooks=[recorder],
        **settings,
    ).build()


def break_step(trainer, after=4):
    """The step fails from some iteration on."""
    step, calls = trainer.team.step, []

    def broken(batch):
        calls.append(None)
        if len(calls) > after:
            raise ValueError("on purpose")
        return step(batch)

    trainer.team.step = broken


def second_signal(trainer, after=4):
    """Ctrl-C twice inside an iteration."""
    step, calls = trainer.team.step, []

    def interrupted(batch):
        calls.append(None)
        if len(calls) > after:
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)
        return step(batch)

    trainer.team.step = interrupted


def refuse_checkpoint(monkeypatch, trainer):
    def refused(_directory):
        raise StorageError("checkpoint", "cannot be written: on purpose")

    monkeypatch.setattr(trainer, "save", refused)


def at_iteration(number, action):
    """An action of iteration `number` alone."""
    return lambda trainer: action(trainer) if trainer.clock.iteration == number else None


def at(event, action):
    """Does something in a hook of that event."""

    def prepare(recorder, _trainer, _monkeypatch):
        recorder.at, recorder.action = event, action

    return prepare


def pause_and_stop(trainer):
    trainer.pause()
    trainer.stop()


def fail_twice(recorder, trainer, monkeypatch):
    break_step(trainer)
    at("RunFailed", fail)(recorder, trainer, monkeypatch)


def signal_at(event, iteration, number):
    return at(event, at_iteration(iteration, lambda _trainer: signal.raise_signal(number)))


# How each line of the table is brought about.
WAYS = {
    "the criterion holds after an epoch": lambda *_: None,
    "the criterion holds inside an epoch": lambda *_: None,
    "the criterion holds, in a run with a directory": lambda *_: None,
    "`trainer.stop()`": at("IterationEnded", at_iteration(4, lambda trainer: trainer.stop())),
    "`trainer.stop()` while paused": at("IterationEnded", at_iteration(4, pause_and_stop)),
    "Ctrl-C": signal_at("IterationEnded", 4, signal.SIGINT),
    "Ctrl-C, in a run with a directory": signal_at("IterationEnded", 4, signal.SIGINT),
    "Ctrl-C a second time, inside an iteration": lambda _, trainer, __: second_signal(trainer),
    "Ctrl-C in the last validation, the criterion holds": signal_at("ValidationEnded", 6, signal.SIGINT),
    "SIGTERM": signal_at("IterationEnded", 4, signal.SIGTERM),
    "an exception in a step": lambda _, trainer, __: break_step(trainer),
    "an exception in a hook of an iteration": at("IterationEnded", at_iteration(4, fail)),
    "an exception in a hook of an epoch's end": at("EpochEnded", fail),
    "an exception in `sigma_run_started`": at("RunStarted", fail),
    "an exception in the last validation": lambda _, trainer, patch: patch.setattr(trainer, "score", fail),
    "an exception in `sigma_run_failed`, after one in a step": fail_twice,
    "an exception in `sigma_run_ended`": at("RunEnded", fail),
    "a disk that refuses the last checkpoint": lambda _, trainer, patch: refuse_checkpoint(patch, trainer),
}


def scenario(way, monkeypatch, tmp_path):
    """A recorder, a trainer and the arguments of its run, for one way of ending."""
    recorder = Recorder()
    trainer = make(recorder, "4 iterations" if way == "the criterion holds inside an epoch" else "2 epochs")
    WAYS[way](recorder, trainer, monkeypatch)
    is_kept = "with a directory" in way or "a disk" in way
    return recorder, trainer, {"directory": tmp_path / "run"} if is_kept else {}


def lines():
    rows = [line.strip("|").split("|") for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| ")]
    return [tuple(cell.strip() for cell in row) for row in rows[1:]]


@pytest.mark.parametrize(("way", "expected", "outcome"), lines(), ids=[row[0] for row in lines()])
def test_the_table_is_true(way, expected, outcome, monkeypatch, tmp_path):
    """What the page says of this way to end is what happens."""
    recorder, trainer, arguments = scenario(way, monkeypatch, tmp_path)
    handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]

    try:
        happened = f"returns a {type(trainer.run(**arguments)).__name__}"
    except BaseException as error:  # noqa: BLE001
        happened = f"raises {type(error).__name__}"

    names = recorder.names
    last = len(names) - 1 - names[::-1].index("IterationEnded") if "IterationEnded" in names else 0
    assert happened == outcome
    assert names[last + 1 :] == list(re.split(r", ", expected))
    assert names.count("RunStarted") == names.count("RunEnded") == 1
    # Which need not be Python's own: a shell without job control has what it starts in the background ignore Ctrl-C.
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == handlers


def test_a_run_that_cannot_begin_fires_nothing():
    """Faults of data and network show before the run has started."""
    recorder = Recorder()
    trainer = sigma.Trainer(
        Input(3) + Dense(1) + SquaredDifference(),
        (np.full((4, 3), np.nan), np.zeros((4, 1))),
        GradientDescent(0.01),
        "1 epochs",
        hooks=[recorder],
    )

    with pytest.raises(DataError):
        trainer.run()

    assert recorder.names == []


def test_every_teardown_runs_whatever_is_raised():
    """A plugin whose teardown raises does not keep the others from theirs; all that was raised is told."""

    class Bad:
        def sigma_run_failed(self, event):
            raise RuntimeError("bad teardown")

    after = Recorder()
    trainer = make(Bad())
    trainer.attach(after)
    break_step(trainer)

    with pytest.raises(ValueError, match=r"^on purpose\n") as caught:
        trainer.run()

    assert after.names[-2:] == ["RunFailed", "RunEnded"]
    assert any("bad teardown" in note for note in caught.value.__notes__)


def test_a_run_can_be_started_from_another_thread():
    """Signals are the main thread's; a run in another does without them."""
    import threading

    recorder = Recorder()
    trainer = make(recorder)
    thread = threading.Thread(target=trainer.run)
    thread.start()
    thread.join()

    assert recorder.names[-1] == "RunEnded"


def test_every_event_of_a_run_is_on_the_page():
    """No event is left out of the table's words but those that only begin something."""
    text = PAGE.read_text("utf-8")
    endings = {
        "RunEnded",
        "RunFailed",
        "RunInterrupted",
        "EpochEnded",
        "ValidationEnded",
        "CheckpointSaved",
        "RunPaused",
    }

    assert {name for name in endings if name not in text} == set()


def test_a_second_sigterm_ends_as_one(tmp_path):
    """The signal that ends a run at once is the one that is told."""
    recorder = Recorder()
    trainer = make(recorder)
    told = []
    recorder.at = "RunInterrupted"
    recorder.action = lambda trainer: told.append(trainer.status)
    step = trainer.team.step

    def interrupted(batch):
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGTERM)
        return step(batch)

    trainer.team.step = interrupted

    with pytest.raises(SystemExit) as caught:
        trainer.run()

    assert caught.value.code == 143
    assert told == ["running"]
    assert recorder.names[-2:] == ["RunInterrupted", "RunEnded"]
