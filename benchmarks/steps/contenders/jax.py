"""JAX: the whole step one jitted function that is given the weights and the optimiser's state to keep."""

import os
from collections.abc import Callable
from time import perf_counter
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from steps.cases import CASES, LEARNING_RATE, Case
from steps.contenders.contract import Contender

MEAN_DECAY, SQUARE_DECAY, EPSILON = 0.9, 0.999, 1e-8
HEADS = CASES["attention"].sizes[2]
"""A shape to JAX, and no array among the weights."""


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


def _gated(weights: list[Any], inputs: Any) -> Any:
    embedding, of_inputs, of_units, biases, of_candidate, kernel, last = weights
    sequence = embedding[inputs.T] @ of_inputs + biases

    def cell(hidden: Any, element: Any) -> Any:
        reset, update, candidate = jnp.split(element, 3, axis=-1)
        of_reset, of_update, of_new = jnp.split(hidden @ of_units, 3, axis=-1)
        new = jnp.tanh(candidate + jax.nn.sigmoid(reset + of_reset) * (of_new + of_candidate))
        hidden = new + jax.nn.sigmoid(update + of_update) * (hidden - new)
        return hidden, hidden

    _, outputs = lax.scan(cell, jnp.zeros((inputs.shape[0], of_units.shape[0]), jnp.float32), sequence)
    return (outputs @ kernel + last).swapaxes(0, 1)


def _layer_norm(values: Any, scales: Any, shifts: Any) -> Any:
    centred = values - values.mean(axis=-1, keepdims=True)
    return centred * lax.rsqrt(jnp.square(centred).mean(axis=-1, keepdims=True) + 1e-5) * scales + shifts


def _attention(weights: list[Any], inputs: Any) -> Any:
    """One product for queries, keys and values, as in PyTorch."""
    embedding, scales, shifts, *of_attention = weights[:11]
    second_scales, second_shifts, hidden, hidden_biases, back, back_biases, kernel, last = weights[11:]
    values = embedding[inputs]
    batch, time, features = values.shape
    joint, joint_biases = jnp.concatenate(of_attention[:6:2], axis=1), jnp.concatenate(of_attention[1:6:2])
    normed = _layer_norm(values, scales, shifts)
    parts = (normed @ joint + joint_biases).reshape(batch, time, 3, HEADS, features // HEADS)
    attended = jax.nn.dot_product_attention(*(parts[:, :, part] for part in range(3)), is_causal=True)
    values = values + attended.reshape(batch, time, features) @ of_attention[6] + of_attention[7]
    normed = _layer_norm(values, second_scales, second_shifts)
    values = values + jax.nn.gelu(normed @ hidden + hidden_biases, approximate=False) @ back + back_biases
    return values @ kernel + last


def _normalised(weights: list[Any], inputs: Any) -> Any:
    """Without running statistics, which no loss depends on: JAX is spared them."""
    *layers, kernel, last = weights
    for each, added, scales, shifts in zip(layers[::4], layers[1::4], layers[2::4], layers[3::4], strict=True):
        inputs = lax.conv_general_dilated(inputs, each, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))
        inputs = inputs + added
        centred = inputs - inputs.mean(axis=(0, 1, 2))
        inputs = centred * (scales * lax.rsqrt(jnp.square(centred).mean(axis=(0, 1, 2)) + 1e-5)) + shifts
        inputs = lax.reduce_window(jax.nn.relu(inputs), -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
    return inputs.reshape(len(inputs), -1) @ kernel + last


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
    "gated": _gated,
    "attention": _attention,
    "normalised": _normalised,
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
