"""The matrix products of a step alone, by NumPy, into memory that is there: the limit."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from steps.cases import Case
from steps.contenders.contract import Contender

Product = tuple[Any, Any, Any]
"""Two matrices and the memory for their product."""


def _product(first: tuple[int, ...], second: tuple[int, ...], *, transposed: str = "") -> Product:
    """Random matrices of these shapes; `transposed` names those that lie in memory the other way round."""
    random = np.random.default_rng(3)
    left, right = (
        random.random(shape[::-1], np.float32).T if name in transposed else random.random(shape, np.float32)
        for name, shape in (("first", first), ("second", second))
    )
    return left, right, np.empty((first[0], second[1]), np.float32)


def _layer(rows: int, inputs: int, outputs: int, *, first: bool = False) -> Iterator[Product]:
    """Forward, and backward by the weights and, unless the layer is the first, by its inputs."""
    yield _product((rows, inputs), (inputs, outputs))
    yield _product((inputs, rows), (rows, outputs), transposed="first")
    if not first:
        yield _product((rows, outputs), (outputs, inputs), transposed="second")


def _dense(batch: int, *sizes: int) -> Iterator[Product]:
    for number, (inputs, outputs) in enumerate(pairwise(sizes)):
        yield from _layer(batch, inputs, outputs, first=number == 0)


def _characters(batch: int, vocabulary: int, width: int, units: int, time: int) -> Iterator[Product]:
    """Over all of time at once where that can be, step by step where one step needs the last."""
    yield from _layer(time * batch, width, 4 * units)
    forward, _, backward = _layer(batch, units, 4 * units)
    yield from [forward] * time
    yield from [backward] * time
    yield _product((units, time * batch), (time * batch, 4 * units), transposed="first")
    yield from _layer(time * batch, units, vocabulary)


def _gated(batch: int, vocabulary: int, width: int, units: int, time: int) -> Iterator[Product]:
    yield from _layer(time * batch, width, 3 * units)
    forward, _, backward = _layer(batch, units, 3 * units)
    yield from [forward] * time
    yield from [backward] * time
    yield _product((units, time * batch), (time * batch, 3 * units), transposed="first")
    yield from _layer(time * batch, units, vocabulary)


def _attention(batch: int, vocabulary: int, features: int, heads: int, time: int) -> Iterator[Product]:
    """Of each head and record: queries by keys, weights by values; each with two products backward."""
    for _ in range(4):
        yield from _layer(batch * time, features, features)
    share = features // heads
    yield from list(_layer(time, share, time)) * (batch * heads)
    yield from list(_layer(time, time, share)) * (batch * heads)
    yield from _layer(batch * time, features, 4 * features)
    yield from _layer(batch * time, 4 * features, features)
    yield from _layer(batch * time, features, vocabulary)


def _convolutions(batch: int, side: int, *sizes: int) -> Iterator[Product]:
    """As products of all windows with the weights."""
    extent, first, second, classes = sizes
    yield from _layer(batch * side**2, extent**2, first, first=True)
    yield from _layer(batch * (side // 2) ** 2, extent**2 * first, second)
    yield from _layer(batch, (side // 4) ** 2 * second, classes)


FAMILIES = {
    "dense": _dense,
    "characters": _characters,
    "convolutions": _convolutions,
    "gated": _gated,
    "attention": _attention,
    "normalised": _convolutions,
}


class Products(Contender):
    """All products of one step, one after the other."""

    def __init__(self, case: Case) -> None:
        self.products = list(FAMILIES[case.family](case.batch, *case.sizes))
        self.versions = {"NumPy": np.__version__}

    def step(self, _number: int) -> None:
        """Whatever the batch is."""
        for first, second, out in self.products:
            np.matmul(first, second, out)


def build(case: Case) -> Contender:
    """The case."""
    return Products(case)
