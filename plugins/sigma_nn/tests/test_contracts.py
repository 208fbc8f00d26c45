"""What every component of a kind must do, run over all that this plugin registers: to be registered is to be tested.

A component that cannot be made from its defaults needs a line in `MINIMAL`, nothing else.
"""

import inspect
import json
from importlib.metadata import entry_points
from itertools import pairwise
from math import isfinite
from types import SimpleNamespace

import attrs
import numpy as np
import pytest
from sigma_nn import Input

from sigma_core import Network
from sigma_core.extend import (
    Activation,
    Block,
    Context,
    Cost,
    Criterion,
    Initialiser,
    Layer,
    Metric,
    Modifier,
    Observation,
    Optimiser,
    Position,
    Schedule,
)
from sigma_core.testing import ComponentRegistry, Composer, check_grads, evaluate, trace, vjp

CONTRACTS = {
    "layers": Layer,
    "costs": Cost,
    "activations": Activation,
    "initialisers": Initialiser,
    "optimisers": Optimiser,
    "schedules": Schedule,
    "modifiers": Modifier,
    "criteria": Criterion,
    "metrics": Metric,
}
# Settings without a default; with the kind where components of two kinds have one name.
MINIMAL = {
    "activations.custom": {"function": "numpy:arctan"},
    "bidirectional": {"layer": {"use": "gru", "size": 3}},
    "convolution": {"size": 3, "window": [2, 3]},
    "dense": {"size": 3},
    "input": {"shape": [4]},
    "element_wise": {"activation": "tanh"},
    "embedding": {"vocabulary": 4, "size": 3},
    "gru": {"size": 3},
    "lstm": {"size": 3},
    "negative_sampling": {"vocabulary": 4},
    "multi_head_attention": {"heads": 2},
    "simple_recurrent": {"size": 3},
    "permute": {"axes": [0]},
    "reshape": {"shape": [2, -1]},
    "residual": {"layers": [{"use": "dense", "size": 4, "activation": "tanh"}]},
    "transformer_block": {"size": 4, "heads": 2},
    "transposed_convolution": {"size": 3, "window": [2, 3], "strides": 2},
    "constant": {"value": 0.5},
    "epochs": {"count": 2},
    "iterations": {"count": 20},
    "patience": {"value": "validation.loss", "count": 2},
    "plateau": {"value": "validation.loss", "count": 2},
    "on_plateau": {"value": "validation.loss", "patience": 0},
    "scale": {"factor": 0.5},
    "sequence": {"schedules": ["warm_up", "cosine"], "lengths": ["5 iterations"]},
    "tied_dense": {"size": 4, "of": "dense_1"},
    "threshold": {"value": "validation.loss", "comparison": "<", "bound": 0.5},
}
# Costs whose targets are not of the predictions' shape and kind.
TARGETS = {
    "negative_sampling": np.array([0, 2, 1, 3, 0]),
    "softmax_cross_entropy": np.array([0, 2, 1, 1, 0]),
}

REGISTERED = [
    (kind, entry.name)
    for kind in CONTRACTS
    for entry in sorted(entry_points(group=f"sigma.{kind}"))
    if entry.value.startswith("sigma_nn.")
]


def of(kind):
    return pytest.mark.parametrize("name", [name for each, name in REGISTERED if each == kind])


def every(test):
    return pytest.mark.parametrize(("kind", "name"), REGISTERED, ids=[f"{kind}-{name}" for kind, name in REGISTERED])(
        test
    )


def minimal(kind, name):
    return MINIMAL.get(f"{kind}.{name}", MINIMAL.get(name, {}))


@pytest.fixture(scope="module")
def composer():
    return Composer(ComponentRegistry())


@pytest.fixture
def make(composer):
    return lambda kind, name: composer.build(kind, {"use": name, **minimal(kind, name)})


# All kinds


@every
def test_a_component_keeps_the_contract_of_its_kind(kind, name, make):
    """It is of the right class, frozen and hashable, and equal settings make equal components."""
    component = make(kind, name)
    assert isinstance(component, CONTRACTS[kind])
    assert hash(component) == hash(make(kind, name))
    assert component == make(kind, name)
    for field in attrs.fields(type(component)):
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            setattr(component, field.name, getattr(component, field.name))


