"""Each pass alone: what it makes of a program. Equal results are held by test_equality."""

import numpy as np
import pytest

from sigma_core.graph import Graph, evaluate, gradients, optimise, placeholder, record
from sigma_core.graph.passes import drop_broadcasts, fold_constants, share_common, simplify, swap_products

X = placeholder((2, 3), np.float32, "x")


def names(graph):
    return [node.operation.name for node in graph.nodes if node.operation.name not in ("placeholder", "constant")]


def test_constants_are_folded():
    """What depends on no input is computed once, also behind broadcasts."""
    ones = np.ones_like(X)
    graph = fold_constants(Graph([X], [X + np.sum(np.exp(ones * 0), axis=1, keepdims=True)]))
    assert names(graph) == ["broadcast_to", "add"]
    np.testing.assert_array_equal(evaluate(graph, np.zeros((2, 3), np.float32))[0], np.full((2, 3), 3))


def test_arrays_of_one_number_take_the_memory_of_a_scalar():
    """But not where bits differ, as those of zeros do."""
    same, zeros = np.full((2, 3), np.float32(np.nan)), np.array([[0.0, -0.0, 0.0]], np.float32)
    assert names(fold_constants(Graph([X], [X + same]))) == ["broadcast_to", "add"]
    assert names(fold_constants(Graph([X], [X + zeros]))) == ["add"]


def test_what_is_computed_twice_is_computed_once():
    """Same operation, operands and attributes; the first stays."""
    graph = share_common(Graph([X], [np.exp(X) + 1, np.exp(X) + 1, np.sum(X, axis=0), np.sum(X, axis=1)]))
    assert names(graph) == ["exp", "add", "sum", "sum"]
    assert graph.outputs[0] is graph.outputs[1]


def test_elementwise_operations_broadcast_by_themselves():
    """A broadcast operand is read narrow, unless the shape of the result hangs on it."""
    wide = np.broadcast_to(X[:1], (2, 3))
    assert names(drop_broadcasts(Graph([X], [X * wide]))) == ["slice", "multiply"]
    assert names(drop_broadcasts(Graph([X], [wide * 2]))) == ["slice", "broadcast_to", "multiply"]


def _padded(x, start, stop):
    """Zeros but for some columns, as the derivative of a slice is."""
    return record("embed", x[:, start:stop], shape=(2, 3), cuts=((0, 2, 1), (start, stop, 1)))


