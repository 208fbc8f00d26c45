"""Checkpoints that earlier versions wrote load for ever; those in `checkpoints/` are as they were written."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file
from sigma_nn import Adam, Dense, Dropout, Input, SquaredDifference

import sigma_core as sigma
from sigma_core.data._order import Purpose, permutation
from sigma_core.errors import CheckpointError

OLD = Path(__file__).parent / "checkpoints"
DATA = np.random.default_rng(5).normal(size=(10, 3)), np.random.default_rng(6).normal(size=(10, 1))
# Version 1 trained on the records in the order in which they were split, which since follows the data.
SPLIT_BY_SEED_9 = permutation(10, 9, 0, Purpose.SPLIT)


def trainer():
    """The training whose fourth iteration, inside an accumulation, version 1 saved."""
    network = Input(3) + Dense(5, activation="tanh") + Dropout(0.3) + Dense(1) + SquaredDifference()
    return sigma.Trainer(
        network,
        data=tuple(array[SPLIT_BY_SEED_9] for array in DATA),
        validation=DATA,
        optimiser=Adam(0.05),
        stop="4 epochs",
        frozen=["network.layers.dense_1.biases"],
        gradient_accumulation=2,
        batch_size=4,
        seed=9,
    )


def test_version_1_goes_on():
    """Where it was, with all that it held."""
    one = trainer().restore(OLD / "version_1")
    arrays = load_file(OLD / "version_1" / "state.safetensors")

    held = one.team.pull()
    assert {name: array.tobytes() for name, array in held.items()} == {
        name: array.tobytes() for name, array in arrays.items()
    }
    assert (one.clock.epoch, one.clock.iteration) == (2, 4)
    run = one.run()
    assert (run.iterations, run.ended_because) == (12, "4 epochs")
    # To a few digits: those are the same on all machines.
    assert run.scores["validation.loss"] == pytest.approx(0.9944459915161132, rel=1e-4)


def test_parameters_of_version_1_have_names():
    """Though it held them in two vectors."""
    found = sigma.load_parameters(OLD / "version_1")

    assert {name: array.shape for name, array in found.items()} == {
        "network.layers.dense_1.weights": (3, 5),
        "network.layers.dense_1.biases": (5,),
        "network.layers.dense_2.weights": (5, 1),
        "network.layers.dense_2.biases": (1,),
    }
    assert sorted(trainer().transfer(OLD / "version_1")) == sorted(found)


@pytest.mark.parametrize("odd", [None, {}, {"optimiser": ["network.a"], "fixed": [], "frozen": []}, {"optimiser": 3}])
def test_version_1_that_does_not_say_where_its_parameters_lie(tmp_path, odd):
    """Its manifest has no checksum of itself."""
    path = tmp_path / "now"
    shutil.copytree(OLD / "version_1", path)
    content = json.loads((path / "manifest.json").read_text("utf-8"))
    content["state"]["layout"] = odd
    (path / "manifest.json").write_text(json.dumps(content), "utf-8")

    with pytest.raises(CheckpointError) as caught:
        sigma.load_parameters(path)

    assert str(caught.value) == (
        f"{path}: its manifest does not say where its parameters lie\n"
        "  expected: a whole checkpoint\n"
        "  to do:    use another checkpoint of the run"
    )
