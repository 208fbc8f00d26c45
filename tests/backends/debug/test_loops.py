"""Inside of loops, branches and calls the node in the body is found, with the step of the loop."""

import numpy as np
import pytest

import sigma_core as sigma
from sigma_core.backends.debug._faults import not_finite
from sigma_core.backends.debug._walk import walk
from sigma_core.graph import scope


def fault(function, *arrays):
    graph = sigma.trace(function, *arrays)
    _, cause = walk(graph, arrays)
    return not_finite(cause)


def recurrent(reverse=False):
    def body(carry, element):
        with scope("network.layers.recurrent_1"):
            carry = np.log(carry + element)
        return carry, carry * 2

    return lambda xs: sigma.scan(body, np.ones(2), xs, reverse=reverse)[1]


@pytest.mark.parametrize(("reverse", "step"), [(False, 3), (True, 2)])
def test_a_step_of_a_scan_is_found(reverse, step):
    """The first, in the order in which steps run, with the layer and the place of its body."""
    xs = np.full((6, 2), 2.0)
    xs[2:4, 1] = -50
    if not reverse:
        xs[2] = 2
    else:
        xs[3] = 2
    error = fault(recurrent(reverse), xs)
    assert (error.layer, error.operation, error.loop) == ("network.layers.recurrent_1", "log", (step,))
    assert error.found.startswith(f"log (%2.body%3, step {step} of a loop) gives NaN in 1 of 2, from float64[2] from")


def test_a_loop_within_a_loop_is_found():
    """Both steps are told, the outer one first."""

    def outer(carry, row):
        return sigma.scan(lambda total, x: (np.sqrt(total + x), x), carry, row)[0], carry

    xs = np.ones((3, 4))
    xs[1, 2] = -9
    error = fault(lambda xs: sigma.scan(outer, 1.0, xs)[0], xs)
    assert (error.operation, error.loop) == ("sqrt", (1, 2))
    assert "step 1 of a loop, step 2 of a loop" in error.found


def test_a_while_loop_is_found():
    """With the step in which it happens."""

    def logarithms(x):
        return sigma.while_loop(lambda carry: carry[0] < 5, lambda carry: (carry[0] + 1, np.log(carry[1])), (0, x))[1]

    error = fault(logarithms, np.float64(3))
    assert (error.operation, error.loop) == ("log", (3,))


@pytest.mark.parametrize(("x", "operation"), [(1.0, "log"), (-1.0, "sqrt")])
def test_the_branch_that_ran_is_looked_at(x, operation):
    """And not the other."""
    error = fault(lambda x: sigma.cond(x > 0, lambda x: np.log(x - 1), np.sqrt, x), np.float64(x))
    assert error.operation == operation
    assert error.loop == ()


def test_a_call_is_found():
    """As of what is computed again for its derivative."""
    error = fault(sigma.grad(sigma.checkpoint(lambda x: np.sum(np.log(x)))), np.zeros(2))
    assert error.operation == "divide"
    assert ".body%" in error.found


def test_what_a_body_is_given_is_no_fault_of_it():
    """What came with the carry of a step before, or from outside, was made there."""
    error = fault(lambda xs: sigma.scan(lambda c, x: (c + x, c), 0.0, np.log(xs))[0], np.array([1.0, 0.0, 1.0]))
    assert (error.operation, error.loop) == ("log", ())


def test_a_bundle_that_is_fine_is_left_alone():
    """Infinities that a body masks."""
    graph = sigma.trace(
        lambda xs: sigma.scan(lambda c, x: (c + np.where(x > 0, np.log(x), 0), x), 0.0, xs), np.zeros(3)
    )
    outputs, cause = walk(graph, (np.zeros(3),))
    assert cause is None
    assert float(outputs[0]) == 0
