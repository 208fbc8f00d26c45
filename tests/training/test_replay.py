"""A run repeated from its store: with the same commands, to the same state."""

import shutil
import signal
import sqlite3
from contextlib import closing, suppress
from unittest.mock import patch

import pytest
from attrs import evolve
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

import sigma_core as sigma
from sigma_core.environment import Environment
from sigma_core.errors import RunDirectoryError, TrainerError
from sigma_core.events import RunStore
from sigma_core.testing import message
from sigma_core.training import (
    Attach,
    Detach,
    Load,
    Pause,
    Recipe,
    Reset,
    Resume,
    Save,
    SetValue,
    StepOnce,
    Stop,
    parse_criterion,
    replay,
    state_hash,
)

RECIPE = {
    "seed": 1,
    "stop": "4 epochs",
    "batch_size": 30,
    "dataset": {"use": "iris", "split": [0.8, 0.2]},
    "optimiser": {"use": "adam", "learning_rate": 0.01},
    "network": [
        {"use": "input", "shape": [4]},
        {"use": "dense", "size": 5, "activation": "tanh"},
        {"use": "dropout", "rate": 0.2},
        {"use": "dense", "size": 3},
        {"use": "softmax_cross_entropy"},
    ],
}
RATE = "optimiser.learning_rate"


class Sender:
    """Stands for another thread: sends commands after an iteration, as from the command line."""

    is_of_a_run = True

    def __init__(self, plan, *, goes_on=False):
        self.plan = plan
        self.goes_on = goes_on

    def sigma_iteration_ended(self, event, trainer):
        for command in self.plan.pop(event.iteration, ()):
            trainer._loop.send(command, "command line")

    def sigma_run_paused(self, event, trainer):
        for command in self.plan.pop(f"pause {event.iteration}", (Resume(),) if self.goes_on else ()):
            trainer._loop.send(command, "command line")


def trained(directory, plan, **settings):
    """A run with commands; the sender is attached by hand, so the recipe that is kept does not have it."""
    trainer = sigma.Trainer.from_recipe(Recipe({**RECIPE, **settings}))
    trainer.hooks.register(Sender(plan), "sender")
    return trainer, trainer.run(directory=directory)


def plans(folder, composer):
    slower = composer.build("hooks", {"use": "decay_on_plateau", "value": "validation.loss", "count": 1})
    return {
        "set": {3: [SetValue(RATE, 0.1)], 8: [SetValue("network.layers.dense_2.biases", [1.0, 2.0, 3.0])]},
        "set at the end of an epoch": {4: [SetValue(RATE, 0.1)]},
        "pause and step": {
            5: [Pause()],
            "pause 5": [SetValue(RATE, 0.2), StepOnce()],
            "pause 6": [SetValue(RATE, 0.3), Resume()],
        },
        "attach": {2: [Attach(slower, "slower"), SetValue(RATE, 0.5)]},
        "stop": {7: [SetValue(RATE, 0.1), Stop("enough")]},
        "save and load": {3: [Save(str(folder / "saved"))], 6: [SetValue(RATE, 0.9), Load(str(folder / "saved"))]},
        "reset": {6: [SetValue(RATE, 0.9), Reset()], 2: [SetValue(RATE, 0.2)]},
        "nothing": {},
    }


@pytest.mark.parametrize(
    "name",
    ["set", "set at the end of an epoch", "pause and step", "attach", "stop", "save and load", "reset", "nothing"],
)
def test_a_run_is_repeated(tmp_path, name):
    """Whatever it was told while it went on."""
    with Environment() as environment:
        plan = plans(tmp_path, environment.composer)[name]
        count = sum(len(commands) for commands in plan.values())
        _, run = trained(tmp_path / "run", plan)
        found = replay(tmp_path / "run", environment)
    assert found.differences == ()
    assert found.run.iterations == run.iterations
    assert found.commands == count - (name == "save and load")
    assert len(found.state) == 64


def test_a_run_that_was_ended_otherwise_is_repeated_to_its_end(tmp_path):
    """As by a criterion that was given in its recipe's place."""
    trainer = sigma.Trainer.from_recipe(Recipe(RECIPE))
    trainer.run(directory=tmp_path / "run", stop="6 iterations")
    with Environment() as environment:
        found = replay(tmp_path / "run", environment)
    assert (found.differences, found.run.iterations) == ((), 6)


