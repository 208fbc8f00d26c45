"""What a run tells and keeps: events, hooks, monitors, a directory."""

import json

import numpy as np
import pytest
from sigma_nn import GradientDescent

import sigma_core as sigma
from sigma_core.errors import (
    ComponentError,
    HookFailedError,
    HookRegistrationError,
    RunDirectoryError,
)
from sigma_core.events import EpochEnded, RunEnded
from sigma_core.training import Checkpoint, Monitor

VALIDATION = (np.ones((3, 3)), np.zeros((3, 1)))


def refused(error, action):
    with pytest.raises(error) as caught:
        action()
    return str(caught.value)


# Events, hooks and monitors


def test_the_events_of_a_run(make, recorder):
    """In this order, each with its place."""
    trainer = make("2 epochs", hooks=[recorder], validation=VALIDATION)
    run = trainer.run()

    epoch = ["EpochStarted", *["IterationStarted", "IterationEnded"] * 3]
    scored = ["ValidationStarted", "ValidationEnded", "EpochEnded"]
    # The smaller last batch, and the passes that score, are compiled when they are met for the first time.
    compiled_late = [*epoch[:-1], "StepCompiled", epoch[-1], "ValidationStarted", "StepCompiled", *scored[1:]]
    assert recorder.names == ["NetworkBuilt", "StepCompiled", "RunStarted", *compiled_late, *epoch, *scored, "RunEnded"]
    assert [event.iteration for event in recorder.of("IterationEnded")] == [1, 2, 3, 4, 5, 6]
    assert [event.epoch for event in recorder.of("IterationStarted")] == [1, 1, 1, 2, 2, 2]
    assert [(event.epoch, event.iteration, event.iterations_per_epoch) for event in recorder.of("EpochEnded")] == [
        (1, 3, 3),
        (2, 6, 3),
    ]
    assert recorder.of("StepCompiled")[0].signature == "step: (4, 3), (4, 1)"
    assert recorder.of("StepCompiled")[0].nodes > 0
    assert recorder.of("NetworkBuilt")[0].network is trainer.network
    ended = recorder.of("RunEnded")[0]
    assert (ended.run, ended.ended_because, ended.scores, ended.seconds) == ("run", "2 epochs", run.scores, run.seconds)


def test_a_failing_hook_is_named(make, hook):
    """With the hook, the iteration and what it raised."""

    def fail(event, trainer):
        raise ValueError("on purpose")

    assert refused(HookFailedError, make(hooks=[hook(iteration_ended=fail)]).run) == (
        "hook 'sigma_iteration_ended' of plugin 'plugin', iteration 1: raised ValueError: on purpose\n"
        "  to do:    correct the plugin, or leave it out of this run"
    )


def test_hooks_of_one_event_run_by_phase(make):
    """A checkpoint sees what a score has added, whatever the order in which they were given."""
    order = []

    def plugin(phase):
        class Plugin:
            @sigma.hookimpl(phase=phase)
            def sigma_epoch_ended(self):
                order.append(phase)

        return Plugin()

    trainer = make("1 epochs", hooks=[plugin("observe"), plugin("persist"), plugin("modify"), plugin("score")])
    trainer.run()

    assert order == ["modify", "score", "persist", "observe"]
    assert [(row.hook, row.phase, row.plugin) for row in trainer.explain()] == [
        ("sigma_epoch_ended", "modify", "plugin_3"),
        ("sigma_epoch_ended", "score", "plugin_4"),
        ("sigma_epoch_ended", "persist", "plugin_2"),
        ("sigma_epoch_ended", "observe", "plugin"),
    ]


class InEachWorker:
    """Keeps the name of each event that a worker's hooks are told of."""

    def __init__(self, told):
        self.told = told

    @sigma.hookimpl(scope="worker")
    def sigma_run_started(self, event):
        self.told.append("worker started")

    @sigma.hookimpl(scope="worker", phase="modify", when="3 iterations")
    def sigma_iteration_ended(self, event, trainer):
        self.told.append(f"worker {event.iteration}")

    @sigma.hookimpl(scope="worker")
    def sigma_run_ended(self, event):
        self.told.append("worker ended")


