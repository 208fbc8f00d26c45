"""The standard hooks, in runs; those that hold state go on from it."""

import json
from pathlib import Path

import numpy as np
import pytest
from sigma_nn import (
    Adam,
    Call,
    Checkpoints,
    Decay,
    Dense,
    EarlyStop,
    GradientDescent,
    Input,
    LearningRateFinder,
    Report,
    SquaredDifference,
    TimeSeries,
)

import sigma_core as sigma
from sigma_core.extend import (
    ExpressionError,
    HookFailedError,
    LogRecorded,
    Policy,
    RunStore,
    SettingError,
    ValuesPublished,
)
from sigma_core.testing import message

RANDOM = np.random.default_rng(4)
INPUTS = RANDOM.normal(size=(12, 3))
TARGETS = INPUTS @ [[1.0], [-2.0], [0.5]]


def make(*hooks, stop="6 epochs", optimiser=None, **settings):
    """Three iterations an epoch, and a validation."""
    return sigma.Trainer(
        Input(3) + Dense(4, activation="tanh") + Dense(1) + SquaredDifference(),
        (INPUTS, TARGETS),
        optimiser or Adam(0.05),
        stop,
        validation=(INPUTS[:4], TARGETS[:4]),
        hooks=hooks,
        metrics={},
        seed=3,
        **{"batch_size": 4, **settings},
    )


def heard(trainer, kind, **arguments):
    """The events of a kind that a run publishes."""
    found = []
    listening = trainer.environment.bus.listen("test", found.extend, policy=Policy.KEEP_ALL)
    trainer.run(**arguments)
    listening.close()
    return [event for event in found if isinstance(event, kind)]


def refused(action):
    with pytest.raises((ExpressionError, HookFailedError, SettingError)) as caught:
        action()
    error = caught.value
    return message(error.__cause__ if isinstance(error, HookFailedError) else error)


def names(hook):
    return [path.name for path in hook.written]


# Triggers, reports and time series


def note(event, trainer):
    """What `test_a_place_is_called` looks at."""
    SEEN.append((type(event).__name__, event.iteration, trainer.clock.epoch))


SEEN = []


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("2 epochs", [("EpochEnded", 6, 2), ("EpochEnded", 12, 4), ("EpochEnded", 18, 6)]),
        ("8 iterations", [("IterationEnded", 8, 3), ("IterationEnded", 16, 6)]),
        ("once (0.5 run)", [("IterationEnded", 9, 3)]),
        (
            "on start | every 3 epochs | on stop",
            [("RunStarted", 0, 0), ("EpochEnded", 9, 3), ("EpochEnded", 18, 6), ("RunEnded", 18, 6)],
        ),
        ("on stop & after 0.5 run | on start & after 1 starts", [("RunEnded", 18, 6)]),
        ("every 2 pauses | 2 times (on resume)", [("RunResumed", 5, 2), ("RunPaused", 10, 4), ("RunResumed", 10, 4)]),
        ("on reset", []),
        ("never", []),
    ],
)
def test_a_trigger_says_when(when, expected):
    """Moments when they come; epochs alone after the epoch, all else after iterations. A place may name a function."""

    class Pausing:
        @sigma.hookimpl(when="5 iterations")
        def sigma_iteration_ended(self, trainer):
            trainer.pause()
            trainer.resume()

    SEEN.clear()
    make(Pausing(), Call(f"{__name__}:note", when=when)).run()

    assert expected == SEEN


def test_a_trigger_that_does_not_parse():
    """Is refused with its setting and a caret under the fault, where the hook is made; in recipes, at its line."""
    rest = (
        "    on start | 3 x\n"
        "                 ^\n"
        "  expected: iterations, epochs, seconds, run, starts, stops, pauses, resumes or resets"
    )
    found = "'x' does not fit here"
    assert refused(lambda: Decay(when="on start | 3 x")) == f"Decay.when: {found}\n{rest}"
    assert (
        refused(lambda: Decay(when=3)) == 'Decay.when: 3\n  expected: the text of a trigger, such as "every 2 epochs"'
    )
    with pytest.raises(ExpressionError) as caught:
        sigma.Environment().composer.build("hooks", {"use": "decay", "when": "on start | 3 x"})
    assert message(caught.value) == f"hooks 'decay' (sigma-nn 0.1.0), when: {found}\n{rest}"


