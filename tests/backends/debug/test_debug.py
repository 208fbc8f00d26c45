"""The debug backend: what it finds, what it leaves alone, and what it says."""

from typing import ClassVar

import numpy as np
import pytest

from sigma_core.backends import Backend, Executable, Program
from sigma_core.backends.debug import DebugBackend
from sigma_core.backends.numpy import NumpyBackend
from sigma_core.errors import NumericalError, OperationError
from sigma_core.graph import OPERATIONS, Graph, Kind, Operation, placeholder, record, register, scope

X = placeholder((2, 2), np.float32, "x")
ARRAY = np.array([[1, 0], [2, 4]], np.float32)


def fault(outputs, *arrays, inputs=(X,), kind=NumericalError):
    executable = DebugBackend().compile(Graph(inputs, outputs)).instantiate({})
    with pytest.raises(kind) as caught:
        executable(*(arrays or [ARRAY]))
    return caught.value


def run(outputs, *arrays, inputs=(X,)):
    return DebugBackend().compile(Graph(inputs, outputs)).instantiate({})(*(arrays or [ARRAY]))


def test_the_node_that_made_it_is_named():
    """Not those that carry it on, with its layer, its operands and what to do."""
    with scope("network.layers.dense_1"):
        logarithm = np.log(X - 1)
    with scope("network.layers.dense_2"):
        loss = np.sum(np.exp(-logarithm) / 2)
    error = fault([loss])
    assert str(error) == (
        "network.layers.dense_1: log (%3) gives NaN in 1, -inf in 1 of 4, from float32[2, 2] from -1 to 3\n"
        "  expected: finite numbers\n"
        "  to do:    keep its operand from reaching 0, as with np.maximum"
    )
    assert (error.operation, error.layer, error.node) == ("log", "network.layers.dense_1", 3)
    assert (error.operands, error.loop, error.iteration) == (("float32[2, 2] from -1 to 3",), (), None)


def test_several_operands_are_told():
    """Each with its range; where nothing is finite there is none."""
    assert str(fault([X / (X - X)])) == (
        "outside of all layers: divide (%2) gives NaN in 1, inf in 3 of 4, from float32[2, 2] from 0 to 4; "
        "float32[2, 2] from 0 to 0\n"
        "  expected: finite numbers\n"
        "  to do:    keep its divisor from reaching 0"
    )


def test_a_program_that_diverges_is_told_so():
    """Where the operation itself has no domain to keep within."""
    error = fault([X @ X], np.full((2, 2), 1e30, np.float32))
    assert error.found == "matmul (%1) gives inf in 4 of 4, from " + "; ".join(
        ["float32[2, 2] from 1e+30 to 1e+30"] * 2
    )
    assert error.remedy == "lower the learning rate, clip, or fill the parameters with smaller numbers"


def test_inputs_are_looked_at():
    """What is given with NaN is named by its name."""
    array = np.array([[1, np.nan], [2, np.inf]], np.float32)
    assert str(fault([np.sum(X)], array)) == (
        "outside of all layers: placeholder 'x' (%0) holds NaN in 1, inf in 1 of 4\n"
        "  expected: finite numbers\n"
        "  to do:    look at what was given: data, parameters, hyperparameters"
    )


def test_what_outputs_do_not_see_is_no_fault():
    """Infinities that are masked, or that end in finite numbers."""
    (masked, decayed) = run([np.where(X > 0, np.log(X), 0), np.exp(np.log(X))])
    np.testing.assert_array_equal(masked, np.log(np.maximum(ARRAY, 1)))
    np.testing.assert_array_equal(decayed, ARRAY)


def test_infinities_of_the_program_are_wanted():
    """As an attention mask's; what becomes NaN of them is a fault."""
    masked = np.where(X > 0, X, -np.inf)
    run([np.exp(masked - np.max(masked, axis=1, keepdims=True)), masked])
    error = fault([np.exp(masked - np.max(masked, axis=1, keepdims=True))], -np.ones((2, 2), np.float32))
    assert error.found == ("subtract (%6) gives NaN in 4 of 4, from float32[2, 2], -inf in 4; float32[2, 1], -inf in 2")


def test_constants_of_nan_are_faults():
    """Nobody wants them in an output."""
    error = fault([X * np.full((2, 2), np.nan, np.float32)])
    assert error.found == "constant (%1) holds NaN in 4 of 4"
    assert error.remedy == "look at what the layer makes its constants of"


def test_nan_that_an_infinity_led_to_is_traced_to_the_infinity():
    """The overflow is what is to be repaired."""
    big = np.exp(X * 100)
    error = fault([big / np.sum(big)])
    assert error.operation == "exp"
    assert error.remedy == "subtract the largest operand first, or clip"


def test_the_first_of_several_is_told():
    """In the order of the program."""
    first, second = np.log(X), np.sqrt(X - 1)
    assert fault([second, first]).operation == "log"


