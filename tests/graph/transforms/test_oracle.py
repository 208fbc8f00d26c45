"""Transformations beside those of PyTorch, which are others' work."""

import numpy as np
import pytest

from sigma_core.graph import flatten, grad, hessian, hvp, jacobian, jvp, linearize, vjp, vmap

# PyTorch's forward mode loads its rules by its own deprecated `torch.jit.script`, once per process.
pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated:DeprecationWarning")

random = np.random.default_rng(6)
PARAMETERS = {"w": random.normal(size=(3, 4)), "v": random.normal(size=(4, 2))}
DIRECTIONS = {name: random.normal(size=array.shape) for name, array in PARAMETERS.items()}
POINTS = random.normal(size=(5, 3))
TARGETS = random.normal(size=(5, 2))


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip("torch", reason="PyTorch, the oracle, is not installed: uv run --group oracle pytest")


def functions(library):
    """The same network in one library or the other."""

    def network(parameters, x):
        hidden = library.tanh(x @ parameters["w"])
        return library.sin(hidden @ parameters["v"]) * library.sum(hidden * hidden)

    def loss(parameters, x, target):
        return library.sum((network(parameters, x) - target) ** 2)

    return network, loss


def compare(found, expected):
    pairs = list(zip(flatten(found)[0], flatten(expected)[0], strict=True))
    assert pairs
    for ours, theirs in pairs:
        assert np.shape(ours) == tuple(theirs.shape)
        np.testing.assert_allclose(ours, theirs.numpy(), rtol=1e-9, atol=1e-9)


def tensors(torch, container):
    """The arrays of nested dictionaries and tuples as PyTorch's."""
    if isinstance(container, dict):
        return {name: tensors(torch, each) for name, each in container.items()}
    return torch.tensor(container)


def test_transformations_agree_with_those_of_pytorch(torch):
    """Derivatives of all kinds, mapped ones, and ones of mapped functions."""
    func = torch.func
    network, loss = functions(np)
    their_network, their_loss = functions(torch)
    p, d, x, y = (tensors(torch, each) for each in (PARAMETERS, DIRECTIONS, POINTS, TARGETS))
    point, target = POINTS[0], TARGETS[0]

    compare(
        vmap(grad(loss), (None, 0, 0))(PARAMETERS, POINTS, TARGETS),
        func.vmap(func.grad(their_loss), (None, 0, 0))(p, x, y),
    )
    compare(
        grad(lambda q: np.sum(vmap(loss, (None, 0, 0))(q, POINTS, TARGETS) ** 2))(PARAMETERS),
        func.grad(lambda q: torch.sum(func.vmap(their_loss, (None, 0, 0))(q, x, y) ** 2))(p),
    )
    for mode in ("forward", "reverse"):
        compare(jacobian(network, mode=mode)(PARAMETERS, point), func.jacrev(their_network)(p, x[0]))
    compare(hessian(loss)(PARAMETERS, point, target), func.hessian(their_loss)(p, x[0], y[0]))
    compare(
        vmap(hessian(loss, 1), (None, 0, 0))(PARAMETERS, POINTS, TARGETS),
        func.vmap(func.hessian(their_loss, 1), (None, 0, 0))(p, x, y),
    )
    compare(
        hvp(lambda q: loss(q, point, target), (PARAMETERS,), (DIRECTIONS,))[0],
        func.jvp(func.grad(lambda q: their_loss(q, x[0], y[0])), (p,), (d,))[1],
    )
    moved = func.jvp(lambda q: their_network(q, x[0]), (p,), (d,))
    compare(jvp(lambda q: network(q, point), (PARAMETERS,), (DIRECTIONS,)), moved)
    result, derivative = linearize(lambda q: network(q, point), PARAMETERS)
    compare((result, derivative(DIRECTIONS)), moved)
    _, pull = vjp(network, PARAMETERS, point)
    compare(vmap(pull)(TARGETS), func.vmap(func.vjp(their_network, p, x[0])[1])(y))
