"""What networks of runs say: of runs that go on, and of those that have ended."""

import threading

import numpy as np
import pytest
from sigma_monitors.dashboard._asking import Classifier
from sigma_monitors.dashboard.panels._drawing import Canvas, drawn, strokes_of

from sigma_core import load_trained
from sigma_core.extend import DataError, SigmaError, send_command

RECORDS = np.random.default_rng(3).random((2, 64))
SHAPED = """
seed = 1
stop = "2 iterations"
optimiser = "adam"
dataset = { use = "extracted", extractor = { use = "numpy", source = "PATH" }PREPROCESS }
network = [{ use = "input", shape = [8, 8, 1] }, { use = "flatten" }, { use = "dense", size = 3 },
  { use = "softmax_cross_entropy" }]
"""


class Begun:
    """Tells when a run has done an iteration."""

    def __init__(self):
        self.event = threading.Event()

    def sigma_iteration_ended(self):
        self.event.set()


@pytest.fixture
def live(compose, tmp_path):
    """Starts a run in a thread; all are stopped in the end."""
    threads = []

    def start(text, *settings):
        trainer, begun, directory = compose(text, *settings), Begun(), tmp_path / f"run-{len(threads)}"
        trainer.attach(begun)
        thread = threading.Thread(target=trainer.run, kwargs={"directory": directory})
        thread.start()
        threads.append((directory, thread))
        assert begun.event.wait(60)
        return directory

    yield start
    for directory, thread in threads:
        if thread.is_alive():
            send_command(directory, {"command": "stop"}, 60)
        thread.join(60)


def test_all_ten_digits_are_recognised(networks, digits, recorded, written):
    """Drawn, scaled, centred, and told by the network: the whole way that a drawing goes."""
    run = recorded(digits)
    network = Classifier.of(run.described)
    assert network == Classifier("inputs", (64,), "float32", "softmax_cross_entropy_1", tuple("0123456789"))
    canvas = Canvas.of_shape(network.shape)
    found = {
        digit: networks.probabilities(run, network, canvas.shaped(drawn(strokes_of(strokes), canvas), network.shape))
        for digit, strokes in written.items()
    }
    assert {digit: int(shares.argmax()) for digit, shares in found.items()} == {digit: digit for digit in range(10)}
    assert all(shares.sum() == pytest.approx(1, abs=1e-5) for shares in found.values())


def test_a_run_that_has_ended_is_asked_by_its_checkpoint(networks, digits, recorded):
    """As `load_trained` has it."""
    expected = load_trained(digits).predict(RECORDS)
    np.testing.assert_array_equal(networks.predicted(recorded(digits), RECORDS), expected)


def test_a_run_that_goes_on_is_asked_itself(networks, recorded, live, digits_recipe):
    """It says the same as its checkpoint does after it has ended, also to a page that does not know that it has."""
    directory = live(digits_recipe, 'stop="1000000 epochs"')
    run = recorded(directory)
    send_command(directory, {"command": "pause"}, 60)
    told = networks.predicted(run, RECORDS)
    send_command(directory, {"command": "stop"}, 60)
    # The page has not looked again, so it asks the run that it takes to go on.
    assert run.summary.goes_on
    for _ in range(600):
        try:
            found = networks.predicted(run, RECORDS)
            break
        except SigmaError:
            continue
    np.testing.assert_allclose(found, told, rtol=1e-5)


def test_what_a_run_refuses_is_raised(networks, recorded, live, digits_recipe):
    """With its reason."""
    run = recorded(live(digits_recipe, 'stop="1000000 epochs"'))
    with pytest.raises(DataError, match=r"an array of shape \(2, 3\)"):
        networks.predicted(run, np.ones((2, 3)))


def test_records_are_given_in_the_shape_that_the_run_takes(networks, recorded, compose, tmp_path):
    """Flat where preprocessors want that, else as the network does."""
    inputs, targets = np.random.default_rng(4).random((40, 8, 8, 1)), np.arange(40) % 3
    for number, preprocess in enumerate(["", ', preprocess = { inputs = [{ use = "reshape", shape = [8, 8, 1] }] }']):
        np.savez(tmp_path / "records.npz", inputs=inputs.reshape(40, 64) if preprocess else inputs, targets=targets)
        recipe = SHAPED.replace("PREPROCESS", preprocess).replace("PATH", str(tmp_path / "records.npz"))
        compose(recipe).run(directory=tmp_path / str(number))
        run = recorded(tmp_path / str(number))
        network = Classifier.of(run.described)
        assert network.shape == (8, 8, 1)
        assert networks.probabilities(run, network, inputs[0]).shape == (3,)


def test_a_network_is_held_until_there_is_another_checkpoint(networks, digits, compose, digits_recipe, tmp_path):
    """And not more than a few of them."""
    first = networks.of(digits)
    assert networks.of(digits) is first
    directory = tmp_path / "run"
    compose(digits_recipe, 'stop="1 iterations"').run(directory=directory)
    before = networks.of(directory)
    compose(digits_recipe, 'stop="2 iterations"').run(directory=directory, resume=True)
    after = networks.of(directory)
    assert after is not before
    assert not np.array_equal(after.predict(RECORDS), before.predict(RECORDS))
    assert networks.of(digits) is first


def test_networks_that_nobody_asks_are_let_go(networks, digits, tmp_path):
    """The one that was asked longest ago first."""
    links = [tmp_path / str(number) for number in range(4)]
    for link in links:
        link.symlink_to(digits)
        networks.of(link)
    assert list(networks._held) == links[1:]


def test_a_run_without_a_checkpoint_is_told(networks, recorded, digits, tmp_path):
    """As an error, not as a crash."""
    (tmp_path / "run.db").write_bytes((digits / "run.db").read_bytes())
    with pytest.raises(SigmaError, match="checkpoint"):
        networks.predicted(recorded(tmp_path), RECORDS)


@pytest.mark.parametrize(
    "described",
    [
        {},
        {"network": {}},
        {"network": {"layers": []}, "data": {}},
        {
            "network": {
                "layers": [
                    {"name": "a", "kind": "Input", "sections": ["inputs"], "inputs": [], "shape": [64], "dtype": "f"},
                    {"name": "b", "kind": "Input", "sections": ["others"], "inputs": [], "shape": [64], "dtype": "f"},
                ]
            }
        },
        {
            "network": {
                "layers": [
                    {"name": "a", "kind": "Input", "sections": ["inputs"], "inputs": [], "shape": [64], "dtype": "f"},
                    {"name": "b", "kind": "Dense", "sections": [], "inputs": ["a"], "shape": [1], "dtype": "f"},
                    {"name": "c", "kind": "Cost", "sections": ["targets"], "inputs": ["b"], "shape": [], "dtype": "f"},
                ]
            }
        },
    ],
)
def test_what_tells_no_classes_apart_is_no_classifier(described):
    """Descriptions may be empty, or of networks of any kind."""
    assert Classifier.of(described) is None
