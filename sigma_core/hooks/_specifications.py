"""Every hook there is: when it is called, with what, what it may do. The reference page is made from this file.

A hook is named after its event. Implementations take any of the two arguments, in any order: `event`, and `trainer`,
the trainer whose run it is. What they return is ignored.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

import pluggy

from sigma_core.events import (
    CheckpointFailed,
    CheckpointRestored,
    CheckpointSaved,
    EpochEnded,
    EpochStarted,
    Event,
    IterationEnded,
    IterationStarted,
    NetworkBuilt,
    PluginRejected,
    RunEnded,
    RunFailed,
    RunInterrupted,
    RunPaused,
    RunReset,
    RunResumed,
    RunStarted,
    StepCompiled,
    ValidationEnded,
    ValidationStarted,
)

hookspec = pluggy.HookspecMarker("sigma")


class RunSpecs:
    """A whole run, from its start to its end."""

    @hookspec
    def sigma_run_started(self, event: RunStarted, trainer: Any) -> None:
        """The run is about to do its first iteration.

        Called once, when the network is built, the step is compiled and a checkpoint, if any, is restored. A hook that
        is attached to a run is called at once.

        May change parameters and settings through the trainer. An exception ends the run: `sigma_run_failed` and
        `sigma_run_ended` follow.
        """

    @hookspec
    def sigma_run_paused(self, event: RunPaused, trainer: Any) -> None:
        """The run waits.

        Called between two iterations, each time the run is paused.

        May read and change what the trainer owns; nothing else runs meanwhile. An exception ends the run.
        """

    @hookspec
    def sigma_run_resumed(self, event: RunResumed, trainer: Any) -> None:
        """The run goes on.

        Called after a pause, before the next iteration. The time of the pause does not count as running time.

        May read and change what the trainer owns. An exception ends the run.
        """

    @hookspec
    def sigma_run_reset(self, event: RunReset, trainer: Any) -> None:
        """All is as before the first iteration.

        Called each time the trainer is reset: in a run at the command, between two runs at once. Triggers begin anew,
        `once` too; how often a run has started, paused or been reset is still known.

        May read and change what the trainer owns. An exception ends the run, or reaches whoever resets the trainer.
        """

    @hookspec
    def sigma_run_interrupted(self, event: RunInterrupted, trainer: Any) -> None:
        """Ctrl-C or SIGTERM ends the run.

        Called after the iteration that was interrupted, before `sigma_run_ended`. Not called when a criterion or a
        command ends the run.

        Every implementation is called, even when one before it raises; the exceptions are raised together afterwards.
        """

    @hookspec
    def sigma_run_failed(self, event: RunFailed, trainer: Any) -> None:
        """An exception ends the run.

        Called with the exception, from wherever it came, before `sigma_run_ended`. The exception is raised again when
        the run has ended; a hook cannot swallow it.

        Every implementation is called, even when one before it raises; the exceptions are raised together afterwards.
        """

    @hookspec
    def sigma_run_ended(self, event: RunEnded, trainer: Any) -> None:
        """The run is over.

        Called exactly once for each `sigma_run_started`, as the last event of the run, however it ended:
        `event.ended_because` tells. The place to close files and give back what `sigma_run_started` took.

        Every implementation is called, even when one before it raises; the exceptions are raised together afterwards.
        """


class EpochSpecs:
    """Epochs and validations."""

    @hookspec
    def sigma_epoch_started(self, event: EpochStarted, trainer: Any) -> None:
        """An epoch is about to start.

        Called before the first iteration of each epoch; not called when a run is resumed inside an epoch.

        May change settings for the epoch. An exception ends the run.
        """

    @hookspec
    def sigma_epoch_ended(self, event: EpochEnded, trainer: Any) -> None:
        """An epoch is done.

        Called after the last iteration of an epoch and after its validation, if there is one. Not called for an epoch
        inside which the run ends, by a criterion that looks at iterations, a command or a signal.

        May change settings for the next epoch and end the run. An exception ends the run.
        """

    @hookspec
    def sigma_validation_started(self, event: ValidationStarted, trainer: Any) -> None:
        """A validation is about to start.

        Called once for each validation data set that is due, with its name in `event.name`.

        May read what the trainer owns; parameters must stay as they are. An exception ends the run.
        """

    @hookspec
    def sigma_validation_ended(self, event: ValidationEnded, trainer: Any) -> None:
        """A validation is done.

        Called with the scores on the validation data of that name, before `sigma_epoch_ended` where both are due.

        May change settings (a schedule on a plateau) and end the run. An exception ends the run.
        """


class IterationSpecs:
    """Single iterations: the hot loop. An implementation without a trigger costs its own time at every iteration."""

    @hookspec
    def sigma_iteration_started(self, event: IterationStarted, trainer: Any) -> None:
        """An iteration is about to run.

        Called before the step of each iteration.

        May change settings: they hold from this iteration on. An exception ends the run.
        """

    @hookspec
    def sigma_iteration_ended(self, event: IterationEnded, trainer: Any) -> None:
        """An iteration is done.

        Called after the step updated the parameters. `event.scores` is lazy: looking "loss" up reads it from the
        device and waits for it.

        May change settings and end the run. An exception ends the run.
        """


class CheckpointSpecs:
    """Checkpoints."""

    @hookspec
    def sigma_checkpoint_saved(self, event: CheckpointSaved, trainer: Any) -> None:
        """A checkpoint was written.

        Called when the whole checkpoint lies at `event.path` under its final name.

        May copy, link or remove checkpoints. An exception ends the run.
        """

    @hookspec
    def sigma_checkpoint_failed(self, event: CheckpointFailed, trainer: Any) -> None:
        """A checkpoint could not be written in the background.

        Called between two iterations, or before the run ends. Whatever lay at `event.path` before is whole.

        May report it. An exception ends the run.
        """

    @hookspec
    def sigma_checkpoint_restored(self, event: CheckpointRestored, trainer: Any) -> None:
        """A checkpoint was read.

        Called when parameters, optimiser, data order and the state of hooks are those of the checkpoint.

        May read and change what the trainer owns. An exception ends the run.
        """


class ComponentSpecs:
    """The parts of a run."""

    @hookspec
    def sigma_network_built(self, event: NetworkBuilt, trainer: Any) -> None:
        """A network was checked and its shapes are known.

        Called once for each trainer, before its first run.

        May inspect the network. An exception reaches whoever builds the trainer.
        """

    @hookspec
    def sigma_step_compiled(self, event: StepCompiled, trainer: Any) -> None:
        """The step was compiled.

        Called for each new batch signature, the first time before `sigma_run_started`.

        May report; the program cannot be changed any more. An exception ends the run.
        """

    @hookspec
    def sigma_plugin_rejected(self, event: PluginRejected, trainer: Any) -> None:
        """An installed plugin is not used.

        Called once for each such plugin, when the environment is made and all others are registered; `trainer` is
        None, as there is none yet. Not called in strict mode, where the first rejection is an error.

        May report. An exception is logged and goes no further.
        """


SPECIFICATIONS = (RunSpecs, EpochSpecs, IterationSpecs, CheckpointSpecs, ComponentSpecs)

ARGUMENTS = ("event", "trainer")

SNAPSHOT = "snapshot"
"""A further argument of hooks in the background: the values that they require."""

TEARDOWN = frozenset({"sigma_run_interrupted", "sigma_run_failed", "sigma_run_ended"})
"""Hooks of which every implementation is called, whatever others raise."""


def _hooks() -> Iterator[tuple[str, type[Event]]]:
    for specifications in SPECIFICATIONS:
        for name, function in vars(specifications).items():
            if name.startswith("sigma_"):
                yield name, function.__annotations__["event"]


HOOKS: Mapping[str, type[Event]] = MappingProxyType(dict(_hooks()))
"""Every hook by name, with the class of its event."""

EACH_ITERATION = frozenset({"sigma_iteration_started", "sigma_iteration_ended"})
"""Hooks that happen at every iteration; see `Clock.reading_at` for what that means to triggers."""
