"""What a layer of one's own can get wrong: the network names the layer and what it did."""

import linecache
import os

import numpy as np
import pytest
from attrs import frozen
from sigma_nn import Dense, Input, SoftmaxCrossEntropy

from sigma_core.errors import NetworkError, SettingError
from sigma_core.network import Architecture, Cost, Initialiser, Layer, Network, Parameter, Section
from sigma_core.registry import ComponentRegistry, Composer

CLASSES = {"inputs": Section((4,), np.float32), "targets": Section((), np.int64)}


def refused(layers):
    with pytest.raises(NetworkError) as caught:
        Network.build(layers, CLASSES)
    return str(caught.value)


@frozen
class Ones(Initialiser):
    def fill(self, shape, random):
        return np.ones(shape)


def layer(forward=lambda inputs: inputs, parameters=None):
    class Odd(Layer):
        def parameters(self, shape):
            return {} if parameters is None else parameters()

        def forward(self, inputs, *, parameters, context):
            return forward(inputs)

    return Odd()


def defined(method):
    """The line of a message that names the first line of a method."""
    code = method.__code__
    line = linecache.getline(code.co_filename, code.co_firstlineno).strip()
    return f"\n  at:       {os.path.relpath(code.co_filename)}:{code.co_firstlineno}: {line}"


VALUE = "\n  expected: a value of shape (batch, ...)\n  to do:    return what NumPy functions make of its inputs"
RECORDS = "\n  expected: shape (2, ...)\n  to do:    keep the first axis, which is that of the records"


@pytest.mark.parametrize(
    ("forward", "message"),
    [
        (lambda inputs: None, "its forward returned None" + VALUE),
        (lambda inputs: (inputs,), "its forward returned a tuple" + VALUE),
        (lambda inputs: np.ones((2, 4)), "its forward returned an array" + VALUE),
        (lambda inputs: inputs.sum(), "for 2 records its forward returned a value of shape ()" + RECORDS),
        (lambda inputs: inputs[:1], "for 2 records its forward returned a value of shape (1, 4)" + RECORDS),
    ],
)
def test_a_layer_must_return_a_value_for_each_record(forward, message):
    """Told of the layer itself, not of the one after it."""
    odd = layer(forward)
    head, rest = message.split("\n", 1)
    assert refused(Input(4) + odd) == f"network.layers.odd_1: {head}{defined(odd.forward)}\n{rest}"


HEAD = "network.layers.odd_1: with inputs of shape (batch, 4): "


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (
            lambda: {"w": (4,)},
            "'w' is (4,)\n  expected: a Parameter\n  to do:    write Parameter(shape, initialiser)",
        ),
        (
            lambda: {"a.b": Parameter((4,), Ones())},
            ("one is called 'a.b'\n  expected: letters, digits and underscores, no digit first\n  to do:    rename it"),
        ),
        *(
            (
                lambda shape=shape: {"w": Parameter(shape, Ones())},
                (
                    f"its shape is {shape!r}\n  expected: a tuple of whole numbers from 1\n"
                    "  to do:    work the sizes out from the shapes of what comes in"
                ),
            )
            for shape in [None, (4.0,), ("4",), (-1,), (4, 0)]
        ),
    ],
)
def test_a_layer_must_declare_parameters(parameters, message):
    """By names that can stand in an identifier, of shapes that an array can have."""
    assert refused(Input(4) + layer(parameters=parameters)) == HEAD + message


def test_the_shape_of_a_parameter_is_a_tuple():
    """Of a list, and of the number that a vector is long."""
    assert Parameter([4, 3], Ones()).shape == (4, 3)
    assert Parameter(4, Ones()).shape == (4,)


def test_parameters_and_context_may_be_declared_without_an_asterisk():
    """They are given by name all the same, and are no layers that feed this one."""

    @frozen
    class Plain(Layer):
        def forward(self, inputs, parameters, context):
            return inputs

    assert Network.build(Input(4) + Plain(), CLASSES)["plain_1"].shape == (4,)


@pytest.mark.parametrize(
    ("losses", "shape"),
    [
        (lambda predictions: predictions.sum(), "()"),
        (lambda predictions: predictions, "(2, 4)"),
        (lambda predictions: np.concatenate([predictions, predictions]).sum(axis=1), "(4,)"),
    ],
)
def test_a_cost_must_give_a_loss_for_each_record(losses, shape):
    """What else could be averaged would be weighted wrongly."""

    @frozen
    class Odd(Cost):
        def losses(self, predictions, targets):
            return losses(predictions)

    assert refused(Input(4) + Odd()) == (
        f"network.layers.odd_1: with inputs of shape (batch, 4), (batch,): for 2 records they have shape {shape}"
        f"{defined(Odd.losses)}\n"
        "  expected: shape (2,), one loss for each record\n"
        "  to do:    add up or average over all axes but the first"
    )


def test_a_cost_must_be_a_value():
    """Not an array that no prediction has a part in."""

    @frozen
    class Odd(Cost):
        def losses(self, predictions, targets):
            return np.zeros(2)

    assert refused(Input(4) + Odd()) == (
        f"network.layers.odd_1: its losses returned a float64{defined(Odd.losses)}{VALUE}"
    )


@pytest.mark.parametrize("weight", [float("nan"), float("inf"), True, "1", None])
def test_the_weight_of_a_cost_is_a_number(weight):
    """Told by its field, where it is made and where a recipe has it."""
    with pytest.raises(SettingError) as caught:
        SoftmaxCrossEntropy(weight=weight)
    assert str(caught.value) == f"SoftmaxCrossEntropy.weight: {weight!r}\n  expected: a finite number"
    with pytest.raises(SettingError, match=r"weight"):
        Composer(ComponentRegistry()).build("costs", {"use": "softmax_cross_entropy", "weight": weight})


@pytest.mark.parametrize(("name", "say"), [("", "layer"), ("é", "layer"), ("1st", "_1st"), ("a b", "a_b"), (3, "_3")])
def test_a_name_that_cannot_stand_in_an_identifier_is_refused_with_one_that_can(name, say):
    """Which is then taken."""
    assert refused(Input(4) + Dense(3, name=name) + SoftmaxCrossEntropy()) == (
        f"network: a layer is called {name!r}\n"
        "  expected: letters, digits and underscores, no digit first\n"
        f"  to do:    call it {say!r}, say"
    )
    layers = Input(4) + Dense(3, name=say) + SoftmaxCrossEntropy()
    assert Network.build(layers, CLASSES, composer=Composer(ComponentRegistry()))[say].name == say


def test_layers_are_not_repeated_without_end():
    """A slip would fill the memory; what anybody trains is repeated at once."""
    with pytest.raises(NetworkError) as caught:
        Architecture.of(Dense(3)) * 10**8
    assert str(caught.value) == (
        "network: 1 layers, repeated 100000000 times, are too many\n"
        "  expected: at most 100000 layers\n"
        "  to do:    repeat them fewer times"
    )
    assert [node.inputs for node in (Architecture.of(Dense(3)) * 5).nodes] == [(), (0,), (1,), (2,), (3,)]
