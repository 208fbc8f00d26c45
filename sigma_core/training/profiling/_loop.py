"""A loop that is timed: another class, so that a loop that is not pays nothing for it."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from attrs import evolve

from sigma_core.backends import Backend
from sigma_core.environment import Environment
from sigma_core.events import Bus, Event, RunProfiled, Teller
from sigma_core.hooks import Implementation
from sigma_core.training._criterion import Criterion, Moment, State
from sigma_core.training._loop import Loop
from sigma_core.training._run import Run
from sigma_core.training.profiling._budgets import Exceeded
from sigma_core.training.profiling._profile import Profile
from sigma_core.training.profiling._stopwatch import (
    BACKGROUND,
    BATCHES,
    BESIDE,
    COMMANDS,
    CORE,
    CRITERION,
    END,
    EVENTS,
    LOOP,
    PAUSES,
    SCHEDULES,
    STEP,
    VALIDATION,
    Idle,
    Stopwatch,
    Tally,
)

if TYPE_CHECKING:
    from sigma_core.training._trainer import Trainer


class ProfiledLoop(Loop):
    """A loop with a stopwatch at each of its parts."""

    def __init__(self, trainer: "Trainer", stop: Criterion, criterion_state: State | None, watch: Stopwatch) -> None:
        self._watch = watch
        self._hook_tallies: dict[Implementation, Tally] = {}
        super().__init__(trainer, stop, criterion_state)
        self._first_iteration = self.clock.iteration
        self._name = trainer.setup.name
        self._bus = _TimedBus(self._bus, watch)  # type: ignore[assignment]  # all of a bus that a loop needs
        backend = trainer.setup.backend
        self._step = watch.tally(f"{STEP} ({backend.name})", _origin(backend, trainer.environment))
        # In the hot loop the criterion looks at this place, and what it looks at is read from the device.
        self._look_at = watch.timed(watch.tally(CRITERION), super()._look_at)  # type: ignore[method-assign]

    def profile(self, exceeded: Iterable[Exceeded] = ()) -> Profile:
        """Where the time has gone so far."""
        iterations = max(0, self.clock.iteration - self._first_iteration)
        prefetch = self.trainer.setup.prefetch.count
        return Profile.of(self._name, iterations, self._watch.tallies(), exceeded, prefetch=prefetch)

    def run(self, name: str, directory: str | None, keep: Callable[[], object] | None = None) -> Run:
        """As that of a loop."""
        self._name = name
        return super().run(name, directory, keep)

    def _live(self, name: str, directory: str | None, failures: list[BaseException]) -> tuple[str, bool]:
        self._watch.turn(LOOP)
        try:
            return super()._live(name, directory, failures)
        finally:
            self._watch.turn(END)

    def _batches(self) -> Iterable[Any]:
        batches = self._watch.over(BATCHES, self.trainer.parts.batches)
        if self._scheduling is None:
            return batches
        return self._watch.over(SCHEDULES, self._scheduling.over(batches))

    def _lanes(self) -> tuple[Callable[..., Any], Any, Any, tuple[str, ...], int, Teller | None]:
        step, *rest = super()._lanes()
        return self._watch.timed(self._step, step), *rest

    def _look(self, moment: Moment, scores: dict[str, float]) -> bool:
        if moment == "iteration":
            return super()._look(moment, scores)
        with self._watch.measure(CRITERION):
            return super()._look(moment, scores)

    def _score(self, epoch: int) -> None:
        with self._watch.measure(VALIDATION):
            super()._score(epoch)

    def _apply(self, moment: str) -> None:
        with self._watch.measure(COMMANDS):
            super()._apply(moment)

    def _wait(self) -> None:
        with self._watch.measure(PAUSES):
            super()._wait()

    def _answer_meanwhile(self) -> None:
        with self._watch.measure(BACKGROUND):
            super()._answer_meanwhile()

    def _timed_beside(self, implementation: Implementation, function: Callable[..., Any]) -> Callable[..., Any]:
        return self._watch.timed_apart(self._watch.hook(implementation, BESIDE), function)

    def _timed(self, implementation: Implementation, function: Callable[..., Any], worker: int) -> Callable[..., Any]:
        tally = self._watch.hook(implementation, worker)
        if worker:
            return self._watch.timed_apart(tally, function)
        self._hook_tallies[implementation] = tally
        return self._watch.timed(tally, function)

    def _exceeded(self) -> list[Exceeded]:
        spent = [(implementation, tally.calls, tally.whole) for implementation, tally in self._hook_tallies.items()]
        return self.budgets.exceeded_by(spent, self._running())

    def _sum_up(self) -> None:
        super()._sum_up()
        self.trainer.profile = self.profile(self._exceeded())
        self._bus.publish(RunProfiled(**self._position(), profile=self.trainer.profile.to_dict()))


class _TimedBus:
    """A bus whose publishing is timed."""

    def __init__(self, bus: Bus, watch: Stopwatch) -> None:
        self._bus, self._watch = bus, watch
        self.publish: Callable[[Event], None] = watch.timed(watch.tally(EVENTS), bus.publish)

    @property
    def generation(self) -> int:
        """That of the bus."""
        return self._bus.generation

    def teller(self, to_numpy: Callable[[Any], Any], usual: tuple[str, ...] = ()) -> Teller | None:
        """That of the bus."""
        tell = self._bus.teller(to_numpy, usual)
        return None if tell is None else self._watch.timed(self._watch.tally(EVENTS), tell)


def profiled(trainer: "Trainer", train: Callable[[], Run]) -> Run:
    """Run with a stopwatch; the trainer has the profile afterwards, whatever was raised."""
    watch = trainer.stopwatch = Stopwatch()
    trainer.profile = None
    try:
        run = train()
    finally:
        # What came behind the last event, such as closing the run store, is counted too.
        sketch = trainer.profile or Profile(trainer.setup.name, 0.0, 0, ())
        prefetch = trainer.setup.prefetch.count
        found = watch.tallies()
        trainer.profile = Profile.of(sketch.run, sketch.iterations, found, sketch.exceeded, prefetch=prefetch)
        trainer.stopwatch = Idle()
    return evolve(run, profile=trainer.profile)


def _origin(backend: Backend, environment: Environment) -> str:
    """The distribution that a backend comes from."""
    found = environment.components.registrations(backend)
    return found[0].distribution if found and found[0].distribution else CORE


def loop_of(trainer: "Trainer", stop: Criterion, criterion_state: State | None) -> Loop:
    """The loop of a run: timed, where the trainer has a stopwatch that runs."""
    watch = trainer.stopwatch
    if isinstance(watch, Stopwatch):
        return ProfiledLoop(trainer, stop, criterion_state, watch)
    return Loop(trainer, stop, criterion_state)
