"""What the page shows of a network."""

import pytest
from sigma_monitors.dashboard.panels._network import (
    blocks_of,
    folded_at_first,
    picture,
    rows_of,
    shown_as,
    spreads,
    table_of,
    told,
)

import sigma_core as sigma
from sigma_core.extend import RunStore

LAYERS = [
    {"use": "input", "shape": [4]},
    {"use": "residual", "layers": [{"use": "dense", "size": 4}, {"use": "batch_norm"}]},
    {"use": "dense", "size": 3},
    {"use": "softmax_cross_entropy"},
]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run with a skip connection, whose histograms were published."""
    directory = tmp_path_factory.mktemp("runs") / "skip"
    recipe = {
        "seed": 1,
        "stop": "1 epochs",
        "dataset": {"use": "iris", "split": [0.8, 0.2]},
        "optimiser": "adam",
        "network": LAYERS,
        "hooks": [{"use": "histograms", "values": ["network.**", "gradients.**.weights", "activations.**"]}],
    }
    sigma.Trainer.from_recipe(recipe).run(directory=directory)
    with RunStore.open(directory) as store:
        described = store.last("run_described").payload["network"]
        published = [event for event in store.events("values_published") if event.payload["source"] == "histograms"]
    return described, published[-1].payload["values"]


def test_the_picture_holds_all_layers_and_blocks(run):
    described, _ = run
    drawing = picture(described, ())
    names = [layer["name"] for layer in described["layers"]]
    assert sorted(node["name"] for node in drawing["nodes"]) == sorted([*names, "section inputs", "section targets"])
    assert [block["name"] for block in drawing["blocks"]] == ["residual_1"]
    assert all(node["x"] + node["width"] <= drawing["width"] for node in drawing["nodes"])
    assert {edge["arrow"] for edge in drawing["edges"]} == {True, False}


def test_a_folded_block_is_one_node(run):
    described, _ = run
    nodes = {node["name"]: node for node in picture(described, {"residual_1"})["nodes"]}
    assert nodes["residual_1"]["role"] == "block"
    assert nodes["residual_1"]["lines"] == ["3 layers · (batch, 4)", "36 parameters"]
    assert shown_as("residual_1.dense_1", {"residual_1"}) == "residual_1"
    assert shown_as("residual_1.dense_1", set()) == shown_as("residual_1.dense_1", {"dense_1"}) == "residual_1.dense_1"


def test_large_networks_are_folded_at_first(run):
    described, _ = run
    assert folded_at_first(described) == set()
    layers = [{"name": f"outer_{number % 3}.inner.dense_{number}"} for number in range(90)]
    assert folded_at_first({"layers": layers}) == {"outer_0", "outer_1", "outer_2"}
    assert blocks_of({"layers": layers})[:2] == ["outer_0", "outer_0.inner"]
    assert folded_at_first({}) == set()


def test_the_table_has_a_row_for_each_layer(run):
    described, _ = run
    rows = rows_of(described)
    assert rows[0] == {
        "name": "input_1",
        "kind": "Input",
        "inputs": "inputs",
        "shape": "4",
        "parameters": 0,
        "operations": 0,
    }
    assert [row["shape"] for row in rows][-2:] == ["3", "1"]
    assert sum(row["parameters"] for row in rows) == described["parameters"]
    assert rows[-1]["inputs"] == "dense_1, targets"
    assert rows_of({}) == []


def test_arrays_are_told_by_layer(run):
    _, values = run
    found = spreads(values)
    assert [spread.name for spread in found["residual_1.dense_1"]] == [
        "weights",
        "biases",
        "gradients of weights",
        "activations",
    ]
    assert [spread.name for spread in found["input_1"]] == ["activations"]
    weights = found["dense_1"][0]
    assert weights.mean == values["network.layers.dense_1.weights"]["mean"]
    row = table_of([weights], lambda value: f"{value:.2f}")[0]
    assert row["name"] == "weights"
    assert row["mean"] == f"{weights.mean:.2f}"
    lines = told(found, lambda value: f"{value:.2f}")
    assert lines["dense_1"][0] == f"weights: {weights.mean:.2f} ± {weights.deviation:.2f}"


@pytest.mark.parametrize("missing", [None, float("nan"), "NaN", "-Infinity"])
def test_what_is_no_number_is_told(missing):
    nothing = dict.fromkeys(("mean", "deviation", "minimum", "maximum"), missing)
    found = spreads({"network.layers.dense_1.weights": {**nothing, "not_finite": 12}})
    assert told(found, str) == {"dense_1": ["weights: - ± -, 12 NaN"]}
    assert table_of(found["dense_1"], str)[0]["mean"] == "-"


def test_what_other_hooks_publish_is_let_be():
    assert spreads({"learning_rate": 0.1, "network.layers.dense_1.weights": [1, 2], "a.layers.b": {"text": "x"}}) == {}
