"""`sigma graph`: the programs of a recipe."""

import json
import shutil
import subprocess

import pytest

PREDICTION = """\
flowers, prediction: batches of 50, backend numpy
nodes   13 as traced, 12 after the passes, 7 instructions, 0 clusters
memory  800 bytes planned in 2 blocks, 60 bytes bound
a call  2,400 operations, 4.86 kB read, 3.4 kB written, about 3.03 microseconds

share  operations  bytes  cluster  place             node
                                   bound             %0: float32[15] = placeholder(name=parameters)
                                   argument          %1: float32[50, 4] = placeholder(name=inputs)
                                   view of %0        %2: float32[12] = slice(%0, cuts=((0, 12, 1),))
                                   view of %0        %3: float32[4, 3] = reshape(%2, shape=(4, 3))
                                   view of %0        %4: float32[3] = slice(%0, cuts=((12, 15, 1),))
14.1%  1,200       1,448           block 0           %5: float32[50, 3] = matmul(%1, %3)  # network.layers.dense_1
14.0%    150       1,212           block 0, over %5  %6: float32[50, 3] = add(%5, %4)  # network.layers.dense_1
14.0%    150         800           block 1           %7: float32[50, 1] = max(%6, axes=(1,), keepdims=True)  # COST
14.1%    150       1,400           block 0, over %6  %8: float32[50, 3] = subtract(%6, %7)  # COST
15.7%    450       1,200           block 0, over %8  %9: float32[50, 3] = exp(%8)  # COST
14.0%    150         800           block 1           %10: float32[50, 1] = sum(%9, axes=(1,), keepdims=True)  # COST
14.1%    150       1,400           block 0, over %9  %11: float32[50, 3] = divide(%9, %10)  # COST
                                                     return softmax_cross_entropy_1=%11

share  operations  bytes  nodes  layer
28.1%  1,350       2,660  2      network.layers.dense_1
71.9%  1,050       5,600  5      COST
""".replace("COST", "network.layers.softmax_cross_entropy_1")


def test_a_program_is_shown(sigma, recipe):
    """In short, node by node with what it costs, and layer by layer."""
    assert sigma("graph", recipe, "--program", "prediction") == (0, PREDICTION, "")


def test_the_step_is_shown_without_asking(sigma, recipe):
    """With what is updated in place, and what runs together."""
    code, out, err = sigma("graph", recipe, "--set", 'backend={use="numpy", part=4}')
    assert (code, err) == (0, "")
    head, nodes, layers, clusters = out.split("\n\n")
    assert head.startswith("flowers, step: batches of 50, backend numpy\n")
    assert "updated in place: key, parameters, slots.mean, slots.square, step, totals.loss, totals.records" in head
    assert any("in parameters" in line and "subtract" in line for line in nodes.splitlines())
    assert layers.splitlines()[-1].split()[-1] == "optimiser"
    (row,) = clusters.splitlines()[1:]
    assert row.split()[3:5] == ["0", "[15]"]


def test_nodes_can_be_sorted(sigma, recipe):
    """The dearest first; what costs nothing is left out."""
    _, out, _ = sigma("graph", recipe, "--program", "prediction", "--sort")
    rows = out.split("\n\n")[1].splitlines()[1:]
    assert " exp(" in rows[0]
    assert len(rows) == 7
    shares = [float(row.split("%")[0]) for row in rows]
    assert shares == sorted(shares, reverse=True)


def test_the_traced_program_is_shown(sigma, recipe):
    """As layers and derivatives have recorded it."""
    code, out, _ = sigma("graph", recipe, "--program", "prediction", "--before")
    assert code == 0
    assert out.startswith(
        "flowers, prediction: batches of 50, backend numpy\nnodes  13 as traced\n\n%0: float32[15] = placeholder"
    )
    assert "stop_gradient" in out
    assert out.endswith("\nreturn softmax_cross_entropy_1=%12\n")


