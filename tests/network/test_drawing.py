"""Pictures of networks: what is drawn, and that nothing lies over anything else."""

import re
import shutil
import subprocess
from itertools import combinations
from xml.etree import ElementTree as ET

import pytest
from attrs import frozen
from hypothesis import given, settings
from hypothesis import strategies as st
from sigma_nn import (
    Add,
    Concatenate,
    Dense,
    Dropout,
    Input,
    Output,
    Residual,
    SoftmaxCrossEntropy,
    SquaredDifference,
    TiedDense,
)

from sigma_core.network import Block, Network
from sigma_core.network.drawing import Drawing, network_drawing
from sigma_core.network.drawing._layout import arranged
from sigma_core.network.drawing._sketch import COLOURS, sketch
from sigma_core.registry import ComponentRegistry, Composer

SVG = "{http://www.w3.org/2000/svg}"


def build(layers):
    return Network.build(layers, composer=Composer(ComponentRegistry()))


def two():
    left, right = Input(4, section="left"), Input(6, section="right")
    both = Concatenate()(Dense(8)(left), Dense(8)(Dense(3)(right)))
    return [SoftmaxCrossEntropy()(Dense(3)(both)), SquaredDifference(targets="value")(Dense(1)(both))]


def twins():
    encoder = (Dense(8) + Dense(4)).as_layer("encoder")
    left, right = (Input(4, section=name) for name in ("left", "right"))
    return [SquaredDifference()(Dense(1)(Concatenate()(encoder(left), encoder(right))))]


def again():
    dense, link = Dense(4), Input(4)
    for _ in range(3):
        link = Dropout()(dense(link))
    return [SquaredDifference()(link)]


def nested():
    start = Input(8)
    link = Dense(16)(start)
    for _ in range(3):
        link = Residual(Dense(16) + Residual(Dense(16)))(link)
    return [SoftmaxCrossEntropy()(Concatenate()(link, start))]


def dense():
    links = [Dense(4)(Input(4))]
    for _ in range(6):
        links.append(Dense(4)(Add()(links) if len(links) > 1 else links[0]))
    return [SoftmaxCrossEntropy()(links[-1])]


@frozen
class Twice(Block):
    """A group and a layer, each of them twice."""

    def connect(self, inputs):
        inner, last = (Dense(4) + Dense(4)).as_layer("inner"), Dense(4)
        return last(last(inner(inner(inputs))))


NETWORKS = {
    "a row": Input(4) + Dense(3) + SoftmaxCrossEntropy(),
    "two inputs and costs": two(),
    "twins": twins(),
    "one layer again and again": again(),
    "blocks in blocks": nested(),
    "all with all": dense(),
    "tied": Input(8) + Dense(3, name="code") + TiedDense(8, of="code") + SquaredDifference(targets="inputs"),
    "outputs": [Output()(Dense(2)(Input(4)))],
    "only an input": Input(4),
    "deep": Input(4) + 200 * Dense(4) + SoftmaxCrossEntropy(),
}


@frozen
class Frame:
    """What is drawn as a box."""

    left: float
    top: float
    right: float
    bottom: float

    def is_in(self, other):
        return (
            other.left <= self.left
            and self.right <= other.right
            and other.top <= self.top
            and self.bottom <= other.bottom
        )

    def is_beside(self, other):
        return (
            self.right <= other.left or other.right <= self.left or self.bottom <= other.top or other.bottom <= self.top
        )


def frames(picture):
    """Boxes and frames of an SVG; the first rectangle is its ground."""
    root = ET.fromstring(picture)  # noqa: S314  # our own
    width, height = float(root.get("width")), float(root.get("height"))
    found = []
    for each in root.iter():
        if each.tag == f"{SVG}rect" and each.get("x"):
            x, y, wide, high = (float(each.get(name)) for name in ("x", "y", "width", "height"))
            found.append(Frame(x, y, x + wide, y + high))
        if each.tag == f"{SVG}ellipse":
            x, y, wide, high = (float(each.get(name)) for name in ("cx", "cy", "rx", "ry"))
            found.append(Frame(x - wide, y - high, x + wide, y + high))
    return found, Frame(0, 0, width + 1, height + 1)


