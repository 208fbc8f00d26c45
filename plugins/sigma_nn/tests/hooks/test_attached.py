"""Hooks that look into a network come and go while a run goes on, by commands of another process."""

import threading

import numpy as np
import pytest
from sigma_nn import Adam, Dense, Input, SoftmaxCrossEntropy

import sigma_core as sigma
from sigma_core.extend import RunStore, SigmaError, UserError, send_command
from sigma_core.testing import message

INPUTS = np.random.default_rng(4).normal(size=(20, 36))
TARGETS = np.arange(20) % 3


def make(**settings):
    """Five iterations an epoch."""
    network = Input(36) + Dense(4, activation="tanh") + Dense(3) + SoftmaxCrossEntropy()
    return sigma.Trainer(network, (INPUTS, TARGETS), Adam(0.01), "1000000 iterations", batch_size=4, seed=3, **settings)


@pytest.fixture
def running(tmp_path):
    """A run that goes on until it is stopped, and its directory."""
    trainer, has_begun = make(), threading.Event()

    class Begun:
        @sigma.hookimpl(when="once")
        def sigma_iteration_ended(self):
            has_begun.set()

    trainer.attach(Begun(), "begun")
    thread = threading.Thread(target=trainer.run, kwargs={"directory": tmp_path / "run"})
    thread.start()
    has_begun.wait(60)
    yield trainer, tmp_path / "run", thread
    if thread.is_alive():
        send_command(tmp_path / "run", {"command": "stop"}, 60)
    thread.join(60)


def attach(directory, name=None, **hook):
    return send_command(directory, {"command": "attach", "hook": hook, "name": name}, 60)


def test_they_come_and_go(running):
    """Each publishes from then on; what it found is in the store, and the parameters are those of a run without."""
    trainer, directory, thread = running
    values = ["network.**", "gradients.**", "activations.**"]
    attached = attach(directory, use="histograms", values=values, when="1 iterations")
    assert attached["result"] == "histograms"
    assert attach(directory, "weights", use="pictures", when="1 iterations")["result"] == "weights"
    before = trainer.clock.iteration
    # Each command is applied between two iterations: by the third, two have passed at least.
    for command in ("pause", "step_once", "step_once", "resume"):
        send_command(directory, {"command": command}, 60)
    send_command(directory, {"command": "detach", "name": "histograms"}, 60)
    send_command(directory, {"command": "detach", "name": "weights"}, 60)
    send_command(directory, {"command": "stop"}, 60)
    thread.join(60)

    with RunStore.open(directory) as store:
        published = [event.payload for event in store.events("values_published")]
    told = {source: [each for each in published if each["source"] == source] for source in ("histograms", "pictures")}
    assert all(told.values())
    assert all(each["iteration"] > attached["iteration"] for each in published)
    assert trainer.clock.iteration > before
    assert "gradients.layers.dense_1.weights" in told["histograms"][-1]["values"]
    assert list(told["pictures"][-1]["values"]) == ["network.layers.dense_1.weights"]

    plain = make()
    plain.run(stop=f"{trainer.clock.iteration} iterations")
    for name, array in plain.get("network.**").items():
        assert array.tobytes() == trainer.get(name).tobytes()


def test_what_cannot_work_is_refused_and_the_run_goes_on(running):
    """Said to whoever wants to attach it; nothing of it stays."""
    trainer, directory, _ = running
    with pytest.raises(SigmaError) as caught:
        attach(directory, use="pictures", shape=[5, 5])
    assert message(caught.value) == (
        "trainer 'run': the hook 'pictures' cannot be attached: "
        "Pictures: nothing in this network looks at a picture of shape (5, 5)\n"
        "  expected: convolutions, or dense layers behind inputs that have rows and columns\n"
        '  to do:    name what to show, as values = ["network.**"], or give the form of the inputs, as shape = [8, 8]'
    )
    with pytest.raises(SigmaError, match="the hook 'text_samples' cannot be attached: TextSamples: this network"):
        attach(directory, use="text_samples", prompt="a")
    for wrong in ("network.layers.dance_1.weights", "gradients.layers.dance_1.weights"):
        with pytest.raises(UserError, match="dance_1"):
            attach(directory, use="histograms", values=[wrong])
    assert trainer.status == "running"
    assert [name for name, _ in trainer.hooks.list_name_plugin() if "precondition" in name] == []
