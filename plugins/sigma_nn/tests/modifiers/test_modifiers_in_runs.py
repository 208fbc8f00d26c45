"""Every modifier in a small run, by recipe: what it promises holds of the parameters that come out."""

import numpy as np
import pytest

import sigma_core as sigma

WEIGHTS = "network.layers.dense_1.weights"
RATE = 0.1


class Watch:
    """The gradients of the last iteration, as the cost gives them."""

    @sigma.hookimpl(requires=["gradients.**"])
    def sigma_iteration_ended(self, event):
        self.seen = {
            name.replace("gradients", "network"): np.array(value)
            for name, value in event.scores.items()
            if name.startswith("gradients.")
        }


def trained(*modifiers, stop="1 iterations", dtype="float64", hooks=()):
    """Gradient descent; so large that limits are reached."""
    random = np.random.default_rng(8)
    data = random.normal(size=(16, 3)), random.normal(0, 20, (16, 2))
    trainer = sigma.Trainer(
        [{"use": "input", "shape": [3]}, {"use": "dense", "size": 2}, "squared_difference"],
        data,
        {"use": "gradient_descent", "learning_rate": RATE},
        stop,
        batch_size=8,
        modifiers=modifiers,
        hooks=hooks,
        dtype=dtype,
    ).build()
    before = trainer.get("network.**")
    trainer.run()
    return before, trainer.get("network.**")


def clipped(array, limit):
    return array * min(1.0, limit / np.linalg.norm(array))


def together(gradients, limit):
    norm = np.sqrt(sum(np.sum(gradient**2) for gradient in gradients.values()))
    return {name: gradient * min(1.0, limit / norm) for name, gradient in gradients.items()}


def each(change):
    return lambda gradients, parameters: {
        name: change(gradient, parameters[name]) for name, gradient in gradients.items()
    }


TWINS = {
    "clip_by_value": ({"limit": 0.5}, each(lambda gradient, _: np.clip(gradient, -0.5, 0.5))),
    "clip_by_norm": ({"limit": 0.5}, each(lambda gradient, _: clipped(gradient, 0.5))),
    "clip_by_global_norm": ({"limit": 0.5}, lambda gradients, _: together(gradients, 0.5)),
    "scale": ({"factor": 0.25}, each(lambda gradient, _: 0.25 * gradient)),
    "l1": ({"factor": 0.5}, each(lambda gradient, parameter: gradient + 0.5 * np.sign(parameter))),
    "l2": ({"factor": 0.5}, each(lambda gradient, parameter: gradient + 0.5 * parameter)),
}


@pytest.mark.parametrize("pattern", ["**", "**.weights"])
@pytest.mark.parametrize("name", TWINS)
def test_a_step_is_made_with_the_modified_gradients(name, pattern):
    """Of the parameters that match; the others are changed by their own."""
    settings, twin = TWINS[name]
    watch = Watch()
    before, after = trained({"use": name, "parameters": pattern, **settings}, hooks=[watch])
    matching = {key: gradient for key, gradient in watch.seen.items() if pattern == "**" or key == WEIGHTS}
    gradients = {**watch.seen, **twin(matching, before)}
    for key, value in after.items():
        np.testing.assert_allclose(value, before[key] - RATE * gradients[key], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_max_norm_holds_after_each_update(dtype):
    """Of each unit's weights, and of no bias."""
    _, after = trained({"use": "max_norm", "limit": 0.5}, stop="5 epochs", dtype=dtype)
    assert np.linalg.norm(after[WEIGHTS], axis=0).max() == pytest.approx(0.5, rel=1e-6)
    assert after[WEIGHTS].dtype == dtype
    assert np.abs(after["network.layers.dense_1.biases"]).max() > 0.5


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_weights_that_are_not_negative(dtype):
    """Some of which the updates would have made so."""
    _, free = trained(stop="5 epochs", dtype=dtype)
    _, after = trained("non_negative", stop="5 epochs", dtype=dtype)
    assert free[WEIGHTS].min() < 0
    assert after[WEIGHTS].min() == 0
    assert after[WEIGHTS].dtype == dtype
