"""From recipes to trainers, and back."""

import re

import numpy as np
import pytest
from attrs import frozen
from hypothesis import given, settings
from hypothesis import strategies as st
from sigma_nn import (
    Accuracy,
    Adam,
    Constant,
    Dense,
    Dropout,
    Epochs,
    Flatten,
    Gaussian,
    Input,
    Iterations,
    MeanAbsoluteError,
    Momentum,
    Patience,
    Plateau,
    Relu,
    SoftmaxCrossEntropy,
    SquaredDifference,
    Tanh,
    Threshold,
)

import sigma_core as sigma
from sigma_core.errors import ComponentError, ExpressionError, NetworkError, RecipeError, listed
from sigma_core.training import Criterion, Recipe
from sigma_core.training.recipe import KEYS


@pytest.fixture(scope="module")
def environment():
    with sigma.Environment(level="error") as made:
        yield made


def refused(error, action):
    with pytest.raises(error) as caught:
        action()
    return str(caught.value)


NETWORK = Input(64) + Dense(10) + SoftmaxCrossEntropy()
DATASETS = listed(sigma.Environment().components.names("datasets"))
CRITERIA = listed(sigma.Environment().components.names("criteria"))
TABLE = {"network": ["flatten"], "dataset": "xor", "optimiser": "adam", "stop": "1 epochs"}


def trainer(environment, network=NETWORK, data="digits", optimiser="adam", stop="2 epochs", **changed):
    return sigma.Trainer(network, data, optimiser, stop, environment=environment, **changed)


def same(one, other):
    """Whether two setups are equal, part by part; backends and datasets have identities and are written down."""
    parts = ["name", "network", "dataset", "optimiser", "stop", "metrics", "initialisers"]
    parts += ["dtype", "batch_size", "seed"]
    return {part: getattr(one, part) for part in parts} == {part: getattr(other, part) for part in parts}


# There and back


@settings(max_examples=60)
@given(
    layers=st.lists(
        st.one_of(
            st.builds(Dense, st.integers(1, 4), activation=st.sampled_from([Relu(), Tanh(), "relu", "none"])),
            st.builds(Dense, st.just(3), bias=st.booleans(), weights_initialiser=st.just(Gaussian(0.25))),
            st.builds(Dropout, st.floats(0, 0.9)),
            st.builds(Flatten),
        ),
        max_size=6,
    ),
    repeats=st.lists(st.integers(1, 3), min_size=6, max_size=6),
)
def test_any_row_of_layers_comes_back(environment, layers, repeats):
    """Through the text of a recipe: the same network, with equal layers that follow each other written once."""
    network = Input(64)
    for layer, times in zip(layers, repeats, strict=False):
        network = network + times * layer
    first = trainer(environment, network + Dense(10, name="logits") + SoftmaxCrossEntropy())

    recipe = Recipe.parse(first.recipe().to_toml())
    second = sigma.Trainer.from_recipe(recipe, environment=environment)

    assert second.setup.network == first.setup.network
    assert same(first.setup, second.setup)
    assert second.recipe() == recipe
    assert len(recipe.values["network"]) <= len(layers) + 3


@pytest.mark.parametrize(
    ("stop", "written"),
    [
        ("20 epochs", "20 epochs"),
        (Epochs(3) | Iterations(10) & ~Threshold("validation.loss", "<", 0.5), None),
        ((Epochs(3) | Epochs(4)) & Patience("validation.loss", 2, minimum_change=0.1), None),
        (Plateau("training.loss", 4, tolerance=0.25), "training.loss plateau 4 0.25"),
        ({"use": "epochs", "count": 5}, "5 epochs"),
    ],
)
def test_any_criterion_comes_back(environment, stop, written):
    """As text, as people write it."""
    first = trainer(environment, stop=stop, data={"use": "digits", "split": [0.8, 0.2]})
    recipe = first.recipe()

    assert isinstance(recipe.values["stop"], str)
    assert written in (None, recipe.values["stop"])
    assert sigma.Trainer.from_recipe(recipe, environment=environment).setup.stop == first.setup.stop


@pytest.mark.parametrize("text", ["quiet", "very quiet indeed"])
def test_a_criterion_without_a_text_of_its_own_is_a_table(text):
    """Whether its text says less than all, or does not parse."""

    @frozen
    class Quiet(Criterion):
        limit: int = 3

        moment = "epoch"

        def update(self, state, observation):
            return {"reached": observation.epoch >= self.limit}

        def reason(self, state):
            return text

        def __str__(self):
            return text

    with sigma.Environment() as environment:
        environment.register("criteria", "quiet", Quiet)
        first = trainer(environment, stop=Quiet(5))
        recipe = first.recipe()

        assert recipe.values["stop"] == {"use": "quiet", "limit": 5}
        assert sigma.Trainer.from_recipe(recipe, environment=environment).setup.stop == Quiet(5)