def test_hooks_of_a_worker_run_in_the_only_one(make, hook):
    """One worker is the run itself: hooks of both scopes are called once, in one order, attached ones too."""
    told = []
    trainer = make("2 epochs", hooks=[hook(iteration_ended=lambda event, _: told.append(event.iteration))])
    trainer.attach(InEachWorker(told))
    trainer.run()

    assert told == ["worker started", 1, 2, "worker 3", 3, 4, 5, "worker 6", 6, "worker ended"]


def test_hooks_of_a_worker_run_in_each_of_several(make, hook):
    """Behind those of the run, in the workers' threads; all are waited for."""
    told = []
    trainer = make(
        "1 epochs",
        hooks=[hook(iteration_ended=lambda event, _: told.append(event.iteration))],
        operator={"use": "local", "workers": 3},
    )
    trainer.attach(InEachWorker(told))
    trainer.run()

    assert told == [*["worker started"] * 3, 1, 2, 3, *["worker 3"] * 3, *["worker ended"] * 3]


def test_triggers_hold_for_checkpoints_of_a_run(make, tmp_path):
    """What is saved while a run goes on is an event of it; what fails there is told with its iteration."""
    told = []

    class Saving:
        def sigma_epoch_ended(self, event, trainer):
            trainer.save(tmp_path / str(event.epoch))

        @sigma.hookimpl(when="every 2 epochs")
        def sigma_checkpoint_saved(self, event):
            told.append(event.epoch)

    class Failing:
        @sigma.hookimpl(when="after 1 epochs")
        def sigma_checkpoint_saved(self):
            raise ValueError("full")

    make("5 epochs", hooks=[Saving()]).run()
    assert told == [2, 4]
    message = refused(HookFailedError, make("2 epochs", hooks=[Saving(), Failing()]).run)
    assert message.splitlines()[0].endswith(
        "hook 'sigma_checkpoint_saved' of plugin 'failing', iteration 6: raised ValueError: full"
    )


def test_a_trainers_hooks_are_its_own(make, recorder):
    """The environment, and other trainers in it, have none of them."""
    with sigma.Environment() as environment:
        make(hooks=[recorder], environment=environment).build()
        make(environment=environment).build()

        assert recorder.names == ["NetworkBuilt"]


def test_a_hook_that_cannot_be_is_refused_when_it_is_given(make):
    """Not in the middle of the run."""

    class Misspelt:
        def sigma_epoch_end(self):
            pass

    assert refused(HookRegistrationError, lambda: make(hooks=[Misspelt()])).splitlines()[0] == (
        "plugin 'misspelt': cannot be registered: 1 fault"
    )


def test_a_trigger_counts_through_several_runs(make):
    """Every fourth iteration is the fourth, eighth and twelfth, wherever runs end."""
    seen = []

    class Fourth:
        @sigma.hookimpl(when="every 4 iterations")
        def sigma_iteration_ended(self, event):
            seen.append(event.iteration)

    trainer = make("4 epochs", hooks=[Fourth()])
    trainer.run(stop="5 iterations")
    trainer.run()

    assert seen == [4, 8, 12]


def test_monitors_watch_a_run(make):
    """Those of the trainer and those of one run; they are told all before the run returns."""

    class Watcher(Monitor):
        events = (EpochEnded, RunEnded)

        def __init__(self):
            self.received = []

        def start(self, run, progress, send):
            self.info, self.progress = run, progress

        def receive(self, events):
            self.received += [type(event).__name__ for event in events]

    always, once = Watcher(), Watcher()
    trainer = make("2 epochs", monitors=[always])

    trainer.run(monitors=[once])
    trainer.run(stop="3 epochs")

    assert once.received == ["EpochEnded", "EpochEnded", "RunEnded"]
    assert always.received == ["EpochEnded", "EpochEnded", "RunEnded", "EpochEnded", "RunEnded"]
    assert (once.info.name, once.info.iterations_per_epoch, once.info.total_iterations) == ("run", 3, 6)
    assert (once.progress.epoch, once.progress.iteration) == (3, 9)
    assert (once.info.parameters, once.info.backend) == (trainer.network.size, "numpy")


