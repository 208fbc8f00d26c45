"""Settings of the optimiser that some parameters have and others have not."""

import numpy as np
import pytest
from attrs import frozen
from sigma_nn import Adam, GradientDescent, Momentum
from sigma_nn._settings import number

import sigma_core as sigma
from sigma_core.errors import CheckpointError, IdentifierError, RecipeError, SettingError
from sigma_core.extend import Optimiser, Slots

FIRST, SECOND = "network.layers.dense_1", "network.layers.dense_2"
RATE = "optimiser.group_1.learning_rate"
GROUPS = {"**.biases": {"learning_rate": 0.0}, f"{SECOND}.**": {"learning_rate": 0.2}}


def refused(error, action):
    with pytest.raises(error) as caught:
        action()
    return str(caught.value)


class Gradients:
    """Keeps the gradients of every iteration."""

    def __init__(self):
        self.seen = []

    @sigma.hookimpl(requires=["gradients.**"])
    def sigma_iteration_ended(self, event):
        self.seen.append({name: np.array(value) for name, value in event.scores.items()})


def test_a_group_has_settings_of_its_own(make):
    """The most specific pattern wins; the others have those of the optimiser."""
    gradients = Gradients()
    trainer = make(optimiser=GradientDescent(0.1), parameter_groups=GROUPS, hooks=[gradients], dtype="float64")
    before = trainer.get("network.**")
    trainer.run(stop="1 iterations")

    rates = {"dense_1.weights": 0.1, "dense_1.biases": 0.0, "dense_2.weights": 0.2, "dense_2.biases": 0.2}
    for name, rate in rates.items():
        np.testing.assert_allclose(
            trainer.get(f"network.layers.{name}"),
            before[f"network.layers.{name}"] - rate * gradients.seen[0][f"gradients.layers.{name}"],
            rtol=1e-12,
        )


def test_a_group_with_the_same_settings_changes_nothing(make):
    """Only the order of the parameters in memory is another; slots are kept for each element."""
    one = make(optimiser=Adam(0.01), dtype="float64")
    two = make(optimiser=Adam(0.01), parameter_groups={f"{FIRST}.**": {"learning_rate": 0.01}}, dtype="float64")
    one.run()
    two.run()

    for name, value in one.get("network.**").items():
        np.testing.assert_allclose(two.get(name), value, rtol=1e-12)
    assert [place.identifier for place in two.parts.layout.trainable] == [
        f"{SECOND}.weights",
        f"{SECOND}.biases",
        f"{FIRST}.weights",
        f"{FIRST}.biases",
    ]


def test_each_group_is_updated_at_once(make):
    """One call of `update` for each group that has parameters, on all of them as one vector."""
    seen = []

    @frozen
    class Watched(Optimiser):
        learning_rate: float = 0.1

        def update(self, parameter, gradient, slots, step, settings):
            seen.append(parameter.shape)
            return parameter - settings.learning_rate * gradient, Slots()

    # All that the first pattern matches belongs to the more specific ones.
    groups = {"**.dense_1.**": {"learning_rate": 1.0}} | {
        f"{FIRST}.{name}": {"learning_rate": 0.5} for name in ("weights", "biases")
    }
    make(optimiser=Watched(), parameter_groups=groups).run(stop="1 iterations")

    # The usual batch alone is compiled: the others, 5 elements, then 12 weights and 4 biases.
    assert seen == [(5,), (12,), (4,)]


def test_what_a_group_overrides_is_live(make):
    """It is read and set by an identifier of its own, and nothing is compiled for it."""
    trainer = make(optimiser=Momentum(0.1), parameter_groups={"**.biases": {"learning_rate": 0.0}})
    before = trainer.get("**.biases")

    assert list(trainer.get("optimiser.**")) == ["optimiser.learning_rate", "optimiser.decay", RATE]
    trainer.run(stop="2 iterations")
    assert {name: value.tolist() for name, value in trainer.get("**.biases").items()} == {
        name: value.tolist() for name, value in before.items()
    }
    trainer.set(RATE, 0.5)
    trainer.run(stop="4 iterations")
    assert trainer.get(RATE) == 0.5
    assert all((trainer.get(name) != value).all() for name, value in before.items())
    assert refused(SettingError, lambda: trainer.set(RATE, -1)) == (
        "Momentum.learning_rate: -1.0\n  expected: a finite number of at least 0"
    )


