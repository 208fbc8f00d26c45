"""Custom derivatives: rules in place of a function's parts, in both modes; what rules may not return."""

import os
from functools import partial

import numpy as np
import pytest

from sigma_core import compile as compiled
from sigma_core import testing
from sigma_core.errors import DerivativeError, TraceError
from sigma_core.graph import (
    check_grads,
    checkpoint,
    cond,
    custom_derivative,
    evaluate,
    grad,
    jvp,
    optimise,
    scan,
    trace,
    vmap,
    while_loop,
)

X, Y = np.array([0.3, 0.7]), np.array([1.5, -0.5])


def part(x, y):
    return np.exp(x) * y


by_reverse = custom_derivative(part, reverse=lambda inputs, out, due: (due * out, due * np.exp(inputs[0])))
by_forward = custom_derivative(part, forward=lambda inputs, out, moves: moves[0] * out + moves[1] * np.exp(inputs[0]))


@pytest.mark.parametrize("function", [by_reverse, by_forward])
def test_one_rule_serves_both_modes(function):
    """The other mode transposes it; so do derivatives of derivatives, loops and maps."""
    np.testing.assert_allclose(function(X, Y), part(X, Y), rtol=1e-15)
    check_grads(function, (X, Y))
    check_grads(lambda x, y: scan(lambda c, _: (function(c, y) * 0.3, None), x, length=3)[0], (X, Y))
    for axes in ((0, 0), (0, None), (None, 0)):
        arguments = [np.stack([each, 2 * each]) if axis == 0 else each for each, axis in zip((X, Y), axes, strict=True)]
        check_grads(vmap(function, in_axes=axes), arguments)
    stacks = np.ones((2, 3, 2))
    check_grads(vmap(vmap(function, in_axes=(0, None))), (stacks, np.stack([X, Y])))


def test_a_rule_that_is_not_linear_serves_its_own_mode_alone():
    """What is no transpose is refused, not taken at zero; a rule of the other mode mends it."""

    def clip(_inputs, _out, due):
        return (np.clip(due, -1, 1),)

    clipped = custom_derivative(lambda x: x * 1.0, reverse=clip)
    np.testing.assert_array_equal(grad(lambda x: np.sum(clipped(x) ** 2))(np.array([0.2, 3.0])), [0.4, 1.0])
    with pytest.raises(DerivativeError) as caught:
        jvp(clipped, (X,), (Y,))
    assert testing.message(caught.value) == (
        "traced function: the reverse rule of <lambda> is not linear in its last argument, "
        "so the forward mode has no rule\n"
        "  expected: a linear rule, which serves both modes\n"
        "  to do:    give custom_derivative a forward rule as well, or take derivatives in reverse mode alone"
    )
    squared = custom_derivative(lambda x: x * 1.0, forward=lambda _inputs, _out, moves: moves[0] * moves[0])
    assert float(jvp(squared, (2.0,), (3.0,))[1]) == 9.0
    with pytest.raises(DerivativeError) as caught:
        grad(squared)(2.0)
    assert testing.message(caught.value).startswith("traced function: the forward rule of <lambda> is not linear")
    both = custom_derivative(lambda x: x * 1.0, reverse=clip, forward=lambda _inputs, _out, moves: moves[0])
    np.testing.assert_array_equal(jvp(both, (X,), (Y,))[1], Y)


def test_a_rule_is_asked_in_place_of_the_function():
    """Each mode its own where there are two."""
    odd = custom_derivative(
        np.sin, reverse=lambda _inputs, _out, due: (due * 10,), forward=lambda _inputs, _out, moves: moves[0] * 20
    )
    assert float(grad(odd)(0.0)) == 10.0
    assert float(jvp(odd, (0.0,), (1.0,))[1]) == 20.0
    assert float(odd(0.5)) == np.sin(0.5)


def test_gradients_may_be_bent():
    """Rounding that lets derivatives through, and a clipped gradient."""
    rounded = custom_derivative(np.rint, reverse=lambda _inputs, _out, due: (due,))
    np.testing.assert_array_equal(grad(lambda x: np.sum(rounded(x) * x))(np.array([1.2, 2.6])), [2.2, 5.6])
    clipped = custom_derivative(lambda x: x, reverse=lambda _inputs, _out, due: (np.clip(due, -1, 1),))
    np.testing.assert_array_equal(grad(lambda x: np.sum(clipped(x) ** 2))(np.array([0.2, 3.0])), [0.4, 1.0])


