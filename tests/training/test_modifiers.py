"""What changes gradients before the optimiser, and parameters after it."""

import os

import numpy as np
import pytest
from attrs import field, frozen
from sigma_nn import Adam, ClipByGlobalNorm, GradientDescent

import sigma_core as sigma
from sigma_core.errors import IdentifierError, PluginFailedError, RecipeError, SettingError
from sigma_core.extend import Modifier

FIRST, SECOND = "network.layers.dense_1", "network.layers.dense_2"
PARAMETERS = f"{FIRST}.biases, {FIRST}.weights, {SECOND}.biases, {SECOND}.weights"


def refused(error, action):
    with pytest.raises(error) as caught:
        action()
    return str(caught.value)


def at_least_zero(instance, attribute, value):
    if value < 0:
        raise SettingError(f"{type(instance).__name__}.{attribute.name}", repr(value), "at least 0")


@frozen
class Decay(Modifier):
    """Adds a multiple of the parameters to their gradients, and notes the shapes that it is given."""

    factor: float = field(default=0.5, validator=at_least_zero)
    shapes: list = field(factory=list, kw_only=True)
    power: int = 1

    def gradients(self, gradients, parameters, settings):
        self.shapes.append([value.shape for value in gradients])
        assert [value.shape for value in gradients] == [value.shape for value in parameters]
        pairs = zip(gradients, parameters, strict=True)
        return [gradient + settings.factor * parameter**settings.power for gradient, parameter in pairs]


@frozen
class Single(Decay):
    by_parameter = True


@frozen
class Bounded(Modifier):
    """Keeps parameters within bounds after each update."""

    bound: float = 0.1

    def updated(self, parameters, settings):
        return [np.clip(parameter, -settings.bound, settings.bound) for parameter in parameters]


def step(make, *modifiers, **settings):
    """Parameters before and after a step of gradient descent, and the gradients that it was made of."""
    seen = {}

    class Watch:
        @sigma.hookimpl(requires=["gradients.**"])
        def sigma_iteration_ended(self, event):
            seen.update({name: np.array(value) for name, value in event.scores.items()})

    rate = GradientDescent(0.1)
    trainer = make(optimiser=rate, modifiers=modifiers, hooks=[Watch()], dtype="float64", **settings)
    before = trainer.get("network.**")
    trainer.run(stop="1 iterations")
    gradients = {name: seen.get(name.replace("network", "gradients", 1)) for name in before}
    return before, gradients, trainer.get("network.**"), trainer


def test_gradients_are_changed_before_the_update(make):
    """In order: the second sees what the first has made. Hooks see them as they were."""
    before, gradients, after, _ = step(make, Decay(0.5), Decay(2.0, parameters="**.weights"))

    for name, value in before.items():
        gradient = gradients[name] + (2.5 if "weights" in name else 0.5) * value
        np.testing.assert_allclose(after[name], value - 0.1 * gradient, rtol=1e-12)


def test_parameters_are_changed_after_the_update(make):
    """Those that match."""
    before, gradients, after, _ = step(make, Bounded(parameters=f"{FIRST}.weights"))

    for name, value in before.items():
        expected = value - 0.1 * gradients[name]
        if name == f"{FIRST}.weights":
            expected = np.clip(expected, -0.1, 0.1)
        np.testing.assert_allclose(after[name], expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("modifier", "shapes"),
    [
        (Decay(), [(21,)]),
        (Decay(parameters="network.**"), [(21,)]),
        (Single(), [(3, 4), (4,), (4, 1), (1,)]),
        (Decay(parameters="**.weights"), [(3, 4), (4, 1)]),
        (Decay(parameters="network.**.<weights>"), [(3, 4), (4, 1)]),
    ],
)
def test_all_parameters_come_as_one_vector(make, modifier, shapes):
    """Unless it must see them one by one, or is to see some alone."""
    modifier.shapes.clear()
    step(make, modifier)
    assert modifier.shapes[0] == shapes


def test_what_is_frozen_is_modified_by_nobody(make):
    """Of those that match, the trained ones are; a modifier without any does nothing."""
    modifier = Decay()
    before, _, after, _ = step(make, modifier, Bounded(parameters=f"{FIRST}.*"), frozen=[f"{FIRST}.*"])

    assert modifier.shapes[0] == [(5,)]
    assert (before[f"{FIRST}.weights"] == after[f"{FIRST}.weights"]).all()
    assert (before[f"{SECOND}.weights"] != after[f"{SECOND}.weights"]).all()


def test_modifiers_act_on_groups_too(make):
    """On all of them together, before each is updated."""
    modifier = Decay()
    groups = {"**.biases": {"learning_rate": 0.2}}
    before, gradients, after, _ = step(make, modifier, parameter_groups=groups)

    assert modifier.shapes[0] == [(21,)]
    for name, value in before.items():
        rate = 0.2 if "biases" in name else 0.1
        np.testing.assert_allclose(after[name], value - rate * (gradients[name] + 0.5 * value), rtol=1e-12)


def test_modifiers_that_only_constrain_leave_gradients_alone(make):
    """The program of the step has nothing of them before the update, and as ever where there are none."""
    plain = len(make().inspect().before.nodes)
    assert len(make(modifiers=[Modifier()]).inspect().before.nodes) == plain
    assert len(make(modifiers=[Bounded()]).inspect().before.nodes) > plain