@pytest.mark.parametrize("iteration", [2, 6])
def test_a_run_that_was_interrupted_is_repeated_to_there(tmp_path, iteration):
    """It was not scored any more: its scores are those of its last epoch, if there was one."""

    class Interrupting:
        def sigma_iteration_ended(self, event):
            if event.iteration == iteration:
                signal.raise_signal(signal.SIGINT)

    trainer = sigma.Trainer.from_recipe(Recipe(RECIPE))
    trainer.hooks.register(Interrupting(), "interrupting")
    with pytest.raises(KeyboardInterrupt):
        trainer.run(directory=tmp_path / "run")
    with RunStore.open(tmp_path / "run") as store:
        scores = store.last("run_ended").payload["scores"]
    assert bool(scores) == (iteration > 4)
    with Environment() as environment:
        found = replay(tmp_path / "run", environment)
    assert (found.differences, found.run.iterations) == ((), iteration)


def test_a_run_that_was_gone_on_with_is_repeated_as_one(tmp_path):
    """Whatever ended or held it in between."""
    directory = tmp_path / "run"
    trained(directory, {3: [SetValue(RATE, 0.1)], 6: [Pause()], "pause 6": [SetValue(RATE, 0.3), Stop("enough")]})
    trainer = sigma.Trainer.from_recipe(Recipe(RECIPE))
    trainer.hooks.register(Sender({9: [SetValue(RATE, 0.05)]}), "sender")
    trainer.run(directory=directory, resume=True)
    with Environment() as environment:
        found = replay(directory, environment)
    assert (found.differences, found.run.iterations) == ((), 16)


def test_a_criterion_that_was_given_to_a_run_is_kept_with_it(tmp_path):
    """Whoever goes on with it goes on to the same end."""
    directory = tmp_path / "run"
    trainer = sigma.Trainer.from_recipe(Recipe(RECIPE))
    trainer.hooks.register(Sender({3: [Stop("for now")]}), "sender")
    trainer.run(directory=directory, stop="6 iterations | training.loss < 0.001")
    again = sigma.Trainer.from_recipe(directory / "recipe.toml")
    assert again.setup.stop == parse_criterion("6 iterations | training.loss < 0.001", again.environment.composer)
    assert again.run(directory=directory, resume=True).ended_because == "6 iterations"
    with Environment() as environment:
        found = replay(directory, environment)
    assert (found.differences, found.run.iterations) == ((), 6)


def test_a_later_criterion_that_held_before_does_not_end_a_replay(tmp_path):
    """The run went past that place, with another criterion, before it was gone on with."""
    directory = tmp_path / "run"
    sigma.Trainer.from_recipe(Recipe(RECIPE)).run(directory=directory, stop="6 iterations")
    run = sigma.Trainer.from_recipe(Recipe(RECIPE)).run(directory=directory, resume=True, stop="training.loss < 10")
    with Environment() as environment:
        found = replay(directory, environment)
    assert (found.differences, found.run.iterations) == ((), run.iterations)


def test_a_run_that_a_hook_stopped_and_that_was_gone_on_with_is_repeated_as_one(make, hook, tmp_path):
    """To where it ended last, also where a hook stopped it again."""

    def stop(event, trainer):
        if event.iteration in (2, 5):
            trainer.stop("for now")

    def trainer():
        return make(hooks=[hook(iteration_ended=stop)])

    trainer().run(directory=tmp_path / "run")
    for iterations in (5, 6):
        assert trainer().run(directory=tmp_path / "run", resume=True).iterations == iterations
        found = replay(tmp_path / "run", trainer=trainer())
        assert (found.differences, found.run.iterations) == ((), iterations)


def test_a_run_whose_hooks_put_something_in_place_in_the_end_is_repeated(make, hook, tmp_path):
    """As one that stops early leaves the best parameters: what is compared is what the run was trained to."""

    def trainer():
        return make(hooks=[hook(run_ended=lambda _, trainer: trainer.set("network.**.<biases>", 7))])

    trainer().run(directory=tmp_path / "run")
    assert replay(tmp_path / "run", trainer=trainer()).differences == ()