def test_all_that_is_as_by_default_is_left_out(environment):
    """And all else is there."""
    plain = trainer(environment).recipe()
    full = trainer(
        environment,
        optimiser=Momentum(0.1, decay=0.5),
        network=Input(64) + 2 * Dense(8, activation=Relu()) + Dense(10) + SoftmaxCrossEntropy(weight=2.0),
        data={"use": "digits", "split": [0.8, 0.2], "preprocess": {"inputs": ["standardise"]}},
        metrics={"hits": Accuracy()},
        initialisers={"**.weights": Constant(0.5)},
        monitors=["console"],
        name="full",
        seed=4,
        batch_size=16,
        dtype="float64",
    )

    assert dict(plain.values) == {
        "stop": "2 epochs",
        "dataset": "digits",
        "optimiser": "adam",
        "network": [{"use": "input", "shape": [64]}, {"use": "dense", "size": 10}, {"use": "softmax_cross_entropy"}],
    }
    assert dict(full.recipe().values) == {
        "name": "full",
        "seed": 4,
        "dtype": "float64",
        "batch_size": 16,
        "stop": "2 epochs",
        "dataset": {"use": "digits", "split": [0.8, 0.2], "preprocess": {"inputs": ["standardise"]}},
        "optimiser": {"use": "momentum", "learning_rate": 0.1, "decay": 0.5},
        "network": [
            {"use": "input", "shape": [64]},
            {"use": "dense", "size": 8, "activation": "relu", "repeat": 2},
            {"use": "dense", "size": 10},
            {"use": "softmax_cross_entropy", "weight": 2.0},
        ],
        "initialisers": {"**.weights": {"use": "constant", "value": 0.5}},
        "metrics": {"hits": {"use": "accuracy"}},
        "monitors": [{"use": "console"}],
    }
    assert same(sigma.Trainer.from_recipe(full.recipe(), environment=environment).setup, full.setup)


def test_no_metrics_come_back_as_none(environment):
    """The usual ones are not put in their place."""
    first = trainer(environment, metrics=())

    assert first.recipe().values["metrics"] == []
    assert sigma.Trainer.from_recipe(first.recipe(), environment=environment).setup.metrics == {}


def test_hooks_come_back(install):
    """Registered ones, with their settings; two of a kind live side by side."""
    module = """
from attrs import frozen
import sigma_core as sigma

@frozen(eq=False)
class Shout:
    word: str = "ho"
    def sigma_run_ended(self):
        pass
"""
    install("shouting", {"sigma.hooks": {"shout": "shouting:Shout"}}, modules={"shouting.py": module})
    with sigma.Environment() as environment:
        first = trainer(environment, hooks=["shout", {"use": "shout", "word": "hey"}])

        assert first.recipe().values["hooks"] == [{"use": "shout"}, {"use": "shout", "word": "hey"}]
        assert [row.plugin for row in first.explain()] == ["shout", "shout_2"]
        again = sigma.Trainer.from_recipe(first.recipe(), environment=environment)
        assert [hook.word for hook in again.setup.hooks] == ["ho", "hey"]
        again.detach("shout_2")
        again.attach({"use": "shout", "word": "hi"})
        assert [row.plugin for row in again.explain()] == ["shout", "shout_2"]


def test_what_has_no_name_has_no_recipe(environment):
    """Arrays in memory, to begin with."""
    one = trainer(environment, data=(np.ones((2, 64)), np.array([0, 1])))

    assert refused(ComponentError, one.recipe).splitlines()[1:] == [
        "  expected: a component",
        "  to do:    register its class as an entry point of its distribution, or with environment.register",
    ]


def test_a_recipe_may_be_a_path_values_or_itself(environment, tmp_path):
    """All three compose the same."""
    recipe = trainer(environment).recipe()
    path = tmp_path / "digits.toml"
    path.write_text(recipe.to_toml(), "utf-8")

    setups = [
        sigma.Trainer.from_recipe(given, environment=environment).setup
        for given in (recipe, dict(recipe.values), path, str(path))
    ]

    assert all(same(setups[0], other) for other in setups)


# Groups


def test_groups_of_layers_nest(environment):
    """Each group, and each layer in it, is repeated as often as it says."""
    dense = {"use": "dense", "size": 4}
    thrice = {"repeat": 3, "layers": [dense]}
    values = {
        **TABLE,
        "network": [
            {"use": "input", "shape": 2},
            {"repeat": 2, "layers": [{**dense, "repeat": 2}, {"layers": ["flatten", thrice]}]},
            {"use": "dense", "size": 1},
            "squared_difference",
        ],
    }

    network = sigma.Trainer.from_recipe(values, environment=environment).setup.network

    group = 2 * Dense(4) + Flatten() + 3 * Dense(4)
    plain = trainer(environment, Input(2) + 2 * group + Dense(1) + SquaredDifference()).setup.network
    assert network == plain


