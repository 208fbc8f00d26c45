"""Networks that cannot be: each is refused with its layer, what that got and what it needs, before any step."""

import numpy as np
import pytest
from sigma_nn import (
    Accuracy,
    Add,
    AveragePooling,
    BatchNorm,
    BinaryCrossEntropy,
    Concatenate,
    Convolution,
    Dense,
    Dot,
    Dropout,
    Embedding,
    Flatten,
    GradientDescent,
    Input,
    Lstm,
    MaxPooling,
    MultiHeadAttention,
    Multiply,
    Output,
    Permute,
    Reshape,
    Residual,
    SoftmaxCrossEntropy,
    SquaredDifference,
    TiedDense,
    TransposedConvolution,
)

import sigma_core as sigma
from sigma_core.errors import UserError
from sigma_core.extend import hookimpl
from sigma_core.testing import message

RANDOM = np.random.default_rng(0)
DATA = {
    "inputs": RANDOM.normal(size=(6, 4)),
    "pictures": RANDOM.normal(size=(6, 8, 8, 2)),
    "tokens": RANDOM.integers(0, 5, (6, 7)),
    "sequences": RANDOM.normal(size=(6, 7, 4)),
    "mask": np.ones((6, 7), bool),
    "short_mask": np.ones((6, 5), bool),
    "targets": np.arange(6) % 3,
    "numbers": RANDOM.normal(size=6),
}
VECTOR = Input(4)
PICTURE = Input((8, 8, 2), section="pictures")
SEQUENCE = Input((7, 4), section="sequences")
TOKENS = Input(7, section="tokens", dtype="integer")
COST = SoftmaxCrossEntropy()


class Steps:
    """Counts what must not happen."""

    def __init__(self):
        self.taken = 0

    @hookimpl
    def sigma_iteration_started(self, event, trainer):
        self.taken += 1


def shared_by_unequal_inputs():
    layer = Dense(3)
    return COST(Add()(layer(VECTOR), layer(Dense(5)(VECTOR))))


BROKEN = {
    "no layers": (lambda: [], ""),
}
