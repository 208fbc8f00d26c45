"""How a trainer saves, keeps and goes on from checkpoints."""

import warnings
from abc import abstractmethod
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, cast

from sigma_core.environment import Environment
from sigma_core.errors import SigmaError, TrainerError
from sigma_core.events import CheckpointFailed, CheckpointRestored, CheckpointSaved
from sigma_core.hooks import Clock
from sigma_core.training._checkpoint import Checkpoint
from sigma_core.training._criterion import State
from sigma_core.training._directory import RunDirectory
from sigma_core.training._hook_changes import NO_CHANGES, change_hooks
from sigma_core.training._keeping import newest
from sigma_core.training._monitor import Monitor, preparing
from sigma_core.training._numbers import Numbers
from sigma_core.training._provenance import provenance, warn_of_differences
from sigma_core.training._resume import checkpoint_of, restore, restore_hooks, state_hash, values_of
from sigma_core.training._writer import Writer, Writing, failed
from sigma_core.training.profiling import CHECKPOINTS, Idle, Measuring, Profile, measured
from sigma_core.training.recipe import built

if TYPE_CHECKING:
    from sigma_core.training._trainer import Trainer


class Saving(Numbers):
    """What a trainer can do with checkpoints."""

    environment: Environment
    clock: Clock
    scores: dict[str, Any]
    seconds: float
    criterion: str
    criterion_state: State | None
    schedule_states: dict[str, Any]
    stopwatch: Measuring
    profile: Profile | None
    _hook_state: Mapping[str, Any] | None

    def _begin_saving(self) -> None:
        self.stopwatch = Idle()
        self.profile = None
        self._kept: RunDirectory | None = None
        self._writer = Writer(self._written, self._flush_store)
        # What has come of checkpoints in the background, still to be said in the run's own thread.
        self._untold: deque[CheckpointSaved | CheckpointFailed] = deque()
        # How many commands have been applied in this run, as its directory tells it.
        self.commands = 0
        # Whether nothing but the recipe says what the state is.
        self.is_as_composed = True

    @cached_property
    def written_by(self) -> Mapping[str, Any]:
        """What checkpoints say of the software that wrote them; found once, because looking takes a millisecond."""
        return provenance(self.environment)

    @property
    def _whole(self) -> "Trainer":
        """Itself, as what it always is a part of."""
        return cast("Trainer", self)

    @abstractmethod
    def reset(self) -> None:
        """Back to before the first iteration."""

    @abstractmethod
    def _announce(self, event: Any) -> None:
        """Tell hooks and the bus."""

    @measured(CHECKPOINTS)
    def save(
        self, directory: Path | str, *, values: str | Iterable[str] | None = None, background: bool = False
    ) -> Path:
        """Write a checkpoint, from which `restore` goes on exactly.

        With `values`, patterns such as `network.**`, only what they match is written, for `transfer` and
        `load_parameters`. In the `background` it takes no longer than a copy of the state; a thread writes, and what
        came of it is told before the next iteration as CheckpointSaved or CheckpointFailed, or by `finish_saving`. Of
        several that wait for one folder the newest alone is written.

        While a run goes on, only its own thread, in any hook but `sigma_iteration_started`, or anybody while it is
        paused can do so. Raises TrainerError at any other time, IdentifierError for a pattern that matches nothing,
        StorageError when the disk refuses.
        """
        loop = self._loop
        if loop is not None:
            loop.check_can_be_saved()
        memory = self._writer.lend() if background and values is None else {}
        if values is None:
            checkpoint = checkpoint_of(self._whole, loop, self._hook_state, memory)
        else:
            checkpoint = values_of(self._whole, [values] if isinstance(values, str) else list(values))
        saved = CheckpointSaved(path=str(directory), commands=self.commands, **self._position())
        if background:
            self._writer.write(Writing(checkpoint.apart(directory), Path(directory), None, saved, memory))
            return Path(directory)
        # Never two at once in one place.
        self._writer.wait()
        self._flush_store(Path(directory))
        kept = self._kept
        is_last = kept is not None and Path(directory) == kept.last_checkpoint
        path = checkpoint.write(directory, kept.previous_checkpoint if is_last and kept is not None else None)
        self._announce(saved)
        return path

    def keep_first(self, kept: RunDirectory) -> None:
        """Keep the state from which a new run begins, where its recipe alone does not say it."""
        if kept.is_new and not self.is_as_composed:
            checkpoint_of(self._whole, None, self._hook_state).write(kept.first_checkpoint)
        self.is_as_composed = False

    def keep_last(self, kept: RunDirectory) -> None:
        """Keep the last state of a run, and its hash, to which a replay has to come."""
        self.save(kept.last_checkpoint)
        kept.note("state", state_hash(self._whole))

    def finish_saving(self) -> None:
        """Wait for what is saved in the background. Raises what went wrong, unless a run goes on, which is told."""
        failures = self.tell_of_checkpoints(wait=True)
        if failures and self._loop is None:
            raise failures[0].error

    @measured(CHECKPOINTS)
    def keep(self) -> None:
        """Have the directory of the run keep the state as it is, in the background; a failure is told, not raised."""
        kept = self._kept
        if kept is None:
            return
        saved = CheckpointSaved(path=str(kept.last_checkpoint), commands=self.commands, **self._position())
        memory = self._writer.lend()
        try:
            checkpoint = checkpoint_of(self._whole, self._loop, self._hook_state, memory).apart(kept.last_checkpoint)
        except SigmaError as error:
            self._untold.append(failed(saved, error))
            self.tell_of_checkpoints()
        else:
            self._writer.write(Writing(checkpoint, kept.last_checkpoint, kept.previous_checkpoint, saved, memory))

    @measured(CHECKPOINTS)
    def tell_of_checkpoints(self, *, wait: bool = False) -> list[CheckpointFailed]:
        """Say what has come of checkpoints in the background, in the run's own thread; those that failed."""
        if wait:
            self._writer.wait()
        failures = []
        while self._untold:
            event = self._untold.popleft()
            if isinstance(event, CheckpointFailed):
                failures.append(event)
                reason = str(event.error).splitlines()[0]
                self.environment.log.error("checkpoint not written", reason=reason)
            self._announce(event)
        return failures

    def _written(self, event: CheckpointSaved | CheckpointFailed) -> None:
        self._untold.append(event)
        loop = self._loop
        if loop is not None:
            loop.tell()

    def _flush_store(self, directory: Path) -> None:
        """What happened before a checkpoint of a run is never run again, so the store must have it by then."""
        kept = self._kept
        if kept is not None and kept.holds(directory):
            kept.flush()

    @measured(CHECKPOINTS)
    def restore(self, directory: Path | str, *, monitors: Iterable[Any] = ()) -> Self:
        """Go on from a checkpoint, exactly, with the hooks that were attached, where components make them.

        The trainer is made ready for that; `monitors`, added to those of the setup, show how far its data has come.
        Raises CheckpointError when it is damaged or of another network, TrainerError while a run goes on.
        """
        self._restored(directory, self._watched_by(monitors))
        return self

    def _restored(self, directory: Path | str, monitors: Iterable[Monitor]) -> list[str]:
        """The hooks that were attached as objects, and that are missing now."""
        self._check_still()
        self._writer.wait()
        checkpoint = Checkpoint.read(directory)
        with preparing(monitors, self.environment.bus):
            state = restore(self._whole, checkpoint, directory)
        come, missing = change_hooks(self._whole, state.get("hook_changes", NO_CHANGES))
        restore_hooks(self._whole, {name: state["plugins"][name] for name in come if name in state["plugins"]})
        self.take(state)
        self.commands = state.get("commands", 0)
        warn_of_differences(directory, checkpoint.provenance, self.written_by)
        self._announce(CheckpointRestored(path=str(directory), **self._position()))
        return missing

    def _watched_by(self, monitors: Iterable[Any]) -> list[Monitor]:
        """The monitors of the setup and these, which are objects, names or tables, or one of them."""
        composer, given = self.environment.composer, [monitors] if isinstance(monitors, str | Mapping) else monitors
        return [*self._whole.setup.monitors, *(built(composer, "monitors", monitor) for monitor in given)]

    @contextmanager
    def _resumed(self, directory: Path | str | None, monitors: Iterable[Monitor]) -> Iterator[RunDirectory | Path]:
        """The directory of a run, its newest whole checkpoint restored, while it is gone on with; else a new one.

        A run that was ended before its first checkpoint begins again.
        """
        if directory is None:
            raise TrainerError(
                f"trainer {self.setup.name!r}",
                "it is to be resumed from no directory",
                "the directory of a run",
                "give run(directory=..., resume=True)",
            )
        if not RunDirectory.is_run(Path(directory)):
            yield Path(directory)
            return
        with RunDirectory.reopen(Path(directory)) as kept:
            found = newest(kept.path)
            if found is not None:
                missing = self._restored(found, monitors)
                if missing:
                    said = f"{found}: hooks that were attached as objects are missing: {', '.join(missing)}"
                    warnings.warn(said, UserWarning, stacklevel=4)
            else:
                self.commands = 0
                if self.clock.iteration:
                    self.reset()
            yield kept

    def take(self, state: Mapping[str, Any]) -> None:
        """Put counters and states of a checkpoint in place; called by whatever has put its arrays there."""
        self.clock.epoch, self.clock.iteration = state["epoch"], state["iteration"]
        self.seconds, self.scores = state["seconds"], dict(state["scores"])
        self.clock.seconds = self.seconds
        self.schedule_states = dict(state["schedules"])
        self.criterion, self.criterion_state, self._hook_state = state["stop"], state["criterion"], state["hooks"]
        self.is_as_composed = False

    def _position(self) -> dict[str, int]:
        return {"epoch": self.clock.epoch, "iteration": self.clock.iteration}
