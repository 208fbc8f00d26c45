"""Values that outlive the function they were made in are refused, not handed on."""

import numpy as np
import pytest

import sigma_core as sigma
from sigma_core import testing
from sigma_core.errors import TraceError

KEEPERS = {
    "grad": sigma.grad,
    "compile": sigma.compile,
    "vjp": lambda function: lambda x: sigma.vjp(function, x),
}
USERS = {
    "grad": sigma.grad,
    "checkpoint": sigma.checkpoint,
    "compile": sigma.compile,
    "vjp": lambda function: lambda x: sigma.vjp(function, x),
    "linearize": lambda function: lambda x: sigma.linearize(function, x),
}


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("keeper", KEEPERS)
def test_a_value_that_was_kept_is_refused(keeper, user):
    """Whatever the function was for, and whatever it is used in."""
    kept = []

    def keeping(x):
        kept.append(x * 2)
        return x * x

    KEEPERS[keeper](keeping)(1.5)
    with pytest.raises(TraceError) as caught:
        USERS[user](lambda y: y * kept[0])(2.0)
    assert testing.message(caught.value) == (
        "traced function: a value is used that was made of argument 0 of a function that has returned\n"
        "  expected: values of functions that are being traced\n"
        "  to do:    return it instead of keeping it, where needed as auxiliary, with has_aux=True"
    )


def test_a_derivative_that_is_linear_in_a_kept_value_is_refused():
    """Also where only the derivative needs it."""
    kept = []
    sigma.grad(lambda x: (kept.append(x), x * x)[1])(1.5)
    ruled = sigma.custom_derivative(lambda x: x * 1, reverse=lambda inputs, outputs, due: (due * kept[0],))
    with pytest.raises(TraceError):
        sigma.vjp(ruled, 2.0)


def test_what_is_closed_over_while_it_is_traced_is_none_of_that():
    """Several functions deep, and after others have returned."""

    def outer(x):
        sigma.grad(np.square)(1.0)
        return sigma.checkpoint(lambda y: sigma.grad(lambda z: x * y * z)(1.0))(2.0)

    assert sigma.grad(outer)(3.0) == 2
    assert sigma.compile(sigma.grad(outer))(3.0) == 2
