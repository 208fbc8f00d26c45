"""Programs of the NumPy backend: memory, donation, source."""

import tracemalloc

import numpy as np
import pytest

from sigma_core.backends.numpy import NumpyBackend
from sigma_core.graph import (
    Graph,
    as_value,
    convolve,
    evaluate,
    gradients,
    max_pool,
    placeholder,
    random_uniform,
    record,
)


def dense_step(size=1000, batch=4):
    """A layer of parameters in one vector, softmax and an update by momentum."""
    parameters = placeholder((size * 3 + 3,), np.float32, "parameters")
    velocity = placeholder(parameters.shape, np.float32, "slots.velocity")
    rate = placeholder((), np.float64, "optimiser.learning_rate", weak=True)
    step = placeholder((), np.float64, "step", weak=True)
    key = placeholder((2,), np.uint64, "key")
    features = placeholder((batch, size), np.float32, "features")
    targets = placeholder((batch,), np.int64, "targets")
    weights, offset = parameters[: size * 3].reshape(size, 3), parameters[size * 3 :]
    kept = features * (random_uniform(key, (batch, size), np.float32, 5) < 0.9)
    logits = np.maximum(kept @ weights + offset, 0)
    logits = logits - np.max(logits, axis=1, keepdims=True)
    losses = np.log(np.sum(np.exp(logits), axis=1)) - np.take_along_axis(logits, targets[:, None], 1)[:, 0]
    loss = np.mean(losses)
    gradient = np.concatenate([part.reshape(-1) for part in gradients(loss, [weights, offset])])
    moved = 0.9 * velocity - rate / np.sqrt(step + 1) * gradient
    inputs = (parameters, velocity, rate, step, key, features, targets)
    graph = Graph(inputs, (loss, parameters + moved, moved, step + 1, key + np.array([0, 1], np.uint64)))
    donations = {1: "parameters", 2: "slots.velocity", 3: "step", 4: "key"}
    return graph, {*donations.values(), "optimiser.learning_rate"}, donations


def arrays(graph, bound, seed=0):
    random = np.random.default_rng(seed)
    made = {
        value.attributes["name"]: np.asarray(random.standard_normal(value.shape) * 0.1, value.dtype)
        for value in graph.inputs
    }
    made |= {"key": np.array([3, 0], np.uint64), "step": np.array(0.0), "targets": np.array([0, 2, -1, 1])}
    return {name: made[name] for name in bound}, [made[value] for value in graph.input_names if value not in bound]


@pytest.mark.parametrize("part", [64, 16384])
def test_a_training_step_updates_its_arrays_in_place(part):
    """As the evaluator does it, for three steps, whole or in parts."""
    graph, bound, donations = dense_step()
    state, batch = arrays(graph, bound)
    expected = {name: array.copy() for name, array in state.items()}
    executable = NumpyBackend(part=part).compile(graph, bound=bound, donations=donations).instantiate(state)
    for _ in range(3):
        outputs = executable(*batch)
        reference = evaluate(graph, *(expected.get(name) for name in graph.input_names[:5]), *batch)
        for position, result in enumerate(reference):
            np.testing.assert_allclose(outputs[position], result, rtol=1e-6, atol=1e-7)
        for position, name in donations.items():
            assert outputs[position] is state[name]
            expected[name] = reference[position]


def test_the_steady_state_allocates_nothing():
    """But for the objects that Python and NumPy make of themselves: views, numbers, tuples."""
    graph, bound, donations = dense_step(size=20_000)
    state, batch = arrays(graph, bound)
    executable = NumpyBackend().compile(graph, bound=bound, donations=donations).instantiate(state)
    for _ in range(3):
        executable(*batch)
    tracemalloc.start()
    try:
        for _ in range(3):
            executable(*batch)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # The smallest array of the step that matters has 240,000 bytes.
    assert peak < 20_000


def peak_of(executable, *arrays):
    """Bytes that a call takes beside what it has."""
    tracemalloc.start()
    try:
        executable(*arrays)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("window", [(3, 2), (2, 3, 2)])
