"""Optimisers over 40 steps in float64, against the formulas of their papers element by element, and against PyTorch."""

from math import prod, sqrt
from operator import attrgetter
from types import SimpleNamespace

import numpy as np
import pytest
from attrs import asdict
from sigma_nn import (
    Adadelta,
    Adagrad,
    Adam,
    Adamax,
    AdamW,
    GradientDescent,
    Lamb,
    Lion,
    Momentum,
    Nadam,
    Nesterov,
    RmsProp,
)

from sigma_core.testing import evaluate, trace

STEPS = 40


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


def adamw(o, x, g, t, memory):
    return adam(o, x, g, t, memory) - o.learning_rate * o.weight_decay * x


def adamax(o, x, g, t, memory):
    memory["m"] = o.mean_decay * memory.get("m", 0.0) + (1 - o.mean_decay) * g
    memory["u"] = max(o.largest_decay * memory.get("u", 0.0), abs(g) + o.epsilon)
    return x - o.learning_rate / (1 - o.mean_decay**t) * memory["m"] / memory["u"]


def nadam(o, x, g, t, memory):
    decays = [o.mean_decay * (1 - 0.5 * 0.96 ** (o.schedule_decay * i)) for i in range(1, t + 2)]
    memory["m"] = o.mean_decay * memory.get("m", 0.0) + (1 - o.mean_decay) * g
    memory["n"] = o.square_decay * memory.get("n", 0.0) + (1 - o.square_decay) * g**2
    mean = decays[-1] * memory["m"] / (1 - prod(decays)) + (1 - decays[-2]) * g / (1 - prod(decays[:-1]))
    return x - o.learning_rate * mean / (sqrt(memory["n"] / (1 - o.square_decay**t)) + o.epsilon)


def nesterov(o, x, g, t, memory):
    """As the paper has it: a point with a velocity; the parameter is where it would go without a gradient."""
    before = memory.get("v", 0.0)
    point = x - o.decay * before
    memory["v"] = o.decay * before - o.learning_rate * g
    return point + memory["v"] + o.decay * memory["v"]


def rms_prop(o, x, g, t, memory):
    memory["r"] = o.decay * memory.get("r", 0.0) + (1 - o.decay) * g**2
    return x - o.learning_rate * g / (sqrt(memory["r"]) + o.epsilon)


def lion(o, x, g, t, memory):
    c = o.sign_decay * memory.get("m", 0.0) + (1 - o.sign_decay) * g
    memory["m"] = o.mean_decay * memory.get("m", 0.0) + (1 - o.mean_decay) * g
    return x - o.learning_rate * (int(c > 0) - int(c < 0) + o.weight_decay * x)


# Of each optimiser that PyTorch has: its name there, and the fields that each of its arguments is.
MOMENTS = {"betas": "mean_decay square_decay", "eps": "epsilon"}
PYTORCH = {
    GradientDescent: ("SGD", {}),
    Momentum: ("SGD", {"momentum": "decay"}),
    Nesterov: ("SGD", {"momentum": "decay"}),
    Adagrad: ("Adagrad", {"eps": "epsilon"}),
    Adadelta: ("Adadelta", {"rho": "decay", "eps": "epsilon"}),
    Adam: ("Adam", MOMENTS),
    AdamW: ("AdamW", {**MOMENTS, "weight_decay": "weight_decay"}),
    Adamax: ("Adamax", {"betas": "mean_decay largest_decay", "eps": "epsilon"}),
    Nadam: ("NAdam", {**MOMENTS, "momentum_decay": "schedule_decay"}),
    RmsProp: ("RMSprop", {"alpha": "decay", "eps": "epsilon"}),
}


def torch_settings(o):
    """The name of PyTorch's optimiser and its arguments."""
    name, fields = PYTORCH[type(o)]
    arguments = {argument: attrgetter(*field.split())(o) for argument, field in fields.items()}
    return name, arguments | ({"nesterov": True} if isinstance(o, Nesterov) else {})


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
    (AdamW(), adamw),
    (AdamW(0.1, 0.5, 0.9, 1e-2, 0.3), adamw),
    (AdamW(0.1, weight_decay=0.0), adamw),
    (Adamax(), adamax),
    (Adamax(0.1, 0.5, 0.7, 1e-2), adamax),
    (Nadam(), nadam),
    (Nadam(0.1, 0.5, 0.9, 1e-2, 0.2), nadam),
    (Nadam(0.1, schedule_decay=0.0), nadam),
    (Nesterov(), nesterov),
    (Nesterov(0.05, 0.5), nesterov),
    (RmsProp(), rms_prop),
    (RmsProp(0.1, 0.99, 1e-2), rms_prop),
    (Lion(), lion),
    (Lion(0.05, 0.5, 0.8, 0.3), lion),
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


