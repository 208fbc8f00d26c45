"""Networks: names, shapes, parameters, and what is refused before the first step."""

import linecache
import os

import numpy as np
import pytest
from attrs import frozen
from sigma_nn import Dense, Dropout, Flatten, Gru, Input, SoftmaxCrossEntropy, SquaredDifference, Tanh

from sigma_core.errors import NetworkError
from sigma_core.graph import placeholder
from sigma_core.network import Block, Initialiser, Layer, Network, Parameter, Section, fans
from sigma_core.registry import ComponentRegistry, Composer
from sigma_core.testing import message

CLASSES = {"inputs": Section((4,), np.float32), "targets": Section((), np.int64)}


@pytest.fixture(scope="module")
def composer():
    return Composer(ComponentRegistry())


def build(layers, sections=None, composer=None):
    chosen = composer or Composer(ComponentRegistry())
    return Network.build(layers, CLASSES if sections is None else sections, composer=chosen)


@frozen
class Zeros(Initialiser):
    def fill(self, shape, random):
        return np.zeros(shape)


@frozen
class Scale(Layer):
    def parameters(self, shape):
        return {"factor": Parameter(shape, Zeros(), {"scaling"})}

    def forward(self, inputs, *, parameters, context):
        return inputs * parameters.factor


@frozen
class Broken(Layer):
    def forward(self, inputs, *, parameters, context):
        return inputs.no_such_thing


@frozen
class Dividing(Layer):
    def forward(self, inputs, *, parameters, context):
        return inputs * (1 / (inputs.ndim - 2))


@frozen
class Writing(Layer):
    def forward(self, inputs, *, parameters, context):
        array = np.zeros(3)
        array[0] = np.sum(inputs)
        return array


def line_in(layer, number):
    """As a message names it."""
    return f"{os.path.relpath(__file__)}:{layer.forward.__code__.co_firstlineno + number}"


LINE = f"{line_in(Broken, 1)}: return inputs.no_such_thing"


@frozen
class Drawing(Layer):
    def forward(self, inputs, *, parameters, context):
        return inputs + context.uniform(inputs.shape)


DRAWN = (
    f"{os.path.relpath(__file__)}:{Drawing.forward.__code__.co_firstlineno + 1}: "
    "return inputs + context.uniform(inputs.shape)"
)


@frozen
class Pair(Layer):
    def forward(self, left, right, *, parameters, context):
        return left + right


def test_layers_are_named_and_shaped(composer):
    """Names count by kind, shapes leave the batch out, parameters have identifiers."""
    network = build(Input(4) + 2 * Dense(3, activation="relu") + Dense(2, name="logits") + SoftmaxCrossEntropy())

    assert [layer.name for layer in network] == ["input_1", "dense_1", "dense_2", "logits", "softmax_cross_entropy_1"]
    assert [layer.shape for layer in network] == [(4,), (3,), (3,), (2,), ()]
    assert {name: spec.shape for name, spec in network.parameters.items()} == {
        "network.layers.dense_1.weights": (4, 3),
        "network.layers.dense_1.biases": (3,),
        "network.layers.dense_2.weights": (3, 3),
        "network.layers.dense_2.biases": (3,),
        "network.layers.logits.weights": (3, 2),
        "network.layers.logits.biases": (2,),
    }
    assert network.size == 4 * 3 + 3 + 9 + 3 + 6 + 2
    assert network.sections == ("inputs", "targets")
    assert network.input_sections == ("inputs",)
    assert network["dense_1"].inputs == ("input_1",)


def test_a_given_name_is_not_given_again():
    """Automatic names step over those that were given."""
    network = build(Input(4) + Dense(3, name="dense_1") + Dense(2) + SoftmaxCrossEntropy())

    assert [layer.name for layer in network][1:3] == ["dense_1", "dense_2"]


SUMMARY = """\
layer                    kind                 fed by                    output         parameters  memory  operations
input_1                  Input                section inputs            (batch, 2, 3)           0    24 B           0
flatten_1                Flatten              input_1                   (batch, 6)              0    24 B           0
dense_1                  Dense                flatten_1                 (batch, 5)             35    20 B          65
softmax_cross_entropy_1  SoftmaxCrossEntropy  dense_1, section targets  scalar                  0     4 B           0
total                                                                                          35    72 B          65

35 parameters are trained, 0 are not; they take 140 B as float32.
Memory and operations are those of a record, in a forward pass."""