def test_data_holds_before_and_after(sigma, recipe):
    """All that the tables tell, and the edges."""
    code, out, _ = sigma("graph", recipe, "--json")
    data = json.loads(out)
    assert code == 0
    assert (data["run"], data["program"], data["backend"], data["batch"]) == ("flowers", "step", "numpy", 50)
    assert data["before"]["nodes"] > data["after"]["nodes"] == len(data["nodes"])
    assert data["before"]["text"].startswith("%0: ")
    assert [node["number"] for node in data["nodes"]] == list(range(len(data["nodes"])))
    assert sum(node["share"] for node in data["nodes"]) == pytest.approx(1)
    assert sum(layer["share"] for layer in data["layers"]) == pytest.approx(1)
    assert sum(node["operations"] for node in data["nodes"]) == data["total"]["operations"]
    matmul = next(node for node in data["nodes"] if node["operation"] == "matmul")
    assert matmul["operations"] == 2 * 50 * 4 * 3
    assert matmul["layer"] == "network.layers.dense_1"
    assert [data["nodes"][number]["shape"] for number in matmul["inputs"]] == [[50, 4], [4, 3]]
    assert data["nodes"][data["outputs"]["parameters"]]["place"] == "in parameters"
    assert data["memory"]["bound"]["slots.mean"] == 60
    assert "parameters" in data["memory"]["in_place"]


def test_a_picture_is_drawn(sigma, recipe):
    """Numbers stand in the nodes that read them, clusters are frames; Graphviz understands it."""
    code, out, _ = sigma("graph", recipe, "--dot", "--set", 'backend={use="numpy", part=4}')
    assert code == 0
    assert out.startswith('digraph "flowers, step" {\n')
    assert 'subgraph cluster_0 {\n    label="cluster 0"' in out
    assert '"add(·, 1)\\nfloat64[]' in out
    assert 'label="parameters\\nfloat32[15]", fillcolor="#e8e8e8", shape=ellipse' in out
    assert 'label="loss", shape=ellipse' in out
    if shutil.which("dot") is None:
        pytest.skip("Graphviz is not installed")
    done = subprocess.run(["dot", "-Tsvg"], input=out.encode(), capture_output=True, check=True)
    assert b"<svg" in done.stdout
    assert done.stderr == b""


def test_the_traced_program_is_drawn(sigma, recipe):
    """Without clusters, which come later."""
    _, out, _ = sigma("graph", recipe, "--dot", "--before", "--set", 'backend={use="numpy", part=4}')
    assert out.startswith('digraph "flowers, step as traced" {\n')
    assert "subgraph" not in out
    assert "stop_gradient" in out


def test_the_source_is_shown(sigma, recipe):
    """What the backend has written."""
    code, out, _ = sigma("graph", recipe, "--source")
    assert code == 0
    assert out.startswith("def instantiate(")
    assert out.endswith("return run\n")


def test_a_scoring_pass_is_shown(sigma, recipe):
    """Over the validation data: what metrics sum up."""
    code, out, _ = sigma("graph", recipe, "--program", "scoring")
    assert code == 0
    assert out.startswith("flowers, scoring: batches of 30, backend numpy\n")
    assert "return loss=" in out
    assert "metrics.accuracy" in out


def test_the_debug_backend_shows_what_it_wraps(sigma, recipe):
    """Plan and source of the inner backend."""
    _, inner, _ = sigma("graph", recipe, "--source")
    _, outer, _ = sigma("graph", recipe, "--source", "--set", "backend=debug")
    assert inner == outer
    code, out, _ = sigma("graph", recipe, "--set", "backend=debug")
    assert code == 0
    assert "in parameters" in out


def test_another_backend_has_clusters_of_its_own(sigma, recipe):
    """Compiled loops, of small arrays too; their source is shown."""
    pytest.importorskip("sigma_numba")
    code, out, err = sigma("graph", recipe, "--set", "backend=numba", "--json")
    assert (code, err) == (0, "")
    assert len(json.loads(out)["clusters"]) > 1
    assert "def kernel" in sigma("graph", recipe, "--set", "backend=numba", "--source")[1]


PLAIN = """
from sigma_core.extend import Backend, Program

class Nothing(Program):
    def instantiate(self, bound):
        raise NotImplementedError

class Plain(Backend):
    name = "plain"

    def compile(self, graph, *, bound=(), donations=None):
        return Nothing()

    def array(self, array):
        return array

    def to_numpy(self, array):
        return array
"""


