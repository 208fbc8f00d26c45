"""Components that raise, or return what their contract does not allow: each is named, with what to do."""

import os

import numpy as np
import pytest
from attrs import frozen
from sigma_nn import Dense, Input, SquaredDifference

import sigma_core as sigma
from sigma_core.errors import CheckpointError, NetworkError, PluginFailedError, TrainerError
from sigma_core.extend import Criterion, Initialiser, Layer, Metric, Optimiser, Parameter, Slots
from sigma_core.training._checkpoint import sealed


def ouch(*_):
    raise ValueError("ouch")


RAISED = (
    "it raised ValueError: ouch\n"
    f'  at:       {os.path.relpath(__file__)}:{ouch.__code__.co_firstlineno + 1}: raise ValueError("ouch")\n'
    "  to do:    correct it, or leave it out"
)


def refused(error, action):
    with pytest.raises(error) as caught:
        action()
    return str(caught.value)


def optimiser(result, **attributes):
    @frozen
    class Odd(Optimiser):
        def update(self, parameter, gradient, slots, step, settings):
            return result(parameter, slots)

    for name, value in attributes.items():
        setattr(Odd, name, value)
    return Odd()


PAIR = "\n  expected: a pair: new parameters, new slots\n  to do:    end with `return parameter, slots`"
ALIKE = (
    "\n  expected: float32 of shape (21,), as it was given"
    "\n  to do:    compute element by element, and cast with astype"
)


@pytest.mark.parametrize(
    ("result", "message"),
    [
        (lambda parameter, slots: None, "optimiser Odd, update: it returned None" + PAIR),
        (lambda parameter, slots: parameter, "optimiser Odd, update: it returned float32 of shape (21,)" + PAIR),
        (
            lambda parameter, slots: (parameter[:3], slots),
            "optimiser Odd, update, parameters: it returned float32 of shape (3,)" + ALIKE,
        ),
        (
            lambda parameter, slots: (parameter.astype(np.float64), slots),
            "optimiser Odd, update, parameters: it returned float64 of shape (21,)" + ALIKE,
        ),
        (lambda parameter, slots: (0.0, slots), "optimiser Odd, update, parameters: it returned 0.0" + ALIKE),
        (
            lambda parameter, slots: (parameter, Slots()),
            (
                "optimiser Odd, update, slots.mean: it returned None\n"
                "  expected: a value for each slot\n"
                "  to do:    give Slots(mean=...)"
            ),
        ),
        (ouch, "optimiser Odd, update: " + RAISED),
    ],
)
def test_an_optimiser_must_return_what_it_was_given(make, result, message):
    """New parameters and slots, of the same shapes and dtypes."""
    chosen = optimiser(result, slots=Slots(mean=0.0))
    assert refused(PluginFailedError, make(optimiser=chosen).run) == message


def metric(
    measure=lambda predictions: {"sum": predictions.sum()}, result=lambda totals: float(totals["sum"]), **attributes
):
    @frozen
    class Odd(Metric):
        def measure(self, predictions, targets):
            return measure(predictions)

        def result(self, totals):
            return result(totals)

    for name, value in attributes.items():
        setattr(Odd, name, value)
    return Odd()


SUMS = '\n  expected: a dictionary of sums by name\n  to do:    end with `return {"sum": values.sum()}`'
NUMBER = "\n  expected: one number\n  to do:    return a float; a metric that gives an array says is_number = False"


@pytest.mark.parametrize(
    ("odd", "message"),
    [
        (metric(measure=lambda predictions: None), "metric 'odd', measure: it returned None" + SUMS),
        (
            metric(measure=lambda predictions: predictions.sum()),
            "metric 'odd', measure: it returned float32 of shape ()" + SUMS,
        ),
        (metric(measure=ouch), "metric 'odd', measure: " + RAISED),
        (metric(result=ouch), "metric 'odd', result: " + RAISED),
        (metric(result=lambda totals: None), "metric 'odd', result: it returned None" + NUMBER),
        (
            metric(result=lambda totals: np.ones(3)),
            "metric 'odd', result: it returned float64 of shape (3,)" + NUMBER,
        ),
        (
            metric(result=lambda totals: "no", is_number=False),
            "metric 'odd', result: it returned 'no'\n  expected: an array of numbers\n  to do:    return one",
        ),
        (
            metric(gathered=("sum",)),
            (
                "metric 'odd', gathered: it raised ValueError: zero-dimensional arrays cannot be concatenated\n"
                "  to do:    correct it, or leave it out"
            ),
        ),
    ],
)
def test_a_metric_must_measure_sums_and_give_a_number(make, data, odd, message):
    """Whatever else it does is told with its name."""
    trainer = make(metrics={"odd": odd}, validation=data)
    assert refused(PluginFailedError, trainer.run) == message


def criterion(update, moment="epoch"):
    @frozen
    class Odd(Criterion):
        def update(self, state, observation):
            return update()

        def reason(self, state):
            return "odd"

    Odd.moment = moment
    Odd.__abstractmethods__ = frozenset()
    return Odd()


STATE = '\n  expected: a dictionary with `reached`\n  to do:    end with `return {"reached": ...}`'