@every
def test_a_component_round_trips_through_a_recipe(kind, name, make, composer):
    """Written as settings and built again it is the same."""
    component = make(kind, name)
    table = composer.table(component)
    assert table["use"] == name
    assert composer.build(kind, table) == component


@every
def test_a_component_is_documented(kind, name, make, composer):
    """A sentence on its class and on each of its own public methods, and shapes where arrays go in and out."""
    component = make(kind, name)
    description = composer.describe(kind, name)
    assert description.summary[0].isupper()
    assert description.documentation
    assert inspect.getmodule(type(component)).__doc__
    for attribute, member in vars(type(component)).items():
        if inspect.isfunction(member) and not attribute.startswith("_"):
            assert member.__doc__, f"{name}.{attribute}"
    if kind in ("layers", "costs", "activations"):
        call = {"layers": "forward", "costs": "losses", "activations": "__call__"}[kind]
        assert "batch" in description.documentation + getattr(type(component), call).__doc__


@every
def test_a_setting_that_does_not_exist_is_refused(kind, name, composer):
    """With the settings there are."""
    faults = []
    composer.build(kind, {"use": name, **minimal(kind, name), "colour": "red"}, faults=faults)
    assert [fault.place for fault in faults] == [("colour",)]


# Layers


def passing(layer, inputs, dtype=np.float64, *, training=False):
    """A function of the inputs and parameters of a layer, and parameters for it."""
    random = np.random.default_rng(3)
    key = np.array([1, 2], np.uint64)
    block = isinstance(layer, Block) and block_as_network(layer, inputs, dtype)
    specs = block.parameters if block else layer.parameters(*(each.shape[1:] for each in inputs))
    # Not their initialisers: zeros would hide what depends on them. What is tracked may not be any number.
    parameters = {
        name: (random.normal(0, 0.5, spec.shape) if spec.trainable else spec.initialiser.fill(spec.shape, random))
        for name, spec in specs.items()
    }
    # What is borrowed here is square.
    parameters |= {name: random.normal(0, 0.5, (4, 4)) for name in layer.borrowed}
    parameters = {name: array.astype(dtype) for name, array in parameters.items()}

    def forward(inputs, parameters):
        if block:
            sections = dict(zip(block.sections, inputs, strict=True))
            (outputs,) = block.apply(sections, parameters, training=training, key=key).predictions.values()
            return outputs
        context = Context("network.layers.tested", training=training, dtype=np.dtype(dtype), key=key)
        return layer.forward(*inputs, parameters=SimpleNamespace(**parameters), context=context)

    return forward, parameters


def block_as_network(block, inputs, dtype):
    entries = [Input(each.shape[1:], section=f"inputs_{number}") for number, each in enumerate(inputs)]
    return Network.build(block(*entries), composer=Composer(ComponentRegistry()), dtype=dtype)


def result_of(layer, inputs, dtype=np.float64, *, training=False):
    forward, parameters = passing(layer, inputs, dtype, training=training)
    return evaluate(trace(forward, list(inputs), parameters), *inputs, *parameters.values())[0]


INPUTS = np.random.default_rng(2).normal(size=(5, 4))
PICTURES = INPUTS.reshape(5, 2, 2, 1)
SEQUENCES = INPUTS.reshape(5, 2, 2)
WORDS = np.array([[0, 3], [1, 1], [2, 0], [3, 3], [1, 2]])
# What layers take that do not take vectors, or several of them.
TAKEN = {
    "add": (INPUTS, INPUTS + 1),
    "average": (INPUTS, INPUTS + 1),
    "average_pooling": (PICTURES,),
    "bidirectional": (SEQUENCES,),
    "concatenate": (INPUTS, INPUTS[:, :2]),
    "convolution": (PICTURES,),
    "dot": (INPUTS, INPUTS[::-1]),
    "embedding": (WORDS,),
    "global_average_pooling": (PICTURES, np.array([[[True, True], [False, True]]] * 5)),
    "global_max_pooling": (PICTURES, np.array([[[True, True], [False, True]]] * 5)),
    "gru": (SEQUENCES,),
    "lstm": (SEQUENCES,),
    "mask": (WORDS,),
    "max_pooling": (PICTURES,),
    "maximum": (INPUTS, -INPUTS),
    "multi_head_attention": (SEQUENCES,),
    "multiply": (INPUTS, INPUTS + 1),
    "positional_encoding": (SEQUENCES,),
    "simple_recurrent": (SEQUENCES,),
    "spatial_dropout": (PICTURES,),
    "transformer_block": (np.stack([INPUTS, INPUTS[::-1]], axis=1),),
    "transposed_convolution": (PICTURES,),
}