# A run with a directory


def test_a_run_keeps_what_it_was_made_of(tmp_path):
    """Recipe, plugins, events, metrics and the last state; all of it readable by itself."""
    recipe = {
        "name": "flowers",
        "seed": 2,
        "stop": "2 epochs",
        "dataset": {"use": "iris", "split": [0.8, 0.2]},
        "optimiser": "adam",
        "network": [{"use": "input", "shape": 4}, {"use": "dense", "size": 3}, "softmax_cross_entropy"],
    }
    trainer = sigma.Trainer.from_recipe(recipe)

    run = trainer.run(directory=tmp_path / "runs" / "flowers-1")

    folder = tmp_path / "runs" / "flowers-1"
    assert (run.name, run.directory) == ("flowers-1", str(folder))
    assert sigma.Recipe.load(folder / "recipe.toml") == trainer.recipe()
    plugins = json.loads((folder / "plugins.json").read_text("utf-8"))
    (ours,) = (each for each in plugins["distributions"] if each["name"] == "sigma-nn")
    assert (ours["version"], ours["status"], len(ours["sha256"])) == ("0.1.0", "active", 64)
    store = sigma.RunStore.open(folder)
    try:
        iterations, losses = store.metrics("validation.loss")
        assert iterations == [4, 8]
        assert losses[-1] == run.scores["validation.loss"]
        assert len(store.metrics("training.loss")[1]) == 8
        assert [event.kind for event in store.events()][-1] == "run_ended"
    finally:
        store.close()
    last = Checkpoint.read(folder / "checkpoints" / "last")
    assert (last.state["iteration"], last.state["epoch"]) == (8, 2)
    assert sigma.Trainer.from_recipe(folder / "recipe.toml").setup.network == trainer.setup.network


def test_a_run_without_a_recipe_says_why(make, tmp_path):
    """Arrays in memory cannot be named; the run is none the worse for it."""
    trainer = make()
    trainer.run(directory=tmp_path / "run")

    lines = (tmp_path / "run" / "recipe.toml").read_text("utf-8").splitlines()
    with pytest.raises(ComponentError) as caught:
        trainer.recipe()
    assert lines == [f"# {line}" for line in str(caught.value).splitlines()]


def test_a_directory_is_not_used_twice(make, tmp_path):
    """Whatever is there is left alone."""
    make().run(directory=tmp_path / "run")

    assert refused(RunDirectoryError, lambda: make().run(directory=tmp_path / "run")) == (
        f"run directory {str(tmp_path / 'run')!r}: it exists and is not empty\n"
        "  expected: a new or empty folder\n"
        "  to do:    choose another with --directory, or remove this one"
    )


def test_a_reset_takes_the_states_of_hooks_back(make):
    """A run after it is the first one again."""

    class Counting:
        def __init__(self):
            self.seen = [0]

        def sigma_epoch_ended(self):
            self.seen[0] += 1

        def state(self):
            return self.seen

        def restore(self, state):
            self.seen = state

    counting = Counting()
    trainer = make(hooks=[counting])
    for _ in range(2):
        trainer.run()
        assert counting.seen == [2]
        trainer.reset()
        assert counting.seen == [0]


def test_numbers_that_overflow_give_no_warning(make):
    """They show in the scores; a warning from inside the compiled step would name nothing."""
    trainer = make(optimiser=GradientDescent(1e30), stop="20 epochs")

    assert not np.isfinite(trainer.run().scores["training.loss"])
