"""Parameters that keep their values, while others are trained."""

import numpy as np
import pytest
from attrs import frozen
from sigma_nn import Adam, Dense, Input, SquaredDifference, Zeros

import sigma_core as sigma
from sigma_core.errors import CheckpointError, IdentifierError, NetworkError, RecipeError, TrainerError
from sigma_core.extend import Layer, Parameter

FIRST, SECOND = "network.layers.dense_1", "network.layers.dense_2"
NAMES = (f"{FIRST}.weights", f"{FIRST}.biases", f"{SECOND}.weights", f"{SECOND}.biases")
NEAREST = f"  expected: {FIRST}.biases, {FIRST}.weights, {SECOND}.biases, {SECOND}.weights"
REMEDY = "  to do:    write a pattern that matches one of these"


def refused(error, action):
    with pytest.raises(error) as caught:
        action()
    return str(caught.value)


def values(trainer):
    return {name: trainer.get(name).tobytes() for name in trainer.network.parameters}


def changed(trainer, before):
    return [name for name, value in values(trainer).items() if value != before[name]]


def test_frozen_parameters_keep_their_values(make):
    """They are not even differentiated: the step is smaller, and the optimiser has no slots for them."""
    trainer = make(frozen=[f"{FIRST}.**"])
    before = values(trainer)
    trainer.run()

    assert changed(trainer, before) == list(NAMES[2:])
    assert trainer.team.pull(["slots.mean"])["slots.mean"].shape == (5,)
    assert len(trainer.inspect().plan.nodes) < len(make().inspect().plan.nodes)


def test_one_pattern_needs_no_list(make):
    """As for hooks and monitors."""
    assert make(frozen="**.biases").setup.frozen == ("**.biases",)


def test_it_trains_the_others_as_if_the_frozen_were_constants(data, make):
    """As a smaller network on what the frozen layer puts out."""
    whole = make(frozen=[f"{FIRST}.*"], dtype="float64")
    hidden = np.tanh(data[0] @ whole.get(NAMES[0]) + whole.get(NAMES[1]))
    small = make(
        network=Input(4) + Dense(1) + SquaredDifference(),
        data=(hidden, data[1]),
        dtype="float64",
    )
    for name in ("weights", "biases"):
        small.set(f"{FIRST}.{name}", whole.get(f"{SECOND}.{name}"))
    whole.run()
    small.run()

    np.testing.assert_allclose(whole.get(NAMES[2]), small.get(NAMES[0]), rtol=1e-12)


@frozen
class Running(Layer):
    """Tracks the mean of what comes in."""

    def parameters(self, shape):
        return {"mean": Parameter(shape, Zeros(), trainable=False)}

    def forward(self, inputs, *, parameters, context):
        if context.training:
            context.track("mean", inputs.mean(axis=0))
        return inputs - parameters.mean


def test_a_frozen_parameter_is_not_tracked_either(make):
    """It stays as it is, whatever its layer makes of it."""
    network = Input(3) + Running() + Dense(2) + Running() + Dense(1) + SquaredDifference()
    trainer = make(network=network, frozen=["**.running_1.**"])
    trainer.run()

    assert (trainer.get("network.layers.running_1.mean") == 0).all()
    assert (trainer.get("network.layers.running_2.mean") != 0).all()
    trainer.freeze("**.mean")
    before = values(trainer)
    trainer.run(stop="9 iterations")
    assert "network.layers.running_2.mean" not in changed(trainer, before)


def test_freezing_and_unfreezing_keep_everything_else(make):
    """Values, the slots of the other parameters, steps and random numbers."""
    trainer = make()
    trainer.run(stop="4 iterations")
    before, arrays = values(trainer), trainer.team.pull()
    trainer.freeze(f"{FIRST}.**")
    after = trainer.team.pull()

    assert values(trainer) == before
    assert after["slots.mean"].tolist() == arrays["slots.mean"][-5:].tolist()
    assert after["step"] == 4
    assert after["key"].tolist() == [3, 4]
    trainer.run(stop="8 iterations")
    assert changed(trainer, before) == list(NAMES[2:])

    frozen_until_now, slots = values(trainer), trainer.team.pull()["slots.mean"]
    trainer.unfreeze("**.weights")
    assert trainer.setup.frozen == (f"{FIRST}.biases",)
    assert values(trainer) == frozen_until_now
    # Weights of the first layer begin with none; then come those that went on.
    assert trainer.team.pull()["slots.mean"].tolist() == [0.0] * 12 + slots.tolist()
    trainer.run(stop="10 iterations")
    assert changed(trainer, frozen_until_now) == [NAMES[0], *NAMES[2:]]


def test_what_was_not_frozen_cannot_be_told_from_what_was_unfrozen(make):
    """Both train as if nothing had been."""
    one, two = make(), make()
    two.freeze(f"{FIRST}.*")
    two.freeze("**.biases")
    two.unfreeze(f"{FIRST}.*")
    two.unfreeze("**")
    one.run()
    two.run()

    assert two.setup.frozen == ()
    assert values(one) == values(two)


def test_a_recipe_tells_what_is_frozen(environment):
    """From a recipe and back, also what was frozen since."""
    recipe = {
        "stop": "1 epochs",
        "dataset": "xor",
        "optimiser": "adam",
        "network": [{"use": "input", "shape": [2]}, {"use": "dense", "size": 1}, {"use": "squared_difference"}],
        "frozen": ["**.biases"],
    }
    trainer = sigma.Trainer.from_recipe(recipe, environment=environment)
    assert trainer.recipe().values == recipe
    trainer.unfreeze("**")
    trainer.freeze(f"{FIRST}.weights")

    assert trainer.recipe().values["frozen"] == [f"{FIRST}.weights"]


