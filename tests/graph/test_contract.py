"""Every operation of the table keeps its contract, on shapes of all kinds."""

import re

import numpy as np
import pytest
from attrs import evolve, frozen
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sigma_core.errors import OperationError
from sigma_core.graph import (
    OPERATIONS,
    Kind,
    check_operation,
    convolve,
    erf,
    grad,
    max_pool,
    random_normal,
    random_uniform,
    record,
    stop_gradient,
    top_k,
    trace,
)
from sigma_core.graph.operations import UFUNC_OPERATIONS

SHAPES = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3)
WITH_AXES = hnp.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=3)
FULL = hnp.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=3)


def floats(shapes, low=0.15, offset=0.0137):
    """Different numbers, none near a jump or a tie."""

    def some(drawn):
        shape, seed = drawn
        size = int(np.prod(shape))
        return np.random.default_rng(seed).permutation(size).reshape(shape) / max(size, 1) * 0.7 + low + offset

    return st.tuples(shapes, st.integers(0, 9)).map(some)


def ones(shapes=SHAPES, low=0.15):
    return floats(shapes, low).map(lambda array: (array,))


def pairs():
    """Two that broadcast."""
    shapes = hnp.mutually_broadcastable_shapes(num_shapes=2, min_side=0, max_side=3, max_dims=3)
    return shapes.map(lambda drawn: drawn.input_shapes).flatmap(
        lambda both: st.tuples(floats(st.just(both[0])), floats(st.just(both[1]), offset=0.0071))
    )


def stacks(*last):
    """Matrices, or stacks of them."""
    return hnp.array_shapes(min_dims=0, max_dims=2, min_side=0, max_side=2).map(lambda shape: (*shape, *last))


def some_stacks(*last):
    """Stacks that are not empty."""
    return hnp.array_shapes(min_dims=0, max_dims=2, min_side=1, max_side=2).map(lambda shape: (*shape, *last))


def near_identity(x):
    return x + 2 * np.eye(x.shape[-1])


@frozen
class Example:
    """A call that records the operation; `same` where NumPy gives the same, `order` that of the derivatives."""

    function: object
    arrays: object = ones()
    same: bool = True
    order: int = 2


def indexed(x):
    return np.arange(x.shape[0] + 2) % max(x.shape[0], 1) if x.shape[0] else np.zeros(0, int)


