"""Layers called on what feeds them: any directed acyclic graph."""

import numpy as np
import pytest
from attrs import frozen
from sigma_nn import Dense, Input, SoftmaxCrossEntropy

from sigma_core.errors import NetworkError
from sigma_core.network import Architecture, Layer, Link, Network


@frozen
class Sum(Layer):
    def forward(self, *inputs, parameters, context):
        total = inputs[0]
        for each in inputs[1:]:
            total = total + each
        return total


def nodes(*links):
    """What feeds each node and whose parameters it has."""
    return [(type(node.layer).__name__, node.inputs, node.shares) for node in Architecture.of(list(links)).nodes]


def refused(attempt):
    with pytest.raises(NetworkError) as caught:
        attempt()
    return str(caught.value)


def test_a_layer_is_called_on_an_input():
    """What it returns is called on in turn; the result is what `+` gives."""
    called = Dense(2)(Dense(3)(Input(4)))

    assert Architecture.of(called) == Input(4) + Dense(3) + Dense(2)


def test_a_branch_is_fed_by_what_it_is_called_on():
    """Each node stands behind what feeds it, once."""
    first, second = Input(4), Input(4, section="other")
    left, right = Dense(3)(first), Dense(3)(second)

    assert nodes(Sum()(left, right, left)) == [
        ("Input", (), None),
        ("Dense", (0,), None),
        ("Input", (), None),
        ("Dense", (2,), None),
        ("Sum", (1, 3, 1), None),
    ]


def test_inputs_may_stand_in_a_list():
    """As other libraries write merges."""
    left, right = Dense(3)(Input(4)), Dense(3)(Input(4))

    assert nodes(Sum()([left, right])) == nodes(Sum()(left, right))


def test_an_input_is_one_node_however_often_it_is_used():
    """The object stands for itself, whether it was called or not."""
    inputs = Input(4)

    assert [name for name, *_ in nodes(Sum()(Dense(3)(inputs), Dense(3)(inputs()), Dense(3)(inputs)))].count(
        "Input"
    ) == 1


def test_a_layer_that_is_called_twice_shares_its_parameters():
    """An equal one that is another object does not."""
    twice, inputs = Dense(4), Input(4)

    assert nodes(Dense(4)(twice(twice(inputs)))) == [
        ("Input", (), None),
        ("Dense", (0,), None),
        ("Dense", (1,), 1),
        ("Dense", (2,), None),
    ]
    network = Network.build(Dense(4)(twice(twice(inputs))))
    assert [placed.name for placed in network] == ["input_1", "dense_1", "dense_1_2", "dense_2"]
    assert list(network.parameters) == [
        f"network.layers.{name}" for name in ("dense_1.weights", "dense_1.biases", "dense_2.weights", "dense_2.biases")
    ]


def test_an_architecture_is_called_as_a_layer_is():
    """Its layers stand in the row; called again, each shares the parameters of its place."""
    encoder = Dense(3) + 2 * Dense(3)
    first, second = encoder(Input(4)), encoder(Input(4))

    assert [shares for _, _, shares in nodes(Sum()(first, second))] == [None] * 5 + [1, 2, 3, None]


def test_what_comes_behind_a_link_may_be_added():
    """`link + layers` calls them."""
    link = Dense(3)(Input(4))

    assert Architecture.of(link + Dense(2) + [Dense(2), Dense(1)]) == Input(4) + Dense(3) + 2 * Dense(2) + Dense(1)


def test_a_whole_network_is_fed_to_a_layer():
    """One that begins with its own input."""
    assert Architecture.of(Sum()(Input(4) + Dense(3), Input(4) + Dense(3))).nodes[-1].inputs == (1, 3)


def test_several_ends_are_one_network():
    """Each cost or output is given in a list."""
    hidden = Dense(3)(Input(4))
    two = [SoftmaxCrossEntropy(name="first")(hidden), SoftmaxCrossEntropy(name="second")(Dense(2)(hidden))]

    assert [node.inputs for node in Architecture.of(two).nodes] == [(), (0,), (1,), (1,), (3,)]


def test_networks_may_be_deeper_than_the_stack():
    """Ten thousand layers, called one on the other."""
    link = Sum()(Input(4))
    for _ in range(10_000):
        link = Sum()(link)

    assert len(Architecture.of(link).nodes) == 10_002