NO_SOURCE = """\
error: backend 'plain': it writes no source
  expected: a backend that does, as numpy
  to do:    leave --source out, or add --set backend=numpy
"""


def test_a_backend_that_plans_nothing_is_shown(install, sigma, recipe):
    """The program after the usual passes; there is no source to show."""
    install("plain", {"sigma.backends": {"plain": "plain:Plain"}}, modules={"plain.py": PLAIN})
    code, out, err = sigma("graph", recipe, "--set", "backend=plain")
    assert (code, err) == (0, "")
    assert "0 bytes planned in 0 blocks" in out
    assert sigma("graph", recipe, "--set", "backend=plain", "--source") == (2, "", NO_SOURCE)


def test_loops_are_shown_with_their_bodies(install, sigma, recipe):
    """Behind the program; the loop is charged with all of its steps."""
    module = """
import numpy as np
import sigma_core as sigma
from attrs import frozen
from sigma_core.extend import Layer

@frozen
class Summed(Layer):
    def forward(self, inputs, *, parameters, context):
        return sigma.scan(lambda total, x: (total + np.tanh(x), None), 0.0 * inputs[0], inputs)[0][None] + inputs
"""
    entries = {"sigma.layers": {"summed": "summing:Summed"}, "sigma.backends": {"plain": "plain:Plain"}}
    install("summing", entries, modules={"summing.py": module, "plain.py": PLAIN})
    network = '[{use="input", shape=[4]}, {use="summed"}, {use="dense", size=3}, {use="softmax_cross_entropy"}]'
    changed = ("--set", f"network={network}", "--set", "backend=plain")
    code, out, err = sigma("graph", recipe, "--program", "prediction", *changed)
    assert (code, err) == (0, "")
    assert ".body(" in out
    row = next(line for line in out.splitlines() if " = scan(" in line)
    assert "network.layers.summed_1" in row
    assert int(row.split()[1].replace(",", "")) == 50 * (4 + 3 * 4)


@pytest.mark.parametrize(
    ("layer", "shown"), [("size=10000000, repeat=2", "400 TB planned"), ("size=4, repeat=300", "dense_300")]
)
def test_a_large_network_is_shown(sigma, recipe, layer, shown):
    """Wide or deep: nothing is allocated for what nobody runs."""
    rest = '{use="dense", size=3}, "softmax_cross_entropy"'
    network = f'[{{use="input", shape=[4]}}, {{use="dense", {layer}}}, {rest}]'
    code, out, err = sigma("graph", recipe, "--set", f"network={network}")
    assert (code, err) == (0, "")
    assert shown in out


USAGE = "Usage: sigma graph [OPTIONS] RECIPE\nTry 'sigma graph --help' for help.\n\nError: "
NO_PROGRAM = """\
error: trainer 'flowers': it has no program 'steps'
  expected: prediction, scoring, step (nearest: step)
  to do:    give one of these names
"""
FAULTS = {
    "program": (("--program", "steps"), NO_PROGRAM),
    "two forms": (("--dot", "--json"), f"{USAGE}--dot and --json exclude each other: leave one out\n"),
    "three forms": (
        ("--dot", "--json", "--source"),
        f"{USAGE}--source and --dot and --json exclude each other: leave two out\n",
    ),
    "source": (("--before", "--source"), f"{USAGE}--before and --source exclude each other: leave one out\n"),
    "data": (("--before", "--json"), f"{USAGE}--before and --json exclude each other: leave one out\n"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_cannot_be_shown_is_said(sigma, recipe, name):
    """With exit code 2."""
    arguments, expected = FAULTS[name]
    assert sigma("graph", recipe, *arguments) == (2, "", expected)


def test_a_broken_recipe_is_not_shown(sigma, recipe):
    """Its faults are told."""
    code, out, err = sigma("graph", recipe, "--set", "stop=2 epoch")
    assert (code, out) == (2, "")
    assert err.startswith(f"error: {recipe}: 1 fault\n--set stop=2 epoch, stop: there is no such criterion\n")


def test_a_network_that_does_not_fit_is_not_shown(sigma, recipe):
    """As in training."""
    code, out, err = sigma("graph", recipe, "--set", "network.0.shape=[5]")
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