def inputs_of(name):
    return TAKEN.get(name, (INPUTS,))


@of("layers")
@pytest.mark.parametrize("training", [False, True])
def test_a_layer_has_the_right_derivatives(name, training, make):
    """Against finite differences, both modes, second order, by its inputs and parameters."""
    inputs = inputs_of(name)
    forward, parameters = passing(make("layers", name), inputs, training=training)
    if result_of(make("layers", name), inputs).dtype.kind != "f":
        pytest.skip("what it gives has no derivative")
    smooth = [each for each in inputs if each.dtype.kind == "f"]
    rest = inputs[len(smooth) :]
    check_grads(lambda smooth, parameters: forward([*smooth, *rest], parameters), [smooth, parameters])


@of("layers")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_layer_keeps_the_dtype_of_the_network(name, dtype, make):
    """Nothing widens float32."""
    inputs = [each.astype(dtype) if each.dtype.kind == "f" else each for each in inputs_of(name)]
    for training in (False, True):
        result = result_of(make("layers", name), inputs, dtype, training=training)
        assert result.dtype in (dtype, bool)


@of("layers")
def test_a_layer_treats_records_apart(name, make):
    """In validation, a record's output does not depend on the others of its batch."""
    layer, inputs = make("layers", name), inputs_of(name)
    whole = result_of(layer, inputs)
    for i in range(len(whole)):
        alone = result_of(layer, [each[i : i + 1] for each in inputs])
        np.testing.assert_allclose(alone[0], whole[i], rtol=1e-12)


@of("layers")
def test_a_layer_takes_a_batch_without_records(name, make):
    """And makes one of the same records' shape."""
    layer, inputs = make("layers", name), inputs_of(name)
    assert result_of(layer, [each[:0] for each in inputs]).shape == (0, *result_of(layer, inputs).shape[1:])


# Activations


@of("activations")
def test_an_activation_keeps_shape_and_dtype(name, make):
    """Of any number of axes."""
    for shape in ((5, 4), (2, 3, 4), (0, 4)):
        inputs = np.ones(shape, np.float32)
        (result,) = evaluate(trace(make("activations", name), inputs), inputs)
        assert (result.shape, result.dtype) == (shape, np.float32)


@of("activations")
def test_an_activation_has_the_right_derivatives(name, make):
    """Against finite differences, both modes, second order."""
    check_grads(make("activations", name), [INPUTS])


# Costs


def targets_of(name, predictions):
    return TARGETS.get(name, (predictions > 0).astype(predictions.dtype))


@of("costs")
def test_a_cost_gives_one_loss_per_record(name, make):
    """Each depends on its record alone, and none is negative."""
    cost, targets = make("costs", name), targets_of(name, INPUTS)
    (losses,) = evaluate(trace(cost.losses, INPUTS, targets), INPUTS, targets)
    assert losses.shape == (5,)
    assert (losses >= 0).all()
    (single,) = evaluate(trace(cost.losses, INPUTS[2:3], targets[2:3]), INPUTS[2:3], targets[2:3])
    np.testing.assert_allclose(single[0], losses[2], rtol=1e-12)


@of("costs")
def test_a_cost_has_the_right_derivatives(name, make):
    """Against finite differences, both modes, second order."""
    cost, targets = make("costs", name), targets_of(name, INPUTS)
    check_grads(lambda predictions: cost.losses(predictions, targets), [INPUTS])


