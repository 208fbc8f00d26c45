"""Going on from a checkpoint: to the last bit as if nothing had been."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sigma_nn import Adam, Dense, Dropout, Input, SquaredDifference

import sigma_core as sigma
from sigma_core.errors import CheckpointError, TrainerError
from sigma_core.training import Checkpoint

DATA = np.random.default_rng(5).normal(size=(10, 3)), np.random.default_rng(6).normal(size=(10, 1))
# Patience ends the run after some epochs, unless iterations run out first: the state of both is in a checkpoint.
STOP = "validation.loss patience 3 | 14 iterations | 6 epochs"
STOPS = (STOP, "14 iterations", "5 epochs", "15 iterations")
HOOKS = ("sigma_iteration_ended", "sigma_epoch_ended", "sigma_validation_ended", "sigma_epoch_started")


def refused(error, action):
    with pytest.raises(error) as caught:
        action()
    return str(caught.value)


def trainer(hooks=(), stop=STOP, **changed):
    """Three iterations an epoch, with random numbers in each of them."""
    network = Input(3) + Dense(5, activation="tanh") + Dropout(0.3) + Dense(1) + SquaredDifference()
    given = {"network": network, "data": DATA, "optimiser": Adam(0.05), "validation": DATA, "dtype": "float32"}
    return sigma.Trainer(**{**given, "batch_size": 4, "seed": 9, **changed}, stop=stop, hooks=hooks)


def outcome(trainer, run):
    """All that must be equal, to the last bit."""
    arrays = {name: array.tobytes() for name, array in trainer.team.pull().items()}
    return arrays, dict(run.scores), run.ended_because, run.iterations, run.epochs


class Saving:
    """Saves at one event of one iteration, and remembers the iterations that it was told of."""

    def __init__(self, hook, iteration, path):
        self.path, self.iteration, self.seen = path, iteration, []
        setattr(self, hook, self._save)

    def _save(self, event, trainer):
        self.seen.append(event.iteration)
        if event.iteration == self.iteration:
            trainer.save(self.path)


@pytest.fixture(scope="module")
def uninterrupted():
    """What the whole run comes to, under each of the criteria."""

    def run(stop):
        whole = trainer(stop=stop)
        return outcome(whole, whole.run())

    return {stop: run(stop) for stop in STOPS}


@settings(max_examples=30)
@given(
    iteration=st.integers(1, 15),
    hook=st.sampled_from(HOOKS),
    stop=st.sampled_from(STOPS),
)
def test_a_resumed_run_ends_as_the_uninterrupted_one(uninterrupted, tmp_path_factory, iteration, hook, stop):
    """Wherever it was saved: inside an epoch, at the end of one, in its validation, after the last iteration."""
    path = tmp_path_factory.mktemp("checkpoints") / "now"
    saving = Saving(hook, iteration, path)
    first = trainer([saving], stop)
    assert outcome(first, first.run()) == uninterrupted[stop]
    if not path.exists():
        assert iteration not in saving.seen
        return

    second = trainer(stop=stop).restore(path)
    assert second.clock.iteration == iteration
    try:
        run = second.run()
    except TrainerError as error:
        # Saved when the criterion held already: there is nothing left to run.
        assert f"it has ended: {uninterrupted[stop][2]}" in str(error)  # noqa: PT017
    else:
        assert outcome(second, run) == uninterrupted[stop]


def test_the_rest_of_a_run_is_told_as_it_would_have_been(tmp_path, recorder):
    """No event twice, none left out, from the next one on."""
    first, second = type(recorder)(), type(recorder)()
    trainer([Saving("sigma_iteration_ended", 6, tmp_path / "now"), first], "4 epochs").run()
    resumed = trainer([second], "4 epochs").restore(tmp_path / "now")
    resumed.run()

    whole = [(type(event).__name__, event.epoch, event.iteration) for event in first.events if hasattr(event, "epoch")]
    part = [(type(event).__name__, event.epoch, event.iteration) for event in second.events if hasattr(event, "epoch")]
    place = whole.index(("IterationEnded", 2, 6))
    saved = ("CheckpointSaved", 2, 6)
    assert part[:2] == [("CheckpointRestored", 2, 6), ("RunStarted", 2, 6)]
    assert part[2:] == [entry for entry in whole[place + 1 :] if entry != saved]


def test_a_trigger_goes_on_where_it_was(tmp_path):
    """What fires once fires once in all."""
    seen = []

    class Once:
        @sigma.hookimpl(when=sigma.Trigger.parse("once"))
        def sigma_iteration_ended(self, event):
            seen.append(event.iteration)

    trainer([Once(), Saving("sigma_iteration_ended", 4, tmp_path / "now")], "2 epochs").run()
    trainer([Once()], "2 epochs").restore(tmp_path / "now").run()

    assert seen == [1]


class Counting:
    """A hook with a state of its own."""

    def __init__(self):
        self.count = 0

    def sigma_iteration_ended(self):
        self.count += 1

    def state(self):
        return {"count": self.count}

    def restore(self, state):
        self.count = state["count"]


def test_the_state_of_a_hook_is_kept(tmp_path):
    """Of whatever has `state` and `restore`; a mere attribute of that name is none."""

    class Misleading:
        state = "solid"

        def sigma_run_ended(self):
            pass

    trainer([Counting(), Misleading(), Saving("sigma_iteration_ended", 5, tmp_path / "now")]).run()
    counting = Counting()
    trainer([counting]).restore(tmp_path / "now")

    assert counting.count in (4, 5)


class Remembering(Counting):
    """A hook whose state holds arrays, under keys that read the same where they lie."""

    def __init__(self):
        super().__init__()
        self.held = None

    def state(self):
        return {
            "a": {"b.c": np.arange(3, dtype=np.int16)},
            "a.b": {"c": [np.float64(0.1), np.array(-0.0)]},
            "a.b.c": [np.array([[np.nan, np.inf]], np.float32), "text", None, {"mask": np.array([True, False])}],
        }

    def restore(self, state):
        self.held = state


def test_arrays_in_the_state_of_a_hook_are_arrays_of_the_checkpoint(tmp_path):
    """To the last bit, with dtype and shape; any reader of safetensors sees them, and a copy has its own."""
    hook = Remembering()
    made = trainer([hook])
    made.save(tmp_path / "c")
    arrays = Checkpoint.read(tmp_path / "c").arrays
    restored = Remembering()
    trainer([restored]).restore(tmp_path / "c")
    copied = made.copy().hooks.get_plugin("remembering")

    assert {name: array.dtype.name for name, array in arrays.items() if name.startswith("hooks.")} == {
        "hooks.remembering.a.b.c": "int16",
        "hooks.remembering.a.b.c.1": "float64",
        "hooks.remembering.a.b.c.0": "float32",
        "hooks.remembering.a.b.c.3.mask": "bool",
    }
    for held in (restored.held, copied.held):
        for (where, found), (_, expected) in zip(leaves(held), leaves(hook.state()), strict=True):
            assert type(found) is type(expected) or isinstance(found, float), where
            if isinstance(expected, np.ndarray):
                assert (found.dtype, found.shape, found.tobytes()) == (
                    expected.dtype,
                    expected.shape,
                    expected.tobytes(),
                )


def leaves(value, place=""):
    """What a state is made of, with where it lies."""
    if isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for key, each in pairs:
            yield from leaves(each, f"{place}/{key}")
    else:
        yield place, value


def test_an_array_of_a_hook_that_is_gone(tmp_path):
    """As from a checkpoint that somebody took apart and sealed again."""
    made = trainer([Remembering()])
    made.save(tmp_path / "c")
    whole = Checkpoint.read(tmp_path / "c")
    torn = {name: array for name, array in whole.arrays.items() if not name.endswith("mask")}
    Checkpoint(torn, whole.state).write(tmp_path / "d")

    assert refused(CheckpointError, lambda: made.restore(tmp_path / "d")) == (
        f"{tmp_path / 'd'}: the state of a hook names an array that is not there: 'hooks.remembering.a.b.c.3.mask'\n"
        "  expected: a whole checkpoint\n"
        "  to do:    use another checkpoint of the run"
    )


def test_a_state_that_is_no_json_is_refused(tmp_path):
    """Nothing is written then."""

    class Odd(Counting):
        def state(self):
            return {"count": {1, 2}}

    assert refused(CheckpointError, lambda: trainer([Odd()]).save(tmp_path / "now")) == (
        f"{tmp_path / 'now'}: the state cannot be written: Object of type set is not JSON serializable\n"
        "  expected: states of hooks and criteria made of JSON values\n"
        "  to do:    return numbers, texts, arrays of numbers, lists and dictionaries from state()"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_trainer_that_has_ended_can_be_saved_and_trained_longer(tmp_path):
    """Another criterion begins anew, in the same run or from the checkpoint."""
    first = trainer(stop="2 epochs")
    first.run()
    first.save(tmp_path / "last")

    longer = trainer(stop="5 epochs").restore(tmp_path / "last")

    assert outcome(longer, longer.run()) == outcome(first, first.run(stop="5 epochs"))
    assert refused(TrainerError, trainer(stop="2 epochs").restore(tmp_path / "last").run).splitlines()[0] == (
        "trainer 'run': it has ended: 2 epochs"
    )


def test_it_cannot_be_saved_inside_an_iteration(tmp_path):
    """The batch is taken and not trained on: whoever went on would leave it out."""
    errors = []

    class Early:
        def sigma_iteration_started(self, trainer):
            try:
                trainer.save(tmp_path / "now")
            except TrainerError as error:
                errors.append(str(error))

    trainer([Early()], "1 iterations").run()

    assert errors == [
        (
            "trainer 'run': it is inside an iteration, whose batch is taken and not yet trained on\n"
            "  expected: a moment between two iterations\n"
            "  to do:    save in sigma_iteration_ended"
        )
    ]


def test_a_failed_step_leaves_nothing_to_save(tmp_path):
    """A hook that would save what is left when a run fails is told so."""

    class Last:
        def sigma_run_failed(self, trainer):
            trainer.save(tmp_path / "now")

    broken = trainer([Last()]).build()

    def step(batch):
        raise ValueError("on purpose")

    broken.team.step = step
    with pytest.raises(ValueError, match=r"^on purpose\n") as caught:
        broken.run()

    assert "it is inside an iteration" in caught.value.__notes__[0]
