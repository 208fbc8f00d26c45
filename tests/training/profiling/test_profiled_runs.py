"""Runs that are profiled: rows, totals, endings, and that a run which is not pays nothing."""

import threading

import numpy as np
import pytest
from sigma_nn import Adam, Dense, EarlyStop, Input, SquaredDifference

import sigma_core as sigma
from sigma_core import hookimpl
from sigma_core.errors import HookFailedError
from sigma_core.events import BudgetExceeded, IterationEnded, RunEnded, RunProfiled
from sigma_core.training import Profile, state_hash
from sigma_core.training._loop import Loop


def rows(profile):
    """Milliseconds and calls, by name and event."""
    return {(row.name, row.event): (round(1e3 * row.seconds, 6), row.calls) for row in profile.rows if row.seconds}


class Spending:
    """Takes two milliseconds at each iteration and five at the end."""

    def __init__(self, clock):
        self.clock = clock

    def sigma_iteration_ended(self):
        self.clock.spend(2)

    def sigma_validation_started(self):
        self.clock.spend(1)

    def sigma_run_ended(self):
        self.clock.spend(5)


def test_rows_say_who_took_how_long(make, clock, data):
    """Hooks of teardown among them, and nothing else where the clock stands still."""
    run = make(hooks=[Spending(clock)], validation=data).run(profile=True)

    assert rows(run.profile) == {
        ("spending", "sigma_iteration_ended"): (12.0, 6),
        ("spending", "sigma_validation_started"): (2.0, 2),
        ("spending", "sigma_run_ended"): (5.0, 1),
    }
    assert run.profile.seconds == pytest.approx(0.019)
    assert run.profile.plugins == {"tests": pytest.approx(0.019), "sigma-core": 0.0}
    assert (run.profile.run, run.profile.iterations) == ("run", 6)


def test_the_kernel_has_rows_for_all_that_it_does(make, data, tmp_path):
    """By what it is; rows add up to the whole, by whatever clock."""
    trainer = make(
        validation=data,
        schedules={"optimiser.learning_rate": "cosine"},
        hooks=[EarlyStop("validation.loss", count=50)],
        stop="4 epochs | training.loss < 0",
    )
    profile = trainer.run(profile=True, directory=tmp_path / "run").profile

    kernel = {row.name for row in profile.rows if row.plugin == "sigma-core"}
    assert kernel >= {
        "start",
        "compilation",
        "batches",
        "schedules",
        "step (numpy)",
        "criterion",
        "validation",
        "checkpoints",
        "events",
        "run store",
        "loop",
        "end",
    }
    assert sum(row.seconds for row in profile.rows) == pytest.approx(profile.seconds)
    calls = {row.name: row.calls for row in profile.rows if not row.event}
    assert (calls["step (numpy)"], calls["validation"]) == (12, 4)
    # One call more for each epoch says that there are no more batches.
    assert calls["batches"] == 16
    assert {row.plugin for row in profile.rows if row.name == "early_stop"} == {"sigma-nn"}


def test_what_a_hook_saves_is_counted_as_a_checkpoint(make, clock, hook, tmp_path):
    """And a hook of the checkpoint for itself."""

    def save(_event, trainer):
        clock.spend(3)
        trainer.save(tmp_path / "saved")

    trainer = make("1 iterations", hooks=[hook(iteration_ended=save, checkpoint_saved=lambda *_: clock.spend(4))])
    run = trainer.run(profile=True)

    assert rows(run.profile) == {
        ("plugin", "sigma_iteration_ended"): (3.0, 1),
        ("plugin", "sigma_checkpoint_saved"): (4.0, 1),
    }
    assert "checkpoints" in {row.name for row in run.profile.rows}


def test_pauses_are_counted_apart_from_commands(make, hook):
    """A run that waits for somebody to let it go on."""
    paused = threading.Event()

    def go_on(trainer):
        paused.wait(20)
        trainer.resume()

    trainer = make(
        hooks=[hook(iteration_ended=lambda event, trainer: trainer.pause() if event.iteration == 2 else None)]
    )
    trainer.attach(hook(run_paused=lambda *_: paused.set()), "telling")
    thread = threading.Thread(target=go_on, args=(trainer,))
    thread.start()
    profile = trainer.run(profile=True).profile
    thread.join(20)

    assert "commands" in {row.name for row in profile.rows}
    assert sum(row.seconds for row in profile.rows) == pytest.approx(profile.seconds)


@pytest.mark.parametrize("where", ["run_started", "iteration_ended", "run_ended"])
def test_a_run_that_fails_has_a_profile_too(make, clock, hook, where):
    """The trainer keeps it."""

    def fail(*_):
        clock.spend(2)
        raise ValueError("no")

    trainer = make(hooks=[hook(**{where: fail})])
    with pytest.raises(HookFailedError):
        trainer.run(profile=True)

    assert rows(trainer.profile) == {("plugin", f"sigma_{where}"): (2.0, 1)}


def test_a_run_that_cannot_begin_has_a_profile_of_its_start(make, tmp_path):
    """Nothing but the start and the end."""
    (tmp_path / "taken").write_text("")
    trainer = make()
    with pytest.raises(sigma.SigmaError):
        trainer.run(profile=True, directory=tmp_path)

    assert {row.name for row in trainer.profile.rows} == {"start"}
    assert trainer.profile.iterations == 0