def test_report_writes_to_the_log():
    """Position, running time, scores and hyperparameters."""
    values = ["training.loss", "validation.loss", "optimiser.learning_rate"]
    logs = heard(make(Report(values, when="3 epochs")), LogRecorded)

    assert [(log.text, log.fields["epoch"], log.fields["iteration"]) for log in logs] == [
        ("report", 3, 9),
        ("report", 6, 18),
    ]
    assert logs[0].fields["optimiser.learning_rate"] == pytest.approx(0.05)
    assert logs[0].fields["validation.loss"] > logs[1].fields["validation.loss"]
    assert 0 <= logs[0].fields["seconds"] <= logs[1].fields["seconds"]


class Losses:
    """The loss of each batch."""

    def __init__(self):
        self.values = []

    def sigma_iteration_ended(self, event):
        self.values.append(event.scores["loss"])


def test_means_are_over_what_came_since_the_last_report():
    """Of every batch, whatever the trigger."""
    losses = Losses()
    trainer = make(
        losses, Report(mean=True, when="4 iterations"), TimeSeries(mean=True, when="2 epochs"), stop="8 iterations"
    )
    found = []
    listening = trainer.environment.bus.listen("test", found.extend, policy=Policy.KEEP_ALL)
    trainer.run()
    listening.close()
    logged = [event.fields["training.loss"] for event in found if isinstance(event, LogRecorded)]
    published = [event.values for event in found if isinstance(event, ValuesPublished)]

    assert logged == pytest.approx([np.mean(losses.values[:4]), np.mean(losses.values[4:8])])
    assert published == [pytest.approx({"optimiser.learning_rate": 0.05})]


def test_means_go_on_after_a_resume(tmp_path):
    """With what had been added up before; one that is copied has sums of its own."""
    save = Call(lambda event, trainer: trainer.save(tmp_path / "c"), when="once (2 iterations)")
    whole = heard(make(Report(mean=True, when="4 iterations"), save, stop="4 iterations"), LogRecorded)
    resumed = make(Report(mean=True, when="4 iterations"), stop="4 iterations").restore(tmp_path / "c")
    copied = resumed.copy()

    assert [row.plugin for row in resumed.explain()].count("accumulator") == 1
    for trainer in (resumed, copied):
        # The two share a bus, which tells newcomers what was logged last.
        assert heard(trainer, LogRecorded)[-1].fields["training.loss"] == whole[0].fields["training.loss"]


def test_after_iterations_all_other_scores_are_the_last_ones():
    """And one that there has not been is left out."""
    logs = heard(make(Report(["training.loss", "validation.loss"], when="2 iterations until 4")), LogRecorded)
    series = heard(make(TimeSeries("validation.loss", when="1 epochs | never")), ValuesPublished)

    assert "validation.loss" not in logs[0].fields
    assert logs[1].fields["validation.loss"] == series[0].values["validation.loss"]


def test_values_must_be_texts():
    """At least one."""
    assert refused(lambda: Report([])) == "Report.values: ()\n  expected: texts, at least one"


def test_time_series_are_kept_by_the_run_store(tmp_path):
    """Under their own names, iteration by iteration."""
    hooks = [TimeSeries(when="5 iterations"), Decay(0.5, when="2 epochs")]
    make(*hooks).run(directory=tmp_path / "run")
    with RunStore.open(tmp_path / "run") as store:
        iterations, rates = store.metrics("optimiser.learning_rate")

    assert list(iterations) == [5, 10, 15]
    assert list(rates) == pytest.approx([0.05, 0.025, 0.0125])


def test_decay_has_a_minimum():
    """And leaves what is below it already."""
    trainer = make(Decay(0.1, minimum=0.01, when="1 epochs"))
    trainer.run()
    assert trainer.get("optimiser.learning_rate") == pytest.approx(0.01)

    trainer = make(Decay(0.1, minimum=1.0), optimiser=Adam(0.05))
    trainer.run()
    assert trainer.get("optimiser.learning_rate") == pytest.approx(0.05)


# Checkpoints


def test_every_checkpoint_is_kept(tmp_path):
    """In the run's directory, named by what they are."""
    hook = Checkpoints("{epoch:03}-{iteration}-{validation.loss:.1f}", when="2 epochs")
    trainer = make(hook)
    trainer.run(directory=tmp_path / "run")

    assert [name.rpartition("-")[0] for name in names(hook)] == ["002-6", "004-12", "006-18"]
    assert all(path.parent == tmp_path / "run" / "checkpoints" and path.is_dir() for path in hook.written)
    assert hook.best_written is None
    restored = make().restore(hook.written[1])
    assert (restored.clock.iteration, restored.scores["validation.loss"]) != (18, trainer.scores["validation.loss"])
    assert hook.written[1].name.endswith(f"{restored.scores['validation.loss']:.1f}")


