"""What `Trainer.inspect` tells of a trainer's programs."""

import numpy as np
import pytest

import sigma_core as sigma
from sigma_core.errors import TrainerError

RECIPE = {
    "name": "flowers",
    "seed": 1,
    "stop": "1 epochs",
    "batch_size": 50,
    "dataset": {"use": "iris", "split": [0.8, 0.2]},
    "optimiser": {"use": "momentum", "learning_rate": 0.1},
    "network": [{"use": "input", "shape": [4]}, {"use": "dense", "size": 3}, "softmax_cross_entropy"],
}


@pytest.mark.parametrize(("program", "batch"), [("step", 50), ("scoring", 30), ("prediction", 50)])
def test_a_program_is_inspected(program, batch):
    """Without a run, and without a worker."""
    trainer = sigma.Trainer.from_recipe(RECIPE)
    found = trainer.inspect(program)
    assert (found.run, found.program, found.backend, found.batch) == ("flowers", program, "numpy", batch)
    assert len(found.before.nodes) > len(found.plan.nodes)
    assert found.before.output_names == found.plan.graph.output_names
    assert found.bound["parameters"] == 60
    assert found.bytes == sum(found.plan.blocks)
    assert "def instantiate" in found.source
    assert found.plan.cost.operations > 0
    assert trainer.status == "ready"


def test_what_is_inspected_is_what_runs():
    """The same numbers of nodes as are told when a step is compiled."""
    trainer = sigma.Trainer.from_recipe(RECIPE)
    compiled = []

    class Told:
        def sigma_step_compiled(self, event):
            compiled.append(event)

    trainer.attach(Told())
    before = len(trainer.inspect().plan.nodes)
    trainer.run()
    assert [event.nodes for event in compiled if event.signature.startswith("step: (50,")] == [before]
    assert len(trainer.inspect().plan.nodes) == before


def test_gradients_that_hooks_ask_for_are_shown():
    """They are outputs of the step."""

    class Watching:
        @sigma.hookimpl(requires=["gradients.layers.dense_1.weights"])
        def sigma_iteration_ended(self, event):
            pass

    trainer = sigma.Trainer.from_recipe(RECIPE)
    trainer.attach(Watching())
    assert "gradients.layers.dense_1.weights" in trainer.inspect().plan.graph.output_names


def test_another_dtype_is_shown():
    """In all of its arrays."""
    found = sigma.Trainer.from_recipe({**RECIPE, "dtype": "float64"}).inspect("prediction")
    assert {node.dtype for node in found.before.nodes} == {np.dtype(np.float64)}


def test_there_is_no_other_program():
    """The nearest is told."""
    with pytest.raises(TrainerError) as caught:
        sigma.Trainer.from_recipe(RECIPE).inspect("score")
    assert str(caught.value) == (
        "trainer 'flowers': it has no program 'score'\n"
        "  expected: prediction, scoring, step (nearest: scoring)\n"
        "  to do:    give one of these names"
    )
