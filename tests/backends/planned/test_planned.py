"""The seams of planned backends: kernels of plugins, bodies, shared memory, other parts."""

from types import MappingProxyType

import numpy as np
import pytest

from sigma_core.backends import Instruction, PlannedBackend, Storage, register_kernel
from sigma_core.backends.numpy import NumpyBackend
from sigma_core.backends.planned import _kernels
from sigma_core.graph import OPERATIONS, Graph, Kind, Operation, placeholder, record, register

X = placeholder((6,), np.float64, "x")


@pytest.fixture
def tripled():
    """An operation of a plugin, without a kernel."""
    register(
        Operation("tripled", Kind.JOIN, lambda x: (x.shape, x.dtype), lambda array, out: np.multiply(array, 3, out))
    )
    yield lambda value: record("tripled", value)
    del OPERATIONS["tripled"]


def test_a_kernel_of_a_plugin_takes_the_place_of_the_implementation(tripled, monkeypatch):
    """In the backend that it is registered for; it has scratch memory and names of its own."""
    monkeypatch.setattr(_kernels, "_REGISTERED", {})
    graph = Graph([X], [tripled(X)])

    def kernel(writer, node):
        twice, end = writer.scratch(node.shape, node.dtype)
        once, _ = writer.scratch(node.shape, node.dtype, end)
        (operand,), out = [writer.array(value) for value in node.inputs], writer.array(node)
        two = writer.bind("two", np.float64(2))
        return [f"multiply({operand}, {two}, {twice})", f"copyto({once}, {operand})", f"add({once}, {twice}, {out})"]

    assert "tripled(" in NumpyBackend().compile(graph).source
    register_kernel("numpy", "tripled", kernel)
    program = NumpyBackend().compile(graph)
    assert "tripled(" not in program.source
    np.testing.assert_array_equal(program.instantiate({})(np.ones(6))[0], np.full(6, 3.0))
    register_kernel("another", "tripled", lambda _writer, _node: ["1 / 0"])
    np.testing.assert_array_equal(NumpyBackend().compile(graph).instantiate({})(np.ones(6))[0], np.full(6, 3.0))


def test_bodies_are_programs_of_the_same_backend_and_unit(tripled, monkeypatch):
    """All are written before the unit is finished; a body is instantiated when the program around it is."""
    monkeypatch.setattr(_kernels, "_REGISTERED", {})
    y = placeholder((6,), np.float64, "y")

    class Gathering(NumpyBackend):
        def begin(self):
            return []

        def finish(self, unit):
            unit.append("finished")

    def kernel(writer, node):
        body = writer.compile_body(Graph([X, y], [np.tanh(X) * 3]), bound=["x", "y"], donations={0: "y"})
        writer.unit.append(body.nodes)
        name, operand, out = writer.bind("body", body), writer.array(node.inputs[0]), writer.array(node)
        writer.setup.append(f"once = {name}.instantiate({{'x': {operand}, 'y': {out}}}).run")
        units.append(writer.unit)
        return ["once()"]

    units = []
    register_kernel("numpy", "tripled", kernel)
    program = Gathering().compile(Graph([X], [tripled(np.exp(X))]))
    assert units[0][0] > 1
    assert units[0][-1] == "finished"
    np.testing.assert_allclose(program.instantiate({})(np.ones(6))[0], np.full(6, 3 * np.tanh(np.e)))


def test_executables_may_share_memory():
    """Those that never run at the same time."""
    program = NumpyBackend().compile(Graph([X], [np.exp(X) + 1]))
    memory = program.allocate()
    (first,) = program.instantiate({}, memory)(np.ones(6))
    (second,) = program.instantiate({}, memory)(np.zeros(6))
    assert np.shares_memory(first, second)
    np.testing.assert_array_equal(first, np.full(6, 2.0))


def test_a_backend_is_made_of_exchangeable_parts():
    """Its own memory, clusters, kernels and names; numbers may be arrays like any others."""

    class Pairs(PlannedBackend):
        name = "pairs"
        numbers = False
        kernels = MappingProxyType(
            {"exp": lambda writer, node: [f"raised({writer.array(node.inputs[0])}, {writer.array(node)})"]}
        )

        def block(self, size):
            sizes.append(size)
            return bytearray(size)

        def schedule(self, arrangement):
            nodes = [node for node in arrangement.graph.nodes if arrangement.storage[node.index] is Storage.COMPUTED]
            return tuple(Instruction((node,), node.operation.name == "add", plan="added") for node in nodes)

        def write_cluster(self, writer, instruction):
            (node,) = instruction.nodes
            a, b = [writer.array(value) for value in node.inputs]
            writer.beside.append(f"# {instruction.plan}")
            return [f"{writer.array(node)}[...] = {a} + {b}"]

        def namespace(self):
            return super().namespace() | {"raised": np.exp}

        def constant(self, array):
            constants.append(array)
            return array

        def array(self, array):
            return array

        def to_numpy(self, array):
            return array

    sizes, constants = [], []
    program = Pairs().compile(Graph([X], [np.exp(X) + X[0] * 2.0 + 5.0]))
    assert program.source.startswith("# added\n# added\ndef instantiate")
    np.testing.assert_allclose(program.instantiate({})(np.ones(6))[0], np.full(6, np.e + 7))
    assert sizes == list(program.sizes)
    assert program.bytes == sum(sizes)
    assert len(constants) == 2