@frozen
class Scaled(Optimiser):
    """Steps by the gradient over its own norm, which takes a parameter by itself."""

    learning_rate: float = number(default=0.1, at_least=0)
    rows: int = 1

    slots = Slots(seen=1.0)
    by_parameter = True

    def update(self, parameter, gradient, slots, step, settings):
        if parameter.ndim == 2:
            assert parameter.shape == gradient.shape == slots.seen.shape
        return parameter - settings.learning_rate * gradient / np.sqrt((gradient * gradient).sum()), Slots(
            seen=slots.seen + gradient
        )


@pytest.mark.parametrize("groups", [{}, GROUPS])
def test_an_optimiser_may_see_parameters_one_by_one(make, groups):
    """In their shapes, with slots of the same, and with the settings of their group."""
    gradients = Gradients()
    trainer = make(optimiser=Scaled(), parameter_groups=groups, hooks=[gradients], dtype="float64", batch_size=10)
    before = trainer.get("network.**")
    trainer.run(stop="1 iterations")
    slots = trainer.parts.layout.views(trainer.team.pull()["slots.seen"], trainer.team.pull()["fixed"])

    for name, value in before.items():
        gradient = gradients.seen[0][name.replace("network", "gradients")]
        rate = 0.1 if not groups else 0.2 if "dense_2" in name else 0.1 if "weights" in name else 0.0
        np.testing.assert_allclose(trainer.get(name), value - rate * gradient / np.linalg.norm(gradient), rtol=1e-12)
        np.testing.assert_allclose(slots[name], 1 + gradient, rtol=1e-12)


def test_a_single_parameter_keeps_its_shape(make):
    """A matrix is no vector, also where there is nothing else."""
    trainer = make(optimiser=Scaled(), frozen=["**.biases", f"{SECOND}.**"])
    before = trainer.get(f"{FIRST}.weights")
    trainer.run(stop="1 iterations")

    assert (trainer.get(f"{FIRST}.weights") != before).all()


def test_what_an_optimiser_makes_of_a_parameter_is_checked(make):
    """As what it makes of all of them."""

    @frozen
    class Odd(Scaled):
        def update(self, parameter, gradient, slots, step, settings):
            return parameter.reshape(-1), slots

    assert refused(sigma.SigmaError, make(optimiser=Odd()).run) == (
        "optimiser Odd, update, parameters: it returned float32 of shape (12,)\n"
        "  expected: float32 of shape (3, 4), as it was given\n"
        "  to do:    compute element by element, and cast with astype"
    )


RECIPE = {
    "stop": "2 epochs",
    "dataset": "xor",
    "optimiser": {"use": "adam", "learning_rate": 0.1},
    "network": [{"use": "input", "shape": [2]}, {"use": "dense", "size": 1}, {"use": "squared_difference"}],
    "parameter_groups": {"**.biases": {"learning_rate": 0.5}},
}


def test_a_recipe_has_groups():
    """There and back, and by --set."""
    recipe = sigma.Recipe(RECIPE)
    trainer = sigma.Trainer.from_recipe(recipe)
    assert trainer.recipe().values == RECIPE
    assert trainer.run().epochs == 2

    other = recipe.having(['parameter_groups."**.biases".learning_rate=0.25', "parameter_groups.network.epsilon=1e-6"])
    assert other.values["parameter_groups"] == {"**.biases": {"learning_rate": 0.25}, "network": {"epsilon": 1e-6}}


def test_all_faults_of_groups_are_told():
    """Each with its line."""
    text = """
stop = "1 epochs"
dataset = "xor"
optimiser = "adam"
network = [{ use = "input", shape = [2] }, { use = "dense", size = 1 }, { use = "squared_difference" }]
[parameter_groups]
"a..b" = { learning_rate = 1 }
"**.biases" = { weight_decay = 0.0, epsilon = "small", mean_decay = 2, square_decay = true }
"**.weights" = 0.5
"**" = {}
"""
    assert refused(RecipeError, lambda: sigma.Trainer.from_recipe(sigma.Recipe.parse(text))) == (
        "recipe: 7 faults\n"
        "recipe, line 7, parameter_groups.a..b: segment 2 is empty\n"
        "  expected: words of letters, digits, '_' and '-', joined by dots; '*', '**', '<tag>' or a word with '*'\n"
        "recipe, line 8, parameter_groups.**.biases.epsilon: 'small'\n"
        "  expected: a number\n"
        "  to do:    give one, or leave the setting out\n"
        "recipe, line 8, parameter_groups.**.biases.square_decay: True\n"
        "  expected: a number\n"
        "  to do:    give one, or leave the setting out\n"
        "recipe, line 8, parameter_groups.**.biases.weight_decay: the setting 'weight_decay' of Adam does not exist\n"
        "  expected: epsilon, learning_rate, mean_decay, square_decay (nearest: mean_decay)\n"
        "  to do:    use one of these\n"
        "recipe, line 8, parameter_groups.**.biases.mean_decay: 2.0\n"
        "  expected: a finite number of at least 0 and below 1\n"
        "recipe, line 9, parameter_groups.**.weights: 0.5\n"
        "  expected: a table of settings of the optimiser\n"
        "  to do:    write { learning_rate = 1e-4 }\n"
        "recipe, line 10, parameter_groups.**: {}\n"
        "  expected: a table of settings of the optimiser\n"
        "  to do:    write { learning_rate = 1e-4 }"
    )


