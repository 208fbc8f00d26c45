"""State that layers track while they train: kept with the fixed parameters, by the step itself."""

import numpy as np
import pytest
from attrs import frozen
from sigma_nn import Dense, GradientDescent, Input, SquaredDifference, Zeros

from sigma_core.errors import NetworkError
from sigma_core.extend import Layer, Parameter
from sigma_core.testing import message

MEAN = "network.layers.centre_1.mean"
ALL = {"batch_size": 10, "dtype": "float64"}


@frozen
class Centre(Layer):
    """Takes the mean of the batch from it while it trains, a running one otherwise; has a weight of its own."""

    def parameters(self, shape):
        return {
            "mean": Parameter(shape, Zeros(), trainable=False),
            "scale": Parameter(shape, Zeros()),
            "count": Parameter((), Zeros(), trainable=False),
        }

    def forward(self, inputs, *, parameters, context):
        scale = 1 + parameters.scale
        if not context.training:
            return (inputs - parameters.mean) * scale
        mean = inputs.mean(axis=0)
        context.track("mean", 0.5 * parameters.mean + 0.5 * mean)
        context.track("count", parameters.count + 1)
        return (inputs - mean) * scale


def network(*, front=()):
    whole = Input(3)
    for layer in (*front, Centre(), Dense(1)):
        whole = whole + layer
    return whole + SquaredDifference()


def test_what_is_tracked_takes_the_parameters_place(data, make):
    """After each step, and in it the old value is read."""
    trainer = make(network=network(), optimiser=GradientDescent(0.1), **ALL)
    trainer.run(stop="3 iterations")

    mean = np.zeros(3)
    for _ in range(3):
        mean = 0.5 * mean + 0.5 * data[0].mean(axis=0)
    np.testing.assert_allclose(trainer.get(MEAN), mean, rtol=1e-12)
    assert trainer.get("network.layers.centre_1.count") == 3
    assert (trainer.get("network.layers.centre_1.scale") != 0).all()


def test_passes_that_do_not_train_read_it(data, make):
    """To score and to predict; they leave it as it is."""
    trainer = make(network=network(), optimiser=GradientDescent(0.0), **ALL)
    trainer.run(stop="2 iterations")
    before = trainer.get(MEAN)
    inputs = data[0]

    predicted = trainer.predict(inputs)

    weights, biases = (trainer.get(f"network.layers.dense_1.{name}") for name in ("weights", "biases"))
    np.testing.assert_allclose(predicted, (inputs - before) @ weights + biases, rtol=1e-9)
    assert trainer.evaluate("training")["loss"] > 0
    assert (trainer.get(MEAN) == before).all()


def test_layers_between_others_track_theirs_alone(make):
    """The fixed parameters of the others keep their values."""

    @frozen
    class Shift(Layer):
        def parameters(self, shape):
            return {"offset": Parameter(shape, Zeros(), trainable=False)}

        def forward(self, inputs, *, parameters, context):
            return inputs + parameters.offset

    trainer = make(network=network(front=[Shift(), Centre(), Shift()]), optimiser=GradientDescent(0.1), **ALL)
    trainer.set("network.layers.shift_2.offset", [1.0, 2.0, 3.0])
    trainer.run(stop="2 iterations")

    assert trainer.get("network.layers.shift_1.offset").tolist() == [0, 0, 0]
    assert trainer.get("network.layers.shift_2.offset").tolist() == [1, 2, 3]
    # What the first has taken away, the shift has put in place: (1 - 1/4) of it after two steps.
    np.testing.assert_allclose(trainer.get("network.layers.centre_2.mean"), [0.75, 1.5, 2.25], rtol=1e-12)


def test_a_resumed_run_tracks_on(make, tmp_path):
    """As everything in a checkpoint."""
    whole = make("9 iterations", network=network())
    whole.run()
    first = make("9 iterations", network=network())
    first.run(stop="4 iterations")
    first.save(tmp_path / "now")

    second = make("9 iterations", network=network()).restore(tmp_path / "now")
    second.run()

    assert {name: array.tobytes() for name, array in second.team.pull().items()} == {
        name: array.tobytes() for name, array in whole.team.pull().items()
    }


def odd(name, value, *, trainable=False):
    @frozen
    class Odd(Layer):
        def parameters(self, shape):
            return {"mean": Parameter(shape, Zeros(), trainable=trainable)}

        def forward(self, inputs, *, parameters, context):
            if context.training:
                context.track(name, value(inputs))
            return inputs

    return Odd()


@pytest.mark.parametrize(
    ("layer", "found", "expected"),
    [
        (odd("meen", lambda inputs: inputs[0]), "'meen', which it does not have", "mean (nearest: mean)"),
        (odd("mean", lambda inputs: inputs[0], trainable=True), "'mean', which is trained", "none that it has"),
        (
            odd("mean", lambda inputs: inputs.mean()),
            "'mean' by float32 of shape ()",
            "float32 of shape (3,)",
        ),
        (
            odd("mean", lambda inputs: inputs[0].astype(np.float64)),
            "'mean' by float64 of shape (3,)",
            "float32 of shape (3,)",
        ),
        (odd("mean", lambda inputs: 0.5), "'mean' by a float", "float32 of shape (3,)"),
    ],
)
def test_only_parameters_that_nobody_trains_are_tracked(make, layer, found, expected):
    """In their shape and dtype."""
    trainer = make(network=Input(3) + layer + Dense(1) + SquaredDifference())
    with pytest.raises(NetworkError) as caught:
        trainer.run()

    assert message(caught.value) == (
        f"network.layers.odd_1: it tracks {found}\n"
        f"  expected: {expected}\n"
        "  to do:    declare it with Parameter(..., trainable=False)"
    )


def test_a_pass_that_does_not_train_tracks_nothing(make):
    """It would change what it is to look at."""

    @frozen
    class Always(Layer):
        def parameters(self, shape):
            return {"mean": Parameter(shape, Zeros(), trainable=False)}

        def forward(self, inputs, *, parameters, context):
            context.track("mean", inputs[0])
            return inputs

    trainer = make(network=around(Always()))
    with pytest.raises(NetworkError) as caught:
        trainer.predict(np.zeros((1, 3)))

    assert message(caught.value) == (
        "network.layers.always_1: it tracks 'mean' in a pass that does not train\n"
        "  expected: state that changes only where context.training is true\n"
        "  to do:    use the parameter as it is when context.training is false"
    )


def around(layer):
    return Input(3) + layer + Dense(1) + SquaredDifference()


def test_nothing_tracked_leaves_the_fixed_alone(make):
    """No output of the step is donated to them."""
    donated = make(network=network()).inspect().before.output_names
    assert "fixed" in donated
    assert "fixed" not in make().inspect().before.output_names
