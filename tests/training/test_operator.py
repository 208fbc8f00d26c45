"""What every operator promises, looked at in the local one."""

import numpy as np
import pytest
from sigma_nn import Adam, Dense, Dropout, Input, MeanAbsoluteError, SquaredDifference

from sigma_core.backends.numpy import NumpyBackend
from sigma_core.network import Network, Section
from sigma_core.training import LocalOperator, Operator, Task
from sigma_core.training._method import Method
from sigma_core.training._state import TrainingState

SECTIONS = {"inputs": Section((3,), np.dtype("f8")), "targets": Section((1,), np.dtype("f8"))}
BATCH = (np.arange(12.0).reshape(4, 3) / 12, np.ones((4, 1)))


@pytest.fixture
def environment():
    import sigma_core as sigma

    with sigma.Environment() as made:
        yield made


@pytest.fixture
def compiled():
    return []


@pytest.fixture
def team(environment, compiled):
    layers = Input(3) + Dense(4) + Dropout(0.5) + Dense(1) + SquaredDifference()
    network = Network.build(layers, SECTIONS, composer=environment.composer, dtype="f8")
    task = Task(
        network=network,
        method=Method(Adam(0.01)),
        metrics={"distance": MeanAbsoluteError()},
        backend=NumpyBackend(),
        dtypes={name: section.dtype for name, section in SECTIONS.items()},
        watch=("gradients.**.weights",),
        compiled=lambda *told: compiled.append(told),
    )
    return LocalOperator().team(task, TrainingState.initial(network, task.method, seed=1))


def test_the_operator_of_a_trainer_is_a_component(make):
    """By name, and the local one by default."""
    assert make().setup.operator == LocalOperator()
    assert isinstance(make().setup.operator, Operator)


def test_a_step_gives_what_is_named(team):
    """The loss first, then the gradients that are watched."""
    team.prepare(BATCH)
    outputs = dict(zip(team.names, team.step(BATCH), strict=False))

    assert list(outputs) == ["loss", "gradients.layers.dense_1.weights", "gradients.layers.dense_2.weights"]
    assert outputs["gradients.layers.dense_1.weights"].shape == (3, 4)


def test_what_was_pulled_and_pushed_back_is_where_it_was(team):
    """The state is all that decides the next step; copies are not changed by it."""
    team.step(BATCH)
    state = team.pull()
    kept = {name: array.copy() for name, array in state.items()}
    first = float(team.step(BATCH)[0])
    team.step(BATCH)

    assert {name: array.tobytes() for name, array in state.items()} == {name: kept[name].tobytes() for name in kept}
    team.push(state)
    assert float(team.step(BATCH)[0]) == first


def test_a_part_of_the_state_can_be_moved(team):
    """By name, as hyperparameters and counters are."""
    team.push({"optimiser.learning_rate": 0.0, "totals.loss": 5.0})
    before = team.pull(["parameters"])["parameters"]

    team.step(BATCH)

    assert team.pull(["parameters"])["parameters"].tobytes() == before.tobytes()
    assert set(team.pull(("optimiser.learning_rate", "step"))) == {"optimiser.learning_rate", "step"}
    assert team.pull(["totals.records"])["totals.records"] == 4


def test_sums_of_parts_are_those_of_the_whole(team):
    """A pass may be cut into batches anywhere; nothing is dropped out, nothing trained."""
    whole = team.score(BATCH)
    parts = [team.score(tuple(array[rows] for array in BATCH)) for rows in (slice(0, 1), slice(1, 4))]
    before = team.pull()

    assert set(whole) > {"loss"}
    for name, total in whole.items():
        np.testing.assert_allclose(sum(part[name] for part in parts), total, rtol=1e-12)
    assert {name: array.tobytes() for name, array in team.pull().items()} == {
        name: array.tobytes() for name, array in before.items()
    }


def test_one_program_is_compiled_for_each_shape(team, compiled):
    """However often it is used; data of another dtype has one of its own, to predict and to score."""
    for _ in range(2):
        team.step(BATCH)
        team.step(tuple(array[:2] for array in BATCH))
        team.score(BATCH)
        team.score((BATCH[0].astype("f4"), BATCH[1]))
        team.predict({"inputs": BATCH[0]})
    team.close()

    assert [signature for signature, _, _ in compiled] == [
        "step: (4, 3), (4, 1)",
        "step: (2, 3), (2, 1)",
        "score: (4, 3), (4, 1)",
        "score: (4, 3), (4, 1)",
        "predict: (4, 3)",
    ]
    assert all(seconds > 0 and nodes > 0 for _, seconds, nodes in compiled)