def test_windows_are_added_up_in_planned_memory(window):
    """The sums over each axis of them but the last stand between."""
    axes = len(window)
    pictures = placeholder((64, *(24 // axes,) * axes, 16), np.float32, "pictures")
    sliding = {"axis": 1, "window": window, "strides": (2,) * axes, "dilation": (1,) * axes}
    windows = record("windows", pictures, **sliding)
    graph = Graph([pictures], [record("windows_add", windows * 2, shape=pictures.shape, **sliding)])
    array = np.random.default_rng(0).normal(size=pictures.shape).astype(np.float32)
    executable = NumpyBackend().compile(graph).instantiate({})

    assert executable(array)[0].tobytes() == evaluate(graph, array)[0].tobytes()
    # NumPy buffers 3 * 8192 numbers itself where they are not contiguous; a sum between has more than 400,000 bytes.
    assert peak_of(executable, array) < 110_000


@pytest.mark.parametrize("shape", [(40,), (4, 10), (300,), (3, 100)])
def test_rows_are_added_in_planned_memory(shape):
    """Short ones number by number at places that are counted there, long ones row by row."""
    updates = placeholder((200, 20, *shape), np.float32, "updates")
    index = placeholder((200, 20), np.int64, "index")
    graph = Graph([updates, index], [record("scatter_add", updates * 2, index, axes=(0,), shape=(30, *shape))])
    random = np.random.default_rng(0)
    arrays = random.normal(size=updates.shape).astype(np.float32), random.integers(-30, 30, (200, 20))
    executable = NumpyBackend().compile(graph).instantiate({})

    expected = np.zeros((30, *shape), np.float32)
    np.add.at(expected, arrays[1], arrays[0] * 2)
    assert executable(*arrays)[0].tobytes() == expected.tobytes() == evaluate(graph, *arrays)[0].tobytes()
    # The places of the updates would have more than 1,200,000 bytes; NumPy's buffers, and the indices, have these.
    assert peak_of(executable, *arrays) < 300_000
    with pytest.raises(IndexError, match="index 30 is out of bounds for axis with size 30"):
        executable(arrays[0], np.full((200, 20), 30))


@pytest.mark.parametrize(("records", "table"), [(0, 10), (3, 0), (0, 0)])
@pytest.mark.parametrize("row", [3, 300, 0])
def test_no_rows_are_added_to_some_and_to_none(records, table, row):
    """Whatever the length of a row; memory for places of no numbers is there all the same."""
    updates, index = (
        placeholder((records * bool(table), row), np.float32, "u"),
        np.zeros(records * bool(table), np.int64),
    )
    graph = Graph([updates], [record("scatter_add", updates, as_value(index), axes=(0,), shape=(table, row))])
    array = np.ones(updates.shape, np.float32)
    expected = np.zeros((table, row), np.float32)
    np.testing.assert_array_equal(NumpyBackend().compile(graph).instantiate({})(array)[0], expected)
    np.testing.assert_array_equal(evaluate(graph, array)[0], expected)


def test_windows_of_no_records_have_derivatives():
    """Their masks and sums are of no numbers."""
    pictures = placeholder((0, 8, 8, 3), np.float32, "pictures")
    filters = placeholder((3, 3, 3, 4), np.float32, "filters")
    loss = np.sum(max_pool(convolve(pictures, filters), 2))
    graph = Graph([pictures, filters], gradients(loss, [pictures, filters]))
    found = (
        NumpyBackend()
        .compile(graph)
        .instantiate({})(np.zeros((0, 8, 8, 3), np.float32), np.ones((3, 3, 3, 4), np.float32))
    )
    assert [each.shape for each in found] == [(0, 8, 8, 3), (3, 3, 3, 4)]
    assert not found[1].any()


def test_places_of_maxima_are_told_by_planned_memory():
    """Three masks, for what is at hand in turn."""
    pictures = placeholder((64, 24, 24, 16), np.float32, "pictures")
    graph = Graph([pictures], gradients(np.sum(max_pool(pictures, 2) ** 2), [pictures]))
    array = np.random.default_rng(0).normal(size=pictures.shape).astype(np.float32)
    executable = NumpyBackend().compile(graph).instantiate({})

    assert executable(array)[0].tobytes() == evaluate(graph, array)[0].tobytes()
    # A mask has 147,456 bytes.
    assert peak_of(executable, array) < 110_000


def test_gradients_are_computed_inside_of_the_flat_vector():
    """The join of parts makes no copy."""
    graph, bound, donations = dense_step()
    source = NumpyBackend().compile(graph, bound=bound, donations=donations).source
    assert "concatenate(" not in source
    assert "copyto(parameters" not in source


def test_long_chains_run_part_by_part():
    """In one loop, with memory for one part of what is not needed outside."""
    x = placeholder((1000,), np.float64, "x")
    graph = Graph([x], [np.tanh(x * 2 + 1) / 3])
    program = NumpyBackend(part=100).compile(graph, bound=["x"])
    assert program.source.count("for ") == 1
    assert program.bytes == 8000 + 832
    array = np.arange(1000.0) / 1000
    (result,) = program.instantiate({"x": array})()
    np.testing.assert_array_equal(result, np.tanh(array * 2 + 1) / 3)


def test_outputs_are_arrays_of_their_own():
    """Also where they are views of what was given, and two donations may swap."""
    p, q = placeholder((2,), np.float64, "p"), placeholder((2,), np.float64, "q")
    x = placeholder((2,), np.float64, "x")
    graph = Graph([p, q, x], [q, p, p, x, p[::-1], np.ones(2) + 0 * x.size])
    state = {"p": np.array([1.0, 2.0]), "q": np.array([3.0, 4.0])}
    executable = NumpyBackend().compile(graph, bound=["p", "q"], donations={0: "p", 1: "q"}).instantiate(state)
    given = np.array([5.0, 6.0])
    outputs = executable(given)
    np.testing.assert_array_equal(state["p"], [3.0, 4.0])
    np.testing.assert_array_equal(state["q"], [1.0, 2.0])
    np.testing.assert_array_equal(outputs[2], [1.0, 2.0])
    np.testing.assert_array_equal(outputs[3], given)
    assert outputs[3] is not given
    np.testing.assert_array_equal(outputs[4], [2.0, 1.0])


def test_one_program_makes_executables_with_memory_of_their_own():
    """So workers share code, and nothing else."""
    x = placeholder((3,), np.float64, "x")
    program = NumpyBackend().compile(Graph([x], [x * 2]))
    (first,) = program.instantiate({})(np.ones(3))
    (second,) = program.instantiate({})(np.zeros(3))
    np.testing.assert_array_equal(first, [2.0, 2.0, 2.0])
    assert not np.shares_memory(first, second)


def test_indices_are_checked_and_wrapped():
    """Negative ones count from the end, those out of bounds raise as in NumPy."""
    x, index = placeholder((3, 2), np.float64, "x"), placeholder((2,), np.int64, "index")
    executable = NumpyBackend().compile(Graph([x, index], [x[index]])).instantiate({})
    table = np.arange(6.0).reshape(3, 2)
    np.testing.assert_array_equal(executable(table, np.array([-1, 0]))[0], table[[-1, 0]])
    for wrong in ([0, 3], [-4, 0]):
        with pytest.raises(IndexError) as caught:
            executable(table, np.array(wrong))
        assert str(caught.value) == f"index {wrong[0] or wrong[1]} is out of bounds for axis with size 3"


NUMBERS = {
    "arithmetic": lambda a, b: (a + b) * (a - b) / b - -a,
    "division by zero": lambda a, b: a / (b - b),
    "root of a negative": lambda a, b: np.sqrt(-a) + b,
    "root": lambda a, b: np.sqrt(a) ** b,
    "power of a negative": lambda a, b: (-a) ** (b / 7),
    "overflow": lambda a, b: (a * 1e30) ** (b * 1e3),
    "comparison": lambda a, b: np.where(np.logical_and(a > b, a >= b), a, np.where(a == b, b, a / b)),
    "other comparison": lambda a, b: np.where(a < b, np.where(a <= b, 1.0, b), np.where(a != b, a, b)),
    "functions": lambda a, b: np.maximum(np.exp(a), np.tanh(b)) + np.isnan(a),
    "casts": lambda a, b: a.astype(np.float32).astype(np.float64) + np.square(b).astype(np.float16),
    "constants": lambda a, b: a * np.float64(np.inf) - np.float32(0.1) * b,
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_numbers_have_the_semantics_of_arrays(name, dtype):
    """NumPy's, not Python's: no ZeroDivisionError, no complex root, roundings of the dtype."""
    a, b = placeholder((), dtype, "a"), placeholder((), dtype, "b")
    graph = Graph([a, b], [NUMBERS[name](a, b)])
    given = np.array(2.5, dtype), np.array(1.5, dtype)
    (result,) = NumpyBackend().compile(graph).instantiate({})(*given)
    (expected,) = evaluate(graph, *given)
    assert result.dtype == expected.dtype
    np.testing.assert_allclose(result, expected, rtol=1e-6)


def test_names_in_a_source_are_words():
    """Whatever placeholders are called, also as NumPy's functions, Python's words or the source's own names."""
    wild = ["add", "a.b", "a_b", "class", "1", "v1", "block_0", "bound", "naïve name"]
    values = [placeholder((2,), np.float64, name) for name in wild]
    total = values[0]
    for value in values[1:]:
        total = total + value
    graph = Graph(values, [total])
    (result,) = (
        NumpyBackend()
        .compile(graph, bound=wild[:4])
        .instantiate({name: np.ones(2) for name in wild[:4]})(*[np.ones(2)] * 5)
    )
    np.testing.assert_array_equal(result, [9.0, 9.0])


def test_sizes_zero_and_no_axes_run():
    """Empty batches and empty parameters."""
    x, p = placeholder((0, 3), np.float64, "x"), placeholder((0,), np.float64, "p")
    graph = Graph([x, p], [np.sum(x, axis=0), x @ x.T, np.concatenate([p, x.reshape(-1)]), p * 2])
    outputs = (
        NumpyBackend().compile(graph, bound=["p"], donations={3: "p"}).instantiate({"p": np.zeros(0)})(np.zeros((0, 3)))
    )
    assert [output.shape for output in outputs] == [(3,), (0, 0), (0,), (0,)]


def test_arrays_of_the_backend_are_numpys():
    """A contiguous copy there, the array itself back."""
    backend = NumpyBackend()
    array = np.arange(6.0).reshape(2, 3).T
    copy = backend.array(array)
    assert copy.flags.c_contiguous
    assert backend.to_numpy(copy) is copy
    assert not np.shares_memory(copy, array)
