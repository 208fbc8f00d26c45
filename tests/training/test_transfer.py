"""Trainers that are copied, parameters that are taken over from others, and those that begin anew."""

import numpy as np
import pytest
from sigma_nn import Adam, Dense, Input, SquaredDifference

from sigma_core.errors import CheckpointError, IdentifierError, PluginFailedError, SettingError, TrainerError

FIRST, SECOND = "network.layers.dense_1", "network.layers.dense_2"
NAMES = (f"{FIRST}.weights", f"{FIRST}.biases", f"{SECOND}.weights", f"{SECOND}.biases")
LISTED = ", ".join(sorted(NAMES))


def refused(error, action):
    with pytest.raises(error) as caught:
        action()
    return str(caught.value)


def outcome(trainer):
    return {name: array.tobytes() for name, array in trainer.team.pull().items()}


def values(trainer):
    return {name: value.tobytes() for name, value in trainer.get("network.**").items()}


def wide(make, **settings):
    """A network with the first layer of the usual one, and another last one."""
    return make(
        network=Input(3) + Dense(4) + Dense(2, name="middle") + Dense(1, name="last") + SquaredDifference(), **settings
    )


class Counting:
    """A hook with a state, a list and its trainer."""

    def __init__(self):
        self.count, self.seen, self.trainer = 0, [], None

    def sigma_iteration_ended(self, trainer):
        self.count += 1
        self.seen.append(self.count)
        self.trainer = trainer

    def state(self):
        return {"count": self.count}

    def restore(self, state):
        self.count = state["count"]


# Copies


def test_a_copy_trains_on_as_its_original_would(make):
    """From where that stands; neither is changed by the other."""
    first = make("12 iterations")
    first.run(stop="5 iterations")
    before = outcome(first)
    second = first.copy()

    assert second is not first
    assert (second.clock.iteration, second.scores) == (5, first.scores)
    second.run()
    assert outcome(first) == before
    first.run()
    assert outcome(first) == outcome(second)
    assert first.scores == second.scores


def test_a_copy_is_as_its_original_was_made(make):
    """Settings that were changed since come along, as what is frozen; and a reset goes to the beginning."""
    first = make()
    first.set("optimiser.learning_rate", 0.5)
    first.freeze("**.biases")
    first.run()
    second = first.copy()

    assert second.get("optimiser.learning_rate") == 0.5
    assert second.setup.frozen == ("**.biases",)
    second.reset()
    assert second.clock.iteration == 0
    assert values(second) == values(make())


def test_a_copy_of_what_is_not_built_builds_nothing(make):
    """Nor does it share anything that is built later."""
    first = make()
    second = first.copy()
    assert second._parts is None
    first.run()
    assert second.run().scores == first.scores


def test_hooks_are_copied(make):
    """Those of the setup and those attached since; a detached one does not come back. The environment's are shared."""
    counting, attached = Counting(), Counting()
    first = make(hooks=[counting])
    first.attach(attached, "attached")
    first.attach(Counting(), "gone")
    first.detach("gone")
    first.run()
    second = first.copy()
    mine = second.setup.hooks[0]

    assert (mine.count, mine.seen, mine.trainer) == (6, counting.seen, second)
    assert second.hooks.get_plugin("attached") is not attached
    assert not second.hooks.has_plugin("gone")
    second.run(stop="8 iterations")
    assert (counting.count, attached.count, mine.count) == (6, 6, 8)
    second.reset()
    assert mine.count == 0


def test_a_hook_that_cannot_be_copied_is_named(make):
    """With what it raised."""

    class Odd(Counting):
        def __deepcopy__(self, memo):
            raise TypeError("no copies of me")

    message = refused(PluginFailedError, make(hooks=[Odd()]).copy)
    assert message.splitlines()[0] == "plugin 'odd', copy: it raised TypeError: no copies of me"


def test_a_copy_is_made_between_two_iterations(make, hook):
    """As a checkpoint is."""
    copies, errors = [], []

    def ended(event, trainer):
        if event.iteration == 4:
            copies.append(trainer.copy())

    first = make(hooks=[hook(iteration_ended=ended, iteration_started=lambda event, trainer: None)])
    first.run()
    copies[0].run()
    assert values(copies[0]) == values(first)

    early = make(
        "1 iterations",
        hooks=[hook(iteration_started=lambda event, trainer: errors.append(refused(TrainerError, trainer.copy)))],
    )
    early.run()
    assert errors[0].startswith("trainer 'run': it is inside an iteration")


# Transfers


def test_parameters_are_taken_over_from_a_trainer(make):
    """Those that match and that both have; slots and all else stay."""
    source, target = make(seed=1), wide(make)
    source.run()
    before = target.team.pull()["slots.mean"]

    assert target.transfer(source) == NAMES[:2]
    for name in NAMES[:2]:
        assert target.get(name).tobytes() == source.get(name).tobytes()
    assert target.team.pull()["slots.mean"].tolist() == before.tolist()
    assert target.transfer(source, "**.weights") == NAMES[:1]


def test_parameters_may_be_called_otherwise(make):
    """`into` stands for the words of the pattern before its first wildcard, or for all of them."""
    source, target = make(seed=1), wide(make)
    names = ("network.layers.last.weights", "network.layers.last.biases")
    small = make(
        network=Input(2) + Dense(1, name="head") + SquaredDifference(), data=(np.ones((4, 2)), np.ones((4, 1)))
    )

    assert target.transfer(small, "network.layers.head.**", into="network.layers.last") == names
    assert target.get(names[0]).tobytes() == small.get("network.layers.head.weights").tobytes()
    assert target.transfer(source, NAMES[1], into=NAMES[1]) == (NAMES[1],)
    assert target.transfer(source, f"{FIRST}.<weights>", into=FIRST) == (NAMES[0],)


