"""Pictures of weights and activations, pixel by pixel; the run with them is the run without."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sigma_nn import (
    Adam,
    BatchNorm,
    Convolution,
    Dense,
    Dropout,
    Flatten,
    Input,
    Pictures,
    Reshape,
    SoftmaxCrossEntropy,
)
from sigma_nn.hooks._tiles import filters, folded, picture

import sigma_core as sigma
from sigma_core.extend import HookFailedError, Policy, RunStore, SettingError, ValuesPublished
from sigma_core.testing import message

SQUARES = np.random.default_rng(4).normal(size=(24, 36)).astype(np.float32)
COLOURS = np.random.default_rng(5).normal(size=(24, 4, 5, 3)).astype(np.float32)
TARGETS = np.arange(24) % 3
REMEDY = (
    "\n  expected: convolutions, or dense layers behind inputs that have rows and columns"
    '\n  to do:    name what to show, as values = ["network.**"], or give the form of the inputs, as shape = [8, 8]'
)
WEIGHTS = "network.layers.dense_1.weights"


def make(inputs, *layers, hooks=(), **settings):
    """Six iterations an epoch, two epochs; the last four records are for validation."""
    network = Input(inputs.shape[1:])
    for layer in (*layers, Dense(3), SoftmaxCrossEntropy()):
        network = network + layer
    data, validation = (inputs[:20], TARGETS[:20]), (inputs[20:], TARGETS[20:])
    made = {"validation": validation, "hooks": hooks, "batch_size": 4, "seed": 3, **settings}
    return sigma.Trainer(network, data, Adam(0.05), "2 epochs", **made)


def seen(trainer, **arguments):
    """What the last publication of a run holds."""
    found = []
    listening = trainer.environment.bus.listen("test", found.extend, [ValuesPublished], policy=Policy.KEEP_ALL)
    trainer.run(**arguments)
    listening.close()
    return found[-1].values


def grey(array):
    """The pixels that numbers come to: the smallest is 0, the largest 255."""
    return np.round((array - array.min()) / (array.max() - array.min()) * 255)


def tile(found, number, rows, columns):
    """One tile out of a picture."""
    image = np.array(found["image"])
    across = (image.shape[1] + 1) // (columns + 1)
    row, column = number // across * (rows + 1), number % across * (columns + 1)
    return image[row : row + rows, column : column + columns]


@given(
    arrays.arrays(
        np.float32,
        st.tuples(st.integers(1, 30), st.integers(1, 40), st.integers(1, 40)),
        elements=st.floats(width=32) | st.floats(-1, 1, width=32),
    ),
    st.integers(1, 40),
    st.integers(8, 64),
    st.booleans(),
)
def test_pictures_keep_their_bounds(tiles, most, side, alike):
    """Whatever the numbers, and however many tiles of whatever size there are."""
    found = picture(tiles, most, side, alike=alike)
    image = np.array(found["image"])
    assert image.dtype.kind == "i"
    assert image.min() >= 0
    assert image.max() <= 255
    assert max(image.shape) <= side
    assert 1 <= found["tiles"] <= most
    assert found["tiles"] + found["left_out"] == len(tiles)
    steps = [math.ceil(extent / side) for extent in tiles.shape[1:]]
    shown = tiles[: found["tiles"], :: steps[0], :: steps[1]].astype(np.float64)
    finite = shown[np.isfinite(shown)]
    if not finite.size:
        assert math.isnan(found["minimum"])
        assert math.isnan(found["maximum"])
        return
    assert (found["minimum"], found["maximum"]) == (finite.min(), finite.max())
    for number, expected in enumerate(shown):
        pixels = tile(found, number, *shown.shape[1:])
        assert (pixels[np.isnan(expected)] == 0).all()
        assert (pixels[expected == np.inf] == 255).all()
        of = finite if alike else expected[np.isfinite(expected)]
        here = expected[np.isfinite(expected)]
        if here.size and of.min() == of.max():
            assert (pixels[np.isfinite(expected)] == 128).all()
        elif here.size:
            exact = (here - of.min()) / (of.max() - of.min()) * 255
            np.testing.assert_allclose(pixels[np.isfinite(expected)], exact, atol=0.51)


@pytest.mark.parametrize(
    ("count", "most", "shape"),
    [
        (1, 36, (5, 5)),
        (4, 36, (11, 11)),
        (5, 36, (11, 17)),
        (40, 36, (35, 35)),
        (40, 99, (35, 41)),
        (99, 99, (41, 41)),
    ],
)
def test_tiles_stand_in_about_a_square(count, most, shape):
    """As many as there is room for within 45 pixels."""
    tiles = np.random.default_rng(1).normal(size=(count, 5, 5))
    found = picture(tiles, most, 45, alike=True)
    assert np.array(found["image"]).shape == shape
    assert found["tiles"] == min(count, most, 49)


def test_windows_of_one_axis_and_rows_of_numbers():
    """A filter over a sequence is (window, channels); a row is folded into about a square."""
    weights = np.arange(24.0).reshape(2, 3, 4)
    assert filters(weights).shape == (4, 2, 3)
    assert np.array_equal(filters(weights)[1], weights[:, :, 1])
    row = folded(np.arange(7.0))
    assert row.shape == (1, 3, 3)
    assert np.array_equal(row.ravel()[:7], np.arange(7.0))
    assert np.isnan(row.ravel()[7:]).all()


def test_weights_of_units_that_look_at_the_inputs():
    """In the form of these; what is behind other weights does not look at them, and is not shown unless it is named."""
    trainer = make(SQUARES, Dropout(0.2), Dense(5), Dense(36))
    trainer.attach(Pictures(when="2 epochs"))
    found = seen(trainer)
    assert list(found) == [WEIGHTS]
    weights = trainer.get(WEIGHTS)
    expected = grey(weights.astype(np.float64))
    for unit in range(5):
        np.testing.assert_allclose(tile(found[WEIGHTS], unit, 6, 6), expected[:, unit].reshape(6, 6), atol=1)
    assert (found[WEIGHTS]["tiles"], found[WEIGHTS]["left_out"]) == (5, 0)
    assert found[WEIGHTS]["minimum"] == pytest.approx(weights.min())
    assert found[WEIGHTS]["maximum"] == pytest.approx(weights.max())


def test_the_form_of_the_inputs_may_be_said():
    """Where they are no square, or are one by chance; of several channels each is a tile."""
    trainer = make(SQUARES, Dense(2), hooks=[Pictures(shape=[9, 4], when="2 epochs", scale="tile", tiles=1)])
    found = seen(trainer)[WEIGHTS]
    np.testing.assert_allclose(tile(found, 0, 9, 4), grey(trainer.get(WEIGHTS)[:, 0].reshape(9, 4)), atol=1)
    assert (found["tiles"], found["left_out"]) == (1, 1)
    trainer = make(SQUARES, Dense(2), hooks=[Pictures(["network.layers.dense_1.weights"], (9, 2, 2), when="2 epochs")])
    found = seen(trainer)[WEIGHTS]
    last = grey(trainer.get(WEIGHTS))[:, 1].reshape(9, 2, 2)[:, :, 1]
    np.testing.assert_allclose(tile(found, 3, 9, 2), last, atol=1)


def test_colours():
    """Three channels are one tile, of filters and of units that look at a picture."""
    trainer = make(COLOURS, Convolution(4, 3), Flatten(), hooks=[Pictures(when="2 epochs")])
    (found,) = seen(trainer).values()
    assert np.array(found["image"]).shape == (7, 7, 3)
    weights = grey(trainer.get("network.layers.convolution_1.weights"))
    np.testing.assert_allclose(tile(found, 2, 3, 3), weights[..., 2], atol=1)
    trainer = make(COLOURS, Flatten(), Dense(2), hooks=[Pictures(when="2 epochs")])
    (found,) = seen(trainer).values()
    np.testing.assert_allclose(tile(found, 1, 4, 5), grey(trainer.get(WEIGHTS))[:, 1].reshape(4, 5, 3), atol=1)


def test_a_filter_of_many_channels_is_many_tiles():
    """Filter by filter."""
    layers = Reshape((6, 6, 1)), Convolution(2, 3), BatchNorm(), Convolution(3, 3), Flatten()
    trainer = make(SQUARES, *layers, hooks=[Pictures("network.**.<convolution>", when="2 epochs")])
    found = seen(trainer)
    weights = trainer.get("network.layers.convolution_2.weights")
    assert weights.shape == (3, 3, 2, 3)
    second = found["network.layers.convolution_2.weights"]
    assert second["tiles"] == 6
    np.testing.assert_allclose(tile(second, 3, 3, 3), grey(weights)[:, :, 1, 1], atol=1)
    assert np.array(found["network.layers.convolution_1.biases"]["image"]).shape == (1, 2)


def test_activations_of_a_record():
    """A tile for each channel; rows of numbers are folded, and inputs have their form."""
    layers = Reshape((6, 6, 1)), Convolution(2, 3, activation="tanh"), Flatten()
    trainer = make(SQUARES, *layers, hooks=[Pictures("activations.**", sample=1, when="on stop")])
    found = seen(trainer)
    inputs = SQUARES[21]
    np.testing.assert_allclose(found["activations.layers.input_1"]["image"], grey(inputs.reshape(6, 6)), atol=1)
    assert found["activations.layers.convolution_1"]["tiles"] == 2
    assert np.array(found["activations.layers.convolution_1"]["image"]).shape == (6, 13)
    assert np.array(found["activations.layers.flatten_1"]["image"]).shape == (8, 9)
    answers = found["activations.layers.softmax_cross_entropy_1"]
    probabilities = trainer.predict(SQUARES[21:22])[0]
    np.testing.assert_allclose(np.ravel(answers["image"])[:3], grey(probabilities), atol=1)
    assert answers["maximum"] == pytest.approx(probabilities.max(), rel=1e-5)


def test_records_of_several_axes_and_colours_as_inputs():
    """Sequences are one tile; inputs of three channels have colours, what layers put out never."""
    trainer = make(COLOURS, Convolution(3, 3), Flatten(), hooks=[Pictures("activations.**", when="on stop")])
    found = seen(trainer)
    assert np.array(found["activations.layers.input_1"]["image"]).shape == (4, 5, 3)
    assert found["activations.layers.convolution_1"]["tiles"] == 3
    sequences = COLOURS[:, :, :, 0]
    trainer = make(sequences, Dense(2), Flatten(), hooks=[Pictures(["**.weights", "activations.**"], when="on stop")])
    found = seen(trainer)
    assert np.array(found["activations.layers.input_1"]["image"]).shape == (4, 5)
    assert np.array(found["activations.layers.dense_1"]["image"]).shape == (4, 2)
    assert np.array(found[WEIGHTS]["image"]).shape == (5, 2)
    deep = COLOURS[:, :, :, :, None]
    found = seen(make(deep, Flatten(), hooks=[Pictures("activations.**", when="on stop")]))
    assert found["activations.layers.input_1"]["tiles"] == 20


def test_gradients_have_the_form_of_their_weights():
    """Those of the batch."""
    hook = Pictures("gradients.**", when="2 epochs")
    found = seen(make(SQUARES, Dense(2), hooks=[hook]))
    assert np.array(found["gradients.layers.dense_1.weights"]["image"]).shape == (6, 13)


@pytest.mark.parametrize(
    ("hook", "told"),
    [
        (
            Pictures(),
            f"Pictures: nothing in this network looks at a picture{REMEDY}",
        ),
        (
            Pictures(shape=[8, 8]),
            f"Pictures: nothing in this network looks at a picture of shape (8, 8){REMEDY}",
        ),
        (Pictures("network.**", sample=9), "Pictures.sample: 9\n  expected: a record of the data: 0 to 3"),
    ],
    ids=["no picture", "another form", "no such record"],
)
def test_what_it_cannot_do_is_refused_in_time(hook, told):
    """Before the first iteration."""
    with pytest.raises(HookFailedError) as caught:
        make(SQUARES[:, :4], Dense(4), hooks=[hook]).run()
    assert message(caught.value.__cause__) == told


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"values": []}, "Pictures.values: ()\n  expected: texts, at least one"),
        ({"shape": [8]}, "Pictures.shape: (8,)\n  expected: rows and columns, and perhaps channels"),
        ({"shape": [8, 0]}, "Pictures.shape: (8, 0)\n  expected: rows and columns, and perhaps channels"),
        ({"shape": 8}, "Pictures.shape: 8\n  expected: rows and columns, and perhaps channels"),
        ({"scale": "none"}, "Pictures.scale: 'none'\n  expected: one of 'picture', 'tile'"),
    ],
)
def test_settings(settings, told):
    """What is no form, or says nothing."""
    with pytest.raises(SettingError) as caught:
        Pictures(**settings)
    assert message(caught.value) == told


def test_a_run_with_pictures_ends_as_one_without_and_keeps_them(tmp_path):
    """To the last bit; whole numbers come out of the store as they went in."""
    layers = Dense(4), Dropout(0.5), Dense(4)
    plain = make(SQUARES, *layers)
    watched = make(SQUARES, *layers, hooks=[Pictures(["**", "gradients.**", "activations.**"], when="3 iterations")])
    plain.run()
    last = seen(watched, directory=tmp_path / "run")
    for name, array in plain.team.pull().items():
        assert array.tobytes() == watched.team.pull()[name].tobytes()
    with RunStore.open(tmp_path / "run") as store:
        events = list(store.events("values_published"))
    assert [event.payload["iteration"] for event in events] == [3, 6, 9]
    assert events[-1].payload["values"] == last
