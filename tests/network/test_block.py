"""Blocks and groups: layers made of others."""

import copy

import numpy as np
import pytest
from attrs import frozen
from sigma_nn import Dense, Dropout, Input, Relu, SquaredDifference

import sigma_core as sigma
from sigma_core.errors import NetworkError
from sigma_core.extend import component, components
from sigma_core.network import Architecture, Block, Group, Layer, Network, in_a_row
from sigma_core.registry import ComponentRegistry, Composer


@frozen
class Sum(Layer):
    def forward(self, *inputs, parameters, context):
        return inputs[0] + inputs[1]


@frozen
class Around(Block):
    layers: tuple = components("layers", converter=in_a_row)

    def connect(self, inputs):
        return Sum()(inputs, Architecture.of(self.layers)(inputs))


@frozen
class Twice(Block):
    layer: Layer = component("layers")

    def connect(self, inputs):
        return self.layer(self.layer(inputs))


@frozen
class Optional(Block):
    def connect(self, inputs, other=None):
        return Sum()(inputs, inputs if other is None else other)


@frozen
class Wrong(Block):
    made: object = None

    def connect(self, inputs):
        return self.made


@frozen
class Endless(Block):
    def connect(self, inputs):
        return Endless()(inputs)


@frozen
class Raising(Block):
    def connect(self, inputs):
        raise KeyError("size")  # as a fault of an author's


def names(layers):
    return [placed.name for placed in Network.build(layers)]


def refused(attempt):
    with pytest.raises(NetworkError) as caught:
        attempt()
    return str(caught.value)


def test_a_block_gives_way_to_its_layers():
    """They are named below it, and fed by what feeds it."""
    network = Network.build(Input(4) + Around(Dense(3) + Dense(4)) + Dense(2))

    assert [(placed.name, placed.inputs) for placed in network] == [
        ("input_1", ()),
        ("around_1.dense_1", ("input_1",)),
        ("around_1.dense_2", ("around_1.dense_1",)),
        ("around_1.sum_1", ("input_1", "around_1.dense_2")),
        ("dense_1", ("around_1.sum_1",)),
    ]
    assert "network.layers.around_1.dense_2.weights" in network.parameters
    assert network["around_1.dense_1"].path == "network.layers.around_1.dense_1"


def test_blocks_lie_in_each_other():
    """Names tell where."""
    assert names(Input(4) + Around(Around(Dense(4), name="inner"), name="outer")) == [
        "input_1",
        "outer.inner.dense_1",
        "outer.inner.sum_1",
        "outer.sum_1",
    ]


def test_a_block_is_repeated_with_parameters_of_its_own():
    """As any layer is."""
    network = Network.build(Input(4) + 3 * Around(Dense(4)))

    assert len(network.parameters) == 6
    assert [placed.name for placed in network][1::2] == [f"around_{number}.dense_1" for number in (1, 2, 3)]


def test_a_block_that_is_called_twice_shares_its_parameters():
    """All of its layers do."""
    block = Around(Dense(4) + Dense(4))
    network = Network.build(block(block(Input(4))))

    assert len(network.parameters) == 4
    assert network["around_1_2.dense_2"].reads == {
        "weights": "network.layers.around_1.dense_2.weights",
        "biases": "network.layers.around_1.dense_2.biases",
    }


def test_a_block_may_call_a_layer_twice():
    """Its parameters are shared inside."""
    network = Network.build(Input(4) + Twice(Dense(4)) + Twice(Dense(4)))

    assert len(network.parameters) == 4
    assert [placed.name for placed in network][1:3] == ["twice_1.dense_1", "twice_1.dense_1_2"]


def test_a_block_may_have_optional_inputs():
    """One or two."""
    assert names(Optional()(Input(4))) == ["input_1", "optional_1.sum_1"]
    assert names(Optional()(Input(4), Input(4))) == ["input_1", "input_2", "optional_1.sum_1"]
    assert Network.build(Optional()(Input(4), Input(4)))["optional_1.sum_1"].inputs == ("input_1", "input_2")
    assert refused(lambda: Network.build(Optional()(Input(4), Input(4), Input(4)))) == (
        "network.layers.optional_1: 3 layers feed it (input_1, input_2, input_3)\n"
        "  expected: 1 to 2\n"
        "  to do:    connect it to as many layers as it takes"
    )


def test_components_inside_a_block_are_built():
    """From names, however deep."""
    network = Network.build(
        Input(4) + Around((Dense(4, activation="relu") + Dense(4)).as_layer()), composer=Composer(ComponentRegistry())
    )

    assert network["around_1.group_1.dense_1"].layer.activation == Relu()


def test_a_group_is_a_network_in_a_network():
    """Any architecture with one end; its layers are found below its name."""
    fork = Group(Sum()(Dense(3), Dense(3) + Dense(3)), name="fork")
    network = Network.build(Input(4) + fork + Dense(2))

    assert [(placed.name, placed.inputs) for placed in network] == [
        ("input_1", ()),
        ("fork.dense_1", ("input_1",)),
        ("fork.dense_2", ("input_1",)),
        ("fork.dense_3", ("fork.dense_2",)),
        ("fork.sum_1", ("fork.dense_1", "fork.dense_3")),
        ("dense_1", ("fork.sum_1",)),
    ]