@pytest.fixture
def environment():
    with sigma.Environment() as made:
        yield made


def test_a_pattern_that_matches_nothing_is_refused(make):
    """In the setup and later; nothing is changed then."""
    message = f"frozen, pattern '**.weight': it matches no parameter\n{NEAREST}\n{REMEDY}"
    trainer = make()

    assert refused(IdentifierError, make(frozen=["**.weight"]).build) == message
    assert refused(IdentifierError, lambda: trainer.freeze("**.weight")) == message
    assert refused(IdentifierError, lambda: trainer.unfreeze("**.weight")) == message
    assert trainer.setup.frozen == ()


def test_patterns_are_texts(make):
    """Well-formed ones; each with its place."""
    assert refused(RecipeError, lambda: make(frozen=[3, "a..b"])) == (
        "trainer: 2 faults\n"
        "frozen.0: 3\n"
        "  expected: a pattern, such as network.layers.dense_1.**\n"
        "  to do:    write it in quotes\n"
        "pattern 'a..b': segment 2 is empty\n"
        "  expected: words of letters, digits, '_' and '-', joined by dots; '*', '**', '<tag>' or a word with '*'"
    )
    assert refused(sigma.UserError, lambda: make(frozen=3)).splitlines()[0] == "frozen.0: 3"


def test_one_pattern_is_frozen_at_a_time(make):
    """Several take several calls."""
    trainer = make()
    for act in (trainer.freeze, trainer.unfreeze, trainer.initialise):
        assert refused(IdentifierError, lambda act=act: act([NAMES[0]])) == (
            f"pattern {[NAMES[0]]}: it is a list\n  expected: one pattern, as a text"
        )
    assert trainer.setup.frozen == ()


def test_something_must_be_trained(make):
    """Before the first step; what was frozen may be unfrozen again."""
    trainer = make()
    trainer.freeze("**")
    message = (
        "network: all of its parameters are frozen\n"
        "  expected: at least one parameter that is trained\n"
        "  to do:    leave out a pattern of `frozen`, or unfreeze some"
    )
    assert refused(NetworkError, trainer.run) == message
    assert refused(NetworkError, make(frozen="**").inspect) == message
    trainer.unfreeze("**")
    assert trainer.run().epochs == 2

    data = np.ones((4, 1)), np.ones((4, 1))
    assert refused(NetworkError, make(network=Input(1) + SquaredDifference(), data=data).run) == (
        "network: it has no parameter that is trained\n"
        "  expected: at least one layer that has some\n"
        "  to do:    add a layer that learns"
    )


def test_nothing_is_frozen_while_it_runs(make, hook):
    """The program of the step is another then."""
    errors = []

    def ended(event, trainer):
        errors.extend(refused(TrainerError, lambda way=way: way("**")) for way in (trainer.freeze, trainer.unfreeze))

    make(hooks=[hook(run_started=ended)]).run()

    assert (
        errors
        == ["trainer 'run': it is running\n  expected: a trainer that stands still\n  to do:    stop it first"] * 2
    )


def test_a_checkpoint_of_other_freezing_is_refused(make, tmp_path):
    """Its vectors hold other parameters, even where they are as long."""
    network = Input(3) + Dense(3) + Dense(3) + Dense(1) + SquaredDifference()
    saved = make(network=network, frozen=[f"{FIRST}.*"]).save(tmp_path / "now")
    other = make(network=network, frozen=[f"{SECOND}.*"])

    third = "network.layers.dense_3"

    def described(trained, still):
        names = [f"{layer}.{name}" for layer in (trained, third) for name in ("weights", "biases")]
        return (
            f"optimiser: {', '.join(names)}; fixed: {still}.weights, {still}.biases; "
            f"frozen: {still}.biases, {still}.weights"
        )

    assert refused(CheckpointError, lambda: other.restore(saved)) == (
        f"{saved}: its parameters are grouped or frozen otherwise: {described(SECOND, FIRST)}\n"
        f"  expected: {described(FIRST, SECOND)}\n"
        "  to do:    restore it into a trainer with the same parameter_groups and frozen"
    )
    # Also where they are shorter.
    other.freeze(NAMES[0])
    assert refused(CheckpointError, lambda: other.restore(saved)).startswith(
        f"{saved}: its parameters are grouped or frozen otherwise: {described(SECOND, FIRST)}\n"
    )
    other.unfreeze("**")
    other.freeze(f"{FIRST}.*")
    assert other.restore(saved).run().epochs == 2


def test_a_hook_sees_no_gradient_of_what_is_frozen(make):
    """It is told before the run."""

    class Watching:
        @sigma.hookimpl(requires=["gradients.layers.dense_1.weights"])
        def sigma_iteration_ended(self, event):
            pass

    trainer = make(optimiser=Adam(0.01), hooks=[Watching()], frozen=[f"{FIRST}.**"])
    assert refused(IdentifierError, trainer.run) == (
        "required value 'gradients.layers.dense_1.weights': what it matches is frozen\n"
        "  expected: gradients.layers.dense_2.biases, gradients.layers.dense_2.weights "
        "(nearest: gradients.layers.dense_2.weights)\n"
        "  to do:    require one of these, or unfreeze what it matches"
    )
