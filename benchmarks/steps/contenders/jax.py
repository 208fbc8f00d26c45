"""JAX: the whole step one jitted function that is given the weights and the optimiser's state to keep."""

import os
from collections.abc import Callable
from time import perf_counter
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from steps.cases import LEARNING_RATE, Case
from steps.contenders.contract import Contender

MEAN_DECAY, SQUARE_DECAY, EPSILON = 0.9, 0.999, 1e-8


def _dense(weights: list[Any], inputs: Any) -> Any:
    *hidden, kernel, biases = weights
    for each, added in zip(hidden[::2], hidden[1::2], strict=True):
        inputs = jax.nn.relu(inputs @ each + added)
    return inputs @ kernel + biases


def _characters(weights: list[Any], inputs: Any) -> Any:
    """Over time first; the products with the inputs are one, outside of the loop."""
    embedding, of_inputs, of_units, biases, kernel, last = weights
    units = of_units.shape[0]
    sequence = embedding[inputs.T] @ of_inputs + biases

    def cell(carry: Any, element: Any) -> Any:
        hidden, memory = carry
        gates = element + hidden @ of_units
        admit, forget, candidate, emit = jnp.split(gates, 4, axis=-1)
        memory = jax.nn.sigmoid(forget) * memory + jax.nn.sigmoid(admit) * jnp.tanh(candidate)
        hidden = jax.nn.sigmoid(emit) * jnp.tanh(memory)
        return (hidden, memory), hidden

    zeros = jnp.zeros((inputs.shape[0], units), jnp.float32)
    _, outputs = lax.scan(cell, (zeros, zeros), sequence)
    return (outputs @ kernel + last).swapaxes(0, 1)


def _convolutions(weights: list[Any], inputs: Any) -> Any:
    *kernels, kernel, last = weights
    for each, added in zip(kernels[::2], kernels[1::2], strict=True):
        inputs = lax.conv_general_dilated(inputs, each, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))
        inputs = lax.reduce_window(jax.nn.relu(inputs + added), -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
    return inputs.reshape(len(inputs), -1) @ kernel + last


FAMILIES: dict[str, Callable[[list[Any], Any], Any]] = {
    "dense": _dense,
    "characters": _characters,
    "convolutions": _convolutions,
}


def _step_of(forward: Callable[[list[Any], Any], Any]) -> Callable[..., Any]:
    def loss_of(weights: list[Any], inputs: Any, classes: Any) -> Any:
        likelihoods = jax.nn.log_softmax(forward(weights, inputs))
        return -jnp.mean(jnp.take_along_axis(likelihoods, classes[..., None], axis=-1))

    def step(state: Any, inputs: Any, classes: Any) -> Any:
        count, weights, means, squares = state
        loss, gradients = jax.value_and_grad(loss_of)(weights, inputs, classes)
        count = count + 1
        root = jnp.sqrt(1 - SQUARE_DECAY**count)
        rate = LEARNING_RATE * root / (1 - MEAN_DECAY**count)
        means = [MEAN_DECAY * m + (1 - MEAN_DECAY) * g for m, g in zip(means, gradients, strict=True)]
        squares = [SQUARE_DECAY * s + (1 - SQUARE_DECAY) * g * g for s, g in zip(squares, gradients, strict=True)]
        weights = [
            w - rate * m / (jnp.sqrt(s) + EPSILON * root) for w, m, s in zip(weights, means, squares, strict=True)
        ]
        return (count, weights, means, squares), loss

    return step


class Jax(Contender):
    """A compiled step and the state that goes through it; the batches lie where the step reads them."""

    def __init__(self, case: Case) -> None:
        weights = [jnp.asarray(array) for array in case.weights()]
        zeros = [[jnp.zeros_like(array) for array in weights] for _ in range(2)]
        self.state = (jnp.zeros((), jnp.float32), weights, *zeros)
        self.batches = [(jnp.asarray(x), jnp.asarray(y, jnp.int32)) for x, y in case.batches()]
        step = jax.jit(_step_of(FAMILIES[case.family]), donate_argnums=0)
        start = perf_counter()
        self.compiled = step.lower(self.state, *self.batches[0]).compile()
        self.compile_seconds = perf_counter() - start
        # The jitted function, not `compiled`: it has the faster way from Python.
        self.jitted = step
        self.versions = {"JAX": jax.__version__}
        assert len(os.sched_getaffinity(0)) == int(os.environ["OMP_NUM_THREADS"]), "JAX takes the cores that it may use"

    def step(self, number: int) -> Any:
        """Handed over; `wait` waits for it."""
        self.state, loss = self.jitted(self.state, *self.batches[number])
        return loss

    def wait(self, _last: Any) -> None:
        """Until all of the state is there."""
        jax.block_until_ready(self.state)


def build(case: Case) -> Contender:
    """The case."""
    return Jax(case)
