"""Functions compiled: the same results, from one program for each signature."""

from threading import Thread

import numpy as np
import pytest
from attrs import frozen

import sigma_core as sigma
from sigma_core import testing
from sigma_core.backends.numpy import NumpyBackend
from sigma_core.environment import Environment
from sigma_core.errors import SettingError, ShapeError, TraceError, UnknownComponentError
from sigma_core.graph import evaluate, flatten, trace

random = np.random.default_rng(4)
PARAMETERS = {"w": random.normal(size=(3, 2)), "b": random.normal(size=2)}
X = random.normal(size=(5, 3))


def loss(parameters, x):
    return np.mean((np.tanh(x @ parameters["w"]) + parameters["b"]) ** 2)


def same(function):
    return function


@pytest.mark.parametrize("transform", [same, sigma.grad, sigma.value_and_grad, sigma.hessian])
def test_a_compiled_function_gives_what_it_gives_uncompiled(transform):
    """Derivatives too, in their containers."""
    compiled = sigma.compile(transform(loss))
    for x in (X, X * 2):
        graph = trace(transform(loss), PARAMETERS, x)
        expected = evaluate(graph, *flatten((PARAMETERS, x))[0])
        found, _ = flatten(compiled(PARAMETERS, x))
        for each, other in zip(found, expected, strict=True):
            assert type(each) is np.ndarray
            np.testing.assert_allclose(each, other, rtol=1e-12, atol=1e-12)
    assert len(compiled.programs) == 1


def test_each_signature_is_compiled_once():
    """Shapes, dtypes, containers, choices, and whether a number is a Python number."""
    traced = []

    @sigma.compile
    def scaled(x, factor, *, negative=False):
        traced.append(1)
        return -x * factor if negative else x * factor

    single = np.ones(2, np.float32)
    calls = [
        (lambda: scaled(single, 2.0), np.float32),
        (lambda: scaled(single, 3.0), np.float32),
        (lambda: scaled(single, np.float64(2.0)), np.float64),
        (lambda: scaled(np.ones(2), 2.0), np.float64),
        (lambda: scaled(np.ones(3), 2.0), np.float64),
        (lambda: scaled(np.ones(3), 2), np.float64),
        (lambda: scaled(np.ones(3), 2.0, negative=True), np.float64),
        (lambda: scaled(np.ones(3), 2.0, negative=False), np.float64),
    ]
    for call, dtype in calls:
        assert call().dtype == dtype
    assert len(traced) == len(scaled.programs) == 7
    for call, _ in calls:
        call()
    assert len(traced) == 7
    assert scaled(np.ones(3), 2.0, negative=True).tolist() == [-2.0, -2.0, -2.0]


def test_results_belong_to_the_caller():
    """The next call leaves them as they are, and so does writing into them."""
    compiled = sigma.compile(lambda x: {"itself": x, "double": x * 2, "constant": np.arange(3)})
    x = np.arange(3.0)
    first = compiled(x)
    compiled(x + 1)
    np.testing.assert_array_equal(first["double"], [0.0, 2.0, 4.0])
    for array in first.values():
        array.fill(7)
    np.testing.assert_array_equal(x, [0.0, 1.0, 2.0])
    np.testing.assert_array_equal(compiled(x)["constant"], [0, 1, 2])


def test_arrays_of_any_layout_are_taken():
    """Views with steps, transposed ones, and what becomes an array."""
    table = random.normal(size=(4, 6))
    compiled = sigma.compile(lambda x: np.exp(x.T))
    for array in (table[::2, ::-1], np.asfortranarray(table), np.broadcast_to(1.0, (2, 2)), table.astype(">f8")):
        np.testing.assert_allclose(compiled(array), np.exp(array.T), rtol=1e-12)
    assert len(compiled.programs) == 3, "one for each shape, whatever the order of bytes"
    assert sigma.compile(lambda x: x + 1)(1) == 2
    assert sigma.compile(lambda x: x + 1)(np.float32(1)).dtype == np.float32
    assert sigma.compile(lambda: np.ones(2) * 2)().tolist() == [2.0, 2.0]


def test_it_decorates_functions_and_methods():
    """With settings or without; a function keeps its name."""

    @sigma.compile(backend="numpy")
    def double(x):
        """Twice."""
        return 2 * x

    assert (double.__name__, double.__doc__, float(double(2.0))) == ("double", "Twice.", 4.0)

    @frozen
    class Line:
        slope: float

        @sigma.compile
        def at(self, x):
            return self.slope * x

    assert float(Line(3.0).at(2.0)) == 6.0
    assert float(Line(4.0).at(2.0)) == 8.0
    assert len(Line.at.programs) == 1