def test_a_single_layer_needs_no_list(environment):
    """By name, as a table, as an object or composed."""
    layers = ("flatten", {"use": "flatten"}, Flatten(), [Flatten()], Flatten() * 1, [Flatten() * 1])

    assert len({trainer(environment, network=layer).setup.network for layer in layers}) == 1


# Faults

BROKEN = """# Everything is wrong with this one.
name = 3
seed = -1
batch_sise = 16
dtype = "float16"
stop = "20 epoch | validation.loss plateau 5"
optimiser = { use = "adamm", learning_rate = 0.1 }
initialisers = { "**.weights" = "hee" }
metrics = ["acuracy", { accuracy = 1 }]
network = [
  { use = "input", shape = [64] },
  { use = "dense", sise = 128, activation = "rely" },
  { use = "dense", size = "ten" },
  { repeat = 0, layers = [
    { use = "dropout", rate = 1.5 },
    "densse",
  ], size = 3 },
  7,
]

[dataset]
use = "digits"
split = ["most", 0.2]
preprocess = { inputs = ["normalize"] }

[[monitors]]
use = "console"
wdth = 3
"""

REPORT = """\
broken.toml: 21 faults
broken.toml, line 2, name: 3
  expected: a text
  to do:    write it in quotes
broken.toml, line 3, seed: -1
  expected: a whole number from 0 to 18446744073709551615
  to do:    give such a number
broken.toml, line 4, batch_sise: there is no key 'batch_sise'
  expected: KEYS
  to do:    write batch_size
broken.toml, line 5, dtype: 'float16'
  expected: float32 or float64
  to do:    write float64
broken.toml, line 6, stop: there is no such criterion
    20 epoch | validation.loss plateau 5
       ^
  expected: {criteria epoch}
broken.toml, line 7, optimiser.use: optimisers 'adamm': there is no such optimiser
  expected: {optimisers adamm}
broken.toml, line 8, initialisers.**.weights: initialisers 'hee': there is no such initialiser
  expected: {initialisers hee}
broken.toml, line 9, metrics[0]: metrics 'acuracy': there is no such metric
  expected: {metrics acuracy}
broken.toml, line 9, metrics[1]: the table has no `use`
  expected: `use` with one of {metrics}
broken.toml, line 12, network[1].sise: there is no setting 'sise'
  expected: activation, bias, biases_initialiser, name, size, weights_initialiser (nearest: size)
broken.toml, line 12, network[1].activation: activations 'rely': there is no such activation
  expected: {activations rely}
broken.toml, line 12, network[1]: the setting 'size' is missing
  expected: int
broken.toml, line 13, network[2].size: 'ten' is a str
  expected: int
broken.toml, line 14, network[3].repeat: 0
  expected: a whole number from 1
  to do:    give such a number
broken.toml, line 15, network[3].layers[0].rate: 1.5
  expected: a finite number of at least 0 and below 1
broken.toml, line 16, network[3].layers[1]: layers 'densse': there is no such layer
  expected: {layers densse}
broken.toml, line 17, network[3].size: there is no key 'size'
  expected: inputs, layers, name, repeat
  to do:    leave it out
broken.toml, line 18, network[4]: 7 is an int
  expected: the name of a layer, a table with `use`, or the object itself
broken.toml, line 23, dataset.split: 'most' is a str
  expected: int or float
broken.toml, line 24, dataset.preprocess.inputs[0]: preprocessors 'normalize': there is no such preprocessor
  expected: {preprocessors normalize}
broken.toml, line 28, monitors[0].wdth: there is no setting 'wdth'
  expected: output, quiet"""


def test_all_faults_are_told_at_once(environment):
    """In the order of the file, each with its line and what is nearest; what is missing comes last."""
    recipe = Recipe.parse(BROKEN, source="broken.toml")

    message = refused(RecipeError, lambda: sigma.Trainer.from_recipe(recipe, environment=environment))

    registry = environment.components
    report = re.sub(r"\{(\w+) ?(\w*)\}", lambda found: listed(registry.names(found[1]), found[2]), REPORT)
    assert message == report.replace("KEYS", listed(KEYS))