def test_a_link_is_told_in_a_line():
    """Not with all that feeds it."""
    assert repr(Dense(2)(Input(4))) == "<Link of Dense>"


def test_a_merge_computes_what_it_says():
    """Both branches see their own section; the shared layer is the same function of each."""
    import sigma_core as sigma

    shared = Dense(3, activation="tanh")
    left, right = Input(4, section="left"), Input(4, section="right")
    data = {name: np.random.default_rng(n).normal(size=(6, 4)) for n, name in enumerate(("left", "right"))}
    trainer = sigma.Trainer(
        SoftmaxCrossEntropy()(Sum()(shared(left), shared(right))),
        data={**data, "targets": np.arange(6) % 3},
        optimiser="gradient_descent",
        stop="1 epochs",
        dtype="float64",
    )
    weights, biases = (trainer.get(f"network.layers.dense_1.{name}") for name in ("weights", "biases"))
    logits = sum(np.tanh(data[name] @ weights + biases) for name in ("left", "right"))

    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(trainer.predict(data), expected, rtol=1e-12)


@pytest.mark.parametrize("backend", ["numpy", "numba", "debug"])
def test_shared_parameters_are_trained_by_both_places(backend):
    """One step equals one of a network whose weights are the same by hand: the gradients of both places add up."""
    import sigma_core as sigma

    shared, data = Dense(4), np.random.default_rng(0).normal(size=(5, 4))
    trainer = sigma.Trainer(
        SoftmaxCrossEntropy()(shared(shared(Input(4)))),
        data={"inputs": data, "targets": np.arange(5) % 4},
        optimiser={"use": "gradient_descent", "learning_rate": 0.1},
        stop="1 iterations",
        dtype="float64",
        batch_size=5,
        backend=backend,
    )
    weights = trainer.get("network.layers.dense_1.weights")

    def loss(weights):
        logits = data @ weights @ weights
        shifted = logits - logits.max(axis=1, keepdims=True)
        return np.mean(np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(5), np.arange(5) % 4])

    slope = np.zeros_like(weights)
    for index in np.ndindex(weights.shape):
        nudge = np.zeros_like(weights)
        nudge[index] = 1e-6
        slope[index] = (loss(weights + nudge) - loss(weights - nudge)) / 2e-6
    trainer.run()

    np.testing.assert_allclose(trainer.get("network.layers.dense_1.weights"), weights - 0.1 * slope, atol=1e-9)


def test_a_layer_is_called_on_layers_only():
    """Arrays come when there is a network."""
    assert refused(lambda: Dense(2)(3)) == (
        "network: a layer is called on 3, a int\n"
        "  expected: what other layers put out\n"
        "  to do:    call it on a link, such as h in h = Dense(64)(Input(784))"
    )


def test_links_are_not_added():
    """`+` means what comes behind; a merge is a layer."""
    link = Dense(2)(Input(4))

    assert refused(lambda: link + Dense(2)(Input(4))) == (
        "network: two links are added\n"
        "  expected: a layer behind a link\n"
        "  to do:    merge them with a layer, as Add()(first, second)"
    )
    with pytest.raises(TypeError):
        link + 1


def test_links_and_layers_are_not_mixed():
    """It would not be plain what feeds the layer."""
    link = Dense(2)(Input(4))

    assert refused(lambda: Architecture.of([link, SoftmaxCrossEntropy()])).startswith(
        "network: links stand in a list with SoftmaxCrossEntropy("
    )
    assert refused(lambda: Architecture.of([link, 7])) == (
        "network: links stand in a list with 7, a int\n"
        "  expected: links alone, one for each cost or output, or layers alone, in a row\n"
        "  to do:    call the layer on the link that feeds it"
    )


@pytest.mark.parametrize(
    ("architecture", "count"), [(Architecture(), "no"), (Architecture.of([Sum()(Input(1)), Sum()(Input(2))]), "2")]
)
def test_an_architecture_that_is_called_has_one_end(architecture, count):
    """Else it would not be plain what comes out."""
    assert refused(lambda: architecture(Input(4))) == (
        f"network: an architecture with {count} last layers is called\n"
        "  expected: one last layer\n"
        "  to do:    merge its branches, or call its parts"
    )


def test_a_link_has_what_feeds_it():
    """To be looked at."""
    inputs = Input(4)
    link = Dense(2)(inputs)

    assert isinstance(link, Link)
    assert link.layer == Dense(2)
    assert [each.layer for each in link.inputs] == [inputs]