def test_parameters_are_taken_over_from_a_checkpoint(make, tmp_path):
    """Whatever was frozen or grouped there."""
    source = make(seed=1, frozen=[NAMES[0]], parameter_groups={"**.biases": {"learning_rate": 0.1}})
    source.run()
    source.save(tmp_path / "now")

    for folder in (tmp_path / "now", str(tmp_path / "now")):
        target = make()
        assert sorted(target.transfer(folder)) == sorted(NAMES)
        assert values(target) == values(source)
    assert refused(CheckpointError, lambda: make().transfer(tmp_path / "other")).startswith(str(tmp_path / "other"))


def test_parameters_are_taken_over_from_arrays(make):
    """By identifier."""
    target = make()
    assert target.transfer({NAMES[1]: [1, 2, 3, 4], "network.layers.other.weights": 3}) == (NAMES[1],)
    assert target.get(NAMES[1]).tolist() == [1, 2, 3, 4]


def test_what_cannot_be_taken_over_leaves_everything(make):
    """All or nothing, and each fault with what would do."""
    target = make()
    before = values(target)
    source = {NAMES[1]: np.ones(4), NAMES[2]: np.ones((2, 1))}

    assert refused(IdentifierError, lambda: target.transfer(source)) == (
        f"{NAMES[2]}: it is to be copied from an array of shape (2, 1)\n"
        "  expected: shape (4, 1)\n"
        "  to do:    leave it out, with a pattern that matches less"
    )
    assert refused(IdentifierError, lambda: target.transfer(source, "**.weight")) == (
        "transfer, pattern '**.weight': it matches nothing in the source\n"
        f"  expected: {NAMES[1]}, {NAMES[2]}\n"
        "  to do:    write a pattern that matches one of these"
    )
    assert refused(IdentifierError, lambda: target.transfer(source, f"{FIRST}.*", into="network.layers.dense_3")) == (
        f"transfer, pattern '{FIRST}.*': this network has no network.layers.dense_3.biases\n"
        f"  expected: {LISTED} (nearest: {SECOND}.biases)\n"
        "  to do:    say with `into` what they are called here"
    )
    assert refused(IdentifierError, lambda: target.transfer({NAMES[1]: [1, 2, 3, np.nan]})).startswith(
        f"{NAMES[1]}: it cannot be set to"
    )
    assert refused(TrainerError, lambda: target.transfer(3)) == (
        "transfer: its source is a int\n"
        "  expected: a trainer, the folder of a checkpoint, or a mapping of arrays by identifier\n"
        "  to do:    give one of these"
    )
    for wrong, name in [
        (lambda: target.transfer(source, f"{SECOND}.*", into=3), "3"),
        (lambda: target.transfer(source, f"{SECOND}.*", into="network."), "'network.'"),
        (lambda: target.transfer({7: np.ones(4)}), "7"),
    ]:
        assert refused(IdentifierError, wrong) == (
            f"identifier {name}: it is malformed\n  expected: words of letters, digits, '_' and '-', joined by dots"
        )
    assert refused(IdentifierError, lambda: target.transfer(source, 3)) == (
        "pattern 3: it is a int\n  expected: one pattern, as a text"
    )
    assert values(target) == before


# Initialising


def test_parameters_begin_anew(make):
    """As at first, or otherwise with another seed; their slots too, and nothing else."""
    trainer, first = make(optimiser=Adam(0.05)), values(make())
    trainer.run()
    trained, slots = values(trainer), trainer.team.pull()["slots.mean"]

    assert trainer.initialise(f"{FIRST}.**") == NAMES[:2]
    assert values(trainer) == {**trained, **{name: first[name] for name in NAMES[:2]}}
    assert trainer.team.pull()["slots.mean"].tolist() == [0.0] * 16 + slots[16:].tolist()
    assert trainer.team.pull()["step"] == 6
    trainer.initialise(seed=8)
    assert values(trainer) == values(make(seed=8))
    trainer.initialise()
    assert values(trainer) == first


def test_frozen_parameters_begin_anew_as_well(make):
    """They have no slots."""
    trainer = make(frozen=[f"{FIRST}.**"], initialisers={"**.weights": {"use": "constant", "value": 2.0}})
    trainer.set(NAMES[0], np.zeros((3, 4)))
    trainer.initialise()
    assert (trainer.get(NAMES[0]) == 2.0).all()


def test_a_pattern_and_a_seed_must_be_some(make):
    """Typed errors, as everywhere."""
    assert refused(IdentifierError, lambda: make().initialise("**.weight")) == (
        "initialise, pattern '**.weight': it matches no parameter\n"
        f"  expected: {LISTED}\n"
        "  to do:    write a pattern that matches one of these"
    )
    for seed in (-1, 1.5, True, "x", 2**64):
        assert refused(SettingError, lambda seed=seed: make().initialise(seed=seed)) == (
            f"initialise, seed: {seed!r}\n"
            "  expected: a whole number from 0 to 2**64 - 1\n"
            "  to do:    give such a number"
        )


def test_nothing_is_moved_while_it_runs(make, hook):
    """A parameter can be set by its own identifier then."""
    errors = []

    def started(event, trainer):
        errors.extend(refused(TrainerError, action) for action in (lambda: trainer.transfer({}), trainer.initialise))

    make(hooks=[hook(run_started=started)]).run()
    assert (
        errors
        == ["trainer 'run': it is running\n  expected: a trainer that stands still\n  to do:    stop it first"] * 2
    )
