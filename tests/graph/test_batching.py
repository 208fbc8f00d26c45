"""Every operation mapped: the same as one element after the other, whichever inputs are mapped."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sigma_core import testing
from sigma_core.errors import ShapeError
from sigma_core.graph import (
    OPERATIONS,
    Graph,
    Kind,
    Operation,
    average_pool,
    convolve,
    erf,
    evaluate,
    gradients,
    max_pool,
    placeholder,
    random_normal,
    random_uniform,
    record,
    register,
    stop_gradient,
    top_k,
    vmap,
)
from sigma_core.graph._batching import batched
from sigma_core.graph.operations import UFUNC_OPERATIONS

X = placeholder((4, 3), np.float64, "x")
V = placeholder((3,), np.float64, "v")
N = placeholder((4,), np.int64, "n")
KEY = placeholder((2,), np.uint64, "key")
IMAGES = placeholder((2, 5, 4, 3), np.float64, "images")
FILTERS = placeholder((2, 2, 3, 2), np.float64, "filters")
INPUTS = (X, V, N, KEY, IMAGES, FILTERS)
random = np.random.default_rng(5)


def arrays():
    """Some numbers for the inputs, other ones each time."""
    return (
        *(random.uniform(0.1, 0.9, value.shape) for value in (X, V)),
        random.permutation(3)[[0, 1, 2, 0]],
        random.integers(0, 100, 2).astype(np.uint64),
        *(random.uniform(0.1, 0.9, value.shape) for value in (IMAGES, FILTERS)),
    )


def derivative(value):
    return gradients(np.sum(value * value), [X])[0]


def derivatives_of_max_pool():
    (first,) = gradients(np.sum(max_pool(IMAGES, 2) ** 2), [IMAGES])
    (second,) = gradients(np.sum(first**2), [IMAGES])
    return second


EXPRESSIONS = {
    "where": lambda: np.where(X > 0.5, V, X),
    "cast": lambda: X.astype(np.float32),
    **{name: lambda name=name: getattr(np, name)(X, axis=0) for name in ("sum", "prod", "max", "min", "cumsum")},
    **{f"{name} of all": lambda name=name: getattr(np, name)(X, keepdims=True) for name in ("sum", "max")},
    **{name: lambda name=name: getattr(np, name)(X, axis=1, keepdims=True) for name in ("argmax", "argmin")},
    **{name: lambda name=name: getattr(np, name)(X > 0.5, axis=1) for name in ("all", "any")},
    "matmul": lambda: X @ X.T,
    "matrix times vector": lambda: X @ V,
    "vector times matrix": lambda: V @ X.T,
    "stacks of matrices": lambda: np.stack([X, X * 2])[:, None] @ np.stack([X.T, X.T * 2]),
    "stack times matrix": lambda: np.stack([X, X * 2]) @ X.T,
    "matrix times stack": lambda: X @ np.stack([X.T, X.T * 2]),
    "identity": lambda: record("identity", X),
    "stop_gradient": lambda: stop_gradient(X),
    "reshape": lambda: X.reshape(2, 6),
    "transpose": lambda: np.transpose(X.reshape(2, 2, 3), (2, 0, 1)),
    "broadcast_to": lambda: np.broadcast_to(V, (2, 4, 3)),
    "slice": lambda: X[::-2, 1:],
    "embed": lambda: np.pad(X, ((1, 0), (2, 1))),
    "concatenate": lambda: np.concatenate([X, V[None], X], axis=0),
    "concatenate columns": lambda: np.concatenate([X, X * X], axis=1),
    "gather rows": lambda: X[N],
    "gather columns": lambda: X[:, N],
    "gather a row": lambda: np.take(X, N[0], axis=0),
    "gather pairs": lambda: X[N, N],
    "gather a table": lambda: X[:, N.reshape(2, 2)],
    "gather apart": lambda: X.reshape(2, 2, 3)[N % 2, :, N],
    "gather neighbours": lambda: X.reshape(2, 2, 3)[:, N % 2, N[:, None]],
    "scatter rows": lambda: derivative(X[N]),
    "scatter columns": lambda: derivative(X[:, N.reshape(2, 2)]),
    "scatter a row": lambda: derivative(np.take(X, N[0], axis=0)),
    "scatter apart": lambda: derivative(X.reshape(2, 2, 3)[N % 2, :, N]),
    "scatter neighbours": lambda: derivative(X.reshape(2, 2, 3)[:, N % 2, N]),
    "random_uniform": lambda: random_uniform(KEY, (2, 3), np.float32, 4),
    "random_normal": lambda: random_normal(KEY, (), np.float64, 5),
    "convolution": lambda: convolve(IMAGES, FILTERS),
    "derivatives of a convolution": lambda: sum(
        np.sum(each) for each in gradients(np.sum(convolve(IMAGES, FILTERS) ** 2), [IMAGES, FILTERS])
    ),
    "max_pool": lambda: max_pool(IMAGES, 2),
    "derivatives of max_pool": derivatives_of_max_pool,
    "average_pool": lambda: average_pool(IMAGES, 2),
    "cumprod": lambda: np.cumprod(X, axis=1),
    "sort": lambda: np.sort(X, axis=0),
    "argsort": lambda: top_k(X, 2)[1],
    "searchsorted": lambda: np.searchsorted(np.sort(V), X),
    "searchsorted right": lambda: np.searchsorted(np.sort(N), N, side="right"),
    "erf": lambda: erf(X),
    "replace": lambda: X.at[1:, ::2].set(V[:2]),
    "scatter": lambda: X.at[N, 1:].set(V[1:]),
    "scatter columns by index": lambda: X.at[:, N[:2]].set(V[:2]),
    "solve": lambda: np.linalg.solve(X[:3] + np.eye(3), X.T),
    "solve a vector": lambda: np.linalg.solve(X[:3] + np.eye(3), V),
    "inv": lambda: np.linalg.inv(X[:3] + np.eye(3)),
    "det": lambda: np.linalg.det(X[:3]),
    "adjugate": lambda: record("adjugate", X[:3]),
    "slogdet": lambda: sum(np.linalg.slogdet(X[:3])),
    "cholesky": lambda: np.linalg.cholesky(X @ X.T + np.eye(4)),
}


def applied(ufunc):
    """To floats, or to integers where it knows no floats."""
    floats = any(types.startswith("f" * ufunc.nin + "->") for types in ufunc.types)
    operands = (X, V) if floats else (N.reshape(2, 2), N[:2])
    return ufunc(*operands[: ufunc.nin]) if ufunc is not np.arccosh else ufunc(X + 1)


EXPRESSIONS |= {ufunc.__name__: lambda ufunc=ufunc: applied(ufunc) for ufunc in UFUNC_OPERATIONS}


def one_by_one(node, inputs, flags, size):
    """The node for each element by itself."""
    operands = [placeholder(value.shape, value.dtype, str(n)) for n, value in enumerate(node.inputs)]
    graph = Graph(operands, [node.with_inputs(tuple(operands))])
    runs = [
        evaluate(graph, *(array[n] if flag else array for array, flag in zip(inputs, flags, strict=True)))[0]
        for n in range(size)
    ]
    return np.stack(runs) if runs else np.zeros((0, *node.shape), node.dtype)


def at_once(node, inputs, flags, size):
    """The node mapped."""
    operands = [placeholder(value.shape, value.dtype, str(n)) for n, value in enumerate(node.inputs)]
    given = [placeholder(array.shape, array.dtype, str(n)) for n, array in enumerate(inputs)]
    pairs = list(zip(operands, given, flags, strict=True))
    mapped = {operand.index: stacked for operand, stacked, flag in pairs if flag}
    node = node.with_inputs(tuple(operand if flag else stacked for operand, stacked, flag in pairs))
    (result,) = batched([node], mapped, size)
    assert (result.shape, result.dtype) == ((size, *node.shape), node.dtype)
    return evaluate(Graph(given, [result]), *inputs)[0]


# Maxima are those of the inputs beside them.
TOGETHER = {"gather_maxima": (1, 2), "scatter_maxima": (1, 2)}


def check(node, elements):
    """A node with arrays for its inputs, of each element, in all combinations of mapped inputs."""
    together = TOGETHER.get(node.operation.name, ())
    for flags in product((True, False), repeat=len(node.inputs)):
        if any(flags) and len({flags[position] for position in together}) < 2:
            columns = zip(*elements, strict=True)
            inputs = [np.stack(column) if flag else column[0] for column, flag in zip(columns, flags, strict=True)]
            found = at_once(node, inputs, flags, len(elements))
            expected = one_by_one(node, inputs, flags, len(elements))
            np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12, err_msg=f"mapped: {flags}")


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_an_operation_is_mapped_right(name):
    """Each node of an expression by itself, over each combination of its inputs."""
    graph = Graph(INPUTS, [EXPRESSIONS[name]()])
    some = [arrays() for _ in range(3)]
    for node in graph.nodes:
        if node.inputs:
            inputs = Graph(INPUTS, node.inputs)
            check(node, [evaluate(inputs, *each) for each in some])


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_an_expression_is_mapped_right(name):
    """Over all of its inputs together, over no elements as well."""
    graph = Graph(INPUTS, [EXPRESSIONS[name]()])
    some = [arrays() for _ in range(3)]

    def function(*inputs):
        from sigma_core.graph._replay import substituted

        return substituted(graph.outputs, {old.index: new for old, new in zip(graph.inputs, inputs, strict=True)})[0]

    stacked = [np.stack(column) for column in zip(*some, strict=True)]
    expected = np.stack([evaluate(graph, *each)[0] for each in some])
    np.testing.assert_allclose(vmap(function)(*stacked), expected, rtol=1e-12)
    assert vmap(function)(*(column[:0] for column in stacked)).shape == (0, *expected.shape[1:])


def test_every_operation_is_mapped_here():
    """Some expression above reaches each, but for sources, and for control flow, which has tests of its own."""
    reached = {node.operation.name for make in EXPRESSIONS.values() for node in Graph(INPUTS, [make()]).nodes}
    expected = {name for name, row in OPERATIONS.items() if row.kind not in (Kind.SOURCE, Kind.CONTROL)}
    assert expected - reached == set()


@given(
    shapes=hnp.mutually_broadcastable_shapes(num_shapes=3, min_side=0, max_side=3, max_dims=3),
    flags=st.tuples(st.booleans(), st.booleans(), st.booleans()).filter(any),
    size=st.integers(0, 3),
)
@settings(max_examples=60)
def test_operands_that_broadcast_are_mapped_right(shapes, flags, size):
    """Axes of size 0 and 1, and none."""
    operands = [placeholder(shape, np.float64, str(n)) for n, shape in enumerate(shapes.input_shapes)]
    node = record("where", operands[0] > 0, operands[1], operands[2])
    sizes = [(size,) if flag else () for flag in flags]
    inputs = [random.uniform(-1, 1, (*ahead, *shape)) for ahead, shape in zip(sizes, shapes.input_shapes, strict=True)]
    inputs[0] = inputs[0] > 0
    np.testing.assert_array_equal(at_once(node, inputs, flags, size), one_by_one(node, inputs, flags, size))


@given(data=st.data(), shape=hnp.array_shapes(min_dims=1, max_dims=4, min_side=1, max_side=3), size=st.integers(0, 3))
@settings(max_examples=60)
def test_gathers_and_scatters_are_mapped_right(data, shape, size):
    """Along any axes, with indices of any shapes that broadcast, whichever are mapped."""
    axes = data.draw(st.lists(st.sampled_from(range(len(shape))), min_size=1, unique=True).map(sorted).map(tuple))
    shapes = data.draw(hnp.mutually_broadcastable_shapes(num_shapes=len(axes), min_side=0, max_side=2, max_dims=2))
    flags = data.draw(st.tuples(*[st.booleans()] * (len(axes) + 1)).filter(any))
    ahead = [(size,) if flag else () for flag in flags]
    value = placeholder(shape, np.float64, "value")
    indices = [placeholder(each, np.int64, "index") for each in shapes.input_shapes]
    gather = record("gather", value, *indices, axes=axes)
    scatter = record("scatter_add", gather, *indices, axes=axes, shape=shape)
    picked = [
        random.integers(-shape[axis], shape[axis], (*first, *each))
        for axis, first, each in zip(axes, ahead[1:], shapes.input_shapes, strict=True)
    ]
    for node in (gather, scatter):
        inputs = [random.uniform(size=(*ahead[0], *node.inputs[0].shape)), *picked]
        found, expected = at_once(node, inputs, flags, size), one_by_one(node, inputs, flags, size)
        np.testing.assert_allclose(found, expected, rtol=1e-12)


@given(
    shapes=hnp.mutually_broadcastable_shapes(signature="(m,k),(k,n)->(m,n)", max_side=3, min_side=0, max_dims=2),
    flags=st.tuples(st.booleans(), st.booleans()).filter(any),
    size=st.integers(0, 3),
)
@settings(max_examples=60)
def test_products_are_mapped_right(shapes, flags, size):
    """Matrices and stacks of them, empty ones among them."""
    node = record("matmul", *(placeholder(shape, np.float64, "x") for shape in shapes.input_shapes))
    ahead = [(size,) if flag else () for flag in flags]
    inputs = [random.uniform(size=(*first, *shape)) for first, shape in zip(ahead, shapes.input_shapes, strict=True)]
    found, expected = at_once(node, inputs, flags, size), one_by_one(node, inputs, flags, size)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


@pytest.fixture
def operation():
    """An operation of a plugin, as long as the test runs."""

    def reversed_(array, out=None):
        return np.positive(array[::-1], out=out)

    row = Operation("reversed", Kind.JOIN, lambda x: (x.shape, x.dtype), reversed_)
    yield register(row)
    del OPERATIONS["reversed"]


def test_an_operation_without_a_rule_runs_for_each_element(operation):
    """And over no elements."""
    function = vmap(lambda x: record("reversed", x) * 2)
    np.testing.assert_array_equal(function(np.arange(6.0).reshape(2, 3)), [[4.0, 2.0, 0.0], [10.0, 8.0, 6.0]])
    assert function(np.zeros((0, 3))).shape == (0, 3)


def test_an_element_wise_operation_of_a_plugin_needs_no_rule():
    """Its kind says how it is mapped."""
    register(Operation("doubled", Kind.ELEMENTWISE, lambda x: (x.shape, x.dtype), lambda x, out=None: x * 2))
    try:
        graph = Graph([X], batched([record("doubled", V)], {V.index: X}, 4))
        assert [node.operation.name for node in graph.nodes] == ["placeholder", "doubled"]
    finally:
        del OPERATIONS["doubled"]


def test_a_rule_that_gives_another_shape_is_refused():
    """For authors of operations."""
    rules = {"batch": lambda inputs, _flags, _node: np.sum(inputs[0])}
    register(Operation("wrong", Kind.JOIN, lambda x: (x.shape, x.dtype), np.positive, **rules))
    try:
        with pytest.raises(ShapeError) as caught:
            vmap(lambda x: record("wrong", x))(np.ones((2, 3)))
    finally:
        del OPERATIONS["wrong"]
    assert testing.message(caught.value) == (
        "traced function: the batch rule of operation 'wrong' gave shape ()\n  expected: shape (2, 3)"
    )