def test_a_network_without_data_has_shapes():
    """Inputs declare their shapes, so that a network can be looked at before there is any data."""
    layers = Input((2, 3)) + Flatten() + Dense(5) + SoftmaxCrossEntropy()
    network = Network.build(layers, composer=Composer(ComponentRegistry()))

    assert [layer.shape for layer in network] == [(2, 3), (6,), (5,), ()]
    assert network.summary() == SUMMARY


def test_a_network_is_told_in_a_line():
    """All that it holds would fill the screen."""
    assert repr(build(Input(4) + Dense(2) + SoftmaxCrossEntropy())) == (
        "<Network of 3 layers with 10 parameters; summary() shows them>"
    )


def test_a_layer_of_ones_own_declares_parameters():
    """Tags and shapes are the layer's."""
    network = build(Input(4) + Scale() + SoftmaxCrossEntropy())

    spec = network.parameters["network.layers.scale_1.factor"]
    assert (spec.shape, spec.tags) == ((4,), {"scaling"})


REFUSED = [
    (
        [],
        ("network: it has no layers\n  expected: at least an input\n  to do:    add layers"),
    ),
    (
        Dense(3) + SoftmaxCrossEntropy(),
        ("network.layers.dense_1: no layer feeds it\n  expected: 1\n  to do:    begin the network with an input layer"),
    ),
    (
        Input(4) + Input(4),
        (
            "network.layers.input_2: 1 layer feeds it (input_1)\n"
            "  expected: 0\n"
            "  to do:    connect it to as many layers as it takes"
        ),
    ),
    (
        Input(4) + Pair(),
        (
            "network.layers.pair_1: 1 layer feeds it (input_1)\n"
            "  expected: 2\n"
            "  to do:    connect it to as many layers as it takes"
        ),
    ),
    (
        Input(4) + SoftmaxCrossEntropy() + Dense(3),
        (
            "network.layers.dense_1: it comes after the cost 'softmax_cross_entropy_1'\n"
            "  expected: nothing after a cost\n"
            "  to do:    put the cost last in the network"
        ),
    ),
    (
        Input(4) + Dense(3, name="same") + Dense(3, name="same"),
        ("network.layers.same: 2 layers have this name\n  expected: a name for each\n  to do:    rename all but one"),
    ),
    (
        Input(4) + Dense(3, name="my layer"),
        (
            "network: a layer is called 'my layer'\n"
            "  expected: letters, digits and underscores, no digit first\n"
            "  to do:    call it 'my_layer', say"
        ),
    ),
    (
        Input(4, section="input") + Dense(3),
        (
            "network.layers.input_1: the data has no section 'input'\n"
            "  expected: inputs, targets (nearest: inputs)\n"
            "  to do:    name a section of the data, or give the data this section"
        ),
    ),
    (
        Input(4, section=3) + Dense(3),
        (
            "network.layers.input_1: the data has no section 3\n"
            "  expected: inputs, targets\n"
            "  to do:    name a section of the data, or give the data this section"
        ),
    ),
    (
        Input(4) + Dense(3) + SoftmaxCrossEntropy(targets="target"),
        (
            "network.layers.softmax_cross_entropy_1: the data has no section 'target'\n"
            "  expected: inputs, targets (nearest: targets)\n"
            "  to do:    name a section of the data, or give the data this section"
        ),
    ),
    (
        Input(4) + Broken(),
        (
            "network.layers.broken_1: with inputs of shape (batch, 4): "
            "a value has no attribute 'no_such_thing'\n"
            f"  at:       {LINE}\n"
            "  to do:    one of NumPy's functions"
        ),
    ),
    (
        Input(4) + Dividing(),
        (
            "network.layers.dividing_1: with inputs of shape (batch, 4): ZeroDivisionError: division by zero\n"
            f"  at:       {line_in(Dividing, 1)}: return inputs * (1 / (inputs.ndim - 2))\n"
            "  to do:    put its forward right, or what it is given"
        ),
    ),
    (
        Input(4) + Writing(),
        (
            "network.layers.writing_1: with inputs of shape (batch, 4): "
            "a value has no number before it runs, so float() cannot read it\n"
            f"  at:       {line_in(Writing, 2)}: array[0] = np.sum(inputs)\n"
            "  to do:    keep it a value"
        ),
    ),
]


