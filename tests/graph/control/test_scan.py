"""Scan: results, derivatives of both modes and orders, what it refuses."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigma_core import testing
from sigma_core.errors import ShapeError, TraceError
from sigma_core.graph import (
    Value,
    check_grads,
    evaluate,
    fold_in,
    grad,
    jvp,
    random_uniform,
    scan,
    stop_gradient,
    trace,
    vjp,
    vmap,
)

random = np.random.default_rng(2)
XS = random.uniform(-1, 1, (4, 3))
W = random.uniform(-1, 1, (3, 3))


def recurrent(carry, xs, w, *, reverse=False):
    def body(carry, x):
        new = np.tanh(carry @ w + x)
        return new, {"new": new, "product": new * x}

    return scan(body, carry, xs, reverse=reverse)


@pytest.mark.parametrize("reverse", [False, True])
def test_a_scan_is_a_loop(reverse):
    """Results stay at their element's place, whichever way it goes."""
    carry, results = np.ones(3), {}
    for step in reversed(range(4)) if reverse else range(4):
        carry = np.tanh(carry @ W + XS[step])
        results[step] = carry
    last, out = recurrent(np.ones(3), XS, W, reverse=reverse)
    np.testing.assert_allclose(last, carry, rtol=1e-12)
    np.testing.assert_allclose(out["new"], [results[step] for step in range(4)], rtol=1e-12)
    np.testing.assert_allclose(out["product"], out["new"] * XS, rtol=1e-12)


SCANS = {
    "recurrent": (recurrent, np.ones(3), XS, W),
    "backwards": (lambda *p: recurrent(*p, reverse=True), np.ones(3), XS, W),
    "last carry only": (lambda c, xs: scan(lambda c, x: (c * np.sum(x), None), c, xs)[0], np.ones(3), XS),
    "results only": (lambda c, xs: scan(lambda c, x: (np.sin(c + x), c), c, xs)[1], np.ones(3), XS),
    "no carry": (lambda xs: scan(lambda _, x: (None, x**3), None, xs), XS),
    "no sequences": (lambda c: scan(lambda c, _: (np.sin(c), c * c), c, length=3), np.ones(3)),
    "no steps": (recurrent, np.ones(3), XS[:0], W),
    "one step": (recurrent, np.ones(3), XS[:1], W),
    "a counter": (
        lambda c, xs: scan(lambda c, x: ((c[0] * x + c[1], c[1] + 1), c[0] / (c[1] + 1)), (c, 0), xs)[1],
        np.ones(3),
        XS,
    ),
    "a carry replaced": (lambda c, xs: scan(lambda c, x: (x, c * x), c, xs), np.ones(3), XS),
    "carries swapped": (
        lambda a, b, xs: scan(lambda c, x: ((c[1], np.sin(c[0] * x)), c), (a, b), xs),
        np.ones(3),
        np.full(3, 0.5),
        XS,
    ),
    "a constant alone": (lambda xs, w: scan(lambda c, x: (c + x @ w, w * x), np.zeros(3), xs), XS, W),
    "an invariant": (lambda xs, w: scan(lambda c, x: (c + np.exp(w) @ x, None), np.zeros(3), xs)[0], XS, W),
    "gathers": (
        lambda table: scan(lambda c, i: (c * table[i], c), np.ones(3), np.array([0, 2, 2]))[0],
        XS,
    ),
    "sigmoids": (
        lambda c, xs: scan(lambda c, x: (1 / (1 + np.exp(-c * x)), c / (1 + c * c)), c, xs),
        np.ones(3),
        XS,
    ),
    "a loop in a loop": (
        lambda c, xs, w: scan(
            lambda c, x: ((d := scan(lambda d, e: (np.tanh(d * w[0] + e * x), d), c, xs))[0], d[1]), c, xs
        ),
        np.ones(3),
        XS[:2],
        W,
    ),
}


@pytest.mark.parametrize("name", SCANS)
def test_derivatives_are_right(name):
    """Both modes, to the second order."""
    function, *arguments = SCANS[name]
    check_grads(function, arguments)


@settings(max_examples=15, deadline=None)
@given(length=st.integers(0, 3), size=st.integers(0, 2), reverse=st.booleans())
def test_derivatives_are_right_for_all_shapes(length, size, reverse):
    """No steps, and nothing to carry."""
    xs, w = random.uniform(-1, 1, (length, size)), random.uniform(-1, 1, (size, size))
    check_grads(lambda c, xs, w: recurrent(c, xs, w, reverse=reverse), (np.ones(size), xs, w))