def test_the_store_has_the_profile_before_the_end(make, clock, tmp_path):
    """The event before the last one, which is the end; JSON takes it there and back."""
    trainer = make(hooks=[Spending(clock)], budgets={"spending": "1 ms"})
    run = trainer.run(profile=True, directory=tmp_path / "run")

    with sigma.RunStore.open(tmp_path / "run") as store:
        events = list(store.events())
    assert [event.kind for event in events[-3:]] == ["budget_exceeded", "run_profiled", "run_ended"]
    stored = Profile.from_dict(events[-2].payload["profile"])
    assert rows(stored) == rows(run.profile)
    assert stored.exceeded == run.profile.exceeded
    assert Profile.from_dict(run.to_dict()["profile"]) == run.profile


def test_workers_beside_the_first_are_told_apart(make, clock):
    """Their time runs beside that of the run, which waits for all of them."""

    class InWorkers:
        @hookimpl(scope="worker")
        def sigma_iteration_ended(self):
            pass

    operator = {"use": "local", "workers": 2}
    profile = make(hooks=[InWorkers()], operator=operator).run(profile=True).profile

    (own,) = [row for row in profile.rows if row.name == "in_workers"]
    (apart,) = profile.apart
    assert (own.calls, apart.calls, apart.name, apart.event) == (6, 6, "in_workers", "sigma_iteration_ended")


def test_hooks_in_the_background_are_told_apart(make):
    """The run hands them what they need, which is their row; what they do with it runs beside it."""

    class Behind:
        @hookimpl(background=True, budget="1 s")
        def sigma_iteration_ended(self, event):
            pass

    profile = make(hooks=[Behind()]).run(profile=True).profile

    (own,) = [row for row in profile.rows if row.name == "behind"]
    (apart,) = profile.apart
    assert (own.calls, apart.calls, apart.name, apart.event) == (6, 6, "behind", "sigma_iteration_ended")
    assert sum(row.seconds for row in profile.rows) == pytest.approx(profile.seconds)


def test_a_profile_changes_no_number(make):
    """The same state at the end, to the last bit."""
    plain, profiled = make(), make()
    plain.run()
    profiled.run(profile=True)

    assert state_hash(plain) == state_hash(profiled)


def test_a_run_without_a_profile_calls_what_it_always_called(make, hook):
    """The loop as it is, the step as the team has it and hooks as they were written: not a branch more."""
    found = []

    def look(_event, trainer):
        loop = trainer._loop
        (entry,) = loop.dispatch.lane(IterationEnded).entries
        step, *_ = loop._lanes()
        found.append((type(loop) is Loop, entry.function == entry.implementation.function, step == trainer.team.step))

    run = make("1 iterations", hooks=[hook(iteration_ended=look)]).run()

    assert found == [(True, True, True)]
    assert run.profile is None
    assert "profile" not in run.to_dict()


def test_a_profile_can_be_asked_for_by_the_setup(make):
    """And refused for one run, as the trainer forgets that of the run before."""
    trainer = make(profile=True)

    assert trainer.run().profile is trainer.profile
    assert trainer.run(stop="3 epochs", profile=False).profile is None
    assert trainer.run(stop="5 epochs").profile.iterations == 6


def test_waiting_for_data_is_worth_a_word(clock):
    """Above a twentieth of the time."""

    class Slow:
        def sigma_run_ended(self):
            clock.spend(30)

    inputs = np.zeros((10, 3), np.float32)
    network = Input(3) + Dense(1) + SquaredDifference()
    data = inputs, inputs[:, :1]
    trainer = sigma.Trainer(network, data, Adam(), "2 epochs", batch_size=4, prefetch=0, hooks=[Slow()])
    trainer.build()
    make = trainer.batches.make

    def slowly(*arguments):
        clock.spend(3)
        return make(*arguments)

    trainer.batches.make = slowly
    first = trainer.run(profile=True).profile
    second = trainer.run(profile=True, stop="3 epochs").profile

    (hint,) = first.hints
    much = "15 % of the time went on waiting for data"
    assert hint == f"{much}: set `prefetch`, to 2 for a start, or make batches larger"
    assert first.table().splitlines()[-1] == hint
    assert second.hints[0].startswith("8 % ")


def test_events_of_a_profile_come_on_the_bus(make, clock):
    """One of the profile, one of each budget, then the end."""
    trainer = make(hooks=[Spending(clock)], budgets={"spending.sigma_run_ended": "1 ms"})
    told = trainer.environment.bus.subscribe("test", (BudgetExceeded, RunProfiled, RunEnded))
    trainer.run(profile=True)

    exceeded, profiled, _ = told.drain()
    assert exceeded == BudgetExceeded(
        epoch=2,
        iteration=6,
        name="spending.sigma_run_ended",
        plugin="tests",
        found="5 ms a call",
        allowed="1 ms",
        remedy="have it called less often, with `when`, or raise the budget",
    )
    assert profiled.profile["seconds"] == pytest.approx(0.017)
