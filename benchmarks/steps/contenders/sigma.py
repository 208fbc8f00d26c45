"""Sigma: the step of a trainer, called as its loop calls it."""

from time import perf_counter
from typing import Any

import numpy as np
import sigma_nn as nn

import sigma_core as sigma
from steps.cases import LEARNING_RATE, Case
from steps.contenders.contract import Contender


def _dense(inputs: int, *sizes: int) -> Any:
    *hidden, classes = sizes
    network = nn.Input(inputs)
    for size in hidden:
        network = network + nn.Dense(size, activation="relu")
    return network + nn.Dense(classes)


def _characters(vocabulary: int, width: int, units: int, time: int) -> Any:
    characters = nn.Input(time, dtype="integer") + nn.Embedding(vocabulary, width)
    return characters + nn.Lstm(units) + nn.Dense(vocabulary)


def _gated(vocabulary: int, width: int, units: int, time: int) -> Any:
    characters = nn.Input(time, dtype="integer") + nn.Embedding(vocabulary, width)
    return characters + nn.Gru(units) + nn.Dense(vocabulary)


def _attention(vocabulary: int, features: int, heads: int, time: int) -> Any:
    characters = nn.Input(time, dtype="integer") + nn.Embedding(vocabulary, features)
    return characters + nn.TransformerBlock(features, heads, rate=0.0, causal=True) + nn.Dense(vocabulary)


def _normalised(side: int, extent: int, *sizes: int) -> Any:
    *channels, classes = sizes
    network = nn.Input((side, side, 1))
    for count in channels:
        network = network + nn.Convolution(count, extent, padding="same") + nn.BatchNorm()
        network = network + nn.ElementWise("relu") + nn.MaxPooling(2)
    return network + nn.Flatten() + nn.Dense(classes)


def _convolutions(side: int, extent: int, *sizes: int) -> Any:
    *channels, classes = sizes
    network = nn.Input((side, side, 1))
    for count in channels:
        network = network + nn.Convolution(count, extent, padding="same", activation="relu") + nn.MaxPooling(2)
    return network + nn.Flatten() + nn.Dense(classes)


FAMILIES = {
    "dense": _dense,
    "characters": _characters,
    "convolutions": _convolutions,
    "gated": _gated,
    "attention": _attention,
    "normalised": _normalised,
}


class Sigma(Contender):
    """A trainer of one of the families, its worker and what that has compiled."""

    def __init__(self, case: Case, backend: str) -> None:
        weights, self.batches = case.weights(), case.batches()
        data = tuple(map(np.concatenate, zip(*self.batches, strict=True)))
        network = FAMILIES[case.family](*case.sizes) + nn.SoftmaxCrossEntropy()
        trainer = sigma.Trainer(
            network, data, nn.Adam(LEARNING_RATE), "1 epochs", batch_size=case.batch, metrics=[], backend=backend
        )
        worker = trainer.build().team.worker
        views = worker.layout.views(worker.arrays["parameters"], worker.arrays["fixed"])
        trained = [views[place.identifier] for place in worker.layout.trainable]
        for view, array in zip(trained, weights, strict=True):
            # A broadcast would hide that the order or the layout is another.
            if view.shape != array.shape:
                raise ValueError(f"parameters have the shapes {[each.shape for each in trained]}")
            view[...] = array
        start = perf_counter()
        worker.executable(self.batches[0])
        self.compile_seconds = perf_counter() - start
        self.run_step = worker.step
        blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
        self.versions = {"NumPy": np.__version__, blas["name"]: blas["version"]}

    def step(self, number: int) -> Any:
        """The first output is the loss."""
        return self.run_step(self.batches[number])[0]


def build(case: Case, backend: str) -> Contender:
    """The case on one of the backends."""
    return Sigma(case, backend)