def test_it_is_a_plain_call_inside_of_a_trace():
    """So it can be differentiated and mapped, and may close over values."""
    square = sigma.compile(lambda x: x * x)
    assert float(sigma.grad(square)(3.0)) == 6.0
    np.testing.assert_array_equal(sigma.vmap(sigma.grad(square))(np.arange(3.0)), [0.0, 2.0, 4.0])
    assert square.programs == ()
    assert float(sigma.grad(lambda s: sigma.compile(lambda x: x * s)(2.0))(5.0)) == 2.0


def test_a_backend_is_a_name_a_table_or_an_object():
    """As everywhere, also one of an environment alone."""
    backend = NumpyBackend(part=64)
    assert sigma.compile(np.sin, backend=backend).backend is backend
    table = sigma.compile(np.sin, backend={"use": "numpy", "part": 128})
    assert table.backend == NumpyBackend(part=128)
    with Environment() as environment:
        environment.register("backends", "small", NumpyBackend)
        assert isinstance(sigma.compile(np.sin, backend="small", environment=environment).backend, NumpyBackend)


def test_what_was_compiled_can_be_read():
    """The source of each program, and the graph before it."""
    compiled = sigma.compile(lambda x, scale: np.exp(x) * scale)
    compiled(np.ones(2), scale=2.0)
    (program,) = compiled.programs
    assert "exp" in program.source
    graph = compiled.graph(np.ones(2), scale=2.0)
    assert graph.input_names == ("0", "scale")


def test_threads_may_share_it():
    """Each gets its own results."""
    compiled = sigma.compile(lambda x: np.cumsum(np.sin(x)) + x)
    wrong = []

    def work(seed):
        x = np.random.default_rng(seed).normal(size=100)
        for _ in range(50):
            wrong.extend([seed] * (not np.allclose(compiled(x), np.cumsum(np.sin(x)) + x)))

    threads = [Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert len(compiled.programs) == 1


class Chooser:
    """A function that is compared by what it holds."""

    __hash__ = None

    def __eq__(self, other):
        return isinstance(other, Chooser)

    def __call__(self, x):
        return x


def test_what_cannot_be_compiled_is_refused():
    """Backends, functions and arguments."""
    with pytest.raises(UnknownComponentError) as caught:
        sigma.compile(np.sin, backend="nump")(1.0)
    assert testing.message(caught.value).startswith("backends 'nump': there is no such backend\n  expected: ")
    with pytest.raises(SettingError) as caught:
        sigma.compile(np.sin, backend=3)(1.0)
    assert testing.message(caught.value) == (
        "backends: 3 is an int\n  expected: the name of a backend, a table with `use`, or the object itself"
    )
    with pytest.raises(TraceError) as caught:
        sigma.compile(3)
    assert testing.message(caught.value) == "compile: 3 is no function\n  expected: a function, and settings by keyword"
    with pytest.raises(TraceError) as caught:
        sigma.compile(lambda f, x: f(x))(Chooser(), 1.0)
    assert testing.message(caught.value) == (
        "compile: an argument chooses what is compiled, but cannot be remembered: unhashable type: 'Chooser'\n"
        "  expected: what has a hash"
    )
    with pytest.raises(TraceError) as caught:
        sigma.compile(lambda x: x["a"])({"a": {1, 2}})
    assert testing.message(caught.value) == (
        "traced function: argument 0.a is a set, of dtype object\n"
        "  expected: arrays of bool, int or float, numbers, text, functions, and containers of them"
    )
    with pytest.raises(ShapeError):
        sigma.compile(np.add)(np.ones(2), np.ones(3))


def test_second_derivatives_of_a_loop_are_compiled():
    """Over rows that are the columns of a constant."""
    products = sigma.hessian(lambda x: np.sum(sigma.scan(lambda carry, x: (carry * x, carry), x[0], x)[1]))
    x = np.array([2.0, 3.0, 5.0])  # the sum is a + a^2 + a^2 b
    expected = [[2 + 2 * x[1], 2 * x[0], 0], [2 * x[0], 0, 0], [0, 0, 0]]
    np.testing.assert_allclose(sigma.compile(products)(x), expected, rtol=1e-12)
