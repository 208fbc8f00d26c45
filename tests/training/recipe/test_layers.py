"""The network of a recipe: layers in a row or connected by name, and back."""

import numpy as np
import pytest
from attrs import frozen
from hypothesis import given, settings
from hypothesis import strategies as st
from sigma_nn import Dense, Input, SoftmaxCrossEntropy

import sigma_core as sigma
from sigma_core.errors import RecipeError
from sigma_core.network import Architecture, Group, Layer, Network
from sigma_core.training import Recipe
from sigma_core.training.recipe import compose
from sigma_core.training.recipe._layers import written


@frozen
class Sum(Layer):
    def forward(self, *inputs, parameters, context):
        total = inputs[0]
        for each in inputs[1:]:
            total = total + each
        return total


@pytest.fixture(scope="module")
def environment():
    with sigma.Environment(level="error") as made:
        made.register("layers", "sum", Sum)
        yield made


OTHERS = {"stop": "1 epochs", "dataset": "iris", "optimiser": "adam"}


def read(environment, network):
    """The architecture that a network in TOML describes."""
    recipe = Recipe.parse(f"network = {network}")
    return compose({**OTHERS, **recipe.values}, environment.composer, recipe).network


def fed(environment, network):
    """By name of each layer, what feeds it."""
    architecture = read(environment, network)
    return {placed.name: placed.inputs for placed in Network.build(architecture, composer=environment.composer)}


def refused(environment, network):
    with pytest.raises(RecipeError) as caught:
        read(environment, network)
    return str(caught.value)


INPUT = '{ use = "input", shape = [4]'
TWO = f'{INPUT}, name = "a" }}, {INPUT}, name = "b", section = "other" }}'


def test_entries_without_inputs_are_in_a_row(environment):
    """As they always were."""
    assert fed(environment, f'[{INPUT} }}, {{ use = "dense", size = 3, repeat = 2 }}]') == {
        "input_1": (),
        "dense_1": ("input_1",),
        "dense_2": ("dense_1",),
    }


def test_entries_are_fed_by_name(environment):
    """Given and automatic names, one or several."""
    network = f'[{TWO}, {{ use = "dense", size = 4, inputs = "a" }}, {{ use = "sum", inputs = ["dense_1", "b", "a"] }}]'

    assert fed(environment, network) == {
        "a": (),
        "b": (),
        "dense_1": ("a",),
        "sum_1": ("dense_1", "b", "a"),
    }


def test_an_input_begins_a_row(environment):
    """Nothing feeds it, wherever it stands; what comes behind follows it."""
    network = f'[{INPUT} }}, {{ use = "dense", size = 3 }}, {INPUT} }}, {{ use = "dense", size = 2 }}]'

    assert fed(environment, network) == {
        "input_1": (),
        "dense_1": ("input_1",),
        "input_2": (),
        "dense_2": ("input_2",),
    }


def test_layers_may_be_named_before_they_stand(environment):
    """They are put in order, and keep the names by which others know them."""
    network = f"""[
      {{ use = "sum", inputs = ["dense_2", "dense_1"] }},
      {{ use = "dense", size = 4, inputs = ["dense_2"] }},
      {{ use = "dense", size = 4, inputs = ["input_1"] }},
      {INPUT} }},
    ]"""

    assert fed(environment, network) == {
        "input_1": (),
        "dense_2": ("input_1",),
        "dense_1": ("dense_2",),
        "sum_1": ("dense_2", "dense_1"),
    }


def test_a_layer_stands_again(environment):
    """With the same parameters."""
    network = f"""[
      {TWO},
      {{ use = "dense", size = 4, name = "encoder", inputs = ["a"] }},
      {{ shares = "encoder", inputs = ["b"] }},
      {{ use = "sum", inputs = ["encoder", "encoder_2"] }},
    ]"""
    architecture = read(environment, network)

    assert [node.shares for node in architecture.nodes] == [None, None, None, 2, None]
    assert len(Network.build(architecture, composer=environment.composer).parameters) == 2


def test_a_layer_stands_again_before_the_entry_that_is_shared(environment):
    """What is shared is named first, whatever shares it."""
    network = f"""[
      {INPUT} }},
      {{ shares = "late", inputs = ["input_1"] }},
      {{ use = "dense", size = 4, name = "late", inputs = ["input_1"] }},
      {{ use = "sum", inputs = ["late_2", "late"] }},
    ]"""

    assert fed(environment, network) == {
        "input_1": (),
        "late": ("input_1",),
        "late_2": ("input_1",),
        "sum_1": ("late_2", "late"),
    }