def test_a_group_keeps_how_its_layers_are_connected():
    """And which of them share parameters."""
    twice = Dense(4)

    def made(inputs):
        return Sum()(twice(inputs), twice(Dense(4)(inputs)))

    entry = Dense(4)
    group = Group(made(entry))

    assert group.wiring == ((), (0,), (0,), (2,), (1, 3))
    assert group.shares == (0, 1, 2, 1, 4)
    assert group.architecture == Architecture.of(made(entry))
    assert Group(group.layers, group.wiring, group.shares) == group
    assert len(Network.build(Input(4) + group).parameters) == 6


def test_a_group_of_a_row_needs_no_wiring():
    """Layers, architectures and lists of them, as a network takes them."""
    row = Dense(3) + Dense(2)

    assert row.as_layer() == Group([Dense(3), Dense(2)]) == Group([row]) == Group(row)
    assert Group(Dense(3)) == Group([Dense(3)])
    assert (row.as_layer().wiring, row.as_layer().shares) == (None, None)


@pytest.mark.parametrize(
    ("wiring", "shares", "found"),
    [
        (((),), None, "2 layers have a wiring of 1 and shares of 2"),
        (None, (0,), "2 layers have a wiring of 2 and shares of 1"),
        (((1,), (0,)), None, "layer 0 is fed by [1] and has the parameters of 0"),
        (None, (0, 5), "layer 1 is fed by [0] and has the parameters of 5"),
    ],
)
def test_a_group_that_is_wired_wrongly_is_refused(wiring, shares, found):
    """Positions are those of earlier layers."""
    group = Group([Dense(3), Dense(2)], wiring, shares)

    assert refused(lambda: Network.build(Input(4) + group)) == (
        f"Group: {found}\n"
        "  expected: for each layer the positions of earlier ones\n"
        "  to do:    leave both out for layers in a row"
    )


def test_layers_in_a_row_stay_so():
    """A recipe can write them; what branches becomes one group, what is no architecture is left to the composer."""
    branching = Architecture.of(Sum()(Dense(3)(Dense(2)), Dense(3)(Dense(2))))

    assert in_a_row(Dense(3) + Dense(2)) == (Dense(3), Dense(2))
    assert in_a_row(Dense(3)) == (Dense(3),)
    assert in_a_row(["dense", Dense(3) + Dense(2)]) == ("dense", Group([Dense(3), Dense(2)]))
    assert in_a_row(branching) == (Group(branching),)
    assert in_a_row(Dense(3)(Dense(2))) == (Dense(2), Dense(3))


def test_networks_are_copied_deeply():
    """Layers are values: a copy is equal, and a network of it the same."""
    architecture = Input(4) + Around(Dense(4)) + (Dense(3) + Dropout(0.5)).as_layer("head")

    copied = copy.deepcopy(architecture)

    assert copied == architecture
    assert list(Network.build(copied).parameters) == list(Network.build(architecture).parameters)


@pytest.mark.parametrize("backend", ["numpy", "numba", "debug"])
def test_a_block_is_trained(backend):
    """Its gradient is that of the sum; against the formula in NumPy."""
    inputs, targets = np.random.default_rng(0).normal(size=(2, 6, 3))
    trainer = sigma.Trainer(
        Input(3) + Around(Dense(3)) + SquaredDifference(),
        data={"inputs": inputs, "targets": targets},
        optimiser={"use": "gradient_descent", "learning_rate": 0.3},
        stop="1 iterations",
        dtype="float64",
        backend=backend,
    )
    weights = trainer.get("network.layers.around_1.dense_1.weights")
    gradient = inputs.T @ (2 * (inputs + inputs @ weights - targets)) / inputs.size

    trainer.run()

    np.testing.assert_allclose(trainer.get("network.layers.around_1.dense_1.weights"), weights - 0.3 * gradient)


@pytest.mark.parametrize(
    ("made", "kind"), [(None, "NoneType"), (Dense(3), "Dense"), (Dense(3) + Dense(2), "Architecture")]
)
def test_a_block_returns_a_link(made, kind):
    """Not layers that nothing feeds."""
    assert refused(lambda: Network.build(Input(4) + Wrong(made))) == (
        f"network.layers.wrong_1: its connect returned a {kind}\n"
        "  expected: a link\n"
        "  to do:    return what calling its last layer gives"
    )


def test_a_block_that_holds_itself_is_refused():
    """It would never end."""
    message = refused(lambda: Network.build(Input(4) + Endless()))

    assert message.startswith("network.layers.endless_1.endless_1.")
    assert message.endswith(
        ": blocks lie in each other by the dozen\n"
        "  expected: at most 50 levels\n"
        "  to do:    see whether one connects itself"
    )


def test_what_a_block_raises_names_it():
    """With the line of its author's source."""
    message = refused(lambda: Network.build(Input(4) + Raising()))

    assert message.startswith("network.layers.raising_1: with inputs of shape nothing: KeyError: 'size'\n  at:       ")
    assert message.endswith("\n  to do:    put its forward right, or what it is given")


def test_a_block_has_no_forward():
    """It is built, not run."""
    from sigma_core.network import Context

    context = Context("network.layers.around_1", training=False, dtype=np.dtype("float32"))

    assert refused(lambda: Around(Dense(3)).forward(1, parameters=None, context=context)) == (
        "network.layers.around_1: it is a block, which has no forward of its own\n"
        "  expected: the layers that it connects\n"
        "  to do:    build a network of it"
    )
