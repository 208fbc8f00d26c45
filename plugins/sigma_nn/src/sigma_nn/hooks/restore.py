"""Restore: parameters come back from a checkpoint."""

from pathlib import Path
from typing import Any, ClassVar

from attrs import define, field

from sigma_core.extend import SettingError, hookimpl
from sigma_nn._settings import moment, texts
from sigma_nn.hooks._triggered import TriggeredHook
from sigma_nn.hooks.checkpoints import Checkpoints

_KINDS = ("best", "newest")


@define(eq=False)
class CheckpointSource:
    """Finds the hook whose checkpoints are meant by "best" and "newest", when a run starts."""

    checkpoint: str
    _hook: Checkpoints | None = field(init=False, default=None, repr=False)

    @hookimpl(phase="modify")
    def sigma_run_started(self, trainer: Any) -> None:
        """Find it, before anything has been trained."""
        if self.checkpoint not in _KINDS:
            return
        hooks = [hook for _, hook in trainer.hooks.list_name_plugin() if isinstance(hook, Checkpoints)]
        scored = [hook for hook in hooks if self.checkpoint == "newest" or hook.score]
        if not scored:
            raise SettingError(
                "Restore.checkpoint",
                f"{self.checkpoint!r}, and no hook that writes checkpoints{' by a score' if hooks else ''}",
                "the hook checkpoints" + (", with best and score" if self.checkpoint == "best" else ""),
                'add { use = "checkpoints", score = "validation.loss", best = 1 }, or give the path of a checkpoint',
            )
        self._hook = scored[0]

    @property
    def path(self) -> Path | None:
        """The checkpoint, where there is one yet."""
        if self.checkpoint not in _KINDS:
            return Path(self.checkpoint)
        if self._hook is None:  # the run has ended before it began
            return None
        return self._hook.best_written if self.checkpoint == "best" else next(iter(self._hook.written[::-1]), None)


@define(eq=False)
class Restore(TriggeredHook):
    """Take parameters over from a checkpoint: by default, when the run stops, from the best that `checkpoints` kept.

    `checkpoint` is "best" or "newest", of those that the hook `checkpoints` of this run has written, or the path of a
    checkpoint or of a run's directory, as to start from what another run has learnt (`when="on start"`). Optimiser and
    counters stay as they are. Raises SettingError where there is no such hook, or no score by which one is the best,
    CheckpointError for a path with no whole checkpoint.
    """

    phase: ClassVar[str] = "modify"

    checkpoint: str = "best"
    patterns: tuple[str, ...] = texts(default=("network.**",))
    """Which parameters are taken over; all of them unless said."""
    when: str = moment(default="on stop")

    _source: CheckpointSource = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._source = CheckpointSource(self.checkpoint)

    @property
    def required_hooks(self) -> tuple[CheckpointSource, ...]:
        """Whoever finds the checkpoints."""
        return (self._source,)

    def act(self, event: Any, trainer: Any) -> None:
        """Take them over; nothing happens where the hook `checkpoints` has not written any yet."""
        path = self._source.path
        if path is not None:
            trainer.finish_saving()
            trainer.take_over(path, self.patterns)