def test_a_group_with_a_name_is_one_layer(environment):
    """Connected inside by the names that it has inside; it may be repeated and fed by name."""
    network = f"""[
      {INPUT} }},
      {{ name = "fork", layers = [
        {{ use = "dense", size = 4, name = "left" }},
        {{ use = "dense", size = 4, name = "right", inputs = [] }},
        {{ use = "sum", inputs = ["left", "right"] }},
      ], inputs = ["input_1"] }},
      {{ use = "sum", inputs = ["fork", "input_1"] }},
    ]"""

    assert fed(environment, network) == {
        "input_1": (),
        "fork.left": ("input_1",),
        "fork.right": ("input_1",),
        "fork.sum_1": ("fork.left", "fork.right"),
        "sum_1": ("fork.sum_1", "input_1"),
    }


def test_layers_of_a_block_are_connected_as_those_of_a_network(environment):
    """Repeated, in groups with a name, and by name."""
    network = f"""[
      {INPUT} }},
      {{ use = "residual", layers = [
        {{ use = "dense", size = 4, repeat = 2 }},
        {{ name = "inner", layers = [{{ use = "dense", size = 4 }}] }},
        {{ use = "sum", inputs = ["inner", "dense_1"] }},
      ] }},
      {{ use = "residual", layers = [{{ use = "dense", size = 4, repeat = 2 }}] }},
    ]"""

    assert fed(environment, network) == {
        "input_1": (),
        "residual_1.group_1.dense_1": ("input_1",),
        "residual_1.group_1.dense_2": ("residual_1.group_1.dense_1",),
        "residual_1.group_1.inner.dense_1": ("residual_1.group_1.dense_2",),
        "residual_1.group_1.sum_1": ("residual_1.group_1.inner.dense_1", "residual_1.group_1.dense_1"),
        "residual_1.add_1": ("input_1", "residual_1.group_1.sum_1"),
        "residual_2.dense_1": ("residual_1.add_1",),
        "residual_2.dense_2": ("residual_2.dense_1",),
        "residual_2.add_1": ("residual_1.add_1", "residual_2.dense_2"),
    }
    architecture = read(environment, network)
    entries = written(architecture, environment.composer)
    assert compose({**OTHERS, "network": entries}, environment.composer).network == architecture


def test_links_are_taken_as_they_are(environment):
    """From Python: one, or a list for several ends."""
    link = Dense(3)(Input(4))

    for network in (link, [link], Architecture.of(link)):
        assert compose({**OTHERS, "network": network}, environment.composer).network == read(
            environment, f'[{INPUT} }}, {{ use = "dense", size = 3 }}]'
        )


def shared(environment):
    """A network with everything in it."""
    encoder = Group(Sum()(Dense(4), Dense(4) + Dense(4)), name="encoder")
    left, right = Input(4, name="left"), Input(4, section="other")
    twice = Dense(4)
    return Sum()(encoder(left), twice(encoder(right)), twice(twice(right)), left)


def test_what_is_written_is_read_again(environment):
    """Names, connections, groups and shared parameters."""
    architecture = Architecture.of(shared(environment))
    trainer = sigma.Trainer(
        [shared(environment) + Dense(3) + SoftmaxCrossEntropy()], "iris", "adam", "1 epochs", environment=environment
    )
    recipe = trainer.recipe()

    again = sigma.Trainer.from_recipe(Recipe.parse(recipe.to_toml()), environment=environment)

    assert again.setup.network == trainer.setup.network
    assert again.recipe() == recipe
    assert len(again.setup.network.nodes) == len(architecture.nodes) + 2
    assert {"name": "encoder"}.items() <= next(each for each in recipe.values["network"] if "layers" in each).items()


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_any_graph_is_written_and_read_again(environment, data):
    """Whatever feeds what, and in whatever order it is called."""
    links = [Input(4), Input(4, section="other")]
    layers = [Dense(4) for _ in range(data.draw(st.integers(1, 3)))]
    for _ in range(data.draw(st.integers(1, 8))):
        if data.draw(st.booleans()):
            links.append(data.draw(st.sampled_from(layers))(data.draw(st.sampled_from(links))))
        else:
            links.append(Sum()(data.draw(st.lists(st.sampled_from(links), min_size=1, max_size=3))))
    network = compose({**OTHERS, "network": links[-1]}, environment.composer).network
    entries = written(network, environment.composer)

    assert compose({**OTHERS, "network": entries}, environment.composer).network == network


def test_a_written_network_computes_the_same(environment):
    """Parameters and predictions, bit for bit."""
    encoder, left, right = Dense(3, activation="tanh"), Input(2, section="left"), Input(2, section="right")
    data = {
        "left": np.ones((6, 2)),
        "right": np.arange(12.0).reshape(6, 2),
        "targets": np.arange(6) % 3,
    }
    network = SoftmaxCrossEntropy()(Sum()(encoder(left), encoder(right)))
    trainer = sigma.Trainer(network, data, "adam", "3 epochs", environment=environment)
    entries = written(trainer.setup.network, environment.composer)
    again = sigma.Trainer(entries, data, "adam", "3 epochs", environment=environment)

    assert trainer.run().scores == again.run().scores