@pytest.mark.parametrize(
    ("update", "message"),
    [
        (lambda: None, "criterion Odd, update: it returned None" + STATE),
        (dict, "criterion Odd, update: it returned {}" + STATE),
        (ouch, "criterion Odd, update: " + RAISED),
    ],
)
def test_a_criterion_must_return_its_state(make, update, message):
    """With the key that says whether it holds."""
    assert refused(PluginFailedError, make(stop=criterion(update)).run) == message


def test_a_criterion_must_look_at_some_moment(make):
    """One that is never asked would let a run go on for ever."""
    assert refused(TrainerError, make(stop=criterion(dict, "batch")).build) == (
        "criterion Odd: it looks at the moment 'batch'\n"
        "  expected: epoch, iteration\n"
        "  to do:    give its property `moment` one of these"
    )


@pytest.mark.parametrize(
    ("value", "dtype"), [(np.nan, "float64"), (1e300, "float64"), (1j, "complex128"), ("x", "<U1")]
)
def test_an_initialiser_must_make_finite_numbers(make, value, dtype):
    """Finite in the dtype of the network."""

    @frozen
    class Odd(Initialiser):
        def fill(self, shape, random):
            return np.full(shape, value)

    assert refused(NetworkError, make(initialisers={"**.dense_1.weights": Odd()}).build) == (
        f"network.layers.dense_1.weights: its initialiser made {dtype} that are not finite numbers of float32\n"
        "  expected: finite numbers of shape (3, 4)\n"
        "  to do:    correct its `fill`, or choose another initialiser"
    )


def test_an_initialiser_must_be_one(make):
    """Not a name that nobody has built."""

    @frozen
    class Scale(Layer):
        def parameters(self, shape):
            return {"factors": Parameter(shape, "ones")}

        def forward(self, inputs, *, parameters, context):
            return inputs * parameters.factors

    assert refused(NetworkError, make(network=Input(3) + Scale() + Dense(1) + SquaredDifference()).build) == (
        "network.layers.scale_1.factors: its initialiser is 'ones'\n"
        "  expected: an object of a class that derives from Initialiser\n"
        '  to do:    give one, as Gaussian(), or the layer a setting of component("initialisers")'
    )


def test_an_initialiser_that_raises_is_named(make):
    """With the parameter that it was to fill."""

    @frozen
    class Odd(Initialiser):
        def fill(self, shape, random):
            ouch()

    assert refused(PluginFailedError, make(initialisers={"**.dense_1.weights": Odd()}).build) == (
        "network.layers.dense_1.weights, initialiser Odd: " + RAISED
    )


class Forgetful:
    def __init__(self, state):
        self._state = state

    @sigma.hookimpl
    def sigma_run_ended(self):
        pass

    def state(self):
        return self._state()

    def restore(self, state):
        ouch()


def test_a_hook_whose_state_cannot_be_had_or_restored_is_named(make, tmp_path):
    """When a checkpoint is made of it, and when it is given back."""
    trainer = make(hooks=[Forgetful(dict)])
    trainer.save(tmp_path / "checkpoint")
    assert refused(PluginFailedError, lambda: trainer.restore(tmp_path / "checkpoint")) == (
        "plugin 'forgetful', restore: " + RAISED
    )
    assert refused(PluginFailedError, lambda: make(hooks=[Forgetful(ouch)])) == ("plugin 'forgetful', state: " + RAISED)


@pytest.mark.parametrize("value", [None, "x", -1, []])
@pytest.mark.parametrize("key", ["iteration", "seconds", "scores", "batches", "shapes"])
def test_a_checkpoint_with_another_kind_of_state_is_damaged(make, tmp_path, key, value):
    """Whatever stands where a number or a table should."""
    import json

    trainer = make()
    manifest = trainer.save(tmp_path / "checkpoint") / "manifest.json"
    content = json.loads(manifest.read_text("utf-8"))
    content["state"][key] = value
    manifest.write_text(json.dumps(sealed(content)), "utf-8")

    assert refused(CheckpointError, lambda: trainer.restore(tmp_path / "checkpoint")) == (
        f"{tmp_path / 'checkpoint'}: its manifest has another {key}: {value!r}\n"
        "  expected: the whole state of a trainer\n"
        "  to do:    use another checkpoint of the run"
    )


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("scores", {"training.loss": "low"}),
        ("commands", "many"),
        ("commands", 10**20),
        ("hook_changes", [1]),
        ("hook_changes", {"attached": [1]}),
        ("hook_changes", {"detached": 5}),
        ("seconds", float("nan")),
    ],
)
def test_what_lies_deeper_in_a_state_is_looked_at_too(make, tmp_path, key, value):
    """Before anything is put in place."""
    test_a_checkpoint_with_another_kind_of_state_is_damaged(make, tmp_path, key, value)


def test_a_checkpoint_whose_shapes_are_none_is_of_another_training(make, tmp_path):
    """What stands there is told as it is."""
    import json

    trainer = make()
    manifest = trainer.save(tmp_path / "checkpoint") / "manifest.json"
    content = json.loads(manifest.read_text("utf-8"))
    content["state"]["shapes"] = {"network.layers.odd_1.w": 3}
    manifest.write_text(json.dumps(sealed(content)), "utf-8")

    message = refused(CheckpointError, lambda: trainer.restore(tmp_path / "checkpoint"))
    assert message.splitlines()[0].startswith(
        f"{tmp_path / 'checkpoint'}: it is of another training: float32 network.layers.odd_1.w 3; optimiser."
    )
