"""The life of a run: the loop over iterations, the events around them, and the ways in which it can end.

Whatever happens, what has started is ended: for each RunStarted there is exactly one RunEnded, the last event of all.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from sys import maxsize as NEVER  # noqa: N812  # an iteration that does not come
from time import perf_counter
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
from attrs import asdict

from sigma_core.errors import TrainerError
from sigma_core.events import (
    BudgetExceeded,
    Bus,
    EpochEnded,
    EpochStarted,
    Event,
    Glimpse,
    IterationEnded,
    IterationStarted,
    RunEnded,
    RunFailed,
    RunInterrupted,
    RunStarted,
    Teller,
    ValidationEnded,
    ValidationStarted,
)
from sigma_core.hooks import Background, Clock, Dispatch, HookManager
from sigma_core.training._bell import Bell
from sigma_core.training._calls import looked
from sigma_core.training._criterion import Criterion, Moment, Observation, State
from sigma_core.training._run import Run
from sigma_core.training._scheduling import Scheduling
from sigma_core.training._signals import Signals
from sigma_core.training._steering import Again, Ended, Fail, Interruption, LookAgain, Scripted, Steered
from sigma_core.training._worker import Outputs
from sigma_core.training.profiling import Budgets, Exceeded

if TYPE_CHECKING:
    from sigma_core.training._commands import (
        Request,
    )
    from sigma_core.training._trainer import Trainer
    from sigma_core.training._worker_hooks import WorkerHooks


class Progress:
    """Where a run stands, for whoever looks on from another thread; reading it costs the run nothing."""

    def __init__(self, clock: Clock, bus: Bus) -> None:
        self._clock = clock
        self._glimpse = Glimpse(bus)

    @property
    def epoch(self) -> int:
        """The epoch that runs, from 1."""
        return self._clock.epoch

    @property
    def iteration(self) -> int:
        """Iterations done in the whole run."""
        return self._clock.iteration

    @property
    def seconds(self) -> float:
        """Running time, pauses left out."""
        return self._clock.elapsed()

    @property
    def scores(self) -> Mapping[str, float]:
        """Those of an iteration that ended a moment ago."""
        return self._glimpse.look()

    def close(self) -> None:
        """Nobody looks on any more."""
        self._glimpse.close()


class Loop(Steered):
    """One run of a trainer that has been built."""

    def __init__(self, trainer: "Trainer", stop: Criterion, criterion_state: State | None) -> None:
        self.trainer = trainer
        self.stop = stop
        self.criterion_state = stop.initial() if criterion_state is None else criterion_state
        self.commands: deque[Request] = deque()
        # Commands of an earlier run, to be given again at their places.
        self.script: deque[Scripted] = deque(trainer.script)
        self.turns = 0
        self.arrived = Bell()
        self.thread = threading.get_ident()
        self.scores: dict[str, Any] = dict(trainer.scores)
        self.clock = trainer.clock
        self.clock.total_iterations = stop.last_iteration(trainer.batches.iterations_per_epoch)
        # The loss is read from the device for a criterion that looks at it, and for no other.
        self._needs_loss = "training.loss" in stop.requires
        self._signal: str | None = None
        self._began = perf_counter()
        self._seconds_before = trainer.seconds
        self._paused_since: float | None = None
        self.clock.seconds = self.seconds
        self._bus: Bus = trainer.environment.bus
        self._hooks: HookManager = trainer.hooks
        self.budgets = Budgets(trainer.setup.budgets)
        self._is_replay = bool(self.script)
        self.background = Background(
            self._serve, self.arrived.ring, lambda: self.send(Fail(), ""), timed=self._timed_beside
        )
        self.dispatch: Dispatch | WorkerHooks = self._frozen()
        self.progress = Progress(self.clock, self._bus)
        self._next_check = NEVER
        self._scored_at = self.clock.iteration
        self._is_starting_iteration = False
        self._is_ending_epoch = False
        self._scheduling = Scheduling(trainer) if trainer.setup.schedules else None

    def check_can_be_saved(self) -> None:
        """Raise TrainerError where the state is not whole: in another thread, or with a batch taken in vain."""
        where = f"trainer {self.trainer.setup.name!r}"
        if self.background.is_within(threading.get_ident()):
            raise TrainerError(
                where,
                "it cannot be saved by a hook in the background, for which a checkpoint waits",
                "a hook of the foreground, or a command",
                "write trainer.send(Save(path))",
            )
        if not self.is_paused and threading.get_ident() != self.thread:
            raise TrainerError(
                where,
                "it is running in another thread",
                "a trainer that is paused, or a hook of the run",
                "pause it first",
            )
        batches = self.trainer.batches
        # Where every batch that was taken has been trained on, both counters say the same.
        is_level = (self.clock.iteration - batches.position[1]) % batches.iterations_per_epoch == 0
        if self._is_starting_iteration or not is_level:
            raise TrainerError(
                where,
                "it is inside an iteration, whose batch is taken and not yet trained on",
                "a moment between two iterations",
                "save in sigma_iteration_ended",
            )

    def batches_state(self) -> dict[str, Any]:
        """The position in the data from which to go on: while an epoch is being ended, before its end."""
        batches = self.trainer.batches
        state = batches.state()
        if self._is_ending_epoch:
            state |= {"epoch": self.clock.epoch, "index": batches.iterations_per_epoch}
        return state

    # Events

    def _tear_down(self, event: Event, failures: list[BaseException]) -> None:
        """Tell everybody of an end; what they raise is collected, so that the ends after this one come as well."""
        self.clock.note(event)
        try:
            self.dispatch.end(event, self.trainer)
        except BaseException as error:  # noqa: BLE001  # teardown goes on whatever is raised
            failures.append(error)
        try:
            self.background.finish()
        except KeyboardInterrupt as error:
            # Once more, while hooks were waited for: what is busy is left to itself.
            failures.append(error)
            self.background.abandon()
        failures.extend(self.background.failures())
        if isinstance(event, RunEnded):
            # All hooks have been called for the last time, and nothing is published behind this event.
            self._sum_up()
        self._bus.publish(event)

    def _sum_up(self) -> None:
        """Tell of the budgets that were exceeded."""
        for over in self._exceeded():
            told: dict[str, Any] = {**asdict(over), "remedy": over.remedy}
            self.trainer.environment.log.warning("over its time budget", **told)
            position: dict[str, Any] = {**self._position()}
            self._bus.publish(BudgetExceeded(**position, **told))

    def _exceeded(self) -> list[Exceeded]:
        return self.budgets.exceeded(self._running())

    def _running(self) -> float:
        """Running time of this run alone."""
        return self.seconds() - self._seconds_before

    def _tear_down_interrupted(self, signal: str, failures: list[BaseException]) -> None:
        self._tear_down(RunInterrupted(**self._position(), signal=signal), failures)
        failures.append(_exit_of(signal))

    def _tear_down_failed(self, error: BaseException, failures: list[BaseException]) -> None:
        failures.append(error)
        self._tear_down(RunFailed(**self._position(), error=error), failures)

    # The run

    def run(self, name: str, directory: str | None, keep: Callable[[], object] | None = None) -> Run:
        """Run to the end. Re-raises, after every teardown, what ended the run if that was an exception.

        `keep` is called when the run ends between two iterations, where its state is whole. Checkpoints that are
        being written in the background are waited for, however the run ends.
        """
        failures: list[BaseException] = []
        # What overflows shows in the scores; a warning from inside the compiled step would name no layer.
        with Signals(self._interrupt), np.errstate(all="ignore"), closing(self.background):
            ended_because, is_whole = self._live(name, directory, failures)
            is_whole = self._settle(failures, is_whole=is_whole)
            if is_whole and keep is not None:
                is_whole = self._attempt(keep, failures)
            # They may have been told of that, too.
            self._settle(failures, is_whole=is_whole)
            position, scores, seconds = self._position(), dict(self.scores), self.seconds()
            run = Run(name, directory, ended_because, self._completed(), position["iteration"], seconds, scores)
            self._tear_down(
                RunEnded(
                    run=name,
                    directory=directory,
                    **position,
                    epochs=run.epochs,
                    seconds=seconds,
                    ended_because=ended_because,
                    scores=dict(scores),
                ),
                failures,
            )
        self.trainer.ended(run, self)
        if self._signal is not None and not failures:
            # It came when the run was ending anyway; whoever pressed Ctrl-C wants out of more than this run.
            failures.append(_exit_of(self._signal))
        if failures:
            _raise(failures)
        return run

    def _live(self, name: str, directory: str | None, failures: list[BaseException]) -> tuple[str, bool]:
        """From the start to whatever ends the run: why it ended, and whether that left its state whole."""
        try:
            commands = self.trainer.commands
            self.started = RunStarted(run=name, directory=directory, commands=commands, **self._position())
            self._fire(self.started)
            self._epochs()
        except Interruption as end:
            self._tear_down_interrupted(str(end), failures)
            return f"interrupted by {end}", True
        except Ended as end:
            return str(end), self._attempt(self._finish, failures)
        except KeyboardInterrupt:
            signal = self._signal or "SIGINT"
            self.background.drop()
            self._tear_down_interrupted(signal, failures)
            return f"interrupted by {signal}, at once", False
        except BaseException as error:  # noqa: BLE001  # raised by `run`, after the teardown
            self._tear_down_failed(error, failures)
            return f"failed: {error}".splitlines()[0], False

    def _completed(self) -> int:
        return self.clock.iteration // self.trainer.batches.iterations_per_epoch

    def _epochs(self) -> NoReturn:
        clock = self.clock
        self._schedule_check()
        while True:
            # Behind the last batch of an epoch whose end is still to come, nothing is iterated but the end.
            epoch, index = self.trainer.batches.position
            clock.epoch = epoch
            self.trainer.parts.enter(epoch)
            if index == 0:
                self.trainer.team.push({"totals.loss": 0.0, "totals.records": 0.0})
                length = self.trainer.batches.iterations_per_epoch
                self._fire(EpochStarted(epoch=epoch, iteration=clock.iteration, iterations_per_epoch=length))
            try:
                self._iterations()
                self._end_epoch(epoch)
            except Again:
                self._schedule_check()

    def _iterations(self) -> None:
        """What is left of an epoch. The hot loop: everything that does not change is looked up before it."""
        trainer, clock, commands, bus = self.trainer, self.clock, self.commands, self._bus
        epoch = clock.epoch
        iteration = clock.iteration
        if commands or self.script or self.is_paused:
            self._apply("start")
        scripted = self._next_scripted()
        step, started, ended, names, generation, tell = self._lanes()
        for batch in self._batches():
            # Frozen lanes are left alone until somebody is due; an event that nobody waits for is not even built.
            if iteration + 1 >= started.next_iteration:
                clock.iteration = iteration + 1
                self._is_starting_iteration = True
                started.fire(IterationStarted(epoch=epoch, iteration=iteration + 1), trainer)
                self._is_starting_iteration = False
            outputs = step(batch)
            iteration += 1
            clock.iteration = iteration
            # The criterion looks before the hooks do, so that a checkpoint that one of them saves knows what it saw.
            is_over = iteration >= self._next_check and self._look_at(outputs)
            if iteration >= ended.next_iteration:
                scores = Outputs(names or trainer.team.names, outputs, trainer.setup.backend.to_numpy)
                ended.fire(IterationEnded(epoch=epoch, iteration=iteration, scores=scores), trainer)
            if tell is not None:
                tell(epoch, iteration, names or trainer.team.names, outputs)
            if is_over:
                raise Ended(self._reason())
            if commands or generation != bus.generation or iteration >= scripted:
                self._apply("iteration")
                scripted = self._next_scripted()
                step, started, ended, names, generation, tell = self._lanes()

    def _batches(self) -> Iterable[Any]:
        batches = self.trainer.parts.batches
        return batches if self._scheduling is None else self._scheduling.over(batches)

    def _lanes(self) -> tuple[Callable[..., Any], Any, Any, tuple[str, ...], int, Teller | None]:
        dispatch, bus, names = self.dispatch, self._bus, self.trainer.team.names
        return (
            self.trainer.team.step,
            dispatch.lane(IterationStarted),
            dispatch.lane(IterationEnded),
            names,
            bus.generation,
            bus.teller(self.trainer.setup.backend.to_numpy, names),
        )

    def _end_epoch(self, epoch: int) -> None:
        self._is_ending_epoch = True
        self._score(epoch)
        is_over = self._look("epoch", {})
        if self._scheduling is not None:
            self._scheduling.look(self._observation({}))
        self._is_ending_epoch = False
        self._fire(
            EpochEnded(
                epoch=epoch,
                iteration=self.clock.iteration,
                iterations_per_epoch=self.trainer.batches.iterations_per_epoch,
                scores=dict(self.scores),
            )
        )
        if is_over:
            raise Ended(self._reason())
        if self.commands or self.script:
            self._apply("epoch")

    def _score(self, epoch: int) -> None:
        """The loss of the epoch so far, and a pass over each validation set."""
        trainer, iteration = self.trainer, self.clock.iteration
        self._scored_at = iteration
        totals = trainer.team.pull(("totals.loss", "totals.records"))
        records = float(totals["totals.records"])
        if records:
            self.scores["training.loss"] = float(totals["totals.loss"]) / records
        for name, sections in trainer.data.validation.items():
            self._fire(ValidationStarted(name=name, epoch=epoch, iteration=iteration))
            scores = trainer.score(sections)
            self.scores |= {f"{name}.{key}": value for key, value in scores.items()}
            self._fire(ValidationEnded(name=name, epoch=epoch, iteration=iteration, scores=scores))
        trainer.scores = dict(self.scores)

    def _finish(self) -> None:
        """Score a run that ends inside an epoch as it stands, so that its last scores are of its last parameters."""
        if self._scored_at != self.clock.iteration:
            self._score(self.clock.epoch)

    def _settle(self, failures: list[BaseException], *, is_whole: bool) -> bool:
        """Wait for background hooks and checkpoints and tell of these; whether the run has not failed."""
        if is_whole:
            return self._attempt(self._come_to_rest, failures)
        try:
            self._come_to_rest()
        except BaseException as error:  # noqa: BLE001  # the run is torn down already
            failures.append(error)
        return False

    def _come_to_rest(self) -> None:
        self.finish_background()
        self.trainer.tell_of_checkpoints(wait=True)

    def _attempt(self, last: Callable[[], object], failures: list[BaseException]) -> bool:
        """Do something at the end of a run; if it fails the run has failed, and is torn down as such."""
        try:
            last()
        except BaseException as error:  # noqa: BLE001  # raised after the teardown
            self._tear_down_failed(error, failures)
            return False
        return True

    # Criteria

    def _schedule_check(self) -> None:
        looks = "iteration" in self.stop.moments
        self._next_check = self.stop.next_iteration(self.clock.iteration) if looks else NEVER

    def _look(self, moment: Moment, scores: dict[str, float]) -> bool:
        """Let the criterion look; whether it ends the run.

        One that is repeated ends where it did: a criterion that it had later may have held before.
        """
        self.criterion_state = looked(self.stop, self.criterion_state, self._observation(scores), moment)
        if moment == "iteration":
            self._schedule_check()
        return bool(self.criterion_state["reached"]) and self._next_scripted() == NEVER

    def _look_at(self, outputs: Sequence[Any]) -> bool:
        """Let the criterion look at an iteration; whether it ends the run."""
        return self._look("iteration", {"training.loss": float(outputs[0])} if self._needs_loss else {})

    def turn(self, name: str, *, is_on: bool) -> None:
        """Turn a switch of the criterion; only between iterations, in the run's own thread."""
        self.criterion_state = self.stop.turned(self.criterion_state, name, is_on=is_on)
        if self.criterion_state["reached"]:
            self.send(LookAgain(), "")

    def end_if_reached(self) -> None:
        """Leave the loop if the criterion holds, at a command."""
        if self.criterion_state["reached"]:
            raise Ended(self._reason())

    def _observation(self, scores: dict[str, float]) -> Observation:
        return Observation(self.clock.iteration, self._completed(), self.seconds(), {**self.scores, **scores})

    def _reason(self) -> str:
        return self.stop.reason(self.criterion_state)


def _exit_of(signal: str) -> BaseException:
    """What the process ends with after a signal, as shells have it."""
    return KeyboardInterrupt() if signal == "SIGINT" else SystemExit(143)


def _raise(failures: list[BaseException]) -> None:
    """Raise the first failure; what was raised during the teardown stays visible in its notes."""
    first, *others = failures
    for other in others:
        first.add_note(f"while the run was torn down: {type(other).__name__}: {other}")
    raise first
