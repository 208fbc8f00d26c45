"""A run asked by another process what its network says of records."""

import threading
from contextlib import contextmanager

import numpy as np
import pytest
from attrs import frozen
from sigma_nn import Adam, Dense, Input, SquaredDifference

import sigma_core as sigma
from sigma_core.errors import DataError, PluginFailedError, SettingError
from sigma_core.events import RunStore
from sigma_core.extend import Layer, send_command
from sigma_core.training._commands import Predict

RECORDS = np.random.default_rng(6).normal(size=(3, 3))


class Begun:
    """Tells when a run has done an iteration."""

    def __init__(self):
        self.event = threading.Event()

    def sigma_iteration_ended(self):
        self.event.set()


@contextmanager
def live(trainer, directory):
    """While a trainer runs in a thread of its own; it is stopped in the end."""
    begun = Begun()
    trainer.attach(begun)
    thread = threading.Thread(target=trainer.run, kwargs={"directory": directory})
    thread.start()
    try:
        assert begun.event.wait(60)
        yield
    finally:
        send_command(directory, {"command": "stop"}, 60)
        thread.join(60)


def ask(directory, inputs):
    return send_command(directory, {"command": "predict", "inputs": inputs}, 60)["result"]


def test_a_run_predicts_as_its_trainer_does(make, tmp_path):
    """Of lists and of arrays, also while it holds; nothing is changed, and nothing recorded."""
    trainer = make("1000000 epochs")
    with live(trainer, tmp_path / "run"):
        assert np.shape(ask(tmp_path / "run", RECORDS.tolist())) == (3, 1)
        send_command(tmp_path / "run", {"command": "pause"}, 60)
        before = trainer.snapshot().copy()
        expected = trainer.predict(RECORDS)
        assert ask(tmp_path / "run", RECORDS.tolist()) == expected.tolist()
        assert ask(tmp_path / "run", {"inputs": RECORDS}) == expected.tolist()
        assert all(np.array_equal(before[name], value) for name, value in trainer.snapshot().items())
    with RunStore.open(tmp_path / "run") as store:
        assert [event.payload["command"]["command"] for event in store.events("command_applied")] == ["pause", "stop"]


def test_several_outputs_come_by_name(tmp_path):
    """Each of all records, however many these are."""
    inputs = np.random.default_rng(7).normal(size=(600, 3))
    hidden = Dense(4)(Input(3))
    network = [
        SquaredDifference(name="left", targets="left")(Dense(1)(hidden)),
        SquaredDifference(name="right", targets="right")(Dense(2)(hidden)),
    ]
    data = {"inputs": inputs, "left": inputs[:, :1], "right": inputs[:, :2]}
    trainer = sigma.Trainer(network, data, Adam(), "1000000 epochs", batch_size=300)
    with live(trainer, tmp_path / "run"):
        send_command(tmp_path / "run", {"command": "pause"}, 60)
        found = ask(tmp_path / "run", inputs)
        expected = trainer.predict(inputs)
    assert list(found) == ["left", "right"]
    for name, predicted in found.items():
        np.testing.assert_allclose(predicted, expected[name], rtol=1e-4, atol=1e-6)


def test_no_records_have_no_predictions(make):
    """An empty array, not an error."""
    assert make().predicted(np.zeros((0, 3))).shape == (0, 1)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (
            RECORDS[:, :2],
            (
                "inputs, section 'inputs': an array of shape (3, 2)\n"
                "  expected: shape (records, 3)\n"
                "  to do:    give records in a row, also where there is only one"
            ),
        ),
        (
            {"outputs": RECORDS},
            "inputs: there is no section 'inputs'\n  expected: inputs\n  to do:    give a mapping with all sections",
        ),
        (
            [["a", "b", "c"]],
            "inputs, section 'inputs': it holds <U1\n  expected: numbers\n  to do:    give it numbers",
        ),
        (
            [[10**400, 1, 1]],
            "inputs, section 'inputs': it holds object\n  expected: numbers\n  to do:    give it numbers",
        ),
        (
            None,
            (
                "inputs, section 'inputs': an array of shape ()\n"
                "  expected: shape (records, 3)\n"
                "  to do:    give records in a row, also where there is only one"
            ),
        ),
    ],
)
def test_what_the_network_does_not_take_is_refused(make, hook, inputs, message, tmp_path):
    """To whoever asked, in the words of `predict`; the run goes on."""
    answers = []

    def ended(event, trainer):
        if event.iteration == 1:
            trainer._loop.send(Predict(inputs), "command line", lambda *found: answers.append(found))

    run = make(hooks=[hook(iteration_ended=ended)]).run(directory=tmp_path / "run")
    ((result, error),) = answers
    assert (result, type(error), str(error)) == (None, DataError, message)
    assert run.iterations == 6
    with RunStore.open(tmp_path / "run") as store:
        assert store.last("command_refused") is None


@frozen
class Shy(Layer):
    """Does not take a single record."""

    def forward(self, inputs, *, parameters, context):
        if inputs.shape[0] == 1:
            raise ValueError("one is too few")
        return inputs


def test_a_layer_that_fails_does_not_end_the_run(make, hook):
    """It is somebody else's question that went wrong."""
    answers = []

    def ended(event, trainer):
        if event.iteration == 1:
            trainer._loop.send(Predict(RECORDS[:1]), "command line", lambda *found: answers.append(found))

    network = Input(3) + Shy() + Dense(1) + SquaredDifference()
    assert make(network=network, hooks=[hook(iteration_ended=ended)]).run().iterations == 6
    ((_, error),) = answers
    assert "one is too few" in str(error)


def test_whatever_else_is_raised_is_named(make, monkeypatch):
    """As of a plugin that failed."""
    trainer = make().build()

    def broken(batch):
        raise MemoryError("no room")

    monkeypatch.setattr(trainer.team, "predict", broken)
    with pytest.raises(PluginFailedError) as caught:
        trainer.predicted(RECORDS)
    assert str(caught.value).startswith("predict: it raised MemoryError: no room\n")


def test_what_json_cannot_write_is_no_command(tmp_path):
    """It is refused before it is sent, be there a run or not."""
    with pytest.raises(SettingError) as caught:
        send_command(tmp_path, {"command": "predict", "inputs": object()})
    assert str(caught.value) == (
        "command: an object of type object is no JSON\n"
        "  expected: what JSON can write, and arrays\n"
        "  to do:    give such values"
    )