@pytest.mark.parametrize("name", NETWORKS)
def test_nothing_lies_over_anything(name):
    """Every box is in the picture, and beside each other one or in it; all edges run down."""
    network = build(NETWORKS[name])
    picture = network.svg()
    boxes, whole = frames(picture)
    blocks = {block for node in sketch(network.as_data()).nodes for block in node.blocks}
    assert len(boxes) == len(network.layers) + len(network.sections) + len(blocks)
    assert all(box.is_in(whole) for box in boxes)
    assert all(one.is_beside(other) or one.is_in(other) or other.is_in(one) for one, other in combinations(boxes, 2))
    for path in re.findall(r'class="edge" d="([^"]+)"', picture):
        begins, ends = re.findall(r"^M[\d.]+,([\d.]+).* V([\d.]+)$", path)[0]
        assert float(begins) <= float(ends)


@pytest.mark.parametrize("name", NETWORKS)
def test_graphviz_understands_it(name):
    """Where it is installed: without a warning."""
    if shutil.which("dot") is None:
        pytest.skip("Graphviz is not installed")
    done = subprocess.run(["dot", "-Tdot"], input=build(NETWORKS[name]).dot().encode(), capture_output=True, check=True)
    assert done.stderr == b""


def test_roles_are_told_apart():
    """Sections, inputs, costs, what has parameters, what has none, and what a network without a cost puts out."""
    roles = {node.name: node.role for node in sketch(build(two()).as_data()).nodes}
    assert roles == {
        "section left": "section",
        "section right": "section",
        "section targets": "section",
        "section value": "section",
        "input_1": "input",
        "input_2": "input",
        "dense_1": "trained",
        "dense_2": "trained",
        "dense_3": "trained",
        "dense_4": "trained",
        "dense_5": "trained",
        "concatenate_1": "layer",
        "softmax_cross_entropy_1": "cost",
        "squared_difference_1": "cost",
    }
    assert sketch(build(Input(4) + Dense(2)).as_data()).nodes[-1].role == "output"
    assert sketch(build(NETWORKS["outputs"]).as_data()).nodes[-1].role == "output"
    assert len(set(COLOURS.values())) == len(COLOURS)


def test_shared_parameters_are_told():
    """Between blocks where all of them is shared, or else between layers; what is borrowed too."""
    assert sketch(build(twins()).as_data()).sharing == (("encoder", "encoder_2"),)
    assert sketch(build(again()).as_data()).sharing == (("dense_1", "dense_1_2"), ("dense_1", "dense_1_3"))
    tied = sketch(build(NETWORKS["tied"]).as_data())
    assert tied.sharing == (("code", "tied_dense_1"),)
    assert tied.nodes[-2].lines == ("TiedDense · (batch, 8)", "8 parameters", "with code.weights")


def test_sharing_within_blocks_is_told_within_them():
    """And that of the block itself once, however its layers share among themselves."""
    twice = Twice()
    network = build([SquaredDifference()(twice(twice(Input(4))))])
    assert sketch(network.as_data()).sharing == (
        ("twice_1.inner", "twice_1.inner_2"),
        ("twice_1.dense_1", "twice_1.dense_1_2"),
        ("twice_1", "twice_1_2"),
    )
    boxes, whole = frames(network.svg())
    assert all(box.is_in(whole) for box in boxes)


def test_folded_blocks_are_one_node():
    """What runs into them and out of them does so for all of their layers; frames remain around others."""
    described = build(nested()).as_data()
    names = [node.name for node in sketch(described).nodes]
    folded = sketch(described, {"residual_1", "residual_2.residual_1"})
    shown = [node.name for node in folded.nodes]
    assert shown == list(
        dict.fromkeys(
            name.replace("residual_2.residual_1.", "residual_2.residual_1/").split("/")[0]
            if not name.startswith("residual_1.")
            else "residual_1"
            for name in names
        )
    )
    block = next(node for node in folded.nodes if node.name == "residual_1")
    assert (block.role, block.title, block.lines) == (
        "block",
        "residual_1",
        ("4 layers · (batch, 16)", "544 parameters"),
    )
    assert block.more.splitlines()[0] == "dense_1 Dense"
    assert ("dense_1", "residual_1") in folded.edges
    assert [edge for edge in folded.edges if edge[0] == edge[1]] == []
    drawing = network_drawing(described, {"residual_1"})
    assert [each.name for each in drawing.blocks if "residual_1" in each.name] == [
        "residual_2.residual_1",
        "residual_3.residual_1",
    ]
    assert [node.role for node in drawing.nodes].count("block") == 1


