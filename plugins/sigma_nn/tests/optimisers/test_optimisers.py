"""Optimisers over 20 steps in float64, against the formulas of their papers element by element, and against PyTorch."""

from math import sqrt
from types import SimpleNamespace

import numpy as np
import pytest
from attrs import asdict
from sigma_nn import Adadelta, Adagrad, Adam, GradientDescent, Momentum

STEPS = 20
TOLERANCE = 1e-5


def gradient_at(parameter, step):
    """Of an uneven bowl that is shaken a little, so that gradients change sign and size."""
    scales = np.array([0.01, 1.0, 5.0, 0.3, 2.0, 0.0])
    return scales * (parameter - 0.5) + 0.1 * scales * np.cos(step + np.arange(6))


START = np.array([1.0, -2.0, 0.25, 3.0, 0.5, -1.0])


def path_of(optimiser):
    """All parameters after each step, by the optimiser's own `update` on plain arrays."""
    parameter = START.copy()
    slots = SimpleNamespace(**{name: np.full(6, start) for name, start in vars(type(optimiser).slots).items()})
    path = []
    for step in range(1, STEPS + 1):
        parameter, slots = optimiser.update(
            parameter, gradient_at(parameter, step), slots, float(step), SimpleNamespace(**asdict(optimiser))
        )
        path.append(parameter)
    return np.array(path)


# Brute-force twins: one number at a time, written as the papers write them.


def gradient_descent(o, x, g, t, memory):
    return x - o.learning_rate * g


def momentum(o, x, g, t, memory):
    memory["v"] = o.decay * memory.get("v", 0.0) + g
    return x - o.learning_rate * memory["v"]


def adagrad(o, x, g, t, memory):
    memory.setdefault("all", []).append(g)
    return x - o.learning_rate * g / (sqrt(sum(each**2 for each in memory["all"])) + o.epsilon)


def adadelta(o, x, g, t, memory):
    memory["g2"] = o.decay * memory.get("g2", 0.0) + (1 - o.decay) * g**2
    change = -sqrt(memory.get("x2", 0.0) + o.epsilon) / sqrt(memory["g2"] + o.epsilon) * g
    memory["x2"] = o.decay * memory.get("x2", 0.0) + (1 - o.decay) * change**2
    return x + o.learning_rate * change


def adam(o, x, g, t, memory):
    memory["m"] = o.mean_decay * memory.get("m", 0.0) + (1 - o.mean_decay) * g
    memory["v"] = o.square_decay * memory.get("v", 0.0) + (1 - o.square_decay) * g**2
    mean = memory["m"] / (1 - o.mean_decay**t)
    square = memory["v"] / (1 - o.square_decay**t)
    return x - o.learning_rate * mean / (sqrt(square) + o.epsilon)


def torch_settings(o):
    """The name of PyTorch's optimiser and its arguments."""
    match o:
        case GradientDescent():
            return "SGD", {}
        case Momentum():
            return "SGD", {"momentum": o.decay}
        case Adagrad():
            return "Adagrad", {"eps": o.epsilon}
        case Adadelta():
            return "Adadelta", {"rho": o.decay, "eps": o.epsilon}
        case Adam():
            return "Adam", {"betas": (o.mean_decay, o.square_decay), "eps": o.epsilon}


CASES = [
    (GradientDescent(), gradient_descent),
    (GradientDescent(0.2), gradient_descent),
    (Momentum(), momentum),
    (Momentum(0.05, 0.5), momentum),
    (Momentum(0.05, 0.0), momentum),
    (Adagrad(), adagrad),
    (Adagrad(0.5, 1e-3), adagrad),
    (Adadelta(), adadelta),
    (Adadelta(0.3, 0.5, 1e-2), adadelta),
    (Adam(), adam),
    (Adam(0.1, 0.5, 0.9, 1e-2), adam),
]


@pytest.mark.parametrize(("optimiser", "twin"), CASES, ids=lambda case: str(case) if not callable(case) else "")
def test_steps_are_those_of_the_paper(optimiser, twin):
    """Folding scalars and roots changes nothing beyond rounding."""
    parameter, path = START.copy(), []
    memories = [{} for _ in START]
    for step in range(1, STEPS + 1):
        gradient = gradient_at(parameter, step)
        pairs = zip(parameter, gradient, memories, strict=True)
        parameter = np.array([twin(optimiser, x, g, step, memory) for x, g, memory in pairs])
        path.append(parameter)
    np.testing.assert_allclose(path_of(optimiser), path, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("optimiser", [optimiser for optimiser, _ in CASES], ids=str)
def test_steps_are_those_of_pytorch(optimiser, torch):
    """Defaults included, where PyTorch has the same."""
    name, settings = torch_settings(optimiser)
    parameter = torch.tensor(START, dtype=torch.float64, requires_grad=True)
    oracle = getattr(torch.optim, name)([parameter], lr=optimiser.learning_rate, **settings)
    path = []
    for step in range(1, STEPS + 1):
        parameter.grad = torch.from_numpy(gradient_at(parameter.detach().numpy(), step))
        oracle.step()
        path.append(parameter.detach().numpy().copy())
    np.testing.assert_allclose(path_of(optimiser), path, rtol=TOLERANCE, atol=TOLERANCE)


@pytest.mark.parametrize("optimiser", [Adagrad(), Adam()], ids=str)
def test_an_element_without_a_gradient_stays_where_it_is(optimiser):
    """Nothing is divided by zero: the last element's gradient is always 0."""
    assert np.array_equal(path_of(optimiser)[:, -1], np.full(STEPS, START[-1]))
