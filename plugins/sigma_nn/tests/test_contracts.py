"""What every component of a kind must do, over all that is installed: to be registered is to be tested.

A component that cannot be made from its defaults, or that does not take vectors, needs a line in `EXAMPLES`; a second
example of one has a remark behind its name.
"""

import numpy as np
import pytest
from attrs import field, frozen
from sigma_data import TextCorpus
from sigma_nn import Dense

import sigma_core as sigma
from sigma_core import testing
from sigma_core.testing import ComponentRegistry, Composer

CHECKS = {
    "activations": testing.check_activation,
    "costs": testing.check_cost,
    "criteria": testing.check_criterion,
    "hooks": testing.check_hook,
    "initialisers": testing.check_initialiser,
    "layers": testing.check_layer,
    "mergers": testing.check_merger,
    "metrics": testing.check_metric,
    "modifiers": testing.check_modifier,
    "optimisers": testing.check_optimiser,
    "schedules": testing.check_schedule,
}


@frozen(init=False)
class Example:
    """Settings of a component, as in a recipe, and what it is checked with."""

    inputs: tuple
    others: dict
    settings: dict = field(factory=dict)

    def __init__(self, settings=None, *inputs, **others):
        self.__attrs_init__(inputs, others, settings or {})


VECTORS = np.random.default_rng(2).normal(size=(5, 4))
PICTURES = VECTORS.reshape(5, 2, 2, 1)
SEQUENCES = VECTORS.reshape(5, 2, 2)
WORDS = np.array([[0, 3], [1, 1], [2, 0], [3, 3], [1, 2]])
CLASSES = np.array([0, 2, 1, 1, 0])
# For each step of a sequence; for each place of a picture.
STEPS = np.array([[True, True], [False, True], [True, False], [True, True], [True, False]])
PLACES = np.array([[[True, True], [False, True]]] * 5)
SCORED = np.random.default_rng(5).normal(size=(5, 2, 4))
LABELS = (SCORED > 0).astype(float)


def bounded(shape, random):
    """An initialiser of one's own."""
    return random.uniform(-0.1, 0.1, shape)


def nothing(event, trainer):
    """What a hook calls."""


def trainer_with_checkpoints(hooks):
    """For a hook that looks for them."""
    network = [{"use": "input", "shape": [3]}, {"use": "dense", "size": 1}, "squared_difference"]
    hooks = [{"use": "checkpoints", "newest": 1}, *hooks]
    data = VECTORS[:, :3], VECTORS[:, 3:]
    return sigma.Trainer(network, data, "adam", "9 epochs", validation=data, hooks=hooks, batch_size=3)


def trainer_of_text(hooks):
    """For a hook that has it write."""
    text = TextCorpus(b"the cat sat on the mat. " * 8, length=4, split=[0.8, 0.2], shuffle=False)
    network = [
        {"use": "input", "shape": [4], "dtype": "integer"},
        {"use": "embedding", "vocabulary": 12, "size": 3},
        {"use": "dense", "size": 12},
        "softmax_cross_entropy",
    ]
    return sigma.Trainer(network, text, "adam", "3 epochs", hooks=hooks, batch_size=6)