def test_closed_over_values_are_differentiated():
    """A body may use whatever is around it, in a derivative of a derivative too."""

    def outer(scale, xs):
        return scan(lambda c, x: (c + scale * grad(lambda y: np.sum(np.sin(y * scale)))(x), None), np.zeros(3), xs)[0]

    check_grads(outer, (np.array(0.7), XS))
    assert float(grad(lambda scale: np.sum(scan(lambda c, x: (c + scale * x, None), 0.0, np.ones(3))[0]))(2.0)) == 3.0


def test_a_stopped_gradient_stays_so():
    """In a body as elsewhere."""
    by = grad(lambda c: scan(lambda c, _: (c * stop_gradient(c), None), c, length=2)[0])
    assert float(by(3.0)) == 27.0


def test_a_scan_in_a_trace_is_recorded():
    """And run at once on arrays."""
    graph = trace(lambda c, xs: recurrent(c, xs, W)[0], np.ones(3), XS)
    assert [node.operation.name for node in graph.nodes].count("scan") == 1
    np.testing.assert_array_equal(evaluate(graph, np.ones(3), XS)[0], recurrent(np.ones(3), XS, W)[0])
    assert not isinstance(recurrent(np.ones(3), XS, W)[0], Value)


def test_reverse_mode_asks_a_scan_once():
    """One loop back, whatever is derived by: carry, sequences and constants."""
    graph = trace(grad(lambda *q: np.sum(recurrent(*q)[1]["product"]), (0, 1, 2)), np.ones(3), XS, W)
    names = [node.operation.name for node in graph.nodes]
    # The loop itself is dead here but for what its derivative keeps.
    assert names.count("scan") == 2
    both = trace(
        lambda xs: vjp(lambda xs: recurrent(np.ones(3), xs, W), xs)[1](
            (np.ones(3), dict.fromkeys(("new", "product"), np.ones((4, 3))))
        ),
        XS,
    )
    assert [node.operation.name for node in both.nodes].count("scan") == 2


def test_what_a_step_leaves_is_little():
    """Of a sigmoid that is written out one array, nothing of what depends on constants alone."""
    graph = trace(
        grad(lambda c, w: np.sum(scan(lambda c, _: (1 / (1 + np.exp(-c * np.exp(w))), None), c, length=9)[0]), (0, 1)),
        np.ones(5),
        np.ones(5),
    )
    first, second = (node for node in graph.nodes if node.operation.name == "scan")
    kept = first.attributes["body"].outputs[first.attributes["carries"] :]
    assert [value.operation.name for value in kept] == ["placeholder", "exp"]
    assert second.attributes["sequences"] == 2


def test_python_numbers_take_the_dtype_of_what_they_meet():
    """A carry that starts as 0.0 or 0 becomes what a step makes of it."""
    total, _ = scan(lambda c, x: (c + x, None), 0.0, np.ones(3, np.float32))
    assert (total.dtype, float(total)) == (np.float32, 3.0)
    total, _ = scan(lambda c, x: (c + x, None), 0, np.full(2, 0.5))
    assert (total.dtype, float(total)) == (np.float64, 1.0)
    count, _ = scan(lambda c, _: (c + 1, None), 0, length=3)
    assert int(count) == 3
    reset, _ = scan(lambda c, _: (0.0, None), np.float32(1), length=1)
    assert (reset.dtype, float(reset)) == (np.float32, 0.0)


def test_each_step_draws_its_own_numbers():
    """By a key into which its number is folded."""
    key = np.array([3, 7], np.uint64)

    def body(_, step):
        return None, random_uniform(fold_in(key, step), (2,), np.float64, 5)

    _, drawn = scan(body, None, np.arange(3))
    for step in range(3):
        np.testing.assert_array_equal(drawn[step], random_uniform_of(fold_in(key, step)))
    assert len(np.unique(drawn)) == 6


def random_uniform_of(key):
    return evaluate(trace(lambda key: random_uniform(key, (2,), np.float64, 5), key), key)[0]


def test_a_scan_is_mapped():
    """Over carries, sequences, constants, and any of them alone."""
    carries, sequences, weights = np.ones((2, 3)), np.stack([XS, 2 * XS]), np.stack([W, W.T])
    for axes in ((0, 0, 0), (0, None, None), (None, 0, None), (None, None, 0)):
        arguments = [
            each if axis == 0 else each[0] for each, axis in zip((carries, sequences, weights), axes, strict=True)
        ]
        last, out = vmap(recurrent, in_axes=axes)(*arguments)
        for number in range(2):
            single = [each if axis is None else each[number] for each, axis in zip(arguments, axes, strict=True)]
            expected, results = recurrent(*single)
            np.testing.assert_allclose(last[number], expected, rtol=1e-12)
            np.testing.assert_allclose(out["product"][number], results["product"], rtol=1e-12)
    counted = vmap(lambda x: scan(lambda c, _: ((c[0] + x, c[1] + 1), c[1]), (x, 0), length=2))(np.ones(3))
    np.testing.assert_array_equal(counted[0][1], [2, 2, 2])
    np.testing.assert_array_equal(counted[1], [[0, 1]] * 3)
    check_grads(vmap(lambda xs: recurrent(np.ones(3), xs, W)[0]), (sequences,))


