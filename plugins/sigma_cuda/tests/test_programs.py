"""Whole programs: whatever is donated, joined, broadcast or seen through views, calls give what the evaluator gives."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sigma_core.extend import Graph, ShapeError, checkpoint, cond, grad, random_uniform, scan, while_loop
from sigma_core.testing import evaluate, placeholder, value_and_grad

SIZE = 6
# Each makes a vector of six of one or two such vectors, through other shapes, views and dtypes.
STEPS = (
    lambda a, b: a + b,
    lambda a, b: np.tanh(a),
    lambda a, b: np.where(a > b, b, a),
    lambda a, b: a[::-1] * 0.5,
    lambda a, b: a[::-1],
    lambda a, b: a.reshape(2, 3).T.reshape(-1) - b,
    lambda a, b: np.tanh(np.sum(a)) + b,
    lambda a, b: np.broadcast_to(np.max(a, keepdims=True), (SIZE,)),
    lambda a, b: (a.reshape(2, 3) + b[:3]).reshape(-1) * np.sum(a.reshape(3, 2), axis=1).sum(),
    lambda a, b: a.astype(np.float32).astype(np.float64),
    lambda a, b: np.tanh(np.cumsum(a)),
    lambda a, b: a[:1] * b,
    lambda a, b: np.concatenate([a[2:], b[:2]]),
    lambda a, b: np.concatenate([np.tanh(a), a - b])[3:9],
    lambda a, b: np.tanh(a.reshape(3, 2) @ b.reshape(2, 3))[1:].reshape(-1),
    lambda a, b: np.take(a, np.array([1, 2, 0, 3, 5, 5])),
    lambda a, b: a * np.exp(-(np.mean(b) ** 2)),
)
number = st.integers(0, 999)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(st.tuples(number, number, number), min_size=3, max_size=14),
    order=st.permutations("pqr"),
    choice=st.lists(number, min_size=5, max_size=5),
)
def test_a_program_equals_the_reference_at_every_call(backend, steps, order, choice):
    """Three calls, of which each sees what the one before has left in donated arrays."""
    bound = [placeholder((SIZE,), np.float64, name) for name in "pqr"]
    rate, x = placeholder((), np.float64, "rate", weak=True), placeholder((SIZE,), np.float64, "x")
    values = [*bound, x]
    for step, first, second in steps:
        a, b = values[first % len(values)], values[second % len(values)]
        made = STEPS[step % len(STEPS)](a, b)
        values.append(made * rate if second % 3 == 0 else made)
    graph = Graph((*bound, rate, x), [values[-1 - each % len(values)] for each in choice])
    donations = {2 + position: name for position, name in enumerate(order)}
    random = np.random.default_rng(0)
    state = {name: random.uniform(-1, 1, SIZE) for name in "pqr"} | {"rate": np.array(0.5)}
    arrays = {name: backend.array(array) for name, array in state.items()}
    executable = backend.compile(graph, bound=list(arrays), donations=donations).instantiate(arrays)
    for _ in range(3):
        before = [backend.to_numpy(arrays[name]) for name in ("p", "q", "r", "rate")]
        given_x = random.uniform(-1, 1, SIZE)
        outputs = executable(given_x)
        for position, (output, result) in enumerate(zip(outputs, evaluate(graph, *before, given_x), strict=True)):
            np.testing.assert_allclose(backend.to_numpy(output), result, rtol=1e-9, atol=1e-9)
            if position in donations:
                assert output is arrays[donations[position]]


def dense_step(dtype):
    """Dropout, a layer, softmax and momentum over one vector of parameters."""
    parameters, velocity = (placeholder((33,), dtype, name) for name in ("parameters", "slots.velocity"))
    rate, step = (placeholder((), np.float64, name, weak=True) for name in ("rate", "step"))
    key = placeholder((2,), np.uint64, "key")
    features, targets = placeholder((4, 10), dtype, "features"), placeholder((4,), np.int64, "targets")

    def loss(parameters):
        kept = features * (random_uniform(key, (4, 10), dtype, 5) < 0.9)
        logits = np.maximum(kept @ parameters[:30].reshape(10, 3) + parameters[30:], 0)
        logits = logits - np.max(logits, axis=1, keepdims=True)
        return np.mean(np.log(np.sum(np.exp(logits), axis=1)) - np.take_along_axis(logits, targets[:, None], 1)[:, 0])

    value, gradient = value_and_grad(loss)(parameters)
    moved = 0.9 * velocity - rate / np.sqrt(step + 1) * gradient
    outputs = (value, parameters + moved, moved, step + 1, key + np.array([0, 1], np.uint64))
    graph = Graph((parameters, velocity, rate, step, key, features, targets), outputs)
    return graph, {1: "parameters", 2: "slots.velocity", 3: "step", 4: "key"}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_training_step_updates_its_arrays_in_place(backend, dtype):
    """As the evaluator does it, for three steps, with the same random numbers."""
    graph, donations = dense_step(dtype)
    random = np.random.default_rng(0)
    state = {
        "parameters": random.normal(0, 0.3, 33).astype(dtype),
        "slots.velocity": np.zeros(33, dtype),
        "rate": np.array(0.1),
        "step": np.array(0.0),
        "key": np.array([3, 0], np.uint64),
    }
    arrays = {name: backend.array(array) for name, array in state.items()}
    executable = backend.compile(graph, bound=list(arrays), donations=donations).instantiate(arrays)
    batch = random.normal(size=(4, 10)).astype(dtype), np.array([0, 2, -1, 1])
    for _ in range(3):
        outputs = executable(*batch)
        reference = evaluate(graph, *(state[name] for name in graph.input_names[:5]), *batch)
        for position, result in enumerate(reference):
            np.testing.assert_allclose(
                backend.to_numpy(outputs[position]), result, rtol=1e-5 if dtype == np.float32 else 1e-12, atol=1e-7
            )
        for position, name in donations.items():
            assert outputs[position] is arrays[name]
            state[name] = reference[position]


X = placeholder((2, 3), np.float32, "x")
P = placeholder((3,), np.float32, "p")


def test_a_batch_may_lie_on_the_device_already(backend):
    """And is left as it was."""
    executable = backend.compile(Graph([X, P], [X * P])).instantiate({})
    x, p = np.ones((2, 3), np.float32), np.arange(3, dtype=np.float32)
    (result,) = executable(backend.array(x), backend.array(p))
    np.testing.assert_array_equal(backend.to_numpy(result), x * p)


def test_arrays_go_there_and_back(backend):
    """As contiguous copies; what is written to an array of the device is found there."""
    array = np.arange(6.0).reshape(2, 3).T
    there = backend.array(array)
    assert there.flags.c_contiguous
    np.testing.assert_array_equal(backend.to_numpy(there), array)
    backend.write(there, array + 1)
    np.testing.assert_array_equal(backend.to_numpy(there), array + 1)
    number = backend.array(np.array(2.5))
    backend.write(number, np.array(3.5))
    assert float(backend.to_numpy(number)) == 3.5


def refusal(call):
    with pytest.raises(ShapeError) as caught:
        call()
    return str(caught.value)


def test_arrays_that_do_not_fit_are_refused(backend):
    """Of another shape or dtype, too few, or no arrays."""
    executable = backend.compile(Graph([X, P], [X * P])).instantiate({})
    x, p = np.ones((2, 3), np.float32), np.ones(3, np.float32)
    assert refusal(lambda: executable(x, p.astype(np.float64))) == (
        "input 'p': an array of float64[3]\n  expected: float32[3]"
    )
    assert refusal(lambda: executable(x)) == "inputs: 1 arrays were given\n  expected: 2: x, p"
    assert refusal(lambda: executable(x, [1, 2, 3])) == "input 'p': a list\n  expected: float32[3]"


def test_bound_arrays_lie_on_the_device(device_or_other):
    """Not on the host: it would be updated there."""
    backend, foreign, name = device_or_other
    program = backend.compile(Graph([X, P], [X * P]), bound=["p"])
    assert refusal(lambda: program.instantiate({"p": foreign})) == (
        f"bound array 'p': a {name} that is not in the memory of the backend's device\n"
        "  expected: an array of the device\n"
        "  to do:    copy it there with the backend's `array`"
    )


@pytest.fixture(params=["host", pytest.param("device", marks=pytest.mark.gpu)])
def device_or_other(request):
    """A backend, and an array that it does not own."""
    if request.param == "host":
        return request.getfixturevalue("host"), [1.0, 2.0, 3.0], "list"
    return request.getfixturevalue("device"), np.ones(3, np.float32), "ndarray"


def test_names_that_do_not_fit_are_refused(host):
    """Arguments of a call have their place on the device, and still nothing is donated to them."""
    graph = Graph([X, P], [P * 2])
    assert refusal(lambda: host.compile(graph, donations={0: "p"})) == (
        "compile: output 0 is donated to 'p', which is not bound\n  expected: nothing"
    )
    assert refusal(lambda: host.compile(graph, bound=["q"])) == (
        "compile: 'q' is bound, but no input of the graph\n  expected: p, x"
    )


def test_a_program_can_be_read(host):
    """The kernels, one for each run of element-wise operations, then the calls; its memory is counted."""
    program = host.compile(Graph([X, P], [np.sum(np.tanh(X * P + 1) / X, axis=1)]))
    assert program.source.count("__global__") == 2
    assert "multiply_add_tanh_0" in program.source
    assert "start_multiply_add_tanh_0()" in program.source
    assert program.nodes == program.planned.nodes > 5
    assert program.bytes >= X.nbytes + P.nbytes
    assert program.plan.nodes


W = placeholder((3, 3), np.float64, "w")
SEQUENCE = placeholder((5, 2, 3), np.float64, "sequence")
START = placeholder((2, 3), np.float64, "start")
LOOPS = {
    "scan": lambda: scan(lambda h, x: (np.tanh(h @ W + x), np.sum(h, axis=1)), START, SEQUENCE),
    "gradient_of_scan": lambda: grad(
        lambda w: np.sum(scan(lambda h, x: (np.tanh(h @ w + x), h * x), START, SEQUENCE)[1] ** 2)
    )(W),
    "checkpoint": lambda: grad(lambda w: np.sum(checkpoint(lambda w: np.tanh(START @ w))(w) ** 2))(W),
    "cond": lambda: cond(np.sum(START) > 0, lambda a, w: a @ w, lambda a, w: a - 1, START, W),
    "while_loop": lambda: while_loop(lambda a: np.sum(a * a) < 50, lambda a: a * 2 + 1, START),
}


def of_loop(name, backend):
    made = LOOPS[name]()
    outputs = [made] if not isinstance(made, tuple) else list(made)
    graph = Graph((W, SEQUENCE, START), outputs)
    random = np.random.default_rng(5)
    arrays = [random.normal(size=value.shape) / 2 for value in graph.inputs]
    executable = backend.compile(graph).instantiate({})
    for _ in range(2):
        results = [backend.to_numpy(each) for each in executable(*arrays)]
        for result, expected in zip(results, evaluate(graph, *arrays), strict=True):
            np.testing.assert_allclose(result, expected, rtol=1e-10)


@pytest.mark.parametrize("name", ["scan", "gradient_of_scan", "checkpoint"])
def test_bodies_run_on_the_device(backend, name):
    """Every step over places of its own in stacked memory."""
    of_loop(name, backend)


@pytest.mark.parametrize("name", ["cond", "while_loop"])
def test_branches_read_what_they_depend_on(readable, name):
    """The host waits for the one number that decides."""
    of_loop(name, readable)
