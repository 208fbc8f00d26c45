"""Hyperparameters that change along a run."""

import os

import numpy as np
import pytest
from attrs import frozen
from hypothesis import given, settings
from hypothesis import strategies as st
from sigma_nn import Adam, ClipByGlobalNorm, GradientDescent, Momentum

import sigma_core as sigma
from sigma_core.errors import CheckpointError, IdentifierError, PluginFailedError, RecipeError, SettingError
from sigma_core.extend import Schedule

RATE, FACTOR = "optimiser.learning_rate", "schedules.optimiser.learning_rate"
DATA = np.random.default_rng(5).normal(size=(10, 3)), np.random.default_rng(6).normal(size=(10, 1))


def refused(error, action):
    with pytest.raises(error) as caught:
        action()
    return str(caught.value)


@frozen
class Halving(Schedule):
    """Half as much after every span."""

    span: str = "1 epochs"

    def factor(self, position, state):
        return 0.5 ** (position.iteration // position.iterations_of(self.span))


@frozen
class Plateau(Schedule):
    """Half as much whenever the loss of an epoch is no lower than that before."""

    value: str = "training.loss"

    @property
    def requires(self):
        return (self.value,)

    def initial(self):
        return {"factor": 1.0, "last": None}

    def update(self, state, observation):
        score = observation.scores[self.value]
        is_better = state["last"] is None or score < state["last"]
        return {"factor": state["factor"] * (1.0 if is_better else 0.5), "last": score}

    def factor(self, position, state):
        return state["factor"]


class Watch:
    """Notes what is in effect in each iteration."""

    def __init__(self, identifier=FACTOR):
        self.identifier, self.seen = identifier, []

    def sigma_iteration_ended(self, trainer):
        self.seen.append(trainer.get(self.identifier))


def test_a_hyperparameter_is_multiplied(make):
    """Iteration by iteration, with the factor of the iterations that lie behind it."""
    watch = Watch()
    scheduled = make(
        "3 epochs", optimiser=Momentum(0.1), schedules={RATE: Halving("2 iterations")}, hooks=[watch], dtype="float64"
    )

    class BySet:
        def sigma_iteration_started(self, event, trainer):
            trainer.set(RATE, 0.1 * 0.5 ** ((event.iteration - 1) // 2))

    by_hand = make("3 epochs", optimiser=Momentum(0.1), hooks=[BySet()], dtype="float64")
    scheduled.run()
    by_hand.run()

    assert watch.seen == [1, 1, 0.5, 0.5, 0.25, 0.25, 0.125, 0.125, 0.0625]
    for name, value in by_hand.get("network.**").items():
        np.testing.assert_allclose(scheduled.get(name), value, rtol=1e-12)


def test_the_hyperparameter_itself_is_still_set(make):
    """It stays what it was set to; the factor is read only, and 1 before the first iteration."""
    trainer = make(schedules={RATE: Halving()})
    assert trainer.get(FACTOR) == 1.0
    trainer.run()

    assert (trainer.get(RATE), trainer.get(FACTOR)) == (0.01, 0.5)
    assert trainer.get("**.learning_rate") == {RATE: 0.01, FACTOR: 0.5}
    trainer.set(RATE, 0.0)
    before = trainer.get("network.layers.dense_1.weights")
    trainer.run(stop="3 epochs")
    assert (trainer.get("network.layers.dense_1.weights") == before).all()
    assert refused(IdentifierError, lambda: trainer.set(FACTOR, 1.0)) == (
        f"{FACTOR}: it is what a schedule gives\n"
        "  expected: a hyperparameter or a parameter\n"
        f"  to do:    set {RATE}, which it is multiplied by"
    )


def test_workers_are_told_of_changes_alone(make):
    """A factor that stays costs nothing; without schedules nothing is looked at."""
    trainer = make("4 epochs", schedules={RATE: Halving("2 epochs")}).build()
    pushed, push = [], trainer.team.push
    trainer.team.push = lambda arrays: (pushed.append(arrays), push(arrays))
    trainer.run()

    assert [arrays for arrays in pushed if FACTOR in arrays] == [{FACTOR: 1.0}, {FACTOR: 0.5}]


def test_a_schedule_of_the_optimiser_is_that_of_its_groups(make):
    """Unless a group has one of its own; modifiers may have some, too."""
    trainer = make(
        "1 iterations",
        optimiser=GradientDescent(0.1),
        parameter_groups={"**.biases": {"learning_rate": 0.2}, "**.dense_2.weights": {"learning_rate": 0.4}},
        modifiers=[ClipByGlobalNorm(1e9)],
        schedules={
            RATE: _Constant(0.5),
            "optimiser.group_2.learning_rate": _Constant(0.25),
            "modifiers.clip_by_global_norm.limit": _Constant(2.0),
        },
        dtype="float64",
    )
    seen = {}

    class Gradients:
        @sigma.hookimpl(requires=["gradients.**"])
        def sigma_iteration_ended(self, event):
            seen.update({name: np.array(value) for name, value in event.scores.items()})

    trainer.attach(Gradients())
    before = trainer.get("network.**")
    trainer.run()

    rates = {"dense_1.weights": 0.05, "dense_1.biases": 0.1, "dense_2.weights": 0.1, "dense_2.biases": 0.1}
    for name, rate in rates.items():
        value = before[f"network.layers.{name}"] - rate * seen[f"gradients.layers.{name}"]
        np.testing.assert_allclose(trainer.get(f"network.layers.{name}"), value, rtol=1e-12)
    assert trainer.get("schedules.modifiers.clip_by_global_norm.limit") == 2.0


@frozen
class _Constant(Schedule):
    value: float

    def factor(self, position, state):
        return self.value


def test_a_run_has_a_length_where_its_criterion_tells(make):
    """Otherwise a part of it is refused before the first step, or none of its schedules would ever be right."""
    watch = Watch()
    make("4 epochs", schedules={RATE: Halving("0.5 run")}, hooks=[watch]).run()
    assert watch.seen == [1.0] * 6 + [0.5] * 6

    events = []

    class Events:
        def sigma_run_started(self, event):
            events.append(event)

    endless = make("training.loss < 0", schedules={RATE: Halving("0.5 run")}, hooks=[Events()])
    assert refused(SettingError, endless.run) == (
        f"schedules.{RATE}, span: '0.5 run' of a run whose length is not known\n"
        "  expected: a criterion that ends the run after some epochs or iterations\n"
        '  to do:    stop after "20 epochs", say, or count the span in epochs or iterations'
    )
    assert events == []
    assert endless.status == "ready"
    assert endless.run(stop="1 epochs").epochs == 1


def test_a_schedule_looks_at_every_epoch(make):
    """When it has been scored, and before hooks are told of its end."""
    seen = []

    class Ends:
        def sigma_epoch_ended(self, event, trainer):
            state = trainer.schedule_states[RATE]["state"]
            seen.append((state["last"] == event.scores["training.loss"], trainer.get(FACTOR)))

    # So large a rate that the loss grows.
    make("3 epochs", optimiser=GradientDescent(2.0), schedules={RATE: Plateau()}, hooks=[Ends()]).run()
    assert seen == [(True, 1.0), (True, 1.0), (True, 0.5)]


def scheduled(stop="14 iterations", **changed):
    given = {"optimiser": Adam(0.5), "batch_size": 4, "seed": 9, "schedules": {RATE: Plateau("validation.loss")}}
    given = {"validation": DATA, **given, **changed}
    return sigma.Trainer(sigma_network(), DATA, stop=stop, **given)


def sigma_network():
    from sigma_nn import Dense, Dropout, Input, SquaredDifference

    return Input(3) + Dense(5, activation="tanh") + Dropout(0.3) + Dense(1) + SquaredDifference()


def outcome(trainer):
    arrays = {name: array.tobytes() for name, array in trainer.team.pull().items()}
    return arrays, trainer.schedule_states


class Saving:
    def __init__(self, hook, iteration, path):
        self.path, self.iteration = path, iteration
        setattr(self, hook, self._save)

    def _save(self, event, trainer):
        if event.iteration == self.iteration:
            trainer.save(self.path)


@pytest.fixture(scope="module")
def uninterrupted():
    whole = scheduled()
    whole.run()
    assert whole.get(FACTOR) < 1
    return outcome(whole)


@settings(max_examples=20)
@given(
    iteration=st.integers(1, 13),
    hook=st.sampled_from(["sigma_iteration_ended", "sigma_validation_ended", "sigma_epoch_ended"]),
)
def test_a_resumed_run_ends_as_the_uninterrupted_one(uninterrupted, tmp_path_factory, iteration, hook):
    """To the last bit, also what a schedule has seen of the scores."""
    path = tmp_path_factory.mktemp("checkpoints") / "now"
    scheduled(hooks=[Saving(hook, iteration, path)]).run()
    if path.exists():
        second = scheduled().restore(path)
        second.run()
        assert outcome(second) == uninterrupted


def test_two_runs_are_as_good_as_one_and_a_reset_begins_anew(uninterrupted):
    """The trainer keeps the states in between."""
    trainer = scheduled()
    trainer.run(stop="8 iterations")
    trainer.run()
    assert outcome(trainer) == uninterrupted
    trainer.reset()
    assert (trainer.get(FACTOR), trainer.schedule_states) == (1.0, {})
    trainer.run()
    assert outcome(trainer) == uninterrupted


def test_another_schedule_begins_anew(tmp_path):
    """The state of one means nothing to another; without one, the training is another."""
    first = scheduled()
    first.run(stop="3 epochs")
    first.save(tmp_path / "now")
    second = scheduled(schedules={RATE: Halving()}).restore(tmp_path / "now")
    second.run()
    assert second.schedule_states == {RATE: {"schedule": "Halving(span='1 epochs')", "state": {}}}
    with pytest.raises(CheckpointError, match="is of another training"):
        scheduled(schedules={}).restore(tmp_path / "now")


RECIPE = {
    "stop": "2 epochs",
    "dataset": "xor",
    "optimiser": "adam",
    "network": [{"use": "input", "shape": [2]}, {"use": "dense", "size": 1}, {"use": "squared_difference"}],
    "schedules": {RATE: {"use": "exponential", "decay": 0.5}},
}


def test_a_recipe_has_schedules():
    """There and back, and by --set."""
    trainer = sigma.Trainer.from_recipe(RECIPE)
    assert trainer.recipe().values == RECIPE
    assert trainer.run().epochs == 2
    assert trainer.get(FACTOR) < 1
    other = sigma.Recipe(RECIPE).having([f'schedules."{RATE}".decay=0.25', f'schedules."{RATE}".span=3 iterations'])
    assert other.values["schedules"][RATE]["decay"] == 0.25


def test_a_schedule_has_a_hyperparameter(make):
    """One of the optimiser, of a group or of a modifier."""
    known = "optimiser.epsilon, optimiser.learning_rate, optimiser.mean_decay, optimiser.square_decay"
    assert refused(IdentifierError, lambda: make(schedules={"optimiser.learning_rat": Halving()})) == (
        "schedules.optimiser.learning_rat: there is no such hyperparameter\n"
        f"  expected: {known} (nearest: optimiser.learning_rate)\n"
        "  to do:    use one of these"
    )
    assert refused(SettingError, lambda: make(schedules=[Halving()])).splitlines()[1:] == [
        "  expected: a table by identifier",
        '  to do:    write { "optimiser.learning_rate" = { use = "cosine", length = "20 epochs" } }',
    ]
    text = (
        'stop = "1 epochs"\ndataset = "xor"\noptimiser = "adam"\nnetwork = ["squared_difference"]\n[schedules]\na = "b"'
    )
    assert "recipe, line 6, schedules.a: there is no such hyperparameter" in refused(
        RecipeError, lambda: sigma.Trainer.from_recipe(sigma.Recipe.parse(text))
    )


@pytest.mark.parametrize("setting", ["schedules.modifiers.l2.factor=step", "schedules.modifiers.l2.factor.use=step"])
def test_an_identifier_stands_in_quotes(setting):
    """Else TOML takes its words for keys."""
    recipe = sigma.Recipe({name: value for name, value in RECIPE.items() if name != "schedules"}).having([setting])

    assert refused(RecipeError, lambda: sigma.Trainer.from_recipe(recipe)) == (
        "recipe: 1 fault\n"
        "recipe, schedules.modifiers: the dots of modifiers.l2.factor have made tables of it\n"
        "  expected: an identifier in quotes\n"
        '  to do:    write "modifiers.l2.factor"'
    )


def test_a_schedule_needs_scores_that_there_are(make):
    """As a criterion does, before the run."""
    assert refused(IdentifierError, make(schedules={RATE: Plateau("validation.loss")}).build) == (
        f"schedules.{RATE}: there is no score 'validation.loss'\n"
        "  expected: training.loss\n"
        "  to do:    split the data, so that there is something to validate with"
    )


def ouch(*_):
    raise ValueError("ouch")


RAISED = (
    "it raised ValueError: ouch\n"
    f'  at:       {os.path.relpath(__file__)}:{ouch.__code__.co_firstlineno + 1}: raise ValueError("ouch")\n'
    "  to do:    correct it, or leave it out"
)
FINITE = "\n  expected: a finite number\n  to do:    return a float"


@pytest.mark.parametrize(
    ("method", "result", "message"),
    [
        ("factor", lambda *_: float("nan"), "it returned nan" + FINITE),
        ("factor", lambda *_: float("inf"), "it returned inf" + FINITE),
        ("factor", lambda *_: "half", "it returned 'half'" + FINITE),
        ("factor", ouch, RAISED),
        (
            "update",
            lambda *_: None,
            "it returned None\n  expected: a dictionary\n  to do:    end with `return {**state, ...}`",
        ),
        ("update", ouch, RAISED),
    ],
)
def test_a_schedule_must_give_finite_numbers_and_keep_states(make, method, result, message):
    """Anything else is told with its name."""
    methods = {"factor": lambda *_: 1.0, method: lambda self, *rest: result(*rest)}
    odd = frozen(type("Odd", (Schedule,), methods))
    assert refused(PluginFailedError, make(schedules={RATE: odd()}).run) == (
        f"schedule of '{RATE}', Odd, {method}: {message}"
    )
