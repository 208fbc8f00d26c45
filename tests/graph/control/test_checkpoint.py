"""Checkpoint: what is computed again on the way back, whatever the passes do."""

import numpy as np

from sigma_core.graph import check_grads, checkpoint, evaluate, grad, optimise, scan, trace, vmap

X, Y = np.array([0.3, 0.7]), np.array([1.5, -0.5])


def part(x, y):
    return np.exp(np.sin(x) * y)


def test_derivatives_are_those_of_the_function():
    """In both modes, to the second order, nested and mapped."""
    check_grads(checkpoint(part), (X, Y))
    check_grads(checkpoint(lambda x: checkpoint(np.sin)(x) * checkpoint(part)(x, x)), (X,))
    check_grads(lambda xs: vmap(checkpoint(part))(xs, xs * 2), (np.stack([X, Y]),))
    check_grads(lambda x: scan(lambda c, _: (checkpoint(part)(c, x), None), x, length=2)[0], (X,))
    np.testing.assert_allclose(checkpoint(part)(X, Y), part(X, Y), rtol=1e-15)


def test_the_way_back_computes_again():
    """Sharing what is common does not undo it, and all that is kept are the arguments."""
    graph = optimise(trace(grad(lambda x: np.sum(checkpoint(part)(x, Y) ** 2)), X))
    (call,) = (node for node in graph.nodes if node.operation.name == "call")
    names = [node.operation.name for node in graph.nodes]
    again = [node.operation.name for node in call.attributes["body"].nodes]
    assert (names.count("exp"), again.count("exp")) == (1, 1)
    plain = trace(grad(lambda x: np.sum(part(x, Y) ** 2)), X)
    np.testing.assert_allclose(evaluate(graph, X)[0], evaluate(plain, X)[0], rtol=1e-12)
    np.testing.assert_allclose(evaluate(optimise(graph), X)[0], evaluate(plain, X)[0], rtol=1e-12)


def test_without_derivatives_it_is_part_of_the_program():
    """Nothing keeps the first run apart."""
    graph = optimise(trace(checkpoint(part), X, Y))
    assert [node.operation.name for node in graph.nodes] == ["placeholder", "placeholder", "sin", "multiply", "exp"]


def test_choices_and_functions_pass():
    """Arguments that are no arrays."""
    assert float(checkpoint(lambda x, double, f: f(x) * 2 if double else x)(1.0, True, np.negative)) == -2.0