EXAMPLES = {
    "where": [Example(lambda a, b: np.where(a > 0.5, a * b, b), pairs())],
    "cast": [Example(lambda x: x.astype(np.float64) * 2), Example(lambda x: x.astype(np.float32), order=0)],
    "erf": [Example(erf, same=False), Example(lambda x: erf(4 * x - 2), same=False)],
    "matmul": [
        Example(lambda x: x @ np.swapaxes(x, -1, -2), ones(stacks(2, 3))),
        Example(lambda x: x @ np.ones((0, 2)), ones(stacks(2, 0))),
        Example(lambda x: x[0] @ x, ones(some_stacks(3, 3))),
    ],
    **{
        name: [
            Example(lambda x, name=name: getattr(np, name)(x)),
            Example(lambda x, name=name: getattr(np, name)(x, axis=-1, keepdims=True) * x, ones(WITH_AXES)),
            Example(lambda x, name=name: getattr(np, name)(x, axis=0), ones(WITH_AXES)),
        ]
        for name in ("sum", "prod")
    },
    **{
        name: [
            Example(lambda x, name=name: getattr(np, name)(x), ones(FULL)),
            Example(
                lambda x, name=name: getattr(np, name)(x, axis=(0, -1), keepdims=True) * x,
                ones(some_stacks(2, 2)),
            ),
            # Two that are equal share the derivative, which is what central differences give.
            Example(
                lambda x, name=name: getattr(np, name)(x, axis=0),
                st.just((np.array([[1.0, 3.0], [1.0, 2.0]]),)),
                order=1,
            ),
            Example(lambda x, name=name: getattr(np, name)(x, axis=0, initial=0.3), ones(WITH_AXES)),
        ]
        for name in ("max", "min")
    },
    "all": [Example(lambda x: np.all(x > 0.3, axis=-1), ones(WITH_AXES))],
    "any": [Example(lambda x: np.any(x > 0.3, axis=0, keepdims=True), ones(WITH_AXES))],
    "argmax": [Example(lambda x: np.argmax(np.round(4 * x), axis=-1), ones(FULL))],
    "argmin": [Example(lambda x: np.argmin(np.round(4 * x), axis=0, keepdims=True), ones(FULL))],
    "cumsum": [Example(lambda x: np.cumsum(x, axis=-1) ** 2, ones(WITH_AXES))],
    "cumprod": [
        Example(lambda x: np.cumprod(x, axis=-1), ones(WITH_AXES)),
        Example(lambda x: np.cumprod(x, axis=0), st.just((np.array([[2.0, 0.0], [0.0, 3.0], [4.0, 5.0]]),))),
    ],
    "sort": [
        Example(lambda x: np.sort(x, axis=-1) ** 2, ones(WITH_AXES)),
        Example(lambda x: np.sort(x, axis=0) ** 2, ones(WITH_AXES)),
        # Derivatives of equal numbers differ by which one is taken for the first.
        Example(lambda x: np.sort(np.round(x * 4)), ones(WITH_AXES), order=0),
    ],
    "argsort": [
        Example(lambda x: np.argsort(np.round(x * 4), axis=0, stable=True), ones(WITH_AXES)),
        Example(lambda x: top_k(np.round(x * 4), min(2, x.shape[-1])), ones(WITH_AXES), same=False, order=0),
        Example(lambda x: top_k(x, 1)[0] ** 2, ones(FULL), same=False),
    ],
    "searchsorted": [Example(lambda x: np.searchsorted(np.arange(0, 1, 0.25), x, side="right"))],
    "identity": [Example(lambda x: record("identity", x) * x, same=False)],
    "stop_gradient": [Example(stop_gradient, same=False, order=0)],
    "reshape": [Example(lambda x: x.reshape(-1, *x.shape[:1]) ** 2, ones(FULL)), Example(np.ravel)],
    "transpose": [
        Example(lambda x: np.transpose(x) * 2),
        Example(lambda x: np.moveaxis(x, 0, -1) ** 2, ones(WITH_AXES)),
    ],
    "broadcast_to": [Example(lambda x: np.broadcast_to(x, (2, *x.shape)) ** 2)],
    "slice": [Example(lambda x: x[..., ::-2] ** 2, ones(WITH_AXES)), Example(lambda x: x[1:] ** 2, ones(WITH_AXES))],
    "embed": [
        Example(lambda x: np.pad(x, 1) ** 2),
        Example(lambda x: np.diag(x, -1) ** 2, ones(hnp.array_shapes(min_dims=1, max_dims=1, min_side=0, max_side=3))),
    ],
    "concatenate": [
        Example(lambda x: np.concatenate([x, x * x, x[:0]], axis=0), ones(WITH_AXES)),
        Example(lambda x: np.stack([x, x * x], axis=-1)),
    ],
    "gather": [
        Example(lambda x: x[indexed(x)] ** 2, ones(WITH_AXES)),
        Example(lambda x: x[..., [[1, 0], [-1, -2]]] ** 2, ones(stacks(2))),
        Example(lambda x: x[[0, 1, 0], ..., [1, 1, -1]] ** 2, ones(stacks(2).map(lambda shape: (2, *shape)))),
    ],
    "scatter_add": [
        Example(grad(lambda x: np.sum(x[indexed(x)] ** 3)), ones(WITH_AXES), same=False),
        Example(
            grad(lambda x: np.sum(x[[0, 1, 0], ..., [1, 1, -1]] ** 3)),
            ones(stacks(2).map(lambda s: (2, *s))),
            same=False,
        ),
        Example(lambda x: x.at[..., [1, 1, 0]].add(x[..., :1] ** 2), ones(stacks(2)), same=False),
    ],
    "replace": [
        Example(lambda x: x.at[..., 1:].set(x[..., :1] ** 2), ones(stacks(3)), same=False),
        Example(lambda x: x.at[..., ::2].multiply(x[..., 0:1]), ones(stacks(3)), same=False),
    ],
    "scatter": [
        Example(lambda x: x.at[..., [1, 0]].set(x[..., 1:] ** 2), ones(stacks(3)), same=False),
        # Of several updates of one place the last one counts, and takes the derivative.
        Example(lambda x: x.at[..., [1, 1, -2]].set(x**2) * x, ones(stacks(3)), same=False),
        Example(lambda x: x.at[0, ..., [0, 1]].maximum(0.5), ones(stacks(2).map(lambda s: (2, *s))), same=False),
    ],
    "solve": [
        Example(lambda x: np.linalg.solve(near_identity(x), x[..., :2]), ones(stacks(3, 3))),
        Example(lambda x: np.linalg.solve(near_identity(x[0, :2]), x[..., :2, 0:1]), ones(some_stacks(2, 2, 2))),
    ],
    "inv": [Example(lambda x: np.linalg.inv(near_identity(x)), ones(stacks(2, 2)))],
    "det": [Example(lambda x: np.linalg.det(near_identity(x)), ones(stacks(3, 3)))],
    "adjugate": [Example(lambda x: record("adjugate", near_identity(x)), ones(stacks(3, 3)), same=False)],
    "log_det": [Example(lambda x: np.linalg.slogdet(near_identity(x))[1], ones(stacks(2, 2)))],
    "sign_det": [Example(lambda x: np.linalg.slogdet(x - 1)[0], ones(stacks(2, 2)))],
    "cholesky": [Example(lambda x: np.linalg.cholesky(near_identity(x @ np.swapaxes(x, -1, -2))), ones(stacks(2, 2)))],
    "random_uniform": [
        Example(
            lambda key: random_uniform(key, (2, 3), np.float32, 1), st.just((np.array([1, 2], np.uint64),)), same=False
        )
    ],
    "random_normal": [
        Example(lambda key: random_normal(key, (), np.float64, 1), st.just((np.array([1, 2], np.uint64),)), same=False)
    ],
    "windows": [
        Example(lambda x: convolve(x, np.ones((2, 2, 3, 1))), ones(st.just((2, 3, 3, 3))), same=False),
    ],
    "windows_add": [
        Example(
            grad(lambda x: np.sum(convolve(x, np.ones((2, 2, 3, 1))) ** 2)), ones(st.just((2, 3, 3, 3))), same=False
        ),
    ],
    "max_pool": [Example(lambda x: max_pool(x, 2) ** 2, ones(st.just((2, 4, 4, 2))), same=False)],
    "scatter_maxima": [
        Example(grad(lambda x: np.sum(max_pool(x, 2) ** 3)), ones(st.just((1, 4, 4, 2))), same=False, order=1)
    ],
    "gather_maxima": [
        Example(
            grad(lambda x: np.sum(grad(lambda y: np.sum(max_pool(y, 2) ** 3))(x) ** 2)),
            ones(st.just((1, 4, 4, 1))),
            same=False,
            order=1,
        )
    ],
}