FAULTS = [
    (
        f'[{INPUT} }}, {{ use = "residual", layers = [{{ use = "sum", inputs = ["b"] }}] }}]',
        "network[1].layers[0].inputs: there is no layer 'b'\n  expected: sum_1\n  to do:    name one of these",
    ),
    (
        f'[{TWO}, {{ use = "sum", inputs = ["a", "bb"] }}]',
        (
            "network[2].inputs: there is no layer 'bb'\n"
            "  expected: a, b, sum_1 (nearest: b)\n"
            "  to do:    name one of these"
        ),
    ),
    (
        f'[{TWO}, {{ use = "sum", inputs = [1] }}]',
        'network[2].inputs: [1]\n  expected: a list of names of layers\n  to do:    write inputs = ["dense_1"]',
    ),
    (
        f'[{TWO}, {{ use = "sum", inputs = 3 }}]',
        'network[2].inputs: 3\n  expected: a list of names of layers\n  to do:    write inputs = ["dense_1"]',
    ),
    (
        f"""[{TWO}, {{ use = "dense", size = 4, inputs = ["sum_1"] }}, {{ use = "sum", inputs = ["a", "dense_1"] }}]""",
        (
            "network: its layers feed themselves: sum_1 -> dense_1 -> sum_1\n"
            "  expected: layers that feed later ones\n"
            "  to do:    cut the circle"
        ),
    ),
    (
        '[{ use = "dense", size = 4, inputs = ["dense_1"] }]',
        (
            "network: its layers feed themselves: dense_1 -> dense_1\n"
            "  expected: layers that feed later ones\n"
            "  to do:    cut the circle"
        ),
    ),
    (
        f'[{TWO}, {{ shares = "c" }}]',
        "network[2].shares: there is no layer 'c'\n  expected: a, b\n  to do:    name one of these",
    ),
    (
        f"[{TWO}, {{ shares = 3 }}]",
        'network[2].shares: 3\n  expected: the name of a layer\n  to do:    write shares = "dense_1"',
    ),
    (
        f'[{TWO}, {{ shares = "a", size = 4 }}]',
        "network[2].size: there is no key 'size'\n  expected: inputs, shares\n  to do:    leave it out",
    ),
    (
        '[{ layers = [{ use = "sum" }], colour = "red" }]',
        (
            "network[0].colour: there is no key 'colour'\n"
            "  expected: inputs, layers, name, repeat\n"
            "  to do:    leave it out"
        ),
    ),
    (
        f'[{INPUT} }}, {{ name = "in", layers = [] }}]',
        "network[1].layers: it is empty\n  expected: at least one layer\n  to do:    leave the group out",
    ),
    (
        f'[{INPUT} }}, {{ name = 3, layers = [{{ use = "sum" }}] }}]',
        "network[1].name: 3\n  expected: a text\n  to do:    write it in quotes",
    ),
    (
        f'[{INPUT} }}, {{ shares = "late" }}, {{ use = "sum" }}, {{ use = "dense", size = 4, name = "late" }}]',
        (
            "network: late_2 has the parameters of late, which it feeds\n"
            "  expected: the layer itself before its other places\n"
            "  to do:    exchange the two entries"
        ),
    ),
    (
        f'[{INPUT} }}, {{ use = "dense", size = 4, repeat = 0 }}]',
        "network[1].repeat: 0\n  expected: a whole number from 1\n  to do:    give such a number",
    ),
    (
        f'[{INPUT}, name = "a" }}, {{ use = "sum", name = "a" }}]',
        "network: 2 layers have this name\n  expected: a name for each\n  to do:    rename all but one",
    ),
    (
        f'[{INPUT} }}, {{ use = "sum", name = "x", repeat = 2 }}]',
        "network: 2 layers have this name\n  expected: a name for each\n  to do:    rename all but one",
    ),
    (
        f'[{INPUT} }}, {{ name = "in", layers = [{{ use = "sum", inputs = ["out"] }}] }}]',
        ("network[1].layers[0].inputs: there is no layer 'out'\n  expected: sum_1\n  to do:    name one of these"),
    ),
]


@pytest.mark.parametrize(("network", "message"), FAULTS)
def test_what_is_connected_wrongly_is_refused(environment, network, message):
    """With its place, and what there is."""
    assert refused(environment, network) == f"recipe: 1 fault\nrecipe, line 1, {message}"