@pytest.mark.parametrize(("layers", "message"), REFUSED)
def test_what_is_no_network_is_refused(layers, message):
    """Each fault names the layer, what it got and what it needs."""
    with pytest.raises(NetworkError) as caught:
        build(layers)

    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("layers", "beginning"),
    [
        (Input(5) + Dense(3), "network.layers.input_1: "),
        (Input(4) + Dense(3) + SquaredDifference(), "network.layers.squared_difference_1: "),
    ],
)
def test_shapes_that_do_not_fit_name_their_layer(layers, beginning):
    """A fault inside a layer's own code is one of the layer."""
    with pytest.raises(NetworkError) as caught:
        build(layers)

    assert str(caught.value).startswith(beginning)


def test_drawing_outside_of_training_is_refused():
    """A pass that only scores has no random numbers to give; it shows before there is one."""
    with pytest.raises(NetworkError) as caught:
        build(Input(4) + Drawing() + SoftmaxCrossEntropy())

    assert str(caught.value) == (
        "network.layers.drawing_1: it draws random numbers in a pass that has none\n"
        f"  at:       {DRAWN}\n"
        "  expected: random numbers only where context.training is true\n"
        "  to do:    return the inputs unchanged when context.training is false"
    )


@frozen
class Late(Layer):
    """Faultless for the two records with which shapes are inferred."""

    fault: str

    def forward(self, inputs, *, parameters, context):
        if inputs.shape[0] == 2:
            return inputs
        return {
            "nothing": lambda: None,
            "fewer": lambda: inputs[:5],
            "narrow": lambda: inputs[:, :3],
            "shapes": lambda: inputs + np.ones(3),
            "raises": lambda: {}["no such key"],
            "silent": silent,
        }[self.fault]()


def silent():
    raise AssertionError


@frozen
class LateCost(SquaredDifference):
    def losses(self, predictions, targets):
        return predictions if predictions.shape[0] > 2 else predictions[:, 0]


def line_in(function, offset):
    number = function.__code__.co_firstlineno + offset
    return f"  at:       {os.path.relpath(__file__)}:{number}: {linecache.getline(__file__, number).strip()}\n"


RETURNED = line_in(Late.forward, 0)
LATE = [
    (
        "nothing",
        (
            f"its forward returned None\n{RETURNED}"
            "  expected: a value of shape (batch, ...)\n"
            "  to do:    return what NumPy functions make of its inputs"
        ),
    ),
    (
        "fewer",
        (
            f"for 8 records its forward returned a value of shape (5, 4)\n{RETURNED}"
            "  expected: shape (8, ...)\n"
            "  to do:    keep the first axis, which is that of the records"
        ),
    ),
    (
        "narrow",
        (
            f"for 8 records its forward returned a value of shape (8, 3)\n{RETURNED}"
            "  expected: shape (8, 4), as for any other number of records\n"
            "  to do:    let shapes depend on the settings and the shapes of records only"
        ),
    ),
    (
        "shapes",
        (
            f"with inputs of shape (8, 4): shapes (8, 4) and (3,) do not broadcast\n{line_in(Late.forward, 7)}"
            "  expected: equal sizes, or 1, in each axis counted from the last\n"
            "  to do:    reshape one of them"
        ),
    ),
    (
        "raises",
        (
            f"with inputs of shape (8, 4): KeyError: 'no such key'\n{line_in(Late.forward, 8)}"
            "  to do:    put its forward right, or what it is given"
        ),
    ),
    (
        "silent",
        (
            f"with inputs of shape (8, 4): AssertionError\n{line_in(silent, 1)}"
            "  to do:    put its forward right, or what it is given"
        ),
    ),
]


def late(network):
    batch = {"inputs": placeholder((8, 4), np.float32, "inputs"), "targets": placeholder((8,), np.int64, "targets")}
    with pytest.raises(NetworkError) as caught:
        network.apply(batch, {}, training=True)
    return str(caught.value)


@pytest.mark.parametrize(("fault", "message"), LATE)
def test_a_fault_that_only_some_batches_show_names_its_layer(fault, message):
    """And the author's line, as when the network is built."""
    assert late(build(Input(4) + Late(fault) + SoftmaxCrossEntropy())) == f"network.layers.late_1: {message}"