@pytest.mark.parametrize("optimiser", [optimiser for optimiser, _ in CASES if type(optimiser) in PYTORCH], ids=str)
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
    # Of Nadam, PyTorch keeps the product of the decays in float32.
    tolerance = 1e-6 if isinstance(optimiser, Nadam) else 1e-9
    np.testing.assert_allclose(path_of(optimiser), path, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("optimiser", [Adagrad(), Adam(), Adamax(), Nadam(), RmsProp(), Lion()], ids=str)
def test_an_element_without_a_gradient_stays_where_it_is(optimiser):
    """Nothing is divided by zero: the last element's gradient is always 0."""
    assert np.array_equal(path_of(optimiser)[:, -1], np.full(STEPS, START[-1]))


# LAMB looks at whole parameters.


def lamb_path(o, parameter, gradients):
    """You et al. 2020, algorithm 2, with the identity for phi."""
    mean, square, path = np.zeros_like(parameter), np.zeros_like(parameter), []
    for t, gradient in enumerate(gradients, start=1):
        mean = o.mean_decay * mean + (1 - o.mean_decay) * gradient
        square = o.square_decay * square + (1 - o.square_decay) * gradient**2
        ratio = (mean / (1 - o.mean_decay**t)) / (np.sqrt(square / (1 - o.square_decay**t)) + o.epsilon)
        direction = ratio + o.weight_decay * parameter
        lengths = np.linalg.norm(parameter.ravel()), np.linalg.norm(direction.ravel())
        trust = lengths[0] / lengths[1] if all(lengths) else 1.0
        parameter = parameter - o.learning_rate * trust * direction
        path.append(parameter)
    return path


def steps_of(optimiser, parameter, gradients):
    """All parameters after each step, by the traced program of a step."""
    slots = {name: np.full(parameter.shape, start) for name, start in vars(type(optimiser).slots).items()}
    settings = asdict(optimiser)

    def step(parameter, gradient, slots, step, settings):
        new, new_slots = optimiser.update(
            parameter, gradient, SimpleNamespace(**slots), step, SimpleNamespace(**settings)
        )
        return new, vars(new_slots)

    program, path = trace(step, parameter, parameter, slots, 1.0, settings), []
    for count, gradient in enumerate(gradients, start=1):
        arrays = parameter, gradient, *slots.values(), np.array(float(count)), *map(np.array, settings.values())
        results = dict(zip(program.output_names, evaluate(program, *arrays), strict=True))
        parameter, slots = results["0"], {name: results[f"1.{name}"] for name in slots}
        path.append(parameter)
    return path


@pytest.mark.parametrize("shape", [(3, 4), (5,), (), (2, 3, 2)], ids=str)
@pytest.mark.parametrize("start", [0.0, 1.0])
@pytest.mark.parametrize("optimiser", [Lamb(), Lamb(0.1, 0.5, 0.9, 1e-2, 0.3), Lamb(weight_decay=0.0)], ids=str)
def test_lamb_takes_norms_over_a_whole_parameter(optimiser, start, shape):
    """Whatever its shape, and from zeros too, whose norm is 0."""
    random = np.random.default_rng(4)
    parameter = np.asarray(start * random.normal(size=shape))
    gradients = [np.asarray(random.normal(size=shape)) for _ in range(STEPS)]
    expected = lamb_path(optimiser, parameter, gradients)
    np.testing.assert_allclose(steps_of(optimiser, parameter, gradients), expected, rtol=1e-10, atol=1e-12)


def test_lamb_steps_by_a_share_of_the_parameter():
    """As far as the learning rate says, whatever the gradient; not at all where there is no gradient and no decay."""
    parameter = np.random.default_rng(5).normal(size=(3, 4))
    for size in (1e-3, 1.0, 1e3):
        (new,) = steps_of(Lamb(0.25), parameter, [size * np.ones((3, 4))])
        assert np.linalg.norm(new - parameter) == pytest.approx(0.25 * np.linalg.norm(parameter))
    (new,) = steps_of(Lamb(0.25, weight_decay=0.0), parameter, [np.zeros((3, 4))])
    assert np.array_equal(new, parameter)
