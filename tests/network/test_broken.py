"""Networks that cannot be: each is refused with its layer, what that got and what it needs, before any step."""

import numpy as np
import pytest
from sigma_nn import (
    Add,
    AveragePooling,
    BatchNorm,
    Bidirectional,
    Concatenate,
    Convolution,
    Dense,
    Dot,
    Embedding,
    Flatten,
    GlobalMaxPooling,
    GradientDescent,
    Gru,
    Input,
    Lstm,
    MaxPooling,
    MultiHeadAttention,
    Multiply,
    Permute,
    Reshape,
    Residual,
    SoftmaxCrossEntropy,
    SquaredDifference,
    TiedDense,
    TransformerBlock,
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
    "empty_mask": np.arange(6)[:, None] != np.full(7, 2),
    "targets": np.arange(6) % 3,
    "high": np.arange(6),
    "numbers": RANDOM.normal(size=6),
}
VECTOR = Input(4)
OTHER = Input((7, 4), section="sequences", name="other")
PICTURE = Input((8, 8, 2), section="pictures")
SEQUENCE = Input((7, 4), section="sequences")
TOKENS = Input(7, section="tokens", dtype="integer")
COST = SoftmaxCrossEntropy()


def shared_by_unequal_inputs():
    layer = Dense(3)
    return COST(Add()(layer(VECTOR), layer(Dense(5)(VECTOR))))


BROKEN = {
    "nothing": list,
    "no cost": lambda: VECTOR + Dense(3),
    "a cost alone": lambda: COST,
    "no input": lambda: Dense(3) + COST,
    "an unused layer": lambda: [COST(Dense(3)(VECTOR)), Dense(5)(VECTOR)],
    "an unused input": lambda: [COST(Dense(3)(VECTOR)), OTHER()],
    "a layer behind a cost": lambda: VECTOR + Dense(3) + COST + Dense(3),
    "a merge of one": lambda: COST(Add()(Dense(3)(VECTOR))),
    "a product of three": lambda: COST(Dot()(VECTOR, VECTOR, VECTOR)),
    "two into one": lambda: COST(Dense(3)(VECTOR, VECTOR)),
    "an input that is fed": lambda: COST(Dense(3)(Input(4)(VECTOR))),
    "an unknown section": lambda: Input(4, section="input") + Dense(3) + COST,
    "no such targets": lambda: VECTOR + Dense(3) + SoftmaxCrossEntropy(targets="target"),
    "no such mask": lambda: VECTOR + Dense(3) + SoftmaxCrossEntropy(mask="masks"),
    "records of another shape": lambda: Input(5) + Dense(3) + COST,
    "a name twice": lambda: VECTOR + Dense(3, name="a") + Dense(3, name="a") + COST,
    "no name": lambda: VECTOR + Dense(3, name="2nd") + COST,
    "a sum of unequal shapes": lambda: COST(Add()(Dense(3)(VECTOR), Dense(4)(VECTOR))),
    "a product of unequal shapes": lambda: COST(Multiply()(Dense(3)(VECTOR), Flatten()(PICTURE))),
    "a join of unequal shapes": lambda: COST(Dense(3)(Flatten()(Concatenate()(VECTOR, PICTURE)))),
    "parameters shared by unequal inputs": shared_by_unequal_inputs,
    "weights of no layer": lambda: VECTOR + Dense(3) + TiedDense(4, "dense_2") + SquaredDifference(targets="inputs"),
    "weights of another size": lambda: VECTOR + Dense(3) + TiedDense(5, "dense_1") + COST,
    "a window larger than its input": lambda: PICTURE + Convolution(3, 9, padding="valid") + Flatten() + COST,
    "a pool larger than its input": lambda: PICTURE + MaxPooling(9) + Flatten() + COST,
    "a picture without height": lambda: VECTOR + Convolution(3, 3) + COST,
    "a pool of vectors": lambda: VECTOR + AveragePooling(2) + COST,
    "groups that divide nothing": lambda: PICTURE + Convolution(3, 3, groups=2) + Flatten() + COST,
    "a vector for a sequence": lambda: VECTOR + Lstm(3) + COST,
    "a picture for a sequence": lambda: PICTURE + Gru(3) + Flatten() + COST,
    "heads that divide nothing": lambda: SEQUENCE + MultiHeadAttention(3) + Flatten() + COST,
    "a mask of another length": lambda: SEQUENCE + Lstm(3, outputs="last", mask="short_mask") + COST,
    "a mask of an empty record": lambda: SEQUENCE + Lstm(3, outputs="last", mask="empty_mask") + COST,
    "numbers for indices": lambda: VECTOR + Embedding(5, 3) + Flatten() + COST,
    "indices out of range": lambda: TOKENS + Embedding(4, 3) + Flatten() + Dense(3) + COST,
    "classes out of range": lambda: VECTOR + Dense(3) + SoftmaxCrossEntropy(targets="high"),
    "one class": lambda: VECTOR + Dense(1) + COST,
    "targets of another shape": lambda: VECTOR + Dense(3) + SquaredDifference(targets="numbers"),
    "classes that are no integers": lambda: VECTOR + Dense(3) + SoftmaxCrossEntropy(targets="numbers"),
    "a shape of another size": lambda: VECTOR + Reshape((3, 2)) + Flatten() + COST,
    "axes that are not there": lambda: PICTURE + Permute((0, 1, 5)) + Flatten() + COST,
    "a residual of another size": lambda: VECTOR + Residual(Dense(3)) + COST,
    "a block of another size": lambda: SEQUENCE + TransformerBlock(8, 2) + Flatten() + Dense(3) + COST,
    "both directions of no direction": lambda: SEQUENCE + Bidirectional(Dense(3)) + Flatten() + COST,
    "statistics of no axis": lambda: COST(BatchNorm()(GlobalMaxPooling()(VECTOR))),
}