def test_their_numbers_are_live(make):
    """By the name of the component, numbered where it is repeated; checked as the component checks them."""
    trainer = make(modifiers=[ClipByGlobalNorm(5.0), Decay(0.5), Decay(0.0), Bounded(10.0)])
    assert trainer.get("modifiers.**") == {
        "modifiers.clip_by_global_norm.limit": 5.0,
        "modifiers.decay.factor": 0.5,
        "modifiers.decay_2.factor": 0.0,
        "modifiers.bounded.bound": 10.0,
    }
    trainer.set("modifiers.bounded.bound", 0.01)
    trainer.run()

    assert np.abs(trainer.get(f"{FIRST}.weights")).max() == np.float32(0.01)
    assert refused(SettingError, lambda: trainer.set("modifiers.decay.factor", -1)) == (
        "Decay.factor: -1.0\n  expected: at least 0"
    )


RECIPE = {
    "stop": "2 epochs",
    "dataset": "xor",
    "optimiser": "adam",
    "network": [{"use": "input", "shape": [2]}, {"use": "dense", "size": 1}, {"use": "squared_difference"}],
    "modifiers": [{"use": "clip_by_global_norm", "limit": 2.0}, {"use": "l2", "parameters": "**.weights"}],
}


def test_a_recipe_has_modifiers():
    """There and back, and by --set."""
    trainer = sigma.Trainer.from_recipe(RECIPE)
    assert trainer.recipe().values == RECIPE
    assert list(trainer.setup.modifiers) == ["clip_by_global_norm", "l2"]
    assert trainer.run().epochs == 2
    other = sigma.Recipe(RECIPE).having(["modifiers.0.limit=0.5"])
    assert sigma.Trainer.from_recipe(other).get("modifiers.clip_by_global_norm.limit") == 0.5


def test_a_pattern_must_be_one_and_match(make):
    """What is trained; whether it is well-formed shows before the network is built."""
    assert refused(IdentifierError, make(modifiers=[Decay(parameters="**.weight")]).build) == (
        "modifiers.decay, pattern '**.weight': it matches no parameter\n"
        f"  expected: {PARAMETERS}\n"
        "  to do:    write a pattern that matches one of these"
    )
    assert refused(RecipeError, lambda: make(modifiers=[Decay(parameters=3), Decay(parameters="a..b")])) == (
        "trainer: 2 faults\n"
        "modifiers.0.parameters: 3\n"
        "  expected: a pattern, such as network.layers.dense_1.**\n"
        "  to do:    write it in quotes\n"
        "pattern 'a..b': segment 2 is empty\n"
        "  expected: words of letters, digits, '_' and '-', joined by dots; '*', '**', '<tag>' or a word with '*'"
    )


def ouch(*_):
    raise ValueError("ouch")


RAISED = (
    ": it raised ValueError: ouch\n"
    f'  at:       {os.path.relpath(__file__)}:{ouch.__code__.co_firstlineno + 1}: raise ValueError("ouch")\n'
    "  to do:    correct it, or leave it out"
)
LIST = "\n  expected: a list of 1, one for each that it was given\n  to do:    end with `return [... for each in ...]`"
ALIKE = "\n  expected: float32 of shape (21,), as it was given\n  to do:    keep the shape, and cast with astype"


@pytest.mark.parametrize("moment", ["gradients", "updated"])
@pytest.mark.parametrize(
    ("result", "message"),
    [
        (lambda values: None, ": it returned None" + LIST),
        (lambda values: [], ": it returned []" + LIST),
        (lambda values: values[0], ": it returned float32 of shape (21,)" + LIST),
        (lambda values: [values[0][:3]], ", element 0: it returned float32 of shape (3,)" + ALIKE),
        (lambda values: [values[0].astype(np.float64)], ", element 0: it returned float64 of shape (21,)" + ALIKE),
        (lambda values: [0.5], ", element 0: it returned 0.5" + ALIKE),
        (ouch, RAISED),
    ],
)
def test_a_modifier_must_return_what_it_was_given(make, moment, result, message):
    """As many values, of the same shapes and dtypes."""
    odd = frozen(type("Odd", (Modifier,), {moment: lambda self, values, *_: result(values)}))
    assert refused(PluginFailedError, make(modifiers=[odd()]).run) == f"modifier 'odd', {moment}{message}"


def test_a_resumed_run_goes_on_with_them(make, tmp_path):
    """With the numbers that were set."""

    def trainer():
        return make("8 iterations", optimiser=Adam(0.01), modifiers=[ClipByGlobalNorm(1.0)])

    whole, first = trainer(), trainer()
    for one in (whole, first):
        one.set("modifiers.clip_by_global_norm.limit", 0.5)
    whole.run()
    first.run(stop="5 iterations")
    first.save(tmp_path / "now")
    second = trainer().restore(tmp_path / "now")
    second.run()

    assert {name: array.tobytes() for name, array in second.team.pull().items()} == {
        name: array.tobytes() for name, array in whole.team.pull().items()
    }
    assert (
        refused(sigma.UserError, lambda: make().restore(tmp_path / "now"))
        .splitlines()[0]
        .endswith(
            "modifiers.clip_by_global_norm.limit, optimiser.epsilon, optimiser.learning_rate, optimiser.mean_decay, "
            "optimiser.square_decay, slots.mean, slots.square"
        )
    )