@of("costs")
def test_a_cost_falls_along_its_gradient(name, make):
    """What it says is downhill is downhill."""
    cost, targets, predictions = make("costs", name), targets_of(name, INPUTS), INPUTS
    values = []
    for _ in range(20):
        losses, pull = vjp(lambda predictions: cost.losses(predictions, targets), predictions)
        values.append(losses.sum())
        predictions = predictions - 0.1 * pull(np.ones_like(losses))[0]
    assert all(later < earlier for earlier, later in pairwise(values))


@of("costs")
def test_a_cost_names_metrics_that_exist(name, make, composer):
    """And that take what it predicts."""
    cost, targets = make("costs", name), targets_of(name, INPUTS)
    for metric in cost.metrics:
        trace(
            lambda p, t, metric=metric: composer.build("metrics", metric).measure(cost.predict(p), t), INPUTS, targets
        )


# Initialisers


@of("initialisers")
def test_an_initialiser_is_a_function_of_shape_and_generator(name, make):
    """The same generator state gives the same float64 values, of the shape."""
    initialiser = make("initialisers", name)
    first, second = (initialiser.fill((3, 4), np.random.Generator(np.random.Philox(key=[1, 2]))) for _ in range(2))
    assert (first.shape, first.dtype) == ((3, 4), np.float64)
    assert np.array_equal(first, second)
    assert np.isfinite(first).all()


# Optimisers


def stepping(optimiser, size, dtype):
    """One step of a quadratic as a trainer traces it: hyperparameters are weak placeholders."""
    settings = attrs.asdict(optimiser)
    names = list(vars(type(optimiser).slots))

    def step(parameter, slots, step, settings):
        scales = np.linspace(0.1, 2.0, size).astype(dtype)
        new, new_slots = optimiser.update(
            parameter, scales * parameter, SimpleNamespace(**slots), step, SimpleNamespace(**settings)
        )
        assert set(vars(new_slots)) == set(names)
        return new, vars(new_slots)

    slots = {key: np.full(size, start, dtype) for key, start in vars(type(optimiser).slots).items()}
    return step, np.linspace(-1.0, 1.0, size).astype(dtype), slots, settings


@of("optimisers")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_an_optimiser_improves_a_quadratic(name, dtype, make):
    """In the parameters' dtype, with all float settings as values."""
    step, parameter, slots, settings = stepping(make("optimisers", name), 6, dtype)
    graph = trace(step, parameter, slots, 1.0, settings)
    heights = []
    for count in range(1, 51):
        arrays = (parameter, *slots.values(), np.asarray(float(count)), *map(np.asarray, settings.values()))
        results = dict(zip(graph.output_names, evaluate(graph, *arrays), strict=True))
        parameter, slots = results["0"], {key: results[f"1.{key}"] for key in slots}
        assert all(array.dtype == dtype for array in (parameter, *slots.values()))
        heights.append(float(np.sum(np.linspace(0.1, 2.0, 6) * parameter**2)))
    assert heights[-1] < heights[0]
    assert np.isfinite(heights).all()


@of("optimisers")
def test_an_optimiser_stands_still_at_a_learning_rate_of_zero(name, composer):
    """The settings it is handed count, not its own."""
    optimiser = composer.build("optimisers", name)
    step, parameter, slots, settings = stepping(optimiser, 6, np.float64)
    new, _ = step(parameter, slots, 1.0, {**settings, "learning_rate": 0.0})
    assert np.array_equal(new, parameter)


@of("optimisers")
def test_the_settings_of_an_optimiser_that_are_numbers_are_floats(name, make):
    """Others are not live in a compiled step."""
    assert not [value for value in attrs.asdict(make("optimisers", name)).values() if type(value) is int]


# Schedules


