"""A small training that every test of this room can make its own."""

import numpy as np
import pytest
from sigma_nn import Adam, Dense, Input, SquaredDifference

import sigma_core as sigma
from sigma_core.hooks import HOOKS


def regression(records=10):
    """Inputs of shape (records, 3) and targets (records, 1) that can be learnt."""
    inputs = np.random.default_rng(5).normal(size=(records, 3))
    return inputs, inputs @ [[1.0], [-2.0], [0.5]] + 0.25


@pytest.fixture
def data():
    """Ten records: with batches of four, the last one of an epoch holds two."""
    return regression()


@pytest.fixture
def make():
    """Makes a trainer of three iterations an epoch; settings that are given take the place of its own."""

    def trainer(stop="2 epochs", **settings):
        settings = {
            "network": Input(3) + Dense(4, activation="tanh") + Dense(1) + SquaredDifference(),
            "data": regression(),
            "optimiser": Adam(0.01),
            "stop": stop,
            "batch_size": 4,
            "seed": 3,
            **settings,
        }
        return sigma.Trainer(**settings)

    return trainer


class Recorder:
    """A hook that keeps every event, its scores read."""

    def __init__(self):
        self.events = []

    @property
    def names(self):
        return [type(event).__name__ for event in self.events]

    def of(self, name):
        return [event for event in self.events if type(event).__name__ == name]

    def note(self, event):
        self.events.append(event.materialised())


for hook in HOOKS:
    # One method for each, since a hook is recognised by its name; a copy, since a function can be registered once.
    setattr(Recorder, hook, lambda self, event: self.note(event))


@pytest.fixture
def recorder():
    """A hook that keeps every event."""
    return Recorder()


@pytest.fixture
def hook():
    """Makes a hook plugin out of functions of (event, trainer): `hook(iteration_ended=function)`."""

    def plugin(**functions):
        def method(function):
            return lambda self, event, trainer: function(event, trainer)

        methods = {f"sigma_{name}": method(function) for name, function in functions.items()}
        return type("Plugin", (), methods)()

    return plugin