def test_a_hook_that_was_attached_stays_when_the_run_goes_on(tmp_path):
    """With its state, though no recipe names it; what was detached stays away. The replay knows of both."""
    directory = tmp_path / "run"
    slower = {"use": "decay", "factor": 0.5, "when": "3 iterations"}
    recipe = Recipe({**RECIPE, "hooks": [{"use": "decay", "factor": 0.1, "when": "4 iterations"}]})
    with Environment() as environment:
        hook = environment.composer.build("hooks", slower)
        plan = {2: [Attach(hook, "slower"), Attach(Nameless(), "mine")], 7: [Detach("decay")], 9: [Stop("x")]}
        trained(directory, plan, hooks=recipe.values["hooks"])
        trainer = sigma.Trainer.from_recipe(recipe, environment=environment)
        with pytest.warns(UserWarning, match="hooks that were attached as objects are missing") as warned:
            trainer.run(directory=directory, resume=True)
        names = [name for name, _ in trainer.hooks.list_name_plugin()]
        found = replay(directory, environment)
        assert replay(directory, environment, hooks={"mine": Nameless()}).limits == ()
    checkpoint = directory / "checkpoints" / "last"
    assert str(warned[0].message) == (
        f"{checkpoint}: hooks that were attached as objects are missing: 'mine' ({__name__}.Nameless)"
    )
    assert "slower" in names
    assert "decay" not in names
    # Once by the one before it went, and every three iterations by the other.
    assert trainer.get(RATE) == pytest.approx(0.01 * 0.1 * 0.5**5)
    assert (found.differences, found.run.iterations) == ((), 16)
    assert found.limits == (f"hook 'mine' ({__name__}.Nameless): it was attached as an object, and is missing",)


def test_a_run_that_began_from_elsewhere_is_repeated(tmp_path):
    """From a checkpoint of another run, or from what somebody had set; gone on with, it begins there, too."""
    trained(tmp_path / "first", {3: [SetValue(RATE, 0.3)], 7: [Stop("x")]})
    trainer = sigma.Trainer.from_recipe(Recipe(RECIPE))
    trainer.restore(tmp_path / "first" / "checkpoints" / "last")
    trainer.set(RATE, 0.2)
    trainer.run(directory=tmp_path / "second")
    other = sigma.Trainer.from_recipe(Recipe(RECIPE)).build()
    other.set("network.layers.dense_2.biases", [1.0, 2.0, 3.0])
    other.run(directory=tmp_path / "third")
    shutil.rmtree(tmp_path / "first")
    with Environment() as environment:
        for name in ("second", "third"):
            assert replay(tmp_path / name, environment).differences == ()
            shutil.rmtree(tmp_path / name / "checkpoints" / "last")
            again = sigma.Trainer.from_recipe(Recipe(RECIPE), environment=environment)
            again.run(directory=tmp_path / name, resume=True)
            assert state_hash(again) == state_hash({"second": trainer, "third": other}[name])


def test_a_run_without_a_recipe_is_repeated_with_a_trainer(make, hook, tmp_path):
    """That is made as its own was, and has not trained."""
    sender = Sender({3: [SetValue(RATE, 0.1)]})
    trainer = make("3 epochs", hooks=[sender])
    trainer.run(directory=tmp_path / "run")

    assert replay(tmp_path / "run", trainer=make("3 epochs")).differences == ()
    with pytest.raises(TrainerError) as caught:
        replay(tmp_path / "run", trainer=trainer)
    assert message(caught.value) == (
        "trainer 'run': it has trained, or was set\n  expected: a new one\n  to do:    make it anew, or reset() it"
    )


def test_hooks_that_look_at_clocks_are_named(tmp_path):
    """They act at other iterations each time."""
    hooks = [{"use": "report", "when": "every 5 seconds"}]
    sigma.Trainer.from_recipe(Recipe({**RECIPE, "hooks": hooks})).run(directory=tmp_path / "run")
    with Environment() as environment:
        assert replay(tmp_path / "run", environment).limits == (
            "hook 'report': it looks at a clock (\"every 5 seconds\")",
        )


COMMANDS = st.one_of(
    st.builds(SetValue, st.just(RATE), st.floats(0.001, 0.5)),
    st.just(Pause()),
    st.just(StepOnce()),
    st.just(Resume()),
    st.just(Reset()),
    st.builds(Save, st.sampled_from("abl")),
    st.builds(Load, st.sampled_from("abl"), st.sampled_from([(), ("network.layers.dense_1.*",)])),
    st.builds(Attach, st.floats(0.1, 0.9), st.sampled_from("xy")),
    st.builds(Detach, st.sampled_from("xyz")),
)


