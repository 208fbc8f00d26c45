"""Everything in everything: random programs of transformations and control flow that hold each other."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sigma_core as sigma
from sigma_core.graph import evaluate, optimise, trace

SIZE = 4
LARGEST = 3000
"""Nodes of a program that is looked at; derivatives of derivatives of loops grow quickly."""

PLAIN = (
    lambda a, b: a + b,
    lambda a, b: np.tanh(a) * b,
    np.maximum,
    lambda a, b: np.where(a > b, a, 2 * b),
    lambda a, b: a[::-1] - 0.5 * b,
    lambda a, b: np.sum(a) * b / 4,
    lambda a, b: np.tanh(a.reshape(2, 2) @ b.reshape(2, 2)).reshape(-1),
    lambda a, b: np.concatenate([a[1:], b[:1]]),
    lambda a, b: np.sort(a) + np.mean(b),
    lambda a, b: 1 / (1 + np.exp(-np.tanh(a))),
)


def stacked(a, b):
    return np.stack([a, b, a * b])


def ruled(f, g):
    return sigma.custom_derivative(
        f, reverse=lambda inputs, outputs, due: (due * np.tanh(g(inputs[0], outputs)), due * outputs)
    )


def pushed(f, g):
    return sigma.custom_derivative(
        f, forward=lambda inputs, outputs, moves: moves[0] * np.tanh(g(*inputs)) + moves[1] * outputs
    )


# Each makes a function of two vectors of two such functions.
HOLDING = (
    lambda f, g: lambda a, b: sigma.scan(lambda c, x: (np.tanh(f(c, x)), None), a, stacked(a, b))[0],
    lambda f, g: (
        lambda a, b: np.sum(
            sigma.scan(lambda c, x: (np.tanh(g(c, b)), f(c, x)), a, stacked(a, b), reverse=True)[1], axis=0
        )
    ),
    lambda f, g: lambda a, b: sigma.scan(lambda c, x: (f(c, x), None), a, stacked(a, b)[:0])[0],
    lambda f, g: lambda a, b: sigma.cond(np.sum(a) > 0.1, f, g, a, b),
    lambda f, g: lambda a, b: sigma.cond(a[0] > b[0], lambda a: f(a, b), lambda a: g(b, a), a),
    lambda f, g: (
        lambda a, b: sigma.while_loop(
            lambda c: (c[0] < 3) & (np.sum(c[1] ** 2) < 9), lambda c: (c[0] + 1, 1.5 * np.tanh(f(c[1], b))), (0, a)
        )[1]
    ),
    lambda f, g: lambda a, b: sigma.while_loop(lambda c: np.sum(c**2) < 9, lambda c: 1.5 * np.tanh(f(c, b)), a, most=2),
    lambda f, g: sigma.checkpoint(f),
    lambda f, g: lambda a, b: np.tanh(sigma.grad(lambda a: np.sum(f(a, b) * g(a, b)))(a)),
    lambda f, g: lambda a, b: np.tanh(sigma.jvp(f, (a, b), (b, a))[1]),
    lambda f, g: lambda a, b: np.tanh(sigma.linearize(lambda a: f(a, b), a)[1](b)),
    lambda f, g: lambda a, b: np.tanh(sigma.vjp(f, a, b)[1](a)[1]),
    lambda f, g: lambda a, b: np.tanh(sigma.jacobian(f, 1, mode="forward")(a, b) @ a),
    lambda f, g: lambda a, b: np.tanh(sigma.jacobian(f, mode="reverse")(a, b) @ b),
    lambda f, g: lambda a, b: np.tanh(sigma.hvp(lambda a: np.sum(f(a, b)), (a,), (b,))[0]),
    lambda f, g: lambda a, b: np.sum(sigma.vmap(f, (0, None))(stacked(a, b), b), axis=0),
    lambda f, g: lambda a, b: np.sum(sigma.vmap(lambda x: f(b, x), -1, 1)(stacked(a, b).T), axis=1),
    ruled,
    pushed,
)


def chained(f, g, operation):
    return lambda a, b: operation(f(a, b), g(a, b))


programs = st.recursive(
    st.sampled_from(PLAIN),
    lambda inner: st.one_of(
        st.builds(lambda holding, f, g: holding(f, g), st.sampled_from(HOLDING), inner, inner),
        st.builds(chained, inner, inner, st.sampled_from(PLAIN)),
    ),
    max_leaves=6,
)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@settings(max_examples=60, report_multiple_bugs=False)
@given(function=programs, seed=st.integers(0, 999))
def test_transformations_agree(dtype, function, seed):
    """Passes and the compiled program, forward and reverse mode, linearize and jvp, vmap and a Python loop."""
    a, b, moved, other, due = np.random.default_rng(seed).normal(size=(5, SIZE)).astype(dtype)
    graph = trace(function, a, b)
    if len(optimise(graph).describe().splitlines()) > LARGEST:
        return
    tolerance = {"rtol": 1e-2, "atol": 1e-3} if dtype == np.float32 else {"rtol": 1e-7, "atol": 1e-9}
    (expected,) = evaluate(graph, a, b)
    assert (expected.shape, expected.dtype) == ((SIZE,), dtype)
    np.testing.assert_allclose(evaluate(optimise(graph), a, b)[0], expected, **tolerance)
    compiled = sigma.compile(function)
    for _ in range(2):
        np.testing.assert_allclose(compiled(a, b), expected, **tolerance)

    result, tangent = sigma.jvp(function, (a, b), (moved, other))
    _, pull = sigma.vjp(function, a, b)
    first, second = pull(due)
    assert {each.dtype for each in (result, tangent, first, second)} == {np.dtype(dtype)}
    np.testing.assert_allclose(result, expected, **tolerance)
    np.testing.assert_allclose(sigma.linearize(function, a, b)[1](moved, other), tangent, **tolerance)
    if dtype == np.float64:
        np.testing.assert_allclose(tangent @ due, first @ moved + second @ other, **tolerance)

    many = np.stack([a, b, moved]), np.stack([other, a, b])
    each = np.stack([compiled(x, y) for x, y in zip(*many, strict=True)])
    np.testing.assert_allclose(sigma.vmap(function)(*many), each, **tolerance)