SIMPLER = {
    "x + 0": (lambda x: x + 0, []),
    "0 + x": (lambda x: 0 + x, []),
    "x + -y": (lambda x: x + -x[:1], ["slice", "subtract"]),
    "-x + y": (lambda x: -x + x[:1], ["slice", "subtract"]),
    "x - 0": (lambda x: x - 0, []),
    "0 - x": (lambda x: 0 - x, ["negative"]),
    "x - -y": (lambda x: x - -x[:1], ["slice", "add"]),
    "x * 1": (lambda x: x * 1, []),
    "-1 * x": (lambda x: -1 * x, ["negative"]),
    "x * x": (lambda x: x * x, ["square"]),
    "x / 1": (lambda x: x / 1, []),
    "x / 8": (lambda x: x / 8, ["multiply"]),
    "x / 3": (lambda x: x / 3, ["divide"]),
    "x ** 1": (lambda x: x**1, []),
    "x ** 2": (lambda x: x**2, ["square"]),
    "x ** 0.5": (lambda x: x**0.5, ["sqrt"]),
    "x ** -1": (lambda x: x**-1, ["reciprocal"]),
    "x ** 3": (lambda x: x**3, ["square", "multiply"]),
    "x ** 4": (lambda x: x**4, ["square", "square"]),
    "x ** 5": (lambda x: x**5, ["power"]),
    "0.3 * (2 * x)": (lambda x: 0.3 * (2 * x), ["multiply"]),
    "x * 0.3 / 4": (lambda x: x * 0.3 / 4, ["multiply"]),
    "0.3 * (0.7 * x)": (lambda x: 0.3 * (0.7 * x), ["multiply", "multiply"]),
    "1e-35 * x / 2 ** 90": (lambda x: 1e-35 * x / 2.0**90, ["multiply", "multiply"]),
    "1e35 * x * 2 ** 90": (lambda x: 1e35 * x * 2.0**90, ["multiply", "multiply"]),
    "x + x": (lambda x: 0.3 * (x + x), ["multiply"]),
    "-x * -y": (lambda x: -x * -x[:1], ["slice", "multiply"]),
    "(-x) ** 2": (lambda x: np.square(-x), ["square"]),
    "cos |x|": (lambda x: np.cos(np.abs(x)), ["cos"]),
    "--x": (lambda x: np.negative(np.negative(x)), []),
    "-(x - y)": (lambda x: -(x - 2), ["subtract"]),
    "x.T.T": (lambda x: x.T.T, []),
    "transposes": (lambda x: np.transpose(x[None].transpose(1, 2, 0), (2, 0, 1)), ["reshape"]),
    "two transposes": (lambda x: x[None].transpose(1, 2, 0).transpose(1, 0, 2), ["reshape", "transpose"]),
    "reshapes": (lambda x: x.reshape(6).reshape(3, 2), ["reshape"]),
    "reshape back": (lambda x: x.reshape(6).reshape(2, 3), []),
    "broadcasts": (lambda x: np.broadcast_to(np.broadcast_to(x, (1, 2, 3)), (4, 2, 3)), ["broadcast_to"]),
    "sum of ones": (lambda x: np.sum(x[None], axis=0), []),
    "sum of a one": (lambda x: np.sum(x[:, :1], axis=1), ["slice", "reshape"]),
    "where true": (lambda x: np.where(True, x, -x), []),
    "where false": (lambda x: np.where(np.zeros((2, 3), bool), x, 2 * x), ["multiply"]),
    "where the same": (lambda x: np.where(x > 0, x, x * 1), []),
    "where not": (lambda x: np.where(~(x > 0), x, 0), ["greater", "where"]),
    "not not": (lambda x: np.where(~~(x > 0), x, 0), ["greater", "where"]),
    "wider and back": (lambda x: x.astype(np.float64).astype(np.float32), []),
    "wider and wider": (lambda x: (x > 0).astype(np.int32).astype(np.float64), ["greater", "cast"]),
    "narrower and back": (lambda x: x.astype(np.float16).astype(np.float32), ["cast", "cast"]),
    "one beside": (lambda x: x * np.full((1, 1), 3, np.float32), ["multiply"]),
    "slice of all": (lambda x: record("slice", x, cuts=((0, 2, 1), (0, 3, 1))), []),
    "slice of a slice": (lambda x: x[:, 1:][:, 1:], ["slice"]),
    "slice across": (lambda x: x[1:][:, 1:], ["slice", "slice"]),
    "part of a join": (lambda x: np.concatenate([x, np.exp(x)], axis=1)[:, :3], []),
    "inside a part": (lambda x: np.concatenate([np.exp(x), x], axis=1)[:, 4:], ["slice"]),
    "between parts": (lambda x: np.concatenate([x, x], axis=1)[:, 1:4], ["concatenate", "slice"]),
    "join of joins": (lambda x: np.concatenate([np.concatenate([x, x]), x]), ["concatenate"]),
    "join of one": (lambda x: record("concatenate", x, axis=0), []),
    "nothing around": (lambda x: record("embed", x, shape=(2, 3), cuts=((0, 2, 1), (0, 3, 1))), []),
    "pieces": (lambda x: _padded(x, 0, 1) + (_padded(x, 2, 3) + _padded(x, 1, 2)), ["slice"] * 3 + ["concatenate"]),
    "some pieces": (lambda x: _padded(x, 1, 2) + _padded(x, 2, 3), ["slice"] * 2 + ["concatenate", "embed"]),
    "pieces apart": (lambda x: _padded(x, 0, 1) + _padded(x, 2, 3), ["slice", "embed"] * 2 + ["add"]),
    "ones wide": (lambda x: x[:1] * np.ones((2, 3), np.float32), ["slice", "broadcast_to"]),
    "cast back": (lambda x: x.astype(np.float32), []),
}


@pytest.mark.parametrize("name", SIMPLER)
def test_algebra_simplifies(name):
    """To what is listed, with equal results."""
    function, expected = SIMPLER[name]
    graph = Graph([X], [function(X)])
    simpler = optimise(graph)
    assert names(simpler) == expected
    array = np.array([[1.0, -2.0, 0.0], [np.inf, np.nan, 4.0]], np.float32)
    with np.errstate(all="ignore"):
        before, after = evaluate(graph, array)[0], evaluate(simpler, array)[0]
    assert before.dtype == after.dtype
    np.testing.assert_array_equal(before, after)