def test_what_is_missing_is_told(environment):
    """All of it; there is no line to name."""
    assert refused(RecipeError, lambda: sigma.Trainer.from_recipe({"seed": 1}, environment=environment)) == (
        "recipe: 4 faults\n"
        "recipe, stop: it is missing\n"
        "  expected: a value for stop\n"
        '  to do:    add, for example, stop = "20 epochs"\n'
        "recipe, dataset: it is missing\n"
        "  expected: a value for dataset\n"
        '  to do:    add, for example, dataset = { use = "digits", split = [0.8, 0.2] }\n'
        "recipe, optimiser: it is missing\n"
        "  expected: a value for optimiser\n"
        '  to do:    add, for example, optimiser = { use = "adam", learning_rate = 1e-3 }\n'
        "recipe, network: it is missing\n"
        "  expected: a value for network\n"
        '  to do:    add, for example, network = [{ use = "input", shape = [64] }, ...]'
    )


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"dataset": {"split": [0.8, 0.2]}},
            (f"recipe, dataset: the table has no `use`\n  expected: `use` with one of {DATASETS}"),
        ),
        ({"dataset": 3}, None),
        ({"dataset": ["xor", "iris"]}, None),
        (
            {"initialisers": "he"},
            (
                "recipe, initialisers: 'he'\n"
                "  expected: a table of patterns\n"
                '  to do:    write { "**.weights" = "he" }'
            ),
        ),
        (
            {"batch_size": True},
            "recipe, batch_size: True\n  expected: a whole number from 1\n  to do:    give such a number",
        ),
        (
            {"stop": "20 epoch"},
            (
                "recipe, stop: there is no such criterion\n"
                "    20 epoch\n"
                "       ^\n"
                f"  expected: {CRITERIA} (nearest: epochs)"
            ),
        ),
        (
            {"stop": "20 epochs |"},
            (
                "recipe, stop: the text ends here\n"
                "    20 epochs |\n"
                "               ^\n"
                '  expected: a criterion, such as "20 epochs", "validation.accuracy > 0.97" or '
                '"validation.loss plateau 5", joined by |, & and ~'
            ),
        ),
    ],
)
def test_a_single_fault_is_told_with_its_place(environment, changed, message):
    """As all others, under the name of the recipe."""
    found = refused(RecipeError, lambda: sigma.Trainer.from_recipe({**TABLE, **changed}, environment=environment))

    assert found.startswith("recipe: 1 fault\nrecipe, ")
    if message is not None:
        assert found == f"recipe: 1 fault\n{message}"


def test_a_criterions_faults_are_expressions_in_python(environment):
    """Without a recipe around them."""
    message = refused(ExpressionError, lambda: trainer(environment, stop="20 epoch"))

    assert "\n    20 epoch\n       ^\n" in message


def test_a_network_without_layers_is_told_when_it_is_built(environment):
    """Until then it may still be looked at."""
    assert refused(NetworkError, trainer(environment, network=[]).build) == (
        "network: it has no layers\n  expected: at least an input\n  to do:    add layers"
    )


def test_shapes_that_do_not_fit_are_told_by_layer(environment):
    """When the data is there to be compared with; the recipe as such has no fault."""
    recipe = {**TABLE, "network": [{"use": "input", "shape": 3}, {"use": "dense", "size": 1}, "squared_difference"]}

    assert refused(NetworkError, sigma.Trainer.from_recipe(recipe, environment=environment).build) == (
        "network.layers.input_1: section 'inputs' holds records of shape (2,)\n"
        "  expected: records of shape (3,)\n"
        "  to do:    give the input the shape (2,)"
    )


def test_parts_given_as_objects_are_checked_too(environment):
    """A component inside a live one may still be a name."""
    faults = refused(RecipeError, lambda: trainer(environment, Input(3) + Dense(1, activation="rely"), batch_size=0))

    assert "activations 'rely'" in faults
    assert list(trainer(environment, metrics=MeanAbsoluteError()).setup.metrics) == ["mean_absolute_error"]
    assert trainer(environment, optimiser=Adam(0.5)).setup.optimiser == Adam(0.5)


def test_all_faults_of_a_criterion_are_told(environment):
    """Each with its caret; in a recipe they stand with all others."""
    values = {**TABLE, "stop": "20 epoch | training.loss plateu 5", "seed": -1}

    message = refused(RecipeError, lambda: sigma.Trainer.from_recipe(values, environment=environment))

    assert message == (
        "recipe: 3 faults\nrecipe, seed: -1\n"
        "  expected: a whole number from 0 to 18446744073709551615\n"
        "  to do:    give such a number\n"
        "recipe, stop: there is no such criterion\n"
        "    20 epoch | training.loss plateu 5\n"
        "       ^\n"
        f"  expected: {CRITERIA} (nearest: epochs)\n"
        "recipe, stop: there is no such criterion\n"
        "    20 epoch | training.loss plateu 5\n"
        "                             ^\n"
        f"  expected: {CRITERIA} (nearest: plateau)"
    )
