"""What a program is compiled for, bound to and called with is checked."""

import numpy as np
import pytest

from sigma_core.errors import ShapeError
from sigma_core.graph import Graph, placeholder

P, X = placeholder((3,), np.float64, "parameters"), placeholder((2, 3), np.float32, "features")
GRAPH = Graph([P, X], [P * 2, np.sum(X), P + 1], ["twice", "sum", "more"])


def message(function, *arguments, **keywords):
    with pytest.raises(ShapeError) as caught:
        function(*arguments, **keywords)
    return str(caught.value)


COMPILED = {
    "unknown": (
        {"bound": ["parameter"]},
        (
            "compile: 'parameter' is bound, but no input of the graph\n"
            "  expected: features, parameters (nearest: parameters)"
        ),
    ),
    "unbound": (
        {"donations": {0: "parameters"}},
        "compile: output 0 is donated to 'parameters', which is not bound\n  expected: nothing",
    ),
    "shape": (
        {"bound": ["parameters"], "donations": {1: "parameters"}},
        (
            "output 'sum': float32[] is donated to 'parameters' of float64[3]\n"
            "  expected: equal shapes and dtypes\n  to do:    cast the output with astype"
        ),
    ),
    "twice": (
        {"bound": ["parameters"], "donations": {0: "parameters", 2: "parameters"}},
        "compile: two outputs are donated to one array\n  expected: one output for each",
    ),
}


@pytest.mark.parametrize("name", COMPILED)
def test_names_and_donations_must_fit_the_graph(backend, name):
    """When it is compiled."""
    keywords, expected = COMPILED[name]
    assert message(backend.compile, GRAPH, **keywords) == expected


def frozen():
    array = np.zeros(3)
    array.setflags(write=False)
    return array


BOUND = {
    "missing": ({}, "it is missing\n  expected: float64[3]"),
    "shape": ({"parameters": np.zeros(4)}, "an array of float64[4]\n  expected: float64[3]"),
    "dtype": ({"parameters": np.zeros(3, np.float32)}, "an array of float32[3]\n  expected: float64[3]"),
    "strided": (
        {"parameters": np.zeros(6)[::2]},
        "its memory is not contiguous\n  expected: C order\n  to do:    np.ascontiguousarray",
    ),
    "frozen": (
        {"parameters": frozen()},
        "it is read-only, but an output is donated to it\n  expected: a writeable array",
    ),
}


@pytest.mark.parametrize("name", BOUND)
def test_bound_arrays_must_fit(backend, name):
    """When an executable is made."""
    bound, expected = BOUND[name]
    program = backend.compile(GRAPH, bound=["parameters"], donations={0: "parameters"})
    assert message(program.instantiate, bound) == f"bound array 'parameters': {expected}"


def test_a_donated_array_shares_memory_with_no_other(backend):
    """It changes while the other is read; arrays that are only read may share what they like."""
    p, q = (placeholder((3,), np.float64, name) for name in "pq")
    graph, whole = Graph([p, q], [np.tanh(p) * q]), np.zeros(5)
    program = backend.compile(graph, bound="pq", donations={0: "p"})
    assert message(program.instantiate, {"p": whole[:3], "q": whole[2:]}) == (
        "bound array 'p': an output is donated to it, but it shares memory with 'q'\n"
        "  expected: an array of its own\n"
        "  to do:    copy one of them"
    )
    program.instantiate({"p": np.zeros(6)[:3], "q": np.zeros(6)[3:]})()
    backend.compile(graph, bound="pq").instantiate({"p": whole[:3], "q": whole[:3]})()


CALLED = {
    "shape": ([np.zeros((3, 3), np.float32)], "input 'features': an array of float32[3, 3]\n  expected: float32[2, 3]"),
    "dtype": ([np.zeros((2, 3))], "input 'features': an array of float64[2, 3]\n  expected: float32[2, 3]"),
    "no array": ([[1.0]], "input 'features': a list\n  expected: float32[2, 3]"),
    "too few": ([], "inputs: 0 arrays were given\n  expected: 1: features"),
    "too many": ([1, 2], "inputs: 2 arrays were given\n  expected: 1: features"),
}


@pytest.mark.parametrize("name", CALLED)
def test_arrays_of_a_call_must_fit(backend, name):
    """At every call."""
    arrays, expected = CALLED[name]
    executable = backend.compile(GRAPH, bound=["parameters"]).instantiate({"parameters": np.zeros(3)})
    assert message(executable, *arrays) == expected