def test_a_line_tells_of_sharing_between_folded_blocks():
    """Not of a block with itself."""
    twice = Twice()
    described = build([SquaredDifference()(twice(twice(Input(4))))]).as_data()
    assert sketch(described, {"twice_1", "twice_1_2"}).sharing == (("twice_1", "twice_1_2"),)
    told = [line.told for line in network_drawing(described, {"twice_1", "twice_1_2"}).sharing]
    assert told == ["twice_1_2 has the parameters of twice_1"]


def test_a_network_that_nobody_described_is_an_empty_picture():
    """As where its description failed."""
    assert network_drawing({"sections": [], "layers": []}) == Drawing(0.0, 0.0)


DOT = """\
digraph "a \\\\"row\\\\"" {
  graph [rankdir=TB, fontname="Helvetica", labelloc=t, nodesep=0.3, ranksep=0.4, compound=true];
  node [shape=box, style="filled,rounded", fontname="Helvetica", fontsize=10, margin="0.12,0.06", color="#707070"];
  edge [color="#707070", arrowsize=0.6];
  label="a \\\\"row\\\\"";
  "section inputs" [label="inputs", fillcolor="#ffffff", shape=ellipse, style=filled];
  "input_1" [label="input_1\\\\nInput · (batch, 4)", fillcolor="#c9e2f5", tooltip="MORE"];
  subgraph "cluster_encoder" {
    label="encoder"; style="rounded,filled"; color="#b0b0b0"; fillcolor="#00000009"; fontsize=10;
    "encoder.dropout_1" [label="dropout_1\\nDropout · (batch, 4)", fillcolor="#f0f0f0", tooltip="MORE"];
    "encoder.dense_1" [label="dense_1\\\\nDense · (batch, 1)\\\\n5 parameters", fillcolor="#f7f0a8", tooltip="MORE"];
  }
  "section inputs" -> "input_1";
  "input_1" -> "encoder.dropout_1";
  "encoder.dropout_1" -> "encoder.dense_1";
}"""


def test_the_text_for_graphviz():
    """Blocks are clusters; what a title holds is quoted."""
    text = build(Input(4) + (Dropout() + Dense(1)).as_layer("encoder")).dot('a "row"')
    assert re.sub(r'tooltip="[^"]+"', 'tooltip="MORE"', text) == DOT.replace("\\\\", "\\")


def test_a_picture_says_more_to_whoever_points():
    """The identifier, the parameters and what a layer takes; sections of any name are no markup."""
    picture = build(Input(4, section="<a&b>") + Dense(2)).svg("<run>")
    assert "<title>&lt;run&gt;</title>" in picture
    assert ">&lt;a&amp;b&gt;</text>" in picture
    told = "network.layers.dense_1\nweights (4, 2)\nbiases (2,)\n18 operations and 8 B for a record"
    assert f"<title>{told}</title>" in picture


def test_jupyter_shows_the_picture():
    """Of the same network, always the same."""
    network = build(nested())
    assert network._repr_svg_() == network.svg() == build(nested()).svg()


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 14), st.randoms(use_true_random=False))
def test_any_graph_has_a_plan(count, random):
    """Boxes beside each other, in rows that follow the edges, whatever is fed by whatever."""
    names = [f"n{number}" for number in range(count)]
    tree = {name: (random.uniform(10, 200), random.uniform(10, 60)) for name in names}
    edges = [(one, other) for one, other in combinations(names, 2) if random.random() < 0.3]
    plan = arranged(tree, edges)
    boxes = {box.name: box for box in plan.boxes}
    assert boxes.keys() == tree.keys()
    for one, other in combinations(plan.boxes, 2):
        apart = abs(one.x - other.x) >= (one.width + other.width) / 2
        assert apart or one.y + one.height <= other.y or other.y + other.height <= one.y
    assert all(boxes[one].y + boxes[one].height < boxes[other].y for one, other in edges)
    assert sum(is_end for _, is_end in plan.runs) == len(edges)