@of("schedules")
def test_a_schedule_is_a_function_of_position_and_state(name, make):
    """Finite, never negative, the same whenever it is asked; the state is JSON, and an update leaves the old one."""
    schedule = make("schedules", name)
    before = schedule.initial()
    state = schedule.update(before, Observation(10, 1, 1.0, {"validation.loss": 0.25}))
    assert before == schedule.initial()
    assert json.loads(json.dumps(state)) == state
    positions = [Position(iteration, 10, 40) for iteration in range(60)]
    factors = [schedule.factor(position, state) for position in positions]
    assert all(type(factor) is float and isfinite(factor) and factor >= 0 for factor in factors)
    assert factors[::-1] == [schedule.factor(position, state) for position in reversed(positions)]


# Modifiers


def modified(modifier, gradients, parameters):
    """New gradients, and new parameters, as a trainer traces them: hyperparameters are weak placeholders."""
    settings = {key: value for key, value in attrs.asdict(modifier).items() if isinstance(value, float)}

    def change(gradients, parameters, settings):
        settings = SimpleNamespace(**settings)
        return list(modifier.gradients(gradients, parameters, settings)), list(modifier.updated(parameters, settings))

    graph = trace(change, gradients, parameters, settings)
    results = evaluate(graph, *gradients, *parameters, *map(np.asarray, settings.values()))
    return results[: len(gradients)], results[len(gradients) :]


@of("modifiers")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_modifier_keeps_shapes_and_dtype(name, dtype, make):
    """Whether it is given parameters or, where that is all the same to it, one vector; it does something to them."""
    modifier, random = make("modifiers", name), np.random.default_rng(5)
    for shapes in [(7,)], [(3, 4), (4,), (2, 2, 3)]:
        gradients, parameters = ([random.normal(0, 9, shape).astype(dtype) for shape in shapes] for _ in range(2))
        new_gradients, new_parameters = modified(modifier, gradients, parameters)
        for new, old in zip([*new_gradients, *new_parameters], gradients + parameters, strict=True):
            assert (new.shape, new.dtype) == (old.shape, dtype)
    assert not all(
        np.array_equal(new, old)
        for new, old in zip([*new_gradients, *new_parameters], gradients + parameters, strict=True)
    )


@of("modifiers")
def test_a_modifier_makes_no_nan_of_zeros(name, make):
    """Gradients and parameters of zero stay what they are."""
    zeros = [np.zeros((3, 4)), np.zeros(4)]
    for arrays in modified(make("modifiers", name), zeros, zeros):
        assert all(np.array_equal(array, zero) for array, zero in zip(arrays, zeros, strict=True))


# Criteria


@of("criteria")
def test_a_criterion_is_pure_and_has_a_text_form(name, make):
    """The state says whether it is reached; an update leaves the old one; the text is in one line."""
    criterion = make("criteria", name)
    state = criterion.initial()
    assert state["reached"] is False
    observation = Observation(100, 10, 1.0, {"validation.loss": 0.25})
    before = dict(state)
    new = criterion.update(state, observation)
    assert state == before
    assert isinstance(new["reached"], bool)
    assert str(criterion)
    assert criterion.reason(new)
    assert criterion.moment in ("iteration", "epoch")


# Metrics


@of("metrics")
def test_a_metric_is_exact_over_unequal_batches(name, make):
    """The parts of two batches, added up or joined, give the score of the whole."""
    metric = make("metrics", name)
    predictions = np.random.default_rng(4).random((7, 3))
    targets = np.eye(3)[[0, 2, 1, 1, 0, 2, 2]]

    def totals(part):
        arrays = predictions[part], targets[part]
        graph = trace(metric.measure, *arrays)
        return dict(zip(graph.output_names, evaluate(graph, *arrays), strict=True))

    whole, first, second = totals(slice(0, 7)), totals(slice(0, 5)), totals(slice(5, 7))
    together = {
        key: np.concatenate([first[key], second[key]]) if key in metric.gathered else first[key] + second[key]
        for key in first
    }
    scores = [
        metric.result({key: np.float64(value) for key, value in parts.items()} | {"count": np.float64(7)})
        for parts in (together, whole)
    ]
    np.testing.assert_allclose(*scores, rtol=1e-12)
    assert np.ndim(scores[0]) == 0 if metric.is_number else np.ndim(scores[0]) > 0
