"""Runs that go on while they are watched, and that have not begun."""

import threading

import pytest

from sigma_core.events import EpochStarted, RunStore
from sigma_core.training import SetValue, Stop, _following, stored_events, watch


def test_a_run_is_watched_while_it_goes_on_and_steered(
    make, tmp_path, told, beside, witness, told_of, await_command_file
):
    """Each event comes; what the monitor sends is applied as from the command line; then it ends with the run."""
    path = tmp_path / "run"
    inside = witness()

    def steer(witness):
        if len(witness.told) > 20 and not steered:
            steered.append(True)
            witness.send(SetValue("optimiser.learning_rate", 0.5))
            witness.send(SetValue("optimiser.learning_rat", 0.5))
            witness.send(Stop("seen enough"))

    steered = []
    monitor = witness({"receive": steer})
    beside(lambda: make("100000000 epochs").run(directory=path, monitors=[inside]))
    await_command_file(path)
    watched = watch(path, [monitor], interval=0.01, tell=told.append)
    assert watched.ended.ended_because == "seen enough"
    assert told_of([monitor.told[-1]]) == told_of([inside.told[-1]])
    with RunStore.open(path) as store:
        assert [event.id for event in store.events()][-1] == len(monitor.told)
        assert [event.payload["origin"] for event in store.events("command_applied")] == ["command line"] * 2
    assert told == [
        "monitor 'witness': set_value was not taken: optimiser.learning_rat: there is no such value",
    ]


def test_what_a_run_has_come_to_is_seen_without_events(make, tmp_path, beside, never, await_command_file):
    """A monitor that wants none sees iterations go by."""
    path = tmp_path / "run"
    seen, losses = set(), set()

    def stop(witness):
        seen.add(witness.progress.iteration)
        losses.update(witness.progress.scores.items())
        if max(seen) > 200 and losses:
            witness.send(Stop("seen"))

    monitor = never({"refresh": stop})
    beside(lambda: make("100000000 epochs", batch_size=1).run(directory=path))
    await_command_file(path)
    assert watch(path, [monitor], interval=0.01, tell=lambda _: None).ended is not None
    assert max(seen) > 200
    with RunStore.open(path) as store:
        _, stored = store.metrics("training.loss")
    assert losses <= {("training.loss", loss) for loss in stored}
    assert losses


def test_a_run_that_has_not_begun_is_waited_for(make, tmp_path, told, monkeypatch, witness, living):
    """Its directory is claimed, its store is not made yet, is half made, is empty; then it begins and ends."""
    path = tmp_path / "run"
    path.mkdir()
    looks = []

    def go(_):
        looks.append(True)
        if len(looks) == 1:
            (path / "run.db").touch()
        elif len(looks) == 2:
            (path / "run.db").unlink()
            RunStore.create(path).close()
        elif len(looks) == 3:
            living.__exit__()
            (path / "run.db").unlink()
            make("1 epochs").run(directory=path)

    living = living(path)
    living.__enter__()
    monkeypatch.setattr(_following.time, "sleep", go)
    watched = watch(path, [witness()], tell=told.append)
    assert len(looks) == 3
    assert (watched.ended.epochs, told) == (1, [])


def test_a_run_that_dies_is_gone_on_with_when_it_is_resumed(make, tmp_path, told, monkeypatch, witness, living, killed):
    """While somebody watches: that is told, and it goes on."""
    path = killed(tmp_path / "run")
    (path / "run.lock").unlink()
    living, looks = living(path), []

    def go(_):
        looks.append(True)
        if len(looks) == 1:
            living.__exit__()
        elif len(looks) == 4:
            make("3 epochs").run(directory=path, resume=True)

    living.__enter__()
    monitor = witness()
    monkeypatch.setattr(_following.time, "sleep", go)
    watched = watch(path, [monitor], tell=told.append)
    assert told == [f"run {str(path)!r}: its process ended without a word; if it is resumed, that is watched too"]
    assert [call for call in monitor.calls if call != "receive"] == ["start", "stop", "start", "stop"]
    assert watched.ended.iteration == 9


def test_without_following_a_run_that_goes_on_is_told_so_far(tmp_path, told, witness, living, write, start):
    """Its monitors are stopped all the same."""
    path = write(tmp_path / "one", start(), EpochStarted(epoch=1, iteration=0, iterations_per_epoch=2))
    monitor = witness()
    with living(path):
        watched = watch(path, [monitor], follow=False, tell=told.append)
    assert (monitor.calls, watched.ended, told) == (["start", "receive", "stop"], None, [])
    monitor = witness()
    path = write(tmp_path / "two", start())
    with living(path):
        watch(path, [monitor], follow=False, tell=told.append)
    assert monitor.calls == ["start", "receive", "stop"]


def test_whoever_watches_may_leave(tmp_path, monkeypatch, witness, living, write, start):
    """Ctrl-C stops the monitors, and nothing else."""
    path = write(tmp_path / "one", start(), EpochStarted(epoch=1, iteration=0, iterations_per_epoch=2))
    monitor = witness()

    def interrupt(_):
        while "receive" not in monitor.calls:
            threading.Event().wait(0.01)
        raise KeyboardInterrupt

    monkeypatch.setattr(_following.time, "sleep", interrupt)
    with living(path), pytest.raises(KeyboardInterrupt):
        watch(path, [monitor])
    assert monitor.calls == ["start", "receive", "stop"]


def test_events_are_given_as_they_are_stored(run):
    """All, or those of some kinds."""
    path, _ = run
    with RunStore.open(path) as store:
        everything = list(store.events())
    assert list(stored_events(path)) == everything
    kinds = ("epoch_ended", "iteration_ended")
    assert list(stored_events(path, kinds)) == [event for event in everything if event.kind in kinds]
    assert list(stored_events(path, iter(kinds), follow=False)) == list(stored_events(path, kinds))
