"""Derivatives of functions of arrays, without a trainer: Newton's method, gradients of each record, compiled programs.

To run it: `python examples/derivatives.py`.
"""

from collections.abc import Callable
from timeit import timeit
from typing import Any

import numpy as np

import sigma_core as sigma


def rosenbrock(x: Any) -> Any:
    """A curved valley whose lowest point is (1, 1): gradient descent needs thousands of steps along its floor."""
    return 100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2


def newton(function: Callable[[Any], Any], x: Any, steps: int) -> Any:
    """Where the gradient is zero, by solving for it with the Hessian; both come from one compiled program."""
    derivatives = sigma.compile(lambda x: (sigma.grad(function)(x), sigma.hessian(function)(x)))
    for step in range(steps):
        gradient, hessian = derivatives(x)
        print(f"  {step}: x = {np.round(x, 6)}, length of the gradient {np.linalg.norm(gradient):.1e}")
        x = x - np.linalg.solve(hessian, gradient)
    return x


def error(parameters: Any, features: Any, target: Any) -> Any:
    """Of one record: logistic regression, whose label is -1 or 1."""
    return np.log1p(np.exp(-target * (features @ parameters["weights"] + parameters["bias"])))


if __name__ == "__main__":
    print("Newton's method on Rosenbrock's function")
    newton(rosenbrock, np.array([-1.2, 1.0]), steps=7)

    random = np.random.default_rng(0)
    features = random.normal(size=(1000, 20))
    targets = np.sign(features[:, 0] + 0.5 * random.normal(size=1000))
    parameters = {"weights": np.zeros(20), "bias": 0.0}

    # The gradient of each record by itself, as clipping for privacy or a measure of noise needs it.
    per_record = sigma.vmap(sigma.grad(error), in_axes=(None, 0, 0))
    each = per_record(parameters, features, targets)["weights"]
    signal = np.abs(np.mean(each, axis=0)) / np.std(each, axis=0)
    print(f"\nGradients of 1,000 records at once, of shape {each.shape}")
    print(f"  signal to noise {signal[0]:.2f} for the feature that matters, {signal[1]:.2f} for another")

    compiled = sigma.compile(per_record)
    compiled(parameters, features, targets)
    for name, function in (("as they are", per_record), ("compiled", compiled)):
        seconds = timeit(lambda function=function: function(parameters, features, targets), number=100) / 100
        print(f"  {name}: {seconds * 1e6:.0f} microseconds")