def test_nothing_is_updated_by_a_call_that_fails():
    """The parameters are those that led to the fault, whoever found it."""
    p = placeholder((2,), np.float64, "p")
    graph = Graph([p], [np.log(p), p - 1])
    parameters = np.array([2.0, 3.0])
    executable = DebugBackend().compile(graph, bound=["p"], donations={1: "p"}).instantiate({"p": parameters})
    executable()
    executable()
    np.testing.assert_array_equal(parameters, [0, 1])
    with pytest.raises(NumericalError, match="log"):
        executable()
    np.testing.assert_array_equal(parameters, [0, 1])


@pytest.fixture
def operation():
    """Registers an operation for one test."""
    names = []

    def make(name, implementation, infer=lambda x: (x.shape, x.dtype)):
        register(Operation(name, Kind.JOIN, infer, implementation))
        names.append(name)
        return name

    yield make
    for name in names:
        del OPERATIONS[name]


def test_an_operation_of_another_shape_is_found(operation):
    """With what its rule says."""
    operation("halved", lambda array, out=None: array[::2])
    with scope("network.layers.mine"):
        node = record("halved", X)
    error = fault([node], kind=OperationError)
    assert str(error) == (
        "network.layers.mine: halved (%1) gives float32[1, 2], from float32[2, 2] from 0 to 4\n"
        "  expected: float32[2, 2], as its rule says\n"
        "  to do:    put the operation's `infer` or its `implementation` right"
    )
    assert (error.exit_code, error.layer, error.operation) == (1, "network.layers.mine", "halved")


def test_an_operation_of_another_dtype_is_found(operation):
    """NumPy's backend would convert it without a word."""
    node = record(operation("widened", lambda array, out=None: array.astype(np.float64)), X)
    assert fault([node], kind=OperationError).found == (
        "widened (%1) gives float64[2, 2], from float32[2, 2] from 0 to 4"
    )


def test_an_operation_that_fails_is_found(operation):
    """The cause is chained."""

    def fail(array, out=None):
        raise ValueError("no such luck")

    error = fault([record(operation("failing", fail), X)], kind=OperationError)
    assert error.found == "failing (%1) raised ValueError: no such luck, from float32[2, 2] from 0 to 4"
    assert isinstance(error.__cause__, ValueError)


class Careless(Backend):
    """A backend that makes something else of outputs."""

    name: ClassVar[str] = "careless"

    def __init__(self, spoil):
        self.spoil = spoil

    def compile(self, graph, *, bound=(), donations=None):
        program = NumpyBackend().compile(graph, bound=bound, donations=donations or {})

        class Spoilt(Executable):
            def __init__(self, executable, spoil):
                self.executable, self.spoil = executable, spoil

            def __call__(self, *inputs):
                return tuple(self.spoil(output) for output in self.executable(*inputs))

        class SpoiltProgram(Program):
            def instantiate(_self, arrays):  # noqa: N805  # the backend's `self` is needed
                return Spoilt(program.instantiate(arrays), self.spoil)

        return SpoiltProgram()

    def array(self, array):
        return np.array(array)

    def to_numpy(self, array):
        return array


SPOILT = {
    "nan": (
        lambda output: output * np.nan,
        "output '0' is float64[2], NaN in 2",
        "finite numbers, as node by node in NumPy",
    ),
    "dtype": (lambda output: output.astype(np.float32), "output '0' is float32[2] from 3 to 4", "float64[2]"),
    "shape": (lambda output: output[1:], "output '0' is float64[1] from 4 to 4", "float64[2]"),
}


@pytest.mark.parametrize("name", SPOILT)
def test_a_backend_that_gives_something_else_is_found(name):
    """Where NumPy, node by node, does not; and nothing is updated."""
    spoil, found, expected = SPOILT[name]
    p = placeholder((2,), np.float64, "p")
    parameters = np.array([2.0, 3.0])
    program = DebugBackend(Careless(spoil)).compile(Graph([p], [p + 1]), bound=["p"], donations={0: "p"})
    with pytest.raises(OperationError) as caught:
        program.instantiate({"p": parameters})()
    assert str(caught.value) == (
        f"backend 'careless': {found}\n  expected: {expected}\n"
        "  to do:    report it to whoever wrote the backend; use another one until then"
    )
    np.testing.assert_array_equal(parameters, [2, 3])


def test_a_program_tells_what_the_inner_one_is():
    """Its source, nodes, memory and plan."""
    graph = Graph([X], [np.exp(X) * 1])
    program, inner = DebugBackend().compile(graph), NumpyBackend().compile(graph)
    assert (program.source, program.nodes, program.bytes) == (inner.source, inner.nodes, inner.bytes)
    assert [each.place for each in program.plan.nodes] == [each.place for each in inner.plan.nodes]
