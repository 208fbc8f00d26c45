"""What transformations and control flow refuse: by type, with where it stands and what to do."""

import numpy as np
import pytest

import sigma_core as sigma
from sigma_core import testing
from sigma_core.errors import DerivativeError, ShapeError, TraceError

X = np.ones(3)
FUNCTION = "  expected: a function\n  to do:    give the function itself, not what it returns"
NUMBERS = "  expected: arrays of bool, int or float, numbers, and containers of them"
POSITION = "  expected: the position of an argument, from 0 on, or a tuple of positions"
TUPLE = "  expected: a tuple with one for each argument of the function: (x,) for a single one"


def square(x):
    return np.sum(x**2)


def ruled(part):
    return sigma.custom_derivative(square, reverse=lambda inputs, outputs, cotangents: (part,))


FAULTS = {
    "grad": (lambda: sigma.grad(square(X)), TraceError, f"what grad is to differentiate is a float64\n{FUNCTION}"),
    "jacobian": (lambda: sigma.jacobian(3), TraceError, f"what jacobian is to differentiate is an int\n{FUNCTION}"),
    "hessian": (lambda: sigma.hessian("f"), TraceError, f"what grad is to differentiate is a str\n{FUNCTION}"),
    "vjp": (lambda: sigma.vjp(X, X), TraceError, f"what vjp is to differentiate is a ndarray\n{FUNCTION}"),
    "jvp": (
        lambda: sigma.jvp([], (X,), (X,)),
        TraceError,
        f"what jvp is to differentiate is a list of 0\n{FUNCTION}",
    ),
    "linearize": (
        lambda: sigma.linearize(1.0, X),
        TraceError,
        f"what linearize is to differentiate is a float\n{FUNCTION}",
    ),
    "vmap": (lambda: sigma.vmap(None), TraceError, f"what vmap is to map is a NoneType\n{FUNCTION}"),
    "checkpoint": (lambda: sigma.checkpoint(1), TraceError, f"what checkpoint is to run is an int\n{FUNCTION}"),
    "custom derivative": (
        lambda: sigma.custom_derivative(1, reverse=square),
        TraceError,
        f"what custom_derivative is to differentiate is an int\n{FUNCTION}",
    ),
    "rule": (
        lambda: sigma.custom_derivative(square, reverse=1),
        TraceError,
        f"a rule of custom_derivative is an int\n{FUNCTION}",
    ),
    "branch": (lambda: sigma.cond(True, square, 1, X), TraceError, f"a branch of cond is an int\n{FUNCTION}"),
    "body of scan": (lambda: sigma.scan(1, 0.0, X), TraceError, f"the body of scan is an int\n{FUNCTION}"),
    "condition": (
        lambda: sigma.while_loop(True, square, X),
        TraceError,
        f"the condition of while_loop is a bool\n{FUNCTION}",
    ),
    "body of while": (
        lambda: sigma.while_loop(square, 1, X),
        TraceError,
        f"the body of while_loop is an int\n{FUNCTION}",
    ),
    "name": (lambda: sigma.grad(square, "x")(X), DerivativeError, f"a derivative by argument 'x'\n{POSITION}"),
    "float": (lambda: sigma.grad(square, 0.0)(X), DerivativeError, f"a derivative by argument 0.0\n{POSITION}"),
    "truth": (lambda: sigma.jacobian(square, True)(X), DerivativeError, f"a derivative by argument True\n{POSITION}"),
    "names": (lambda: sigma.hessian(square, ("x",))(X), DerivativeError, f"a derivative by argument 'x'\n{POSITION}"),
    "arguments": (
        lambda: sigma.jvp(square, X, (X,)),
        DerivativeError,
        f"the arguments of jvp are a ndarray\n{TUPLE}",
    ),
    "directions": (
        lambda: sigma.jvp(square, (X,), X),
        DerivativeError,
        f"the directions of jvp are a ndarray\n{TUPLE}",
    ),
    "arguments of hvp": (
        lambda: sigma.hvp(square, 1.0, (1.0,)),
        DerivativeError,
        f"the arguments of hvp are a float\n{TUPLE}",
    ),
    "directions of hvp": (
        lambda: sigma.hvp(square, (X,), {"x": X}),
        DerivativeError,
        f"the directions of hvp are a dict of 1\n{TUPLE}",
    ),
    "cotangent": (
        lambda: sigma.vjp(square, X)[1]("1"),
        DerivativeError,
        "the cotangent's dtype is <U1\n  expected: float64",
    ),
    "direction": (
        lambda: sigma.linearize(square, X)[1](1j * X),
        DerivativeError,
        "the direction's dtype is complex128\n  expected: float64",
    ),
    "auxiliary": (
        lambda: sigma.vjp(lambda x: (square(x), {"mode": "fast"}), X, has_aux=True),
        TraceError,
        f"result 1.mode is a str, of dtype <U4\n{NUMBERS}",
    ),
    "result": (lambda: sigma.grad(lambda x: "x")(X), TraceError, f"the result is a str, of dtype <U1\n{NUMBERS}"),
    "results": (
        lambda: sigma.jacobian(lambda x: {"a": x, "b": {1, 2}})(X),
        TraceError,
        f"result b is a set, of dtype object\n{NUMBERS}",
    ),
    "compiled": (
        lambda: sigma.compile(lambda x: (x, "x"))(X),
        TraceError,
        f"result 1 is a str, of dtype <U1\n{NUMBERS}",
    ),
    "predicate": (
        lambda: sigma.cond("yes", square, square, X),
        TraceError,
        f"the predicate of cond is a str, of dtype <U3\n{NUMBERS}",
    ),
    "operand": (
        lambda: sigma.grad(lambda x: sigma.cond(x[0] > 0, lambda x, _other: x, lambda x, _other: x, x, {1})[0])(X),
        TraceError,
        f"operand '1' is a set, of dtype object\n{NUMBERS}",
    ),
    "first branch": (
        lambda: sigma.cond(np.True_, lambda x: {"a": "x"}, lambda x: {"a": x}, X),
        TraceError,
        f"result 'a' is a str, of dtype <U1\n{NUMBERS}",
    ),
    "second branch": (
        lambda: sigma.cond(np.True_, lambda x: x, lambda _x: "x", X),
        TraceError,
        f"the result is a str, of dtype <U1\n{NUMBERS}",
    ),
    "carry": (
        lambda: sigma.scan(lambda carry, x: ("x", None), 0.0, X),
        TraceError,
        f"the carry that the body of scan returns is a str, of dtype <U1\n{NUMBERS}",
    ),
    "sequence": (
        lambda: sigma.scan(lambda carry, x: (carry, None), 0.0, {"letters": "abc"}),
        TraceError,
        f"sequence 'letters' is a str, of dtype <U3\n{NUMBERS}",
    ),
    "argument of a checkpoint": (
        lambda: sigma.grad(lambda x: sigma.checkpoint(lambda x, _other: square(x))(x, {1}))(X),
        TraceError,
        f"argument 1 is a set, of dtype object\n{NUMBERS}",
    ),
    "rule's result": (
        lambda: sigma.grad(ruled("x"))(X),
        TraceError,
        f"the custom derivative of square: the cotangent of argument '0' is a str, of dtype <U1\n{NUMBERS}",
    ),
    "keyword": (
        lambda: ruled(None)(x=X),
        TraceError,
        (
            "a function with a custom derivative was given 'x' by keyword\n"
            "  expected: arguments by position, as its rules have them"
        ),
    ),
    "length": (
        lambda: sigma.scan(lambda carry, _x: (carry, None), 0.0, length=2.0),
        ShapeError,
        "scan over 2.0 steps\n  expected: a whole number, 0 or more",
    ),
    "no length": (
        lambda: sigma.scan(lambda carry, _x: (carry, None), 0.0, length=True),
        ShapeError,
        "scan over True steps\n  expected: a whole number, 0 or more",
    ),
    "most": (
        lambda: sigma.while_loop(lambda carry: carry < 3, lambda carry: carry + 1, 0, most=-1),
        ShapeError,
        "while_loop over -1 steps\n  expected: a whole number, 0 or more",
    ),
}
if np.dtype(np.longdouble).itemsize > 8:
    WIDE = np.ones(2, np.longdouble)
    TYPE = f"of dtype {WIDE.dtype}\n"
    DOUBLE = "\n  to do:    astype(np.float64)"
    FAULTS |= {
        "long double": (
            lambda: sigma.compile(np.sin)(WIDE),
            TraceError,
            (
                f"argument 0 is a ndarray, {TYPE}  expected: arrays of bool, int or float, numbers, text, functions,"
                f" and containers of them{DOUBLE}"
            ),
        ),
        "long doubles around": (
            lambda: sigma.vmap(lambda x: x + WIDE)(X),
            TraceError,
            f"a value cannot hold ndarray {TYPE}  expected: bool, int, float{DOUBLE}",
        ),
        "long doubles back": (
            lambda: sigma.compile(lambda x: (x, WIDE))(X),
            TraceError,
            f"result 1 is a ndarray, {TYPE}{NUMBERS}{DOUBLE}",
        ),
    }


@pytest.mark.parametrize("name", FAULTS)
def test_what_does_not_fit_is_refused(name):
    """At once, with what it is and what is needed."""
    run, error, message = FAULTS[name]
    with pytest.raises(error) as caught:
        run()
    assert testing.message(caught.value) == f"traced function: {message}"


def test_a_number_of_steps_is_known_when_a_loop_is_traced():
    """A value is none, and the refusal names the loop that asks again at each step."""
    with pytest.raises(ShapeError) as caught:
        sigma.vmap(lambda n: sigma.scan(lambda carry, _x: (carry, None), 0.0, length=n))(np.arange(3))
    assert testing.message(caught.value).endswith(
        " steps\n  expected: a whole number, 0 or more\n"
        "  to do:    while_loop, where it is known only when the program runs"
    )


def test_positions_may_be_numbers_of_numpy():
    """Alone or several."""
    assert sigma.grad(np.multiply, np.int64(1))(2.0, 3.0) == 2
    assert sigma.grad(np.multiply, np.arange(2))(2.0, 3.0) == (3, 2)
    assert sigma.scan(lambda carry, _x: (carry + 1, None), 0, length=np.int32(3))[0] == 3
