"""Hooks of a run and of its workers, called as if they were those of one dispatch."""

from collections.abc import Callable, Mapping
from functools import partial
from threading import get_ident
from typing import Any, Protocol

from attrs import evolve

from sigma_core.events import Event, IterationEnded
from sigma_core.hooks import SCOPES, Background, Clock, Dispatch, HookManager, Implementation
from sigma_core.training._team import Team
from sigma_core.training._worker import Outputs


class TimedIn(Protocol):
    """Gives what is called in place of an implementation's function, in the worker of that number."""

    def __call__(
        self, implementation: Implementation, function: Callable[..., object], worker: int
    ) -> Callable[..., object]:
        """0 is the run's own thread."""


def frozen_for(  # noqa: PLR0913  # all that a run and its parts differ in
    team: Team,
    hooks: HookManager,
    clock: Clock,
    *,
    previous: "Dispatch | WorkerHooks | None" = None,
    timed: TimedIn | None = None,
    background: Background | None = None,
) -> "Dispatch | WorkerHooks":
    """What a run calls its hooks by: those of the workers too, where the team leaves them to it."""
    in_run = None if timed is None else partial(timed, worker=0)
    scopes = [scope for scope in SCOPES if scope not in team.hook_scopes]
    if not scopes:
        before = previous if isinstance(previous, Dispatch) else None
        return hooks.freeze(clock, previous=before, timed=in_run, background=background)
    old = previous if isinstance(previous, WorkerHooks) else None
    before = None if old is None else old.run
    run = hooks.freeze(clock, scopes=team.hook_scopes, previous=before, timed=in_run, background=background)
    befores = [None] * team.size if old is None else old.workers
    workers = [
        hooks.freeze(
            clock, scopes=scopes, previous=before, timed=None if timed is None else partial(timed, worker=number)
        )
        for number, before in enumerate(befores)
    ]
    return WorkerHooks(team, run, workers)


class WorkerHooks:
    """A dispatch for the run, and one for each worker, whose hooks are called behind the run's, in its thread.

    All workers are waited for. The scores of an iteration are those of the worker's own part of the batch.
    """

    def __init__(self, team: Team, run: Dispatch, workers: list[Dispatch]) -> None:
        self.team, self.run, self.workers = team, run, workers
        self.generation = run.generation
        self.threads: set[int] = set()

    def lane(self, event_type: type[Event]) -> "Dispatch | Any":
        """The run's own lane where no worker has a hook of that event."""
        lanes = [worker.lane(event_type) for worker in self.workers]
        run = self.run.lane(event_type)
        return WorkerLanes(self, run, lanes) if lanes[0].entries else run

    def fire(self, event: Event, trainer: Any) -> None:
        """As that of a dispatch."""
        self.run.fire(event, trainer)
        self._each(event, trainer, lambda number, told: self.workers[number].fire(told, trainer))

    def end(self, event: Event, trainer: Any) -> None:
        """As that of a dispatch: the workers are told whatever the run's hooks raise."""
        try:
            self.run.end(event, trainer)
        finally:
            self._each(event, trainer, lambda number, told: self.workers[number].end(told, trainer))

    def state(self) -> dict[str, Any]:
        """That of all triggers; those of the workers are due at the same time."""
        state, of_worker = self.run.state(), self.workers[0].state()
        return state | {"triggers": state["triggers"] | of_worker["triggers"]}

    def restore(self, state: Mapping[str, Any]) -> None:
        """As that of a dispatch."""
        for dispatch in (self.run, *self.workers):
            dispatch.restore(state)

    def _each(self, event: Event, trainer: Any, call: Callable[[int, Event], None]) -> None:
        if self.workers[0].lane(type(event)).entries:
            self.each(lambda number: call(number, self.told(event, trainer, number)))

    def each(self, call: Callable[[int], object]) -> None:
        """Call a function for each worker, in its thread, which is as good as the run's meanwhile."""

        def known(number: int) -> None:
            thread = get_ident()
            self.threads.add(thread)
            try:
                call(number)
            finally:
                self.threads.discard(thread)

        self.team.each(known)

    def told(self, event: Event, trainer: Any, number: int) -> Event:
        """The event as a worker is told of it."""
        if not isinstance(event, IterationEnded):
            return event
        names, outputs = self.team.outputs(number)
        return evolve(event, scores=Outputs(names, outputs, trainer.setup.backend.to_numpy))


class WorkerLanes:
    """The lane of an event in the run, and those in the workers."""

    def __init__(self, hooks: WorkerHooks, run: Any, workers: list[Any]) -> None:
        self._hooks, self._run, self._workers = hooks, run, workers

    @property
    def next_iteration(self) -> int:
        """Iteration before which nobody is due."""
        earliest: int = min(lane.next_iteration for lane in (self._run, *self._workers))
        return earliest

    def fire(self, event: Event, trainer: Any) -> None:
        """The run's hooks, then those of the workers."""
        iteration = self._hooks.run.clock.iteration
        if iteration >= self._run.next_iteration:
            self._run.fire(event, trainer)
        if iteration >= self._workers[0].next_iteration:
            self._hooks.each(
                lambda number: self._workers[number].fire(self._hooks.told(event, trainer, number), trainer)
            )