def test_forward_mode_goes_along():
    """The tangent of a sum is the sum of tangents."""
    _, moved = jvp(lambda xs: scan(lambda c, x: (c + x, c), 0.0, xs), (np.ones(3),), (np.arange(3.0),))
    assert float(moved[0]) == 3.0
    np.testing.assert_array_equal(moved[1], [0.0, 0.0, 1.0])


def test_the_recurrence_of_pytorch_has_the_same_derivatives():
    """An LSTM written step by step, with its gates cut out of one product."""
    torch = pytest.importorskip("torch")
    size = 4
    layer = torch.nn.LSTM(3, size, dtype=torch.float64)
    xs = torch.tensor(random.uniform(-1, 1, (5, 2, 3)), requires_grad=True)
    out, (h, c) = layer(xs)
    (out.sin().sum() + (c * h).sum()).backward()

    def run(weights, recurrent, bias, xs):
        def body(carry, x):
            h, c = carry
            gates = x @ weights.T + h @ recurrent.T + bias
            i, f, g, o = (gates[:, k * size : (k + 1) * size] for k in range(4))
            c = c / (1 + np.exp(-f)) + np.tanh(g) / (1 + np.exp(-i))
            h = np.tanh(c) / (1 + np.exp(-o))
            return (h, c), h

        (h, c), out = scan(body, (np.zeros((2, size)), np.zeros((2, size))), xs)
        return np.sum(np.sin(out)) + np.sum(c * h)

    parts = [layer.weight_ih_l0, layer.weight_hh_l0, layer.bias_ih_l0 + layer.bias_hh_l0, xs]
    found = grad(run, (0, 1, 2, 3))(*(part.detach().numpy() for part in parts))
    expected = [layer.weight_ih_l0.grad, layer.weight_hh_l0.grad, layer.bias_ih_l0.grad, xs.grad]
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other.numpy(), rtol=1e-9, atol=1e-12)


FAULTS = {
    "shape": (
        lambda: scan(lambda c, x: ({"h": c["h"] + x}, None), {"h": np.zeros(())}, np.ones((2, 3))),
        ShapeError,
        (
            "traced function: carry 'h' of scan changes from float64[] to float64[3] in a step\n"
            "  expected: a carry of one shape and dtype\n"
            "  to do:    start from what a step gives, or cast with astype"
        ),
    ),
    "dtype": (
        lambda: scan(lambda c, x: (c + x, None), np.zeros(3, np.float32), np.ones((2, 3))),
        ShapeError,
        (
            "traced function: the carry of scan changes from float32[3] to float64[3] in a step\n"
            "  expected: a carry of one shape and dtype\n"
            "  to do:    start from what a step gives, or cast with astype"
        ),
    ),
    "structure": (
        lambda: scan(lambda c, x: ((c, x), None), np.zeros(3), np.ones((2, 3))),
        TraceError,
        (
            "traced function: the carry that the body of scan returns is not built as the one it is given\n"
            "  expected: the same nested containers"
        ),
    ),
    "no pair": (
        lambda: scan(lambda c, x: c + x, np.zeros(3), np.ones((2, 3))),
        TraceError,
        (
            "traced function: the body of scan returned float64 of shape (3,)\n"
            "  expected: a pair: the next carry, and the step's result or None"
        ),
    ),
    "no axis": (
        lambda: scan(lambda c, x: (c, x), None, {"x": 1.0}),
        ShapeError,
        "traced function: sequence 'x' of scan has no axis to go along\n  expected: one axis or more",
    ),
    "lengths": (
        lambda: scan(lambda c, x: (c, x), None, {"x": np.ones(2), "y": np.ones(3)}),
        ShapeError,
        "traced function: the sequences of scan are of different lengths: x 2, y 3\n  expected: equal first axes",
    ),
    "no length": (
        lambda: scan(lambda c, x: (c, x), 0.0),
        ShapeError,
        "traced function: scan was given neither sequences nor a length\n  expected: one of them",
    ),
    "other length": (
        lambda: scan(lambda c, x: (c, x), 0.0, np.ones(3), length=2),
        ShapeError,
        "traced function: scan over 2 steps of sequences with 3 elements\n  expected: equal numbers",
    ),
    "negative": (
        lambda: scan(lambda c, x: (c, x), 0.0, length=-1),
        ShapeError,
        "traced function: scan over -1 steps\n  expected: a whole number, 0 or more",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_does_not_fit_is_refused(name):
    """With what came and what is needed."""
    run, error, message = FAULTS[name]
    with pytest.raises(error) as caught:
        run()
    assert testing.message(caught.value) == message
