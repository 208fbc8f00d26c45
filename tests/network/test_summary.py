"""The table of a network: blocks, shared parameters, narrow terminals."""

from sigma_nn import Concatenate, Dense, Input, SquaredDifference, TiedDense

from sigma_core.network import Network
from sigma_core.registry import ComponentRegistry, Composer


def build(layers):
    return Network.build(layers, composer=Composer(ComponentRegistry()))


def twins():
    """Two records through one encoder."""
    encoder = (Dense(8) + Dense(4)).as_layer("encoder")
    first, second = (Input(4, section=name, name=name) for name in ("left", "right"))
    return build([SquaredDifference()(Dense(1)(Concatenate()(encoder(first), encoder(second))))])


TWINS = """\
layer                 kind               fed by                              output      parameters of    parameters  memory  operations
left                  Input              section left                        (batch, 4)                            0    16 B           0
encoder               block              left                                (batch, 4)                           76    48 B         140
  dense_1             Dense              left                                (batch, 8)                           40    32 B          72
  dense_2             Dense              encoder.dense_1                     (batch, 4)                           36    16 B          68
right                 Input              section right                       (batch, 4)                            0    16 B           0
encoder_2             block              right                               (batch, 4)                            0    48 B         140
  dense_1             Dense              right                               (batch, 8)  encoder.dense_1           0    32 B          72
  dense_2             Dense              encoder_2.dense_1                   (batch, 4)  encoder.dense_2           0    16 B          68
concatenate_1         Concatenate        encoder.dense_2, encoder_2.dense_2  (batch, 8)                            0    32 B           0
dense_1               Dense              concatenate_1                       (batch, 1)                            9     4 B          17
squared_difference_1  SquaredDifference  dense_1, section targets            scalar                                0     4 B           0
total                                                                                                             85   168 B         297

85 parameters are trained, 0 are not; they take 340 B as float32.
Memory and operations are those of a record, in a forward pass."""  # noqa: E501  # as wide as it is


def test_blocks_stand_above_their_layers():
    """With what is theirs together; whose parameters a layer has is said."""
    assert twins().summary() == TWINS


def test_borrowed_parameters_are_told():
    """By their place."""
    network = build(Input(8) + Dense(3, name="code") + TiedDense(8, of="code") + SquaredDifference(targets="inputs"))
    row = next(line for line in network.summary().splitlines() if line.startswith("tied_dense_1"))
    assert row.split() == ["tied_dense_1", "TiedDense", "code", "(batch,", "8)", "code.weights", "8", "32", "B", "56"]
    assert network["tied_dense_1"].borrows == ("code.weights",)
    assert network["tied_dense_1"].shares is None


NARROW = """\
layer                 kind               fed by              output      parameters of    parameters
left                  Input              section left        (batch, 4)                            0
encoder               block              left                (batch, 4)                           76
  dense_1             Dense              left                (batch, 8)                           40
  dense_2             Dense              encoder.dense_1     (batch, 4)                           36
right                 Input              section right       (batch, 4)                            0
encoder_2             block              right               (batch, 4)                            0
  dense_1             Dense              right               (batch, 8)  encoder.dense_1           0
  dense_2             Dense              encoder_2.dense_1   (batch, 4)  encoder.dense_2           0
concatenate_1         Concatenate        encoder.dense_2,    (batch, 8)                            0
                                         encoder_2.dense_2
dense_1               Dense              concatenate_1       (batch, 1)                            9
squared_difference_1  SquaredDifference  dense_1,            scalar                                0
                                         section targets
total                                                                                             85

85 parameters are trained, 0 are not; they take 340 B as float32.
Left out for want of room: memory, operations."""


def test_a_wide_table_is_wrapped():
    """Names of what feeds a layer go below each other, and then columns go, and are named."""
    network = twins()
    assert network.summary(100) == NARROW
    widths = [max(map(len, network.summary(width).splitlines()[:-3])) for width in (60, 80, 120, 137)]
    assert all(width <= most for width, most in zip(widths, (60, 80, 120, 137), strict=True))
    assert network.summary(10_000) == network.summary()
    assert network.summary(1).endswith("Left out for want of room: memory, operations, kind, fed by, parameters of.")