class Steps:
    """Counts what must not happen."""

    def __init__(self):
        self.taken = 0

    @hookimpl
    def sigma_iteration_started(self, event, trainer):
        self.taken += 1


def refused(make, steps):
    """What is said of a network by whoever wants to train it."""
    with pytest.raises(UserError) as caught:
        sigma.Trainer(make(), DATA, GradientDescent(), "1 epochs", hooks=[steps], metrics=[]).run()
    return message(caught.value)


SAID = {
    "nothing": ("network: it has no layers\n  expected: at least an input\n  to do:    add layers"),
    "no cost": (
        "network: it ends with 'dense_1', which is no cost\n"
        "  expected: a cost as its last layer\n"
        "  to do:    add one of `sigma components costs`"
    ),
    "a cost alone": (
        "network.layers.softmax_cross_entropy_1: no layer feeds it\n"
        "  expected: 1\n"
        "  to do:    begin the network with an input layer"
    ),
    "no input": (
        "network.layers.dense_1: no layer feeds it\n  expected: 1\n  to do:    begin the network with an input layer"
    ),
    "an unused layer": (
        "network.layers.dense_2: nothing uses what it puts out\n"
        "  expected: a layer, a cost or an output behind each layer\n"
        "  to do:    connect it, put an output layer behind it, or leave it out"
    ),
    "an unused input": (
        "network.layers.other: nothing uses what it puts out\n"
        "  expected: a layer, a cost or an output behind each layer\n"
        "  to do:    connect it, put an output layer behind it, or leave it out"
    ),
    "a layer behind a cost": (
        "network.layers.dense_2: it comes after the cost 'softmax_cross_entropy_1'\n"
        "  expected: nothing after a cost\n"
        "  to do:    put the cost last in the network"
    ),
    "a merge of one": (
        "network.layers.add_1: with inputs of shape (batch, 3): one layer feeds it\n"
        "  expected: two or more\n"
        "  to do:    call it on several: Add()([one, other])"
    ),
    "a product of three": (
        "network.layers.dot_1: 3 layers feed it (input_1, input_1, input_1)\n"
        "  expected: 2\n"
        "  to do:    connect it to as many layers as it takes"
    ),
    "two into one": (
        "network.layers.dense_1: 2 layers feed it (input_1, input_1)\n"
        "  expected: 1\n"
        "  to do:    connect it to as many layers as it takes"
    ),
    "an input that is fed": (
        "network.layers.input_2: 1 layer feeds it (input_1)\n"
        "  expected: 0\n"
        "  to do:    connect it to as many layers as it takes"
    ),
    "an unknown section": (
        "network.layers.input_1: the data has no section 'input'\n"
        "  expected: empty_mask, high, inputs, mask, numbers, pictures, sequences, short_mask, targets, "
        "tokens (nearest: inputs)\n"
        "  to do:    name a section of the data, or give the data this section"
    ),
    "no such targets": (
        "network.layers.softmax_cross_entropy_1: the data has no section 'target'\n"
        "  expected: empty_mask, high, inputs, mask, numbers, pictures, sequences, short_mask, targets, "
        "tokens (nearest: targets)\n"
        "  to do:    name a section of the data, or give the data this section"
    ),
    "no such mask": (
        "network.layers.softmax_cross_entropy_1: the data has no section 'masks'\n"
        "  expected: empty_mask, high, inputs, mask, numbers, pictures, sequences, short_mask, targets, "
        "tokens (nearest: mask)\n"
        "  to do:    name a section of the data, or give the data this section"
    ),
    "records of another shape": (
        "network.layers.input_1: section 'inputs' holds records of shape (4,)\n"
        "  expected: records of shape (5,)\n"
        "  to do:    give the input the shape (4,)"
    ),
    "a name twice": (
        "network.layers.a: 2 layers have this name\n  expected: a name for each\n  to do:    rename all but one"
    ),
    "no name": (
        "network: a layer is called '2nd'\n"
        "  expected: letters, digits and underscores, no digit first\n"
        "  to do:    call it '_2nd', say"
    ),
    "a sum of unequal shapes": (
        "network.layers.add_1: with inputs of shape (batch, 3), (batch, 4): records of shapes (3,), (4,)\n"
        "  expected: records of the same shape, since nothing is broadcast in silence\n"
        "  to do:    reshape what feeds it"
    ),
    "a product of unequal shapes": (
        "network.layers.multiply_1: with inputs of shape (batch, 3), (batch, 128): records of shapes "
        "(3,), (128,)\n"
        "  expected: records of the same shape, since nothing is broadcast in silence\n"
        "  to do:    reshape what feeds it"
    ),
    "a join of unequal shapes": (
        "network.layers.concatenate_1: with inputs of shape (batch, 4), (batch, 8, 8, 2): records of "
        "shapes (4,), (8, 8, 2)\n"
        "  expected: records of as many axes, of which -1 is one\n"
        "  to do:    reshape what feeds it"
    ),
    "parameters shared by unequal inputs": (
        "network.layers.dense_1_2: it shares network.layers.dense_1.weights, which has shape (4, 3)\n"
        "  expected: shape (5, 3), for what comes in here\n"
        "  to do:    feed both places with records of one shape, or give this place a layer of its own"
    ),
    "weights of no layer": (
        "network.layers.tied_dense_1: it borrows 'dense_2.weights', which no layer before it has\n"
        "  expected: dense_1.biases, dense_1.weights (nearest: dense_1.weights)\n"
        "  to do:    name a layer and its parameter, as dense_1.weights"
    ),
    "weights of another size": (
        "network.layers.tied_dense_1: with inputs of shape (batch, 3): 3 inputs and 5 units\n"
        "  expected: 3 inputs and 4 units, since dense_1 has weights (4, 3)\n"
        "  to do:    give it that size, and put it behind as many units"
    ),
    "a window larger than its input": (
        "network.layers.convolution_1: with inputs of shape (batch, 8, 8, 2): windows that reach over "
        "(9, 9) elements do not fit into (8, 8)\n"
        "  expected: windows that are no larger than what they slide over, padding included\n"
        "  to do:    a smaller window or dilation, or more padding"
    ),
    "a pool larger than its input": (
        "network.layers.max_pooling_1: with inputs of shape (batch, 8, 8, 2): windows that reach over "
        "(9, 9) elements do not fit into (8, 8)\n"
        "  expected: windows that are no larger than what they slide over, padding included\n"
        "  to do:    a smaller window or dilation, or more padding"
    ),
    "a picture without height": (
        "network.layers.convolution_1: with inputs of shape (batch, 4): records of shape (4,) for a "
        "window of 3\n"
        "  expected: records of shape (height, width, channels) or (width, channels), one size of a "
        "window for each axis\n"
        "  to do:    give the input its shape, or the window other sizes"
    ),
    "a pool of vectors": (
        "network.layers.average_pooling_1: with inputs of shape (batch, 4): inputs of a pooling of shape "
        "(2, 4)\n"
        "  expected: (batch, width, channels) or (batch, height, width, channels)\n"
        "  to do:    np.reshape, with an axis of size 1 for a single channel"
    ),
    "groups that divide nothing": (
        "network.layers.convolution_1: with inputs of shape (batch, 8, 8, 2): 2 groups of 2 channels and "
        "3 filters\n"
        "  expected: a number of groups that divides both\n"
        "  to do:    change the layer's settings or the shape of what comes in"
    ),
    "a vector for a sequence": (
        "network.layers.lstm_1: with inputs of shape (batch, 4): records of shape (4,)\n"
        "  expected: records of shape (time, features)\n"
        "  to do:    give the input two axes, or put an Embedding layer before it"
    ),
    "a picture for a sequence": (
        "network.layers.gru_1: with inputs of shape (batch, 8, 8, 2): records of shape (8, 8, 2)\n"
        "  expected: records of shape (time, features)\n"
        "  to do:    give the input two axes, or put an Embedding layer before it"
    ),
    "heads that divide nothing": (
        "network.layers.multi_head_attention_1: with inputs of shape (batch, 7, 4): 3 heads do not "
        "divide 4 features\n"
        "  expected: a multiple of 3 features\n"
        "  to do:    choose another number of heads, or give the layer a size"
    ),
    "a mask of another length": (
        "network.layers.lstm_1: with inputs of shape (batch, 7, 4), (batch, 5): the records of its mask "
        "have shape (5,), those of the sequence (7, 4)\n"
        "  expected: a mask of shape (7,), one element for each step\n"
        "  to do:    give the mask as many steps as the sequence, and no further axis"
    ),
    "a mask of an empty record": (
        "training data, section 'empty_mask', for network.layers.lstm_1: 1 of 6 records count nowhere: "
        "all of their 7 elements are masked\n"
        "  expected: at least one element that counts in each record\n"
        "  to do:    leave out records that are empty"
    ),
    "numbers for indices": (
        "network.layers.embedding_1: with inputs of shape (batch, 4): inputs are float32\n"
        "  expected: integers\n"
        '  to do:    give the input before it dtype="integer"'
    ),
    "indices out of range": (
        "training data, section 'tokens', for network.layers.embedding_1: 12 of 42 integers are out of range, "
        "4 among them\n"
        "  expected: integers from 0 to 3, for a vocabulary of 4\n"
        "  to do:    make the vocabulary larger, or put another word in its place"
    ),
    "classes out of range": (
        "training data, section 'high', for network.layers.softmax_cross_entropy_1: there is a class 5\n"
        "  expected: classes from 0 to 2, one for each unit of the last layer\n"
        "  to do:    number the classes from 0, and give the last layer a unit for each"
    ),
    "one class": (
        "network.layers.softmax_cross_entropy_1: with inputs of shape (batch, 1), (batch,): logits have "
        "records of shape (1,)\n"
        "  expected: at least two logits, one for each class\n"
        "  to do:    give the last layer a unit for each class, or use BinaryCrossEntropy with one unit"
    ),
    "targets of another shape": (
        "network.layers.squared_difference_1: with inputs of shape (batch, 3), (batch,): predictions "
        "have records of shape (3,), targets of shape ()\n"
        "  expected: the same shape of both\n"
        "  to do:    give the last layer as many units as a target has numbers"
    ),
    "classes that are no integers": (
        "network.layers.softmax_cross_entropy_1: with inputs of shape (batch, 3), (batch,): targets are "
        "float32 with records of shape ()\n"
        "  expected: integer classes with records of shape (), or probabilities of shape (3,)\n"
        "  to do:    give the last layer a unit for each class, and the targets one of these forms"
    ),
    "a shape of another size": (
        "network.layers.reshape_1: with inputs of shape (batch, 4): records of shape (4,) have 4 elements\n"
        "  expected: as many as (3, 2) has\n"
        "  to do:    give it another shape"
    ),
    "axes that are not there": ("Permute.axes: (0, 1, 5)\n  expected: each axis of a record once, counted from 0"),
    "a residual of another size": (
        "network.layers.residual_1.add_1: with inputs of shape (batch, 4), (batch, 3): records of shapes "
        "(4,), (3,)\n"
        "  expected: records of the same shape, since nothing is broadcast in silence\n"
        "  to do:    reshape what feeds it"
    ),
    "a block of another size": (
        "network.layers.transformer_block_1.add_1: with inputs of shape (batch, 7, 4), (batch, 7, 8): "
        "records of shapes (7, 4), (7, 8)\n"
        "  expected: records of the same shape, since nothing is broadcast in silence\n"
        "  to do:    reshape what feeds it"
    ),
    "both directions of no direction": (
        "Bidirectional.layer: Dense(name=None, size=3, activation='none', bias=True, "
        "weights_initialiser='glorot', biases_initialiser='zeros')\n"
        "  expected: a recurrent layer, such as Lstm(128)"
    ),
    "statistics of no axis": (
        "network.layers.global_max_pooling_1: with inputs of shape (batch, 4): records of shape (4,)\n"
        "  expected: records of shape (..., channels), with at least one axis before the channels\n"
        "  to do:    leave it out, or reshape what feeds it"
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_network_takes_no_step(name):
    """Whoever trains it is told what is wrong, and where."""
    steps = Steps()

    assert refused(BROKEN[name], steps) == SAID[name]
    assert steps.taken == 0


def test_there_are_many_ways_to_be_broken():
    """Each has its message."""
    assert BROKEN.keys() == SAID.keys()
    assert len(BROKEN) >= 30
