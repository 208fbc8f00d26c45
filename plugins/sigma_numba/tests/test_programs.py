"""Whole programs against the reference evaluator: clusters of rows and columns, donations in any order, views."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sigma_numba import NumbaBackend, _kernel, _team
from sigma_numba._team import Team

from sigma_core.extend import Graph, register_kernel
from sigma_core.testing import evaluate, placeholder

# Each makes a matrix of one or two of the same shape. Nothing is chosen by a sum that may be zero but for rounding.
STEPS = (
    lambda a, b: a + b,
    lambda a, b: np.tanh(a) * 0.5,
    lambda a, b: np.where(a > b, a, b),
    lambda a, b: a * (b > 0.1234),
    lambda a, b: a - np.max(a, axis=1, keepdims=True),
    lambda a, b: np.exp(a - np.max(a, axis=1, keepdims=True)) / np.sum(np.exp(a), axis=1)[:, None],
    lambda a, b: a + np.sum(b, axis=0),
    lambda a, b: a + np.sum(b, axis=0, keepdims=True) * np.tanh(np.sum(b, axis=1))[:, None],
    lambda a, b: a * np.mean(b),
    lambda a, b: a / (1 + np.sum(b * b)),
    lambda a, b: a * np.sum(np.max(b, axis=1)) / np.sqrt(np.sum(b * b) + 1),
    lambda a, b: np.log(1 + np.sum(np.exp(a), axis=1))[:, None] * b,
    lambda a, b: np.where(np.sum(a) > 0.1234, a, b),
    lambda a, b: np.where(np.any(a > 0.5123, axis=1, keepdims=True), np.min(a), b),
    lambda a, b: a.T.reshape(a.shape) - b,
    lambda a, b: a[::-1] + b[:, ::-1],
    lambda a, b: (a.reshape(-1) * b.T.reshape(-1)).reshape(a.shape),
    lambda a, b: np.cumsum(a, axis=1) * 0.5,
    lambda a, b: np.concatenate([a, np.tanh(b)], axis=1)[:, 1 : 1 + a.shape[1]],
    lambda a, b: np.concatenate([np.tanh(a), b * a])[1 : 1 + a.shape[0]],
    lambda a, b: np.tanh(a @ b.T) @ a,
    lambda a, b: a.astype(np.float32).astype(np.float64),
    lambda a, b: np.broadcast_to(np.max(b, keepdims=True), a.shape) + a[:1],
    lambda a, b: np.sum(a[:, None, :] * b[None], axis=(1, 2))[:, None] * np.ones(a.shape),
)
number = st.integers(0, 999)
programs = given(
    shape=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    steps=st.lists(st.tuples(number, number, number), min_size=1, max_size=12),
    order=st.permutations("pqr"),
    choice=st.lists(number, min_size=5, max_size=5),
)


def test_inputs_may_be_called_as_the_names_of_the_source():
    """Those of compiled code, and of calls."""
    names = ["functions", "releasing", "addresses", "prepared", "staged", "call_3", "kernel_0", "m0"]
    values = [placeholder((3,), np.float64, name) for name in names]
    graph = Graph(values, [np.tanh(sum(values)), values[0] @ np.ones((3, 3))])
    bound = {name: np.full(3, 0.25) for name in names[::2]}
    executable = NumbaBackend().compile(graph, bound=list(bound)).instantiate(bound)
    found = executable(*(np.zeros(3) for _ in names[1::2]))
    np.testing.assert_allclose(found[0], np.tanh(np.ones(3)))


def test_an_argument_may_be_called_as_the_copy_of_another():
    """Nothing is written into it."""
    x, other = (placeholder((5,), np.float64, name) for name in ("x", "staged_x"))
    arrays = np.arange(5.0), np.full(5, 7.0)
    (found,) = NumbaBackend().compile(Graph([x, other], [np.tanh(x) + other])).instantiate({})(*arrays)
    np.testing.assert_allclose(found, np.tanh(np.arange(5.0)) + 7)
    np.testing.assert_array_equal(arrays[1], 7.0)


def test_a_kernel_of_a_plugin_takes_the_place_of_a_line(monkeypatch):
    """Its node is in no cluster then."""
    monkeypatch.setattr("sigma_core.backends.planned._kernels._REGISTERED", {})
    x = placeholder((3,), np.float64, "x")
    graph = Graph([x], [np.exp(x * 2) + 1])
    register_kernel(
        "numba", "exp", lambda writer, node: [f"copyto({writer.array(node)}, {writer.array(node.inputs[0])})"]
    )
    (found,) = NumbaBackend().compile(graph).instantiate({})(np.arange(3.0))
    np.testing.assert_array_equal(found, [1.0, 3.0, 5.0])


def check(shape, steps, order, choice):
    """Three calls give what the evaluator gives, and donated outputs are the arrays that they are donated to."""
    bound = [placeholder(shape, np.float64, name) for name in "pqr"]
    rate = placeholder((), np.float64, "rate", weak=True)
    inputs = (*bound, rate, placeholder(shape, np.float64, "x"))
    values = [each for each in inputs if each.ndim]
    for step, first, second in steps:
        a, b = values[first % len(values)], values[second % len(values)]
        made = STEPS[step % len(STEPS)](a, b)
        values.append(made * (rate / (1 + rate)) if second % 3 == 0 else made)
    outputs = [values[-1 - each % len(values)] for each in choice]
    graph = Graph(inputs, [*outputs, np.sum(outputs[0]) * rate, rate + 1])
    donations = {2 + position: name for position, name in enumerate(order)} | {6: "rate"}
    random = np.random.default_rng(0)
    arrays = {name: random.uniform(-1, 1, shape) for name in "pqr"} | {"rate": np.array(0.5)}
    executable = NumbaBackend().compile(graph, bound=list(arrays), donations=donations).instantiate(arrays)
    for _ in range(3):
        before = [arrays[name].copy() for name in ("p", "q", "r", "rate")]
        x = random.uniform(-1, 1, shape)
        found = executable(x)
        with np.errstate(all="ignore"):
            expected = evaluate(graph, *before, x)
        for position, (result, reference) in enumerate(zip(found, expected, strict=True)):
            np.testing.assert_allclose(result, reference, rtol=1e-9, atol=1e-9)
            if position in donations:
                assert result is arrays[donations[position]]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@programs
def test_programs_equal_the_reference(interpreted, shape, steps, order, choice):
    """What is computed together, where it lies, and the source of the kernels."""
    check(shape, steps, order, choice)


@pytest.fixture
def in_parts(monkeypatch):
    """Whatever is added up over rows, or over everything, is added up part by part, however little it is."""
    monkeypatch.setattr(_kernel, "SHARED", 0)
    monkeypatch.setattr(_kernel, "ROWS_OF_A_PART", 1)
    monkeypatch.setattr(_kernel, "COLUMNS_OF_A_PART", 1)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@programs
def test_programs_in_parts_equal_the_reference(interpreted, in_parts, shape, steps, order, choice):
    """Each part accumulates for itself, and has its own row of scratch memory."""
    check(shape, steps, order, choice)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@programs
def test_compiled_programs_in_parts_equal_the_reference(in_parts, shape, steps, order, choice):
    """The same as machine code."""
    check(shape, steps, order, choice)


@pytest.mark.parametrize("reduce", [np.sum, np.max, np.min, np.prod, np.any, np.all])
@pytest.mark.parametrize("shape", [(5000, 3), (300, 257), (2, 20_000)])
def test_long_reductions_equal_numpy(reduce, shape):
    """Over rows and over everything, of integers, floats and truths, in lengths that parts do not divide."""
    x, counts = placeholder(shape, np.float64, "x"), placeholder(shape, np.int32, "counts")
    outputs = [
        reduce(np.cos(x * 0.01), axis=0),
        reduce(np.cos(x * 0.01)),
        reduce(counts * 2 + 1, axis=0),
        reduce(counts > 1),
        reduce(x * 0.999, axis=0) / 2,
    ]
    random = np.random.default_rng(0)
    arrays = random.normal(1, 0.01, shape), random.integers(0, 3, shape).astype(np.int32)
    graph = Graph([x, counts], outputs)
    for found, expected in zip(
        NumbaBackend().compile(graph).instantiate({})(*arrays), evaluate(graph, *arrays), strict=True
    ):
        assert found.dtype == expected.dtype
        np.testing.assert_allclose(found, expected, rtol=1e-10)


def test_sums_do_not_depend_on_the_number_of_threads(monkeypatch):
    """Bit for bit: parts are the same whoever adds them up."""
    x = placeholder((4000, 40), np.float32, "x")
    graph = Graph([x], [np.sum(np.tanh(x), axis=0), np.sum(x * x)])
    array = np.random.default_rng(0).normal(size=(4000, 40)).astype(np.float32)
    found = []
    for count in (1, 2, 5):
        own = Team(_team._engine(), None)
        own.grow(count)
        monkeypatch.setattr(_team, "_known", own)
        found.append([each.tobytes() for each in NumbaBackend().compile(graph).instantiate({})(array)])
        own.stop()
    assert found[0] == found[1] == found[2]


@settings(max_examples=8, deadline=None)
@programs
def test_compiled_programs_equal_the_reference(shape, steps, order, choice):
    """The same as machine code."""
    check(shape, steps, order, choice)