def one_or_two(ufunc):
    return ones() if ufunc.nin == 1 else pairs()


def of_integers(ufunc):
    return not any(types.startswith("d" * ufunc.nin + "->") for types in ufunc.types)


EXAMPLES |= {
    operation.name: [
        Example(lambda *x, ufunc=ufunc: ufunc(*(np.round(4 * each).astype(np.int64) for each in x)), one_or_two(ufunc))
        if of_integers(ufunc)
        else Example(ufunc, ones(low=1.2) if ufunc is np.arccosh else one_or_two(ufunc))
    ]
    for ufunc, operation in UFUNC_OPERATIONS.items()
}
CASES = [(name, number) for name, examples in EXAMPLES.items() for number in range(len(examples))]


@pytest.mark.parametrize(("name", "number"), CASES)
def test_an_operation_keeps_its_contract(name, number):
    """Shape, dtype, `out`, numbers, passes, mapping, and derivatives in both modes to the second order."""
    example = EXAMPLES[name][number]

    @given(arrays=example.arrays)
    @settings(max_examples=6, derandomize=True)
    def check(arrays):
        reference = example.function if example.same else None
        check_operation(example.function, arrays, reference, order=example.order)

    check()


# Nothing is to be made smaller, which takes most of the time.
DRAWN = settings(phases=[Phase.generate], deadline=None)


def test_every_operation_has_an_example_that_records_it():
    """But for sources, and for control flow, which has tests of its own."""
    expected = {name for name, row in OPERATIONS.items() if row.kind not in (Kind.SOURCE, Kind.CONTROL)}
    assert expected - set(EXAMPLES) == set()
    for name, examples in EXAMPLES.items():
        arrays = st.one_of([st.tuples(st.just(each), each.arrays) for each in examples])
        # Raises where there is none.
        find(arrays, lambda drawn, name=name: records(drawn[0].function, drawn[1], name), settings=DRAWN)


def records(function, arrays, name):
    return name in {node.operation.name for node in trace(function, *arrays).nodes}


BROKEN = {
    "infer": (
        {"infer": lambda x: (x.shape, np.dtype(np.float32))},
        "operation 'tanh': its implementation gave float64[2]\n  expected: float32[2], as its `infer` says",
    ),
    "out": (
        {"implementation": lambda x, out=None: np.tanh(x)},
        "operation 'tanh' with `out`: 7.0 at element 0\n  expected: 0.0",
    ),
    "batch": (
        {"batch": lambda inputs, batched, node: inputs[0]},
        "the mapped function: 1.0 at element 1\n  expected: 0.7615941559557649",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_breaks_the_contract_is_told(name, monkeypatch):
    """The operation, or the part of the contract."""
    changes, told = BROKEN[name]
    monkeypatch.setitem(OPERATIONS, "tanh", evolve(OPERATIONS["tanh"], **changes))
    with pytest.raises(OperationError) as caught:
        check_operation(lambda x: record("tanh", x), (np.array([0.0, 1.0]),), order=0)
    assert str(caught.value) == told


def test_results_that_differ_from_the_reference_are_told():
    """Numbers, and shapes and dtypes."""
    with pytest.raises(
        OperationError, match=re.escape("the function beside its reference: 0.0 at element 0\n  expected: 1.0")
    ):
        check_operation(np.sin, (np.zeros(1),), np.cos)
    with pytest.raises(
        OperationError, match=re.escape("the function beside its reference: float64[1]\n  expected: float64[]")
    ):
        check_operation(np.sin, (np.zeros(1),), np.sum)