def test_gates_cut_out_of_one_product_give_one_join():
    """The derivative of the parts of a split is no sum of padded parts."""
    z = placeholder((2, 8), np.float64, "z")
    i, f, g, o = np.split(z, 4, axis=1)
    loss = np.sum(np.exp(o) * np.cos(i) + np.exp(f) * np.sin(g))
    before = Graph([z], gradients(loss, [z]))
    after = optimise(before)
    assert names(before).count("embed") == 4
    assert names(after)[-1] == "concatenate"
    assert not {"embed", "add"} & set(names(after))
    array = np.linspace(-1, 1, 16).reshape(2, 8)
    np.testing.assert_array_equal(evaluate(after, array)[0], evaluate(before, array)[0])


def test_a_product_read_transposed_is_computed_transposed():
    """Unless somebody reads it as it is."""
    a, b = placeholder((5, 2, 3), np.float64, "a"), placeholder((5, 3, 4), np.float64, "b")
    product = a @ b
    turned = np.swapaxes(product, 1, 2)
    graph = swap_products(Graph([a, b], [turned]))
    assert names(graph) == ["transpose", "transpose", "matmul"]
    assert names(swap_products(Graph([a, b], [turned, product]))) == ["matmul", "transpose"]
    assert names(swap_products(Graph([a, b], [product.transpose(1, 0, 2)]))) == ["matmul", "transpose"]
    arrays = [np.random.default_rng(0).standard_normal(each.shape) for each in (a, b)]
    np.testing.assert_allclose(evaluate(graph, *arrays)[0], np.swapaxes(arrays[0] @ arrays[1], 1, 2), rtol=1e-14)


def test_the_gradient_of_transposed_weights_is_no_copy():
    """It is a product already in the layout of the weights."""
    w, x = placeholder((4, 3), np.float64, "w"), placeholder((2, 3), np.float64, "x")
    graph = optimise(Graph([w, x], gradients(np.sum(np.exp(x @ w.T)), [w])))
    assert graph.outputs[0].operation.name == "matmul"


def test_what_no_output_needs_falls_away():
    """A graph holds what its outputs are made of, so that each pass takes with it what it has made useless."""
    unused = np.exp(X)
    graph = Graph([X], [np.where(True, X, unused)])
    assert names(graph) == ["exp", "where"]
    assert names(simplify(graph)) == []


def test_integers_keep_their_powers():
    """NumPy has no integer root, and no reciprocal that is one."""
    n = placeholder((2,), np.int64, "n")
    assert names(simplify(Graph([n], [n**2]))) == ["power"]


HALF = np.array([0.0, 1.0, -np.inf, np.nan, 2.0**-14], np.float16)
LONG = np.array([1, 2**53 + 1, 2**63 - 1, -3])
EDGES = {
    "a reciprocal beyond float16": (lambda x: x / 2.0**-20, HALF, ["divide"]),
    "a root of float16, of which NumPy makes a power": (lambda x: x**0.5, HALF, ["power"]),
    "integers that float64 rounds": (lambda n: n.astype(np.float64).astype(np.int64), LONG, ["cast", "cast"]),
    "integers that float64 holds": (
        lambda n: n.astype(np.float64).astype(np.int32),
        LONG.astype(np.int32),
        [],
    ),
    "integers that float32 rounds": (
        lambda n: n.astype(np.float32).astype(np.int64),
        LONG.astype(np.int32),
        ["cast", "cast"],
    ),
}


@pytest.mark.parametrize("name", EDGES)
def test_algebra_leaves_what_a_dtype_cannot_hold(name):
    """Rules that are right for real numbers stop where a dtype rounds, or has no such number."""
    function, array, expected = EDGES[name]
    x = placeholder(array.shape, array.dtype, "x")
    graph = Graph([x], [function(x)])
    simpler = simplify(graph)
    assert names(simpler) == expected
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(evaluate(simpler, array)[0], evaluate(graph, array)[0])


def test_passes_keep_inputs_names_and_order():
    """Inputs that nothing needs stay, and nodes stay in the order in which they were written."""
    y = placeholder((3,), np.float32, "y")
    first, second = np.exp(X) * 1, np.log(X)
    graph = optimise(Graph([X, y], [second, first], ["b", "a"]))
    assert [id(value) for value in graph.inputs] == [id(X), id(y)]
    assert graph.output_names == ("b", "a")
    assert names(graph) == ["exp", "log"]


def test_hyperparameters_stay_weak():
    """Simplifying a number to itself changes no promotion."""
    rate = placeholder((), np.float64, "rate", weak=True)
    graph = optimise(Graph([rate, X], [X * (rate * 1 + 0)]))
    assert names(graph) == ["cast", "multiply"]