EXAMPLES = {
    "activations.custom": Example({"function": "numpy:arctan"}),
    "costs.absolute_difference, masked": Example({}, SCORED, LABELS, STEPS),
    "costs.binary_cross_entropy, masked": Example({}, SCORED, LABELS, STEPS),
    "costs.hinge, masked": Example({}, SCORED, LABELS, STEPS),
    "costs.huber, masked": Example({}, SCORED, LABELS, STEPS),
    "costs.negative_sampling": Example({"vocabulary": 4}, VECTORS, CLASSES),
    "costs.negative_sampling, masked": Example({"vocabulary": 4}, SCORED, WORDS, STEPS),
    "costs.softmax_cross_entropy": Example({}, VECTORS, CLASSES),
    "costs.softmax_cross_entropy, masked": Example({}, SCORED, WORDS, STEPS),
    "costs.squared_difference, masked": Example({}, SCORED, LABELS, STEPS),
    "criteria.epochs": Example({"count": 2}),
    "criteria.highest": Example({"value": "validation.loss"}),
    "criteria.hours": Example({"count": 0.001}),
    "criteria.iterations": Example({"count": 20}),
    "criteria.lowest": Example({"value": "validation.loss"}),
    "criteria.minutes": Example({"count": 0.05}),
    "criteria.nan": Example({"value": "training.loss"}),
    "criteria.patience": Example({"value": "validation.loss", "count": 2}),
    "criteria.plateau": Example({"value": "validation.loss", "count": 2}),
    "criteria.repeat": Example({"criterion": {"use": "lowest", "value": "validation.loss"}, "times": 2}),
    "criteria.repeat, scattered": Example({"criterion": {"use": "epochs", "count": 2}, "times": 3, "in_a_row": False}),
    "criteria.seconds": Example({"count": 2}),
    "criteria.switch": Example({"name": "enough"}),
    "criteria.threshold": Example({"value": "validation.loss", "comparison": "<", "bound": 0.5}),
    "hooks.call": Example({"function": f"{__name__}:nothing"}),
    "hooks.checkpoints": Example({"score": "validation.loss", "best": 2, "newest": 1}, needs_directory=True),
    "hooks.decay_on_plateau": Example({"value": "validation.loss", "count": 1}),
    "hooks.early_stop": Example({"value": "validation.loss", "count": 2}),
    "hooks.early_stop, at once": Example({"value": "validation.loss", "count": 1, "minimum_change": 9.0}),
    "hooks.histograms, all": Example({"values": ["**", "gradients.**", "activations.**"], "when": "4 iterations"}),
    "hooks.learning_rate_finder": Example({"steps": 5, "applies": True}),
    "hooks.network_pass": Example({"inputs": [[1.0, 2.0, 3.0]]}),
    "hooks.pictures": Example({"values": ["**", "gradients.**", "activations.**"], "when": "4 iterations"}),
    "hooks.report, means": Example({"mean": True, "when": "5 iterations"}),
    "hooks.restore": Example({"checkpoint": "newest"}, make=trainer_with_checkpoints, needs_directory=True),
    "hooks.target_maximisation": Example({"target": 1, "steps": 3}),
    "hooks.text_samples": Example({"prompt": "the", "length": 5}, make=trainer_of_text),
    "hooks.time_series, means": Example({"mean": True, "when": "5 iterations", "values": ["training.loss"]}),
    "initialisers.constant": Example({"value": 0.5}),
    "initialisers.custom": Example({"function": f"{__name__}:bounded"}),
    "initialisers.from_array": Example({"values": [[0.5, 1, 2, -3]] * 3}),
    "layers.add": Example({}, VECTORS, VECTORS + 1),
    "layers.average": Example({}, VECTORS, VECTORS + 1),
    "layers.average_pooling": Example({}, PICTURES),
    "layers.bidirectional": Example({"layer": {"use": "gru", "size": 3}}, SEQUENCES),
    "layers.concatenate": Example({}, VECTORS, VECTORS[:, :2]),
    "layers.convolution": Example({"size": 3, "window": [2, 3]}, PICTURES),
    "layers.dense": Example({"size": 3}),
    "layers.dot": Example({}, VECTORS, VECTORS[::-1]),
    "layers.element_wise": Example({"activation": "tanh"}),
    "layers.embedding": Example({"vocabulary": 4, "size": 3}, WORDS),
    "layers.global_average_pooling": Example({}, PICTURES),
    "layers.global_average_pooling, masked": Example({}, PICTURES, PLACES),
    "layers.global_max_pooling": Example({}, PICTURES),
    "layers.global_max_pooling, masked": Example({}, PICTURES, PLACES),
    "layers.group": Example({"layers": [{"use": "dense", "size": 3}, {"use": "element_wise", "activation": "tanh"}]}),
    "layers.gru": Example({"size": 3}, SEQUENCES),
    "layers.gru, masked": Example({"size": 3}, SEQUENCES, STEPS),
    "layers.input": Example({"shape": [4]}),
    "layers.lstm": Example({"size": 3}, SEQUENCES),
    "layers.lstm, masked": Example({"size": 3, "mask": "mask"}, SEQUENCES, STEPS),
    "layers.mask": Example({}, WORDS),
    "layers.max_pooling": Example({}, PICTURES),
    "layers.maximum": Example({}, VECTORS, -VECTORS),
    "layers.multi_head_attention": Example({"heads": 2}, SEQUENCES),
    "layers.multiply": Example({}, VECTORS, VECTORS + 1),
    "layers.permute": Example({"axes": [0]}),
    "layers.positional_encoding": Example({}, SEQUENCES),
    "layers.reshape": Example({"shape": [2, -1]}),
    "layers.residual": Example({"layers": [{"use": "dense", "size": 4, "activation": "tanh"}]}),
    "layers.simple_recurrent": Example({"size": 3}, SEQUENCES),
    "layers.spatial_dropout": Example({}, PICTURES),
    "layers.tied_dense": Example({"size": 4, "of": "dense_1"}, behind=Dense(4)),
    "layers.transformer_block": Example({"size": 4, "heads": 2}, np.stack([VECTORS, VECTORS[::-1]], axis=1)),
    "layers.transposed_convolution": Example({"size": 3, "window": [2, 3], "strides": 2}, PICTURES),
    "modifiers.scale": Example({"factor": 0.5}),
    "schedules.constant": Example({"value": 0.5}),
    "schedules.on_plateau": Example({"value": "validation.loss", "patience": 0}),
    "schedules.sequence": Example({"schedules": ["warm_up", "cosine"], "lengths": ["5 iterations"]}),
}


def cases():
    registry = ComponentRegistry()
    for kind in CHECKS:
        for entry in registry.components(kind):
            plain = f"{kind}.{entry.name}"
            yield from dict.fromkeys([plain, *(key for key in EXAMPLES if key.partition(", ")[0] == plain)])


@pytest.fixture(scope="module")
def composer():
    return Composer(ComponentRegistry())


@pytest.mark.parametrize("case", [*cases()])
def test_a_component_keeps_the_contract_of_its_kind(case, composer):
    """On every backend, in float32 and float64."""
    kind, _, name = case.partition(", ")[0].partition(".")
    example = EXAMPLES.get(case, Example())
    component = composer.build(kind, {"use": name, **example.settings})
    CHECKS[kind](component, *example.inputs, **example.others)


def test_each_example_is_of_a_component():
    """What is renamed or left out takes its example with it."""
    assert EXAMPLES.keys() - set(cases()) == set()
