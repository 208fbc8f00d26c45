"""`sigma network`: the network of a recipe."""

import json
import sys
from xml.etree import ElementTree as ET

import pytest

TABLE = """\
layer                    kind                 fed by                    output      parameters  memory  operations
input_1                  Input                section inputs            (batch, 4)           0    16 B           0
dense_1                  Dense                input_1                   (batch, 3)          15    12 B          27
softmax_cross_entropy_1  SoftmaxCrossEntropy  dense_1, section targets  scalar               0     4 B          34
total                                                                                       15    32 B          61

15 parameters are trained, 0 are not; they take 60 B as float32.
Memory and operations are those of a record, in a forward pass.
"""


def test_a_network_is_shown(sigma, recipe):
    """As `Network.summary` has it."""
    assert sigma("network", recipe) == (0, TABLE, "")


def test_settings_change_it(sigma, recipe):
    """As in training."""
    code, out, err = sigma("network", recipe, "--set", "network.1.size=30", "--set", "dtype=float64")
    assert (code, err) == (0, "")
    assert "\n150 parameters are trained, 0 are not; they take 1.2 KB as float64.\n" in out


def test_a_terminal_is_kept_to(sigma, recipe, monkeypatch):
    """What is printed elsewhere is as wide as it is."""
    monkeypatch.setenv("COLUMNS", "70")
    assert sigma("network", recipe) == (0, TABLE, "")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    code, out, _ = sigma("network", recipe)
    assert code == 0
    assert max(map(len, out.splitlines())) <= 70
    assert out.endswith("Left out for want of room: memory, operations, kind.\n")


def test_no_data_is_needed(sigma, recipe):
    """Shapes are declared by inputs; the file that is not there is not looked for."""
    table = '{use="csv", source={use="file", path="missing.csv"}, sections={inputs="a", targets="b"}}'
    missing = ("--set", f'dataset={{use="extracted", extractor={table}}}')
    assert sigma("network", recipe, *missing)[0] == 2
    code, out, err = sigma("network", recipe, "--no-data", *missing)
    assert (code, err) == (0, "")
    assert out.splitlines()[2] == TABLE.splitlines()[2]


def test_data_holds_all_of_it(sigma, recipe):
    """Layers with their parameters, and what they take together."""
    code, out, _ = sigma("network", recipe, "--json")
    data = json.loads(out)
    assert code == 0
    assert {key: value for key, value in data.items() if key != "layers"} == {
        "dtype": "float32",
        "sections": ["inputs", "targets"],
        "parameters": 15,
        "trained": 15,
        "memory": 32,
        "operations": 61,
    }
    assert [layer["name"] for layer in data["layers"]] == ["input_1", "dense_1", "softmax_cross_entropy_1"]
    assert data["layers"][1] == {
        "name": "dense_1",
        "kind": "Dense",
        "role": "trained",
        "inputs": ["input_1"],
        "sections": [],
        "shape": [3],
        "dtype": "float32",
        "parameters": [
            {"name": "network.layers.dense_1.weights", "shape": [4, 3], "size": 12, "trained": True},
            {"name": "network.layers.dense_1.biases", "shape": [3], "size": 3, "trained": True},
        ],
        "shares": None,
        "borrows": [],
        "memory": 12,
        "operations": 27,
    }


CONNECTED = """network=[
  {use="input", shape=[4], name="a"}, {use="dense", size=4}, {shares="dense_1"},
  {name="encoder", layers=[{use="dense", size=4}, {use="dense", size=3}]},
  {use="concatenate", inputs=["a", "encoder"]}, {use="dense", size=3}, "softmax_cross_entropy"]"""


def test_pictures_are_drawn(sigma, recipe, tmp_path):
    """For Graphviz, or as SVG, into a file or not."""
    changed = ("--set", CONNECTED.replace("\n", " "))
    code, out, err = sigma("network", recipe, "--dot", *changed)
    assert (code, err) == (0, "")
    assert out.startswith('digraph "flowers" {\n')
    assert 'subgraph "cluster_encoder" {' in out
    assert '"dense_1" -> "dense_1_2" [style=dashed, constraint=false, dir=none];' in out
    code, out, err = sigma("network", recipe, *changed, "--svg")
    assert (code, err) == (0, "")
    assert ET.fromstring(out).find("{*}title").text == "flowers"  # noqa: S314  # our own
    assert sigma("network", recipe, *changed, "--svg", tmp_path / "flowers.svg") == (0, "", "")
    assert (tmp_path / "flowers.svg").read_text("utf-8") == out


UNWRITTEN = """\
error: --svg nowhere/flowers.svg: No such file or directory
  expected: a file that can be written
  to do:    choose another place
"""
USAGE = "Usage: sigma network [OPTIONS] RECIPE\nTry 'sigma network --help' for help.\n\nError: "
FAULTS = {
    "place": (("--svg", "nowhere/flowers.svg"), UNWRITTEN),
    "two forms": (("--dot", "--json"), f"{USAGE}--dot and --json exclude each other: leave one out\n"),
    "three forms": (
        ("--dot", "--json", "--svg=-"),
        f"{USAGE}--dot and --svg and --json exclude each other: leave two out\n",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_cannot_be_shown_is_said(sigma, recipe, name):
    """With exit code 2."""
    arguments, expected = FAULTS[name]
    assert sigma("network", recipe, *arguments) == (2, "", expected)


REFUSED = {
    "a setting": "network.1.sizes=3",
    "a shape": "network.0.shape=[5]",
    "a score": "stop=validation.nothing < 1",
    "a network without a cost": 'network=[{use="input", shape=[4]}]',
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_training_refuses_is_refused(sigma, recipe, name):
    """With the same words, before anything is trained."""
    changed = ("--set", REFUSED[name])
    code, out, err = sigma("network", recipe, *changed)
    assert (code, out) == (2, "")
    trained = sigma("train", recipe, "--no-directory", "--quiet", *changed)
    assert trained[0] == 2
    assert trained[2].endswith(err)