def test_arguments_and_results_are_containers():
    """None stands for zeros in any place; integers and choices have no derivative."""

    def function(p, scale, count, square):
        assert square
        return {"sum": p["a"] * scale + p["b"], "count": count + 1}

    def reverse(inputs, outputs, due):
        p, _scale, _count, square = inputs
        assert square
        assert due["count"] is None
        assert set(outputs) == {"sum", "count"}
        return {"b": due["sum"] * 3, "a": None}, np.sum(due["sum"] * p["a"]), None, None

    wrapped = custom_derivative(function, reverse=reverse)
    by, scale = grad(lambda p, s: np.sum(wrapped(p, s, 2, True)["sum"]), (0, 1))({"a": X, "b": Y}, 2.0)
    np.testing.assert_array_equal(by["a"], np.zeros(2))
    np.testing.assert_array_equal(by["b"], np.full(2, 3.0))
    assert float(scale) == pytest.approx(1.0)


def test_a_call_is_part_of_the_program_once_it_is_differentiated():
    """Nothing keeps it apart."""
    graph = optimise(trace(grad(lambda x: np.sum(by_reverse(x, Y))), X))
    assert "call" not in [node.operation.name for node in graph.nodes]
    np.testing.assert_allclose(evaluate(graph, X)[0], np.exp(X) * Y, rtol=1e-15)


def pair(x):
    return {"a": x["w"] * 2, "b": x["n"]}


ARGUMENT = ({"w": np.ones(2, np.float32), "n": np.ones(())},)
REVERSE = {
    "no tuple": (
        lambda due: {"w": due["a"], "n": due["b"]},
        (
            "the reverse rule of pair returned a dict of 2\n"
            "  expected: a tuple with one part for each of 1 arguments, None for zeros"
        ),
    ),
    "too many": (
        lambda due: (due, due),
        (
            "the reverse rule of pair returned a tuple of 2\n"
            "  expected: a tuple with one part for each of 1 arguments, None for zeros"
        ),
    ),
    "other names": (
        lambda due: (due,),
        (
            "the reverse rule of pair returned a dict of 2 in place of argument '0'\n"
            "  expected: a dict of w, n, or None for zeros"
        ),
    ),
    "a container": (
        lambda due: ({"w": [due["a"]], "n": None},),
        (
            "the reverse rule of pair returned a list of 1 in place of argument '0.w'\n"
            "  expected: an array, or None for zeros"
        ),
    ),
    "shape": (
        lambda due: ({"w": None, "n": due["a"].astype(np.float64)},),
        (
            "the custom derivative of pair: the cotangent of argument '0.n' is float64[2]\n  expected: float64[]"
            "\n  to do:    np.sum over axes that are too many, np.broadcast_to where some are missing"
        ),
    ),
    "dtype": (
        lambda due: ({"w": due["a"].astype(np.float64), "n": None},),
        (
            "the custom derivative of pair: the cotangent of argument '0.w' is float64[2]\n  expected: float32[2]\n"
            "  to do:    astype('float32')"
        ),
    ),
}


@pytest.mark.parametrize("name", REVERSE)
def test_what_a_reverse_rule_may_not_return(name):
    """With the argument at fault, what came and what is needed."""
    rule, message = REVERSE[name]
    wrapped = custom_derivative(pair, reverse=lambda _inputs, _out, due: rule(due))
    with pytest.raises(DerivativeError) as caught:
        grad(lambda x: np.sum(wrapped(x)["a"]) + wrapped(x)["b"])(*ARGUMENT)
    assert testing.message(caught.value) == f"traced function: {message}"


FORWARD = {
    "structure": (
        lambda moves: (moves[0]["w"], moves[0]["n"]),
        "the forward rule of pair returned a tuple of 2\n  expected: a dict of a, b, or None for zeros",
    ),
    "shape": (
        lambda moves: {"a": None, "b": moves[0]["w"].astype(np.float64)},
        (
            "the custom derivative of pair: the tangent of result 'b' is float64[2]\n  expected: float64[]"
            "\n  to do:    np.sum over axes that are too many, np.broadcast_to where some are missing"
        ),
    ),
}


@pytest.mark.parametrize("name", FORWARD)
def test_what_a_forward_rule_may_not_return(name):
    """With the result at fault, what came and what is needed."""
    rule, message = FORWARD[name]
    wrapped = custom_derivative(pair, forward=lambda _inputs, _out, moves: rule(moves))
    with pytest.raises(DerivativeError) as caught:
        jvp(wrapped, ARGUMENT, ARGUMENT)
    assert testing.message(caught.value) == f"traced function: {message}"


def test_no_derivative_reaches_what_is_closed_over():
    """The rule gives none by it, so asking for one is an error."""

    def program(x, y):
        def times(x):
            return x * y

        return np.sum(custom_derivative(times, reverse=lambda _inputs, _out, due: (due,))(x))

    np.testing.assert_array_equal(grad(program)(X, Y), [1.0, 1.0])
    with pytest.raises(DerivativeError) as caught:
        grad(program, 1)(X, Y)
    assert testing.message(caught.value) == (
        "traced function: the custom derivative of times was asked for one by a value that times closes over\n"
        "  expected: derivatives by its arguments\n"
        "  to do:    hand the value over as an argument"
    )


