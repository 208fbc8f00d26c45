"""Gradients of several batches that go into one update."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sigma_nn import Adam, Dense, Dropout, GradientDescent, Input, SquaredDifference

import sigma_core as sigma
from sigma_core.errors import NumericalError, SettingError

DATA = np.random.default_rng(5).normal(size=(10, 3)), np.random.default_rng(6).normal(size=(10, 1))


def trainer(every=4, network=None, **changed):
    """Three iterations an epoch: of four, four and two records."""
    network = network or Input(3) + Dense(5, activation="tanh") + Dense(1) + SquaredDifference()
    given = {"optimiser": Adam(0.05), "stop": "20 iterations", "batch_size": 4, "seed": 9, "dtype": "float64"}
    return sigma.Trainer(network, DATA, gradient_accumulation=every, **{**given, **changed})


def parameters(one):
    return np.concatenate([value.reshape(-1) for value in one.get("network.**").values()])


def outcome(one):
    return {name: array.tobytes() for name, array in one.team.pull().items()}


def test_three_batches_are_as_good_as_one():
    """Batches of four, four and two records improve by the mean over all ten, as one batch of ten does."""
    parts = trainer(3, stop="4 epochs")
    whole = trainer(1, stop="4 epochs", batch_size=10)
    parts.run()
    whole.run()

    np.testing.assert_allclose(parameters(parts), parameters(whole), rtol=1e-9)
    assert parts.team.pull()["step"] == whole.team.pull()["step"] == 4


def test_an_update_comes_after_every_so_many_batches():
    """In between the parameters stay; what is left over at an epoch's end goes into the update after."""
    updates = []

    class Watch:
        def __init__(self):
            self.last = None

        def sigma_iteration_ended(self, event, trainer):
            now = parameters(trainer).tobytes()
            if self.last is not None and now != self.last:
                updates.append(event.iteration)
            self.last = now

    one = trainer(4, hooks=[Watch()], stop="14 iterations")
    one.run()
    state = one.team.pull()

    assert updates == [4, 8, 12]
    assert (state["step"], state["key"].tolist()) == (3, [9, 14])
    # The thirteenth and the fourteenth batch: the first two of the fifth epoch.
    assert (state["accumulated.batches"], state["accumulated.records"]) == (2, 8)
    assert (state["accumulated"] != 0).all()


def test_one_batch_at_a_time_needs_nothing():
    """The program is as without it, and so is the state."""
    one = trainer(1)
    assert not [name for name in one.team.pull() if name.startswith("accumulated")]
    one.run()


def test_two_programs_are_compiled_for_each_shape_of_batch():
    """One that adds and one that updates as well; the usual ones before the run."""
    compiled = []

    class Watch:
        def sigma_step_compiled(self, event):
            compiled.append(event.signature)

    trainer(2, hooks=[Watch()]).run()
    assert compiled == ["step: (4, 3), (4, 1)", "add: (4, 3), (4, 1)", "step: (2, 3), (2, 1)", "add: (2, 3), (2, 1)"]


def test_random_numbers_go_on_with_every_batch():
    """Two batches in one update drop out others; they are the numbers that the iterations have without it."""
    network = Input(3) + Dropout(0.5) + Dense(1) + SquaredDifference()
    losses = {}
    for every in (1, 5):
        one = trainer(every, network, optimiser=GradientDescent(0.0), batch_size=10)
        losses[every] = []

        class Watch:
            def __init__(self, seen):
                self.seen = seen

            def sigma_iteration_ended(self, event):
                self.seen.append(event.scores["loss"])

        one.attach(Watch(losses[every]))
        one.run(stop="5 iterations")
    assert losses[1] == losses[5]
    assert len(set(losses[1])) == 5


@pytest.fixture(scope="module")
def uninterrupted():
    """What whole runs come to."""
    found = {}
    for every in (2, 3, 4, 7):
        found[every] = _stochastic(every)
        found[every].run()
    return {every: outcome(one) for every, one in found.items()}


def _stochastic(every):
    network = Input(3) + Dense(5, activation="tanh") + Dropout(0.3) + Dense(1) + SquaredDifference()
    return trainer(every, network, dtype="float32", stop="17 iterations")


@settings(max_examples=20)
@given(every=st.sampled_from([2, 3, 4, 7]), iteration=st.integers(1, 16))
def test_a_resumed_run_ends_as_the_uninterrupted_one(uninterrupted, tmp_path_factory, every, iteration):
    """To the last bit, wherever inside an accumulation it was saved."""
    path = tmp_path_factory.mktemp("checkpoints") / "now"
    first = _stochastic(every)
    first.run(stop=f"{iteration} iterations")
    first.save(path)
    second = _stochastic(every).restore(path)
    second.run()
    first.run(stop="17 iterations")

    assert outcome(second) == uninterrupted[every]
    assert outcome(first) == uninterrupted[every]


def test_what_is_unfrozen_begins_to_accumulate():
    """The sums of the others stay."""
    one = trainer(4, frozen=["**.dense_1.**"])
    one.run(stop="2 iterations")
    before = one.team.pull()["accumulated"]
    one.unfreeze("**")

    assert one.team.pull()["accumulated"].tolist() == [0.0] * 20 + before.tolist()
    one.run(stop="4 iterations")
    assert one.team.pull()["step"] == 1


def test_a_step_that_fails_is_named_by_its_iteration():
    """Iterations are batches, not updates."""
    one = trainer(4, backend="debug")

    class Spoil:
        def sigma_iteration_ended(self, event, trainer):
            if event.iteration == 2:
                trainer.set("network.layers.dense_1.biases", np.full(5, 1e308))
                trainer.set("network.layers.dense_2.weights", np.full((5, 1), 1e308))

    one.attach(Spoil())
    with pytest.raises(NumericalError) as caught:
        one.run()
    assert caught.value.iteration == 3


def test_a_recipe_tells_how_many():
    """A whole number from 1, and nothing where it is that."""
    recipe = {
        "stop": "1 epochs",
        "dataset": "xor",
        "optimiser": "adam",
        "network": [{"use": "input", "shape": [2]}, {"use": "dense", "size": 1}, {"use": "squared_difference"}],
        "gradient_accumulation": 4,
    }
    assert sigma.Trainer.from_recipe(recipe).recipe().values == recipe
    other = sigma.Recipe(recipe).having(["gradient_accumulation=1"])
    assert "gradient_accumulation" not in sigma.Trainer.from_recipe(other).recipe().values
    for value in (0, 2.5, True):
        with pytest.raises(SettingError) as caught:
            trainer(value)
        assert str(caught.value) == (
            f"gradient_accumulation: {value!r}\n  expected: a whole number from 1\n  to do:    give such a number"
        )