@patch("os.fsync", lambda _: None)
@settings(max_examples=12, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@example(parts=[[(15, StepOnce()), (15, StepOnce())]])
@given(parts=st.lists(st.lists(st.tuples(st.integers(1, 15), COMMANDS), max_size=12), min_size=1, max_size=3))
def test_any_commands_are_repeated(tmp_path_factory, parts):
    """In any order, refused ones among them, over parts of a run that go on from each other."""
    folder = tmp_path_factory.mktemp("any")
    directory = folder / "run"
    places = {"a": directory / "saved", "b": folder / "b", "l": directory / "checkpoints" / "last"}
    decay = {"use": "decay", "factor": 0.9, "when": "2 iterations"}
    recipe = Recipe({**RECIPE, "checkpoint": "3 iterations", "hooks": [decay]})
    with Environment() as environment:

        def command(drawn):
            if isinstance(drawn, Save | Load):
                return evolve(drawn, path=str(places[drawn.path]))
            if isinstance(drawn, Attach):
                table = {"use": "decay", "factor": drawn.hook, "when": "3 iterations"}
                return Attach(environment.composer.build("hooks", table), drawn.name)
            return Detach("decay") if drawn == Detach("z") else drawn

        for number, part in enumerate(parts, start=1):
            plan = {}
            for iteration, drawn in part:
                plan.setdefault(iteration, []).append(command(drawn))
            if number < len(parts):
                plan.setdefault(11, []).append(Stop("part"))
            trainer = sigma.Trainer.from_recipe(recipe, environment=environment)
            trainer.hooks.register(Sender(plan, goes_on=True), "sender")
            with suppress(TrainerError):
                # A part may come to the end of the run.
                trainer.run(directory=directory, resume=number > 1)
        found = replay(directory, environment)
    assert found.differences == ()


def forged(directory, statement):
    with closing(sqlite3.connect(directory / "run.db")) as connection:
        connection.execute(statement)
        connection.commit()


def test_what_differs_is_told(tmp_path):
    """The state before or after, the scores."""
    trained(tmp_path / "run", {3: [SetValue(RATE, 0.1)]})
    forged(
        tmp_path / "run", "UPDATE events SET payload = replace(payload, '0.1', '0.2') WHERE kind = 'command_applied'"
    )
    with Environment() as environment:
        found = replay(tmp_path / "run", environment)
        assert next(what for what, _, _ in found.differences) == "state"
        assert "training.loss" in [what for what, _, _ in found.differences]
        forged(tmp_path / "run", "UPDATE meta SET value = 'x' WHERE key = 'note.first_state'")
        found = replay(tmp_path / "run", environment)
    assert found.differences == (("state before the first iteration", "x", found.state),)
    assert found.run.ended_because == "never begun"


class Nameless:
    def sigma_epoch_ended(self):
        pass


def test_a_run_that_cannot_be_repeated_is_told(tmp_path):
    """Without an end or a recipe, with a checkpoint from elsewhere that is gone or another by now."""

    def refusal(directory):
        with Environment() as environment, pytest.raises(RunDirectoryError) as caught:
            replay(directory, environment)
        return message(caught.value).partition(f"{str(directory)!r}: ")[2]

    trained(tmp_path / "other", {3: [Save(str(tmp_path / "saved"))]})
    trained(tmp_path / "run", {5: [Load(str(tmp_path / "saved"), ["network.**"])]})
    with Environment() as environment:
        assert replay(tmp_path / "run", environment).differences == ()
    (tmp_path / "saved" / "manifest.json").write_text("{}", "utf-8")
    refused = "  expected: the checkpoints that it loaded, as they were\n  to do:    put it back, or replay another run"
    assert refusal(tmp_path / "run") == (
        f"the checkpoint {tmp_path / 'saved'} has changed since it was loaded\n{refused}"
    )
    (tmp_path / "saved" / "manifest.json").unlink()
    first, _, rest = refusal(tmp_path / "run").partition("\n")
    assert first.startswith(f"the checkpoint {tmp_path / 'saved'} is gone: ")
    assert rest == refused
    (tmp_path / "run" / "recipe.toml").write_text("# arrays\n")
    assert refusal(tmp_path / "run") == (
        "its trainer had no recipe\n"
        "  expected: a run of a recipe\n"
        "  to do:    make the trainer as it was made, and call replay(directory, trainer=trainer) in Python"
    )
    forged(tmp_path / "run", "DELETE FROM events WHERE kind = 'run_ended'")
    assert refusal(tmp_path / "run") == (
        "it has not ended, or not between two iterations\n"
        "  expected: a run that has ended\n"
        "  to do:    replay another run"
    )
