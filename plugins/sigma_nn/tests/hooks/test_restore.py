"""Parameters come back from a checkpoint."""

import numpy as np
import pytest
from sigma_nn import Adam, Checkpoints, Dense, Input, Restore, SquaredDifference

import sigma_core as sigma
from sigma_core.extend import CheckpointError, HookFailedError, SettingError
from sigma_core.testing import message

INPUTS = np.random.default_rng(4).normal(size=(12, 3))
TARGETS = INPUTS @ [[1.0], [-2.0], [0.5]]


def make(*hooks, stop="6 epochs", rate=0.05, **settings):
    return sigma.Trainer(
        Input(3) + Dense(4, activation="tanh") + Dense(1) + SquaredDifference(),
        (INPUTS, TARGETS),
        Adam(rate),
        stop,
        validation=(INPUTS[:4], TARGETS[:4]),
        hooks=hooks,
        batch_size=4,
        seed=3,
        **settings,
    )


def parameters(trainer):
    return {name: array.tolist() for name, array in trainer.get("network.**").items()}


@pytest.mark.parametrize("which", ["best", "newest"])
def test_the_best_or_the_newest_comes_back(which, tmp_path):
    """When the run stops; optimiser and counters stay."""
    # Steps that are far too large: the first epochs are the best ones.
    plain = make(rate=2.0, stop="7 epochs")
    plain.run()
    checkpoints = Checkpoints(
        "{epoch}", directory=str(tmp_path), score="validation.loss", best=1, newest=2, when="2 epochs"
    )
    trainer = make(checkpoints, Restore(which), rate=2.0, stop="7 epochs")
    trainer.run()
    chosen = checkpoints.best_written if which == "best" else checkpoints.written[-1]

    assert parameters(trainer) == parameters(make().restore(chosen))
    assert parameters(trainer) != parameters(plain)
    assert trainer.clock.iteration == 21


def test_a_run_begins_with_what_another_has_learnt(tmp_path):
    """All of it, or what matches."""
    first = make()
    first.run(directory=tmp_path / "first")
    seen = []

    class Seeing:
        def sigma_epoch_started(self, event, trainer):
            seen.append(parameters(trainer))

    second = make(
        Restore(str(tmp_path / "first"), ["network.layers.dense_1.*"], when="on start"), Seeing(), stop="1 epochs"
    )
    before = parameters(second)
    second.run()
    other = parameters(first)
    assert seen[0] == {name: (other if "dense_1." in name else before)[name] for name in before}


def test_nothing_happens_before_there_is_a_checkpoint(tmp_path):
    """At a start, say."""
    plain, trainer = make(), make(Checkpoints(directory=str(tmp_path), newest=1), Restore("newest", when="on start"))
    plain.run()
    trainer.run()
    assert parameters(trainer) == parameters(plain)


SCORED = 'add { use = "checkpoints", score = "validation.loss", best = 1 }, or give the path of a checkpoint'


@pytest.mark.parametrize(
    ("hooks", "message_"),
    [
        (
            [Restore()],
            (
                "Restore.checkpoint: 'best', and no hook that writes checkpoints\n"
                f"  expected: the hook checkpoints, with best and score\n  to do:    {SCORED}"
            ),
        ),
        (
            [Checkpoints(directory="somewhere", newest=1, when="never"), Restore()],
            (
                "Restore.checkpoint: 'best', and no hook that writes checkpoints by a score\n"
                f"  expected: the hook checkpoints, with best and score\n  to do:    {SCORED}"
            ),
        ),
        (
            [Restore("newest")],
            (
                "Restore.checkpoint: 'newest', and no hook that writes checkpoints\n"
                f"  expected: the hook checkpoints\n  to do:    {SCORED}"
            ),
        ),
    ],
)
def test_it_says_what_it_needs(hooks, message_):
    """Before the first iteration, and not when the run has ended."""
    trainer = make(*hooks)
    with pytest.raises(HookFailedError) as caught:
        trainer.run()
    assert isinstance(caught.value.__cause__, SettingError)
    assert message(caught.value.__cause__) == message_
    assert trainer.clock.iteration == 0


def test_a_path_has_to_be_that_of_a_checkpoint(tmp_path):
    """As elsewhere."""
    with pytest.raises(HookFailedError) as caught:
        make(Restore(str(tmp_path), when="on start")).run()
    assert isinstance(caught.value.__cause__, CheckpointError)
