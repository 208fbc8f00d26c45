"""Pixels that are read out of whole numbers of one byte: every number stays as it is where they are floats."""

import numpy as np
import pytest
from sigma_data import Growing, Noise

import sigma_core as sigma
from sigma_core.data import Minibatch
from sigma_core.extend import HostBackend

RECORDS = 1600


def digits(dtype="float32", *, divided=False):
    """Pictures of 28 x 28 pixels from 0 to 1, of which most are black, in the two ways in which they are scaled."""
    chance = np.random.default_rng(0)
    pixels = chance.integers(0, 256, (RECORDS, 784), np.uint8) * (chance.random((RECORDS, 784)) < 0.2)
    scaled = pixels / np.float64(255) if divided else np.multiply(pixels, np.float32(1 / 255), dtype=np.float32)
    return {"inputs": scaled.astype(dtype), "targets": chance.integers(0, 10, RECORDS)}


END = [{"use": "dense", "size": 10}, {"use": "softmax_cross_entropy"}]
NETWORKS = {
    "dense": [{"use": "input", "shape": [784]}, {"use": "dense", "size": 32, "activation": "relu"}, *END],
    "batch norm": [
        {"use": "input", "shape": [784]},
        {"use": "batch_norm"},
        {"use": "dense", "size": 16, "activation": "tanh"},
        *END,
    ],
    "convolution": [
        {"use": "input", "shape": [784]},
        {"use": "reshape", "shape": [28, 28, 1]},
        {"use": "convolution", "size": 4, "window": 3, "activation": "relu"},
        {"use": "max_pooling", "window": 4},
        {"use": "flatten"},
        *END,
    ],
    "pixels that are targets": [
        {"use": "input", "shape": [784]},
        {"use": "dropout", "rate": 0.2},
        {"use": "dense", "size": 16, "activation": "relu"},
        {"use": "dense", "size": 784},
        {"use": "squared_difference", "targets": "inputs"},
    ],
}


@pytest.fixture(params=["numba", "numpy"])
def make(request, monkeypatch):
    """Makes a trainer, which is given floats where codes are not wanted; both are built alike otherwise."""

    def trainer(*, codes=True, data=None, network="dense", **settings):
        made = sigma.Trainer(
            NETWORKS[network],
            digits() if data is None else data,
            "adam",
            **{"stop": "2 epochs", "seed": 2, "backend": request.param, **settings},
        )
        with monkeypatch.context() as patch:
            patch.setattr(HostBackend, "takes_codes", codes)
            made.build()
        assert bool(made.parts.task.codes) is codes
        return made

    return trainer


def state(trainer):
    return {name: array.tobytes() for name, array in trainer.team.pull().items()}


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("divided", [False, True], ids=["multiplied", "divided"])
def test_every_number_stays_as_it_is(make, network, divided):
    """Parameters and scores, of networks that read pixels in various ways."""
    codes, floats = (make(codes=codes, data=digits(divided=divided), network=network) for codes in (True, False))

    assert codes.run().scores == floats.run().scores
    assert state(codes) == state(floats)


@pytest.mark.parametrize(
    "settings",
    [
        {"data": digits("float64", divided=True), "dtype": "float64"},
        {"prefetch": 2},
        {"operator": {"use": "local", "workers": 2}},
        {
            "operator": {
                "use": "local",
                "workers": 2,
                "mode": "merge",
                "every": "10 iterations",
                "merger": "average",
            }
        },
        {"gradient_accumulation": 3},
        {"iterator": Minibatch(shuffle="block", block=100, window=3)},
    ],
    ids=["float64", "prefetch", "two workers", "workers that merge", "accumulation", "blocks"],
)
def test_whatever_else_is_set_it_stays(make, settings):
    """Other dtypes, other threads, other orders."""
    codes, floats = (make(codes=codes, **settings) for codes in (True, False))
    codes.run(), floats.run()

    assert state(codes) == state(floats)


def test_a_run_goes_on_exactly_from_inside_an_epoch(make, tmp_path):
    """Also where it is given floats before, and codes from then on, as when the backend changes."""
    whole, first, second = make(), make(codes=False), make()
    whole.run()
    first.run(stop="70 iterations")
    second.restore(first.save(tmp_path / "some"))
    second.run()

    assert state(second) == state(whole)


def test_who_asks_for_batches_is_given_floats(make):
    """They are the data's own, at the position of the run."""
    trainer = make(batch_size=100)
    trainer.run(stop="3 iterations")
    assert trainer.batches.position == (1, 3)
    inputs, targets = next(iter(trainer.batches))
    assert (inputs.dtype, targets.dtype) == (np.float32, np.int64)
    rows = {row.tobytes() for row in digits()["inputs"]}
    assert all(row.tobytes() in rows for row in inputs)
    assert trainer.parts.batches.position == (1, 4)


def test_what_may_become_other_numbers_is_left_as_floats():
    """Records of data that grows, and those that are augmented."""
    arrays = digits()
    growing = Growing()
    growing.append(arrays)
    for data in (growing, sigma.InMemory(arrays, augment={"inputs": [Noise(0.1)]})):
        trainer = sigma.Trainer(NETWORKS["dense"], data, "adam", "1 epochs", backend="numba").build()
        assert trainer.parts.task.codes == {}
        assert next(iter(trainer.batches))[0].dtype == np.float32