def scores(values):
    """A hook that gives the learning rate a value each epoch, so that it can serve as a score."""

    class Scores:
        @sigma.hookimpl(phase="modify")
        def sigma_epoch_ended(self, event, trainer):
            trainer.set("optimiser.learning_rate", values[event.epoch - 1])

    return Scores()


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"newest": 2}, ["5", "6"]),
        ({"best": 2}, ["2", "5"]),
        ({"best": 2, "goal": "maximum"}, ["1", "3"]),
        ({"best": 1, "newest": 1}, ["5", "6"]),
        ({"best": 1, "newest": 3}, ["4", "5", "6"]),
    ],
)
def test_the_best_and_the_newest_are_kept(tmp_path, settings, expected):
    """And nothing else of what it has written; whatever else lies there is left alone."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "1").mkdir()
    if "best" in settings:
        settings = {"score": "optimiser.learning_rate", **settings}
    hook = Checkpoints("{epoch}", directory=str(tmp_path), **settings)
    make(hook, scores([0.5, 0.02, 0.4, 0.3, 0.01, 0.2])).run()

    # Somebody else has the name 1.
    assert [name.partition("-")[0] for name in names(hook)] == expected
    assert {path.name for path in tmp_path.iterdir()} == {"mine", "1", *names(hook)}
    if "best" in settings:
        assert hook.best_written.name.startswith("1" if "goal" in settings else "5")


def test_checkpoints_go_on_after_a_resume(tmp_path):
    """What was written before is known, and removed when its time has come."""
    first = Checkpoints("{epoch}", directory=str(tmp_path), newest=2)
    make(first, stop="3 epochs").run()
    second = Checkpoints("{epoch}", directory=str(tmp_path), newest=2)
    make(second).restore(first.written[-1]).run(stop="5 epochs")

    assert sorted(path.name for path in tmp_path.iterdir()) == names(second) == ["4", "5"]
    assert json.loads(json.dumps(second.state())) == second.state()


@pytest.mark.parametrize("name", ["", "..", "a/b", "{epoch", "{}", "{epoch:q}", 3])
def test_a_name_that_is_none(name):
    """Nothing leads out of the folder, and no attribute of anything is read."""
    assert refused(lambda: Checkpoints(name)).endswith(
        'expected: a name with values in braces, such as "{epoch:03}-{validation.loss:.3f}"'
    )


def test_checkpoints_that_cannot_be():
    """Without a folder, or the best by no score, or with a value that is not there."""
    assert refused(make(Checkpoints()).run) == (
        "Checkpoints.directory: the run has no directory\n"
        "  expected: a folder\n"
        "  to do:    give one, or run(directory=...)"
    )
    assert refused(lambda: Checkpoints(best=2)) == (
        "Checkpoints.best: best = 2, score = None\n"
        "  expected: both, or neither\n"
        '  to do:    say by which score they are the best: score = "validation.loss"'
    )


# Early stop


def test_early_stop_puts_the_best_parameters_back():
    """Those of the epoch with the best score, to the last bit."""
    kept = {}

    class Keep:
        def sigma_epoch_ended(self, event, trainer):
            kept[event.epoch] = (event.scores["validation.loss"], trainer.get("network.**"))

    trainer = make(EarlyStop("validation.loss", 2), Keep(), stop="100 epochs", optimiser=GradientDescent(0.9))
    run = trainer.run()
    best = min(kept, key=lambda epoch: kept[epoch][0])

    assert run.ended_because.startswith("validation.loss patience 2 (best: ")
    assert len(kept) == best + 2
    for identifier, values in kept[best][1].items():
        assert np.array_equal(trainer.get(identifier), values)


def test_early_stop_may_leave_the_last_parameters():
    """As the run left them."""
    plain, stopped = make(stop="4 epochs"), make(EarlyStop("validation.loss", 5, restores_best=False), stop="4 epochs")
    plain.run()
    stopped.run()

    assert np.array_equal(plain.get("network.layers.dense_1.weights"), stopped.get("network.layers.dense_1.weights"))


def test_early_stop_goes_on_from_its_state(tmp_path):
    """Count, score and parameters."""
    settings = {"stop": "100 epochs", "optimiser": GradientDescent(0.9)}
    whole = make(EarlyStop("validation.loss", 3), Checkpoints("{epoch}", directory=str(tmp_path)), **settings)
    ended = whole.run()
    for path in sorted(tmp_path.iterdir()):
        resumed = make(EarlyStop("validation.loss", 3), **settings).restore(path)
        if resumed.clock.iteration < ended.iterations:
            assert resumed.run().iterations == ended.iterations
            assert np.array_equal(
                resumed.get("network.layers.dense_1.weights"), whole.get("network.layers.dense_1.weights")
            )


# Learning-rate finder


def test_the_finder_changes_nothing():
    """All arrays, the position in the data and the course of the run are those without it; the bus hears no trial."""
    finder = LearningRateFinder(steps=20)
    plain, found = make(batch_size=12), make(finder, batch_size=12)
    snapshots = []

    class Look:
        @sigma.hookimpl(phase="modify", before="learning_rate_finder")
        def sigma_run_started(self, trainer):
            snapshots.append((trainer.team.pull(), trainer.batches.state(), trainer.clock.iteration))

        @sigma.hookimpl(phase="observe")
        def sigma_epoch_started(self, trainer):
            snapshots.append((trainer.team.pull(), None, trainer.clock.iteration))

    found.attach(Look())
    plain.run()
    found.run()

    before, after = snapshots[:2]
    assert before[0].keys() == after[0].keys()
    assert all(before[0][name].tobytes() == after[0][name].tobytes() for name in before[0])
    for name, array in plain.team.pull().items():
        assert array.tobytes() == found.team.pull()[name].tobytes()
    assert plain.batches.state() == found.batches.state()
    assert len(finder.rates) == len(finder.losses) > 5


def test_the_finder_suggests_a_rate():
    """Between the lowest and the highest; a rate at which the loss explodes ends it, and is never suggested."""
    finder = LearningRateFinder(1e-5, 1e3, steps=60, applies=True)
    trainer = make(finder, stop="1 epochs", optimiser=GradientDescent(1e-9), batch_size=12)
    logs = heard(trainer, LogRecorded)

    assert len(finder.rates) < 60
    assert 1e-5 < finder.suggestion < 2
    assert trainer.get("optimiser.learning_rate") == pytest.approx(finder.suggestion)
    assert logs[0].fields == {"suggestion": finder.suggestion, "steps": len(finder.rates)}


def test_the_finder_does_not_search_twice():
    """Its state is what it found."""
    finder = LearningRateFinder(steps=10)
    make(finder, stop="1 epochs").run()
    other = LearningRateFinder(steps=10)
    other.restore(json.loads(json.dumps(finder.state())))
    make(other, stop="1 epochs").run()

    assert other.state() == finder.state()


def test_the_finder_suggests_nothing_where_nothing_falls():
    """As where all is trained, or too little was tried."""
    from sigma_nn.hooks.learning_rate_finder import suggested

    assert suggested([1.0, 2.0], [1.0, 0.5]) is None
    assert suggested([1.0, 2.0, 3.0], [1.0, 1.5, 2.0]) is None
    assert suggested([1.0, 2.0, 4.0, 8.0], [2.0, 2.0, 0.1, 9.0]) == 2.0


# In recipes


@pytest.mark.parametrize(
    "table",
    [
        {"use": "call", "function": f"{__name__}:note", "when": "2 epochs"},
        {"use": "checkpoints", "score": "validation.loss", "best": 2, "directory": "somewhere"},
        {"use": "decay", "factor": 0.25, "when": "10 iterations"},
        {"use": "early_stop", "value": "validation.loss", "count": 3},
        {"use": "learning_rate_finder", "steps": 5},
        {"use": "network_pass", "inputs": [[1.0, 2.0, 3.0, 4.0]]},
        {"use": "report", "values": ["training.loss"], "when": "1 iterations"},
        {"use": "system_metrics"},
        {"use": "target_maximisation", "target": 1},
        {"use": "time_series", "values": ["optimiser.learning_rate"]},
    ],
    ids=lambda table: table["use"],
)
def test_a_recipe_names_it(table, tmp_path, monkeypatch):
    """As every component; its run is that of the object, and it is written back."""
    monkeypatch.chdir(tmp_path)
    recipe = {
        "dataset": {"use": "iris", "split": [0.8, 0.2]},
        "optimiser": "adam",
        "stop": "1 epochs",
        "network": [{"use": "input", "shape": [4]}, {"use": "dense", "size": 3}, "softmax_cross_entropy"],
        "hooks": [table],
    }
    trainer = sigma.Trainer.from_recipe(recipe)
    written = trainer.recipe().values["hooks"]

    assert sigma.Trainer.from_recipe({**recipe, "hooks": written}).recipe().values["hooks"] == written
    assert written[0]["use"] == table["use"]
    trainer.run(directory=Path("run"))