def test_a_setting_that_is_no_number_belongs_to_no_group(make):
    """It is part of the program, which is one for all."""
    message = "parameter_groups.**.rows: the setting 'rows' of Scaled is no number"
    assert refused(SettingError, lambda: make(optimiser=Scaled(), parameter_groups={"**": {"rows": 2}})) == (
        f"{message}\n  expected: learning_rate\n  to do:    use one of these"
    )

    @frozen
    class Signs(Optimiser):
        def update(self, parameter, gradient, slots, step, settings):
            return parameter - 0.01 * np.sign(gradient), slots

    assert refused(SettingError, lambda: make(optimiser=Signs(), parameter_groups={"**": {"rate": 2}})) == (
        "parameter_groups.**.rate: the setting 'rate' of Signs does not exist\n"
        "  expected: an optimiser with numbers among its settings\n"
        "  to do:    leave it out"
    )


def test_groups_are_a_table(make):
    """Of patterns."""
    assert refused(SettingError, lambda: make(parameter_groups=["**"])) == (
        "parameter_groups: ['**']\n"
        "  expected: a table of patterns\n"
        '  to do:    write { "**.biases" = { weight_decay = 0.0 } }'
    )


def test_a_group_has_parameters(make):
    """Some that can be trained, that is."""
    message = (
        "parameter_groups, pattern '**.weight': it matches no parameter\n"
        f"  expected: {FIRST}.biases, {FIRST}.weights, {SECOND}.biases, {SECOND}.weights\n"
        "  to do:    write a pattern that matches one of these"
    )
    assert refused(IdentifierError, make(parameter_groups={"**.weight": {"epsilon": 1e-6}}).build) == message
    # What is frozen may belong to one, until it is unfrozen.
    trainer = make(parameter_groups=GROUPS, optimiser=GradientDescent(0.1), frozen=["**.biases"])
    assert [span.group for span in trainer.parts.layout.spans] == [None, "group_2"]
    trainer.unfreeze("**")
    assert [span.group for span in trainer.parts.layout.spans] == [None, "group_1", "group_2"]


def test_a_resumed_run_goes_on_in_groups(make, tmp_path):
    """A checkpoint of other groups is refused, even where all shapes are the same."""

    def trainer(rate=0.1, pattern="**.biases"):
        return make("8 iterations", parameter_groups={pattern: {"learning_rate": rate}})

    whole, first = trainer(), trainer()
    whole.run()
    first.run(stop="5 iterations")
    first.save(tmp_path / "now")
    second = trainer(0.3).restore(tmp_path / "now")
    second.run()

    assert {name: array.tobytes() for name, array in second.team.pull().items()} == {
        name: array.tobytes() for name, array in whole.team.pull().items()
    }
    assert refused(CheckpointError, lambda: trainer(pattern="**.weights").restore(tmp_path / "now")) == (
        f"{tmp_path / 'now'}: its parameters are grouped or frozen otherwise: optimiser: {FIRST}.weights, "
        f"{SECOND}.weights; optimiser.group_1: {FIRST}.biases, {SECOND}.biases\n"
        f"  expected: optimiser: {FIRST}.biases, {SECOND}.biases; optimiser.group_1: {FIRST}.weights, "
        f"{SECOND}.weights\n"
        "  to do:    restore it into a trainer with the same parameter_groups and frozen"
    )


def test_freezing_keeps_the_groups_of_the_others(make):
    """With their slots."""
    trainer = make(parameter_groups={"**.biases": {"learning_rate": 0.02}})
    trainer.run(stop="2 iterations")
    before = trainer.team.pull()["slots.mean"]
    trainer.freeze(f"{FIRST}.weights")

    assert trainer.team.pull()["slots.mean"].tolist() == before[12:].tolist()
    trainer.run(stop="3 iterations")