def test_a_rule_is_needed():
    """One of two."""
    with pytest.raises(TraceError) as caught:
        custom_derivative(np.sin)
    assert testing.message(caught.value) == (
        "custom_derivative: neither a reverse nor a forward rule is given\n  expected: one of them"
    )


def of_another_shape(_inputs, _outputs, due):
    return (np.sum(due),)


def test_a_rule_at_fault_is_named_by_its_own_line():
    """Not by the line that asked for the derivative, which may be far away."""
    wrapped = custom_derivative(np.tanh, reverse=of_another_shape)
    with pytest.raises(DerivativeError) as caught:
        grad(lambda x: np.sum(wrapped(x)))(X)
    number = of_another_shape.__code__.co_firstlineno
    assert caught.value.line == f"{os.path.relpath(__file__)}:{number}: def of_another_shape(_inputs, _outputs, due):"
    assert str(caught.value) == (
        "traced function: the custom derivative of tanh: the cotangent of argument '0' is float64[]\n"
        f"  at:       {caught.value.line}\n"
        f"  expected: float64[{X.size}]\n"
        "  to do:    np.sum over axes that are too many, np.broadcast_to where some are missing"
    )
    # A rule without source, or with one that nobody wrote, is named by the line that asked.
    wrapped = custom_derivative(np.tanh, reverse=partial(of_another_shape))
    with pytest.raises(DerivativeError) as caught:
        grad(lambda x: np.sum(wrapped(x)))(X)
    assert caught.value.line.endswith(": grad(lambda x: np.sum(wrapped(x)))(X)")


def scaled(number):
    """The identity, with a derivative that only a rule makes of what it closes over."""
    return custom_derivative(lambda x: x * 1, reverse=lambda inputs, outputs, cotangents: (cotangents * number,))


def pushed(number):
    return custom_derivative(lambda x: x * 1, forward=lambda inputs, outputs, tangents: tangents[0] * number)


CLOSING = {
    "a branch": (lambda x, ruled: cond(x > 0, lambda x: ruled(3 * x)(x), lambda x: x, x), 6),
    "a loop": (lambda x, ruled: scan(lambda c, k: (ruled(k * c)(c), None), x, np.arange(1.0, 4.0))[0], 48),
    "a loop around": (lambda x, ruled: scan(lambda c, _k: (ruled(x)(c), None), x, length=3)[0], 8),
    "a loop with a condition": (
        lambda x, ruled: while_loop(lambda c: c[0] < 2, lambda c: (c[0] + 1, ruled(x * c[1])(c[1])), (0, x))[1],
        16,
    ),
    "a loop with a bound": (
        lambda x, ruled: while_loop(lambda c: c[0] < 2, lambda c: (c[0] + 1, ruled(x)(c[1])), (0, x), most=5)[1],
        4,
    ),
    "a map": (lambda x, ruled: np.sum(vmap(lambda k: ruled(k)(x))(np.arange(4.0))), 6),
    "a map of both": (lambda x, ruled: np.sum(vmap(lambda k: ruled(k)(k * x))(np.arange(4.0))), 14),
    "a checkpoint": (lambda x, ruled: checkpoint(lambda x: ruled(x)(x))(x), 2),
    "a function of the same rule": (lambda x, ruled: ruled(ruled(x)(x))(x), 2),
}


@pytest.mark.parametrize("ruled", [scaled, pushed])
@pytest.mark.parametrize("name", CLOSING)
def test_rules_may_close_over_values(name, ruled):
    """Of the loop, branch or map around them, and the derivative is right in both modes, and compiled."""
    function, expected = CLOSING[name]
    assert grad(lambda x: function(x, ruled))(2.0) == expected
    assert jvp(lambda x: function(x, ruled), (2.0,), (1.0,))[1] == expected
    assert compiled(grad(lambda x: function(x, ruled)))(2.0) == expected
    np.testing.assert_array_equal(vmap(grad(lambda x: function(x, ruled)))(np.full(2, 2.0)), np.full(2, expected))


def test_what_only_a_rule_closes_over_is_no_part_of_the_function():
    """So there is no derivative by it, but of the rule there is one."""
    assert grad(lambda number: scaled(number)(5.0))(3.0) == 0
    assert grad(lambda number: grad(scaled(number))(5.0))(3.0) == 1
    assert jvp(lambda number: jvp(pushed(number), (5.0,), (2.0,))[1], (3.0,), (1.0,)) == (6, 2)
