"""The networks that are trained: their sizes, the data, and the weights that all contenders start from."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

Weights = list[NDArray[np.float32]]
"""In the order of the layers, weights before biases; dense (inputs, outputs), convolution (5, 5, inputs, outputs), LSTM
(inputs, 4 * units), (units, 4 * units), (4 * units,) with the gates input, forget, candidate, output; GRU the same with
the gates reset, update, candidate, and (units,) for the candidate of the state; batch and layer norm scales, shifts."""
Batch = tuple[NDArray[Any], NDArray[np.int64]]
"""Inputs and classes, both with the batch as first axis."""

BATCHES = 8
LEARNING_RATE = 1e-4
"""Small, so that roundings stay what they are: where steps are large, one sign of a gradient of about zero is seen in
the loss a few steps later."""


@frozen
class Case:
    """A network of some family, and how its steps are timed."""

    family: str
    """Which of the builders that every contender has."""
    batch: int
    group: int
    """Steps that are timed together, so that a timing takes half a millisecond or more."""
    groups: int
    """Timings in a turn."""
    sizes: tuple[int, ...]
    """Dense: of all layers from the input on. Characters (an LSTM), gated (a GRU): vocabulary, embedding, units, time.
    Convolutions, and normalised ones: side of the pictures, extent of the windows, channels of both, classes.
    Attention: vocabulary, features, heads, time."""

    @property
    def warm_up(self) -> int:
        """Steps at the beginning of a turn that are not timed."""
        return max(3, self.group * self.groups // 3)

    def weights(self) -> Weights:
        """The weights before the first step."""
        return _WEIGHTS[self.family](np.random.default_rng(1), *self.sizes)

    def batches(self) -> list[Batch]:
        """The batches that are trained on in turn."""
        random = np.random.default_rng(2)
        return [_BATCHES[self.family](random, self.batch, *self.sizes) for _ in range(BATCHES)]


CASES: Mapping[str, Case] = {
    "dense-256-b32": Case("dense", 32, 10, 40, (784, 256, 256, 10)),
    "dense-256-b128": Case("dense", 128, 5, 40, (784, 256, 256, 10)),
    "dense-1000-b100": Case("dense", 100, 2, 30, (784, 1000, 800, 10)),
    "char-lstm": Case("characters", 32, 1, 25, (80, 128, 128, 64)),
    "conv": Case("convolutions", 64, 1, 25, (28, 5, 16, 32, 10)),
    "char-gru": Case("gated", 32, 1, 25, (80, 128, 128, 64)),
    "attention": Case("attention", 32, 1, 25, (80, 128, 4, 64)),
    "batch-norm": Case("normalised", 64, 1, 25, (28, 5, 16, 32, 10)),
}


def _normal(random: np.random.Generator, *shape: int) -> NDArray[np.float32]:
    """About as large as Glorot's."""
    fan = np.prod(shape[:-1])
    return random.normal(0.0, 1 / np.sqrt(fan), shape).astype(np.float32)


def _zeros(size: int) -> NDArray[np.float32]:
    return np.zeros(size, np.float32)


def _dense_weights(random: np.random.Generator, *sizes: int) -> Weights:
    layers = pairwise(sizes)
    return [array for shape in layers for array in (_normal(random, *shape), _zeros(shape[1]))]


def _character_weights(random: np.random.Generator, vocabulary: int, width: int, units: int, _time: int) -> Weights:
    return [
        _normal(random, vocabulary, width) * np.float32(np.sqrt(vocabulary)),
        _normal(random, width, 4 * units),
        _normal(random, units, 4 * units),
        _zeros(4 * units),
        _normal(random, units, vocabulary),
        _zeros(vocabulary),
    ]


def _ones(size: int) -> NDArray[np.float32]:
    return np.ones(size, np.float32)


def _gated_weights(random: np.random.Generator, vocabulary: int, width: int, units: int, _time: int) -> Weights:
    return [
        _normal(random, vocabulary, width) * np.float32(np.sqrt(vocabulary)),
        _normal(random, width, 3 * units),
        _normal(random, units, 3 * units),
        _zeros(3 * units),
        _zeros(units),
        _normal(random, units, vocabulary),
        _zeros(vocabulary),
    ]


def _attention_weights(random: np.random.Generator, vocabulary: int, features: int, _heads: int, _time: int) -> Weights:
    """Embedding; layer norm, attention (query, key, value, output); layer norm, two dense layers; dense."""
    shapes = [(features, features)] * 4
    hidden = 4 * features
    return [
        _normal(random, vocabulary, features) * np.float32(np.sqrt(vocabulary)),
        *(_ones(features), _zeros(features)),
        *(array for shape in shapes for array in (_normal(random, *shape), _zeros(features))),
        *(_ones(features), _zeros(features)),
        *(_normal(random, features, hidden), _zeros(hidden)),
        *(_normal(random, hidden, features), _zeros(features)),
        *(_normal(random, features, vocabulary), _zeros(vocabulary)),
    ]


def _convolution_weights(random: np.random.Generator, *sizes: int) -> Weights:
    side, extent, first, second, classes = sizes
    features = (side // 4) ** 2 * second
    return [
        _normal(random, extent, extent, 1, first),
        _zeros(first),
        _normal(random, extent, extent, first, second),
        _zeros(second),
        _normal(random, features, classes),
        _zeros(classes),
    ]


def _normalised_weights(random: np.random.Generator, *sizes: int) -> Weights:
    first, first_biases, second, second_biases, *last = _convolution_weights(random, *sizes)
    norms = [(_ones(biases.size), _zeros(biases.size)) for biases in (first_biases, second_biases)]
    return [first, first_biases, *norms[0], second, second_biases, *norms[1], *last]


def _dense_batch(random: np.random.Generator, batch: int, *sizes: int) -> Batch:
    return _pictures(random, batch, (sizes[0],), sizes[-1])


def _character_batch(random: np.random.Generator, batch: int, *sizes: int) -> Batch:
    """Characters and those that follow them; some are frequent, most are rare, as in a text."""
    vocabulary, _, _, time = sizes
    frequencies = 1 / np.arange(1, vocabulary + 1)
    text = random.choice(vocabulary, (batch, time + 1), p=frequencies / frequencies.sum())
    return np.ascontiguousarray(text[:, :-1]), np.ascontiguousarray(text[:, 1:])


def _convolution_batch(random: np.random.Generator, batch: int, *sizes: int) -> Batch:
    side, classes = sizes[0], sizes[-1]
    return _pictures(random, batch, (side, side, 1), classes)


def _pictures(random: np.random.Generator, batch: int, shape: tuple[int, ...], classes: int) -> Batch:
    """The same pictures each time, mostly empty, in another order and half of them with another class.

    So that they can neither be learnt by heart, after which gradients would be of the size that processors are slow
    with, nor are pure noise, on which differences of rounding grow tenfold from step to step.
    """
    drawn = np.random.default_rng(4).random((batch, *shape), np.float32)
    drawn[drawn < 0.8] = 0.0
    order = random.permutation(batch)
    wrong = random.random(batch) < 0.5
    return drawn[order], np.where(wrong, random.integers(0, classes, batch), order % classes)


_WEIGHTS = {
    "dense": _dense_weights,
    "characters": _character_weights,
    "convolutions": _convolution_weights,
    "gated": _gated_weights,
    "attention": _attention_weights,
    "normalised": _normalised_weights,
}
_BATCHES = {
    "dense": _dense_batch,
    "characters": _character_batch,
    "convolutions": _convolution_batch,
    "gated": _character_batch,
    "attention": _character_batch,
    "normalised": _convolution_batch,
}
