"""Hooks that break their contract are caught."""

import threading
from pathlib import Path

import numpy as np
import pytest
from attrs import define, field
from sigma_nn import Checkpoints, EarlyStop, Report

from sigma_core.extend import hookimpl
from sigma_core.testing import check_hook


def test_hooks_that_keep_the_contract_pass():
    """With a state of arrays, with means, with files; and one that no distribution offers."""

    @define(eq=False)
    class Slowing:
        """Halve the learning rate now and then."""

        when: str = field(default="2 epochs", kw_only=True)

        @hookimpl(when=lambda hook: hook.when, phase="schedule")
        def sigma_iteration_ended(self, trainer):
            """Halve."""
            trainer.set("optimiser.learning_rate", trainer.get("optimiser.learning_rate") / 2)

    @define(eq=False)
    class Watching:
        """Sum the losses in the background."""

        total: float = field(init=False, default=0.0)

        @hookimpl(background=True, requires=["loss"])
        def sigma_iteration_ended(self, snapshot):
            """One more."""
            self.total += snapshot["loss"]

        def state(self):
            """The sum so far."""
            return {"total": self.total}

        def restore(self, state):
            """As it was."""
            self.total = state["total"]

    check_hook(Watching())
    check_hook(EarlyStop("validation.loss", 2))
    check_hook(Report(mean=True, when="4 iterations"))
    check_hook(Checkpoints(newest=2), needs_directory=True)
    check_hook(Slowing())


@define(eq=False)
class Counting:
    """Count iterations."""

    count: int = field(init=False, default=0)

    def sigma_iteration_ended(self, event, trainer):
        """One more."""
        self.count += 1


@define(eq=False)
class Misspelt(Counting):
    """No hook is called so."""

    def sigma_epoch_end(self):
        """Nothing."""


@define(eq=False)
class Forgetful(Counting):
    """Let what is counted decide, and keep it from checkpoints."""

    def sigma_iteration_started(self, event, trainer):
        """Slower each time."""
        trainer.set("optimiser.learning_rate", 0.02 / (1 + self.count))


@define(eq=False)
class Halfway(Counting):
    """Keep a state, and do not take it back."""

    def state(self):
        """The count."""
        return {"count": np.array([self.count])}

    def restore(self, state):
        """Nothing."""


@define(eq=False)
class Opaque(Halfway):
    """Keep what no checkpoint can hold."""

    def state(self):
        """A set."""
        return {"count": {self.count}}


@define(eq=False)
class Silent(Counting):
    """Keep a state that nobody can give back."""

    def state(self):
        """Nothing."""
        return {}


SHARED = {"count": 0}


@define(eq=False)
class Shared(Counting):
    """Count for all of its kind."""

    def sigma_run_ended(self):
        """One more."""
        SHARED["count"] += 1

    def state(self):
        """What all have."""
        return dict(SHARED)

    def restore(self, state):
        """What all have."""
        SHARED.update(state)


@define(eq=False)
class Fragile(Counting):
    """Take for granted that a run has come to its end."""

    def sigma_run_ended(self, event):
        """Look at how it went."""
        if event.ended_because.startswith("failed"):
            raise ValueError("what now")


@define(eq=False)
class Lasting(Counting):
    """Attach another, for good."""

    def sigma_run_started(self, trainer):
        """Bring it."""
        if not trainer.hooks.has_plugin("brought"):
            trainer.attach(Counting(), "brought")


ENOUGH = threading.Event()


@define(eq=False)
class Threaded(Counting):
    """Leave a thread."""

    def sigma_run_started(self, trainer):
        """Begin it."""
        threading.Thread(target=ENOUGH.wait, daemon=True).start()


@define(eq=False)
class Directed(Counting):
    """Need a directory."""

    def sigma_run_started(self, event):
        """Write there."""
        Path(event.directory, "mine").write_text("mine")


MIDDLE = "the same state of the training to the last bit\n  found:    another, after 18 and 18 iterations"
BROKEN = {
    "a hook that does not exist": (
        Misspelt,
        "making a trainer\n  expected: that it runs\n  found:    HookRegistrationError: plugin 'misspelt': cannot be",
    ),
    "a state that it does not keep": (Forgetful, f"a run that goes on from a checkpoint\n  expected: {MIDDLE}"),
    "a state that it does not take back": (Halfway, "state after a run that goes on from a checkpoint\n  expected: "),
    "a state that is no JSON": (
        Opaque,
        "a run\n  expected: that it runs\n  found:    HookFailedError: hook 'sigma_iteration_ended' of plugin",
    ),
    "a state without a way back": (Silent, "state\n  expected: a method restore as well\n  found:    none"),
    "a state that others change": (Shared, "state after a run of a copy\n  expected: "),
    "an end that it cannot bear": (
        Fragile,
        (
            "a run that another hook ends by an exception\n"
            "  expected: that exception, and nothing raised in the teardown\n"
            "  found:    while the run was torn down: HookFailedError: hook 'sigma_run_ended'"
        ),
    ),
    "a hook that stays": (Lasting, "hooks after it was detached\n  expected: []\n  found:    ['brought']"),
    "a thread that stays": (Threaded, "threads\n  expected: "),
    "a run without a directory": (Directed, "a run\n  expected: that it runs\n  found:    HookFailedError: hook"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_hook_is_caught(case, caught):
    """With what was checked, expected and found."""
    kind, expected = BROKEN[case]
    ENOUGH.clear()
    said = caught(check_hook, kind())
    ENOUGH.set()

    assert said.startswith(f"{kind.__name__}, {expected}")