def test_a_cost_that_fails_for_some_batches_is_named():
    """A loss for each record is wanted of every batch."""
    assert late(build(Input(4) + LateCost())) == (
        "network.layers.late_cost_1: with inputs of shape (8, 4), (8,): for 8 records they have shape (8, 4)\n"
        f"{line_in(LateCost.losses, 0)}"
        "  expected: shape (8,), one loss for each record\n"
        "  to do:    add up or average over all axes but the first"
    )


def test_a_mask_that_does_not_fit_the_predictions_is_refused():
    """It has the leading axes of what is scored."""
    network = Input(4) + Dense(3) + SoftmaxCrossEntropy(mask="counts")
    shapes = {"inputs": ((4,), np.float64), "targets": ((), np.int64), "counts": ((2,), np.bool_)}
    with pytest.raises(NetworkError) as caught:
        build(network, {name: Section(shape, np.dtype(dtype)) for name, (shape, dtype) in shapes.items()})
    assert message(caught.value) == (
        "network.layers.softmax_cross_entropy_1: "
        "with inputs of shape (batch, 3), (batch,), (batch, 2): the records of its mask have shape (2,), "
        "those of the predictions (3,)\n"
        "  expected: the leading axes of the predictions\n"
        "  to do:    give the mask a number for each element that may count"
    )


def test_an_unknown_layer_is_told_with_the_nearest():
    """Looking up a layer by a wrong name helps."""
    network = build(Input(4) + Dropout(0.5) + SoftmaxCrossEntropy())

    with pytest.raises(NetworkError) as caught:
        network["droput_1"]

    assert str(caught.value) == (
        "network: there is no layer 'droput_1'\n"
        "  expected: dropout_1, input_1, softmax_cross_entropy_1 (nearest: dropout_1)\n"
        "  to do:    use one of these names"
    )


def test_a_layer_draws_what_it_asks_for():
    """From streams of its own: each draw another one, every pass with the same key the same."""
    from sigma_core.graph import evaluate, trace

    @frozen
    class Noise(Layer):
        def forward(self, inputs, *, parameters, context):
            if not context.training:
                return inputs
            return inputs + context.normal(inputs.shape) + 10 * context.uniform(inputs.shape)

    network = build(Input(4) + Noise(name="one") + Noise(name="two"))
    inputs, key = np.zeros((2000, 4), np.float32), np.array([1, 2], np.uint64)

    def both(inputs, key):
        outputs = network.apply({"inputs": inputs}, {}, training=True, key=key).outputs
        return outputs["one"], outputs["two"]

    graph = trace(both, inputs, key)
    one, two = evaluate(graph, inputs, key)

    assert one.dtype == np.float32
    assert abs(float(one.mean()) - 5) < 0.2
    assert abs(float(one.var()) - (1 + 100 / 12)) < 0.5
    assert abs(np.corrcoef((two - one).ravel(), one.ravel())[0, 1]) < 0.05
    assert one.tobytes() == evaluate(graph, inputs, key)[0].tobytes()
    assert one.tobytes() != evaluate(graph, inputs, key + np.uint64(1))[0].tobytes()


@pytest.mark.parametrize(
    ("shape", "expected"), [((), (1, 1)), ((5,), (5, 5)), ((3, 4), (3, 4)), ((2, 2, 3, 4), (12, 16))]
)
def test_fans_count_what_feeds_and_what_is_fed(shape, expected):
    """Of weights, kernels, vectors and scalars."""
    assert fans(shape) == expected


def test_layers_that_a_block_connects_name_their_components():
    """As those of a user do, however deep they lie."""

    @frozen
    class Inner(Block):
        def connect(self, inputs):
            return Dense(3, "tanh")(inputs)

    @frozen
    class Outer(Block):
        def connect(self, inputs):
            return Inner()(inputs)

    network = build(Input(4) + Outer() + SoftmaxCrossEntropy())
    assert network["outer_1.inner_1.dense_1"].layer.activation == Tanh()


def test_a_section_stands_for_an_input_that_may_be_left_out():
    """And for no other: something must feed a layer all the same."""
    sections = {"inputs": Section((5, 4), np.float32), "mask": Section((5,), np.bool_)}
    assert build(Input((5, 4)) + Gru(3, mask="mask"), sections)["gru_1"].shape == (5, 3)
    with pytest.raises(NetworkError) as caught:
        build(Gru(3, mask="mask"), sections)
    assert str(caught.value) == (
        "network.layers.gru_1: no layer feeds it\n  expected: 1\n  to do:    begin the network with an input layer"
    )
